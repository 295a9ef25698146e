/**
 * The `CommandInfo` of the generated methods: all of one form, so that whoever runs them finds their fields in one place.
 */

import type { CommandInfo } from './command-runner.js';
import type { Conversion } from './shapes.js';

/** A command that changes nothing. */
export function reading(words: string, convert?: Conversion): CommandInfo {
  return create(words, true, convert);
}

/** A command that changes something. */
export function writing(words: string, convert?: Conversion): CommandInfo {
  return create(words, false, convert);
}

/** A command that may wait: until when, says its argument `timeoutAt` in units of `timeoutUnitMs`. */
export function waiting(
  words: string,
  timeoutAt: number,
  timeoutUnitMs: number,
  convert?: Conversion,
): CommandInfo {
  return create(words, false, convert, { timeoutAt, timeoutUnitMs });
}

/** A command that changes nothing, and whose reply is bytes. */
export function readingBytes(words: string): CommandInfo {
  return create(words, true, undefined, undefined, true);
}

function create(
  words: string,
  isReadOnly: boolean,
  convert?: Conversion,
  blocking?: CommandInfo['blocking'],
  repliesBytes = false,
): CommandInfo {
  return { words: words.split(' '), isReadOnly, blocking, convert, repliesBytes, encodedWords: undefined };
}

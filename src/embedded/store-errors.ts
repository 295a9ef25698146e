/**
 * What a store fails with, besides the errors of replies: one function for each reason.
 */

import { CrabError } from '../base/errors.js';
import type { CommandInfo } from '../client/command-runner.js';
import { ClientError, ConnectionError, MaybeAppliedError, UsageError } from '../client/errors.js';
import { BULK_BYTES_MAX, REQUEST_BYTES_MAX } from '../engine/parser.js';

/** For what is asked of a store that is closed, or is being closed. */
export function storeClosed(): ConnectionError {
  return new ConnectionError('CLIENT_CLOSED', 'the store is closed: open it again to use it');
}

/** For a command whose session was ended by somebody, such as with CLIENT KILL, before it was answered. */
export function sessionEnded(command: CommandInfo): MaybeAppliedError {
  return new MaybeAppliedError(
    'MAYBE_APPLIED',
    `the session was ended (CLIENT KILL, or a limit) before ${nameOf(command)} was answered: it may have been run`,
  );
}

/** For a command at once that has no answer at once. */
export function needsOthers(command: CommandInfo): UsageError {
  return new UsageError(
    `${nameOf(command)} needs other threads for its answer: use the asynchronous method instead of sync`,
  );
}

/** For a command at once while CLIENT PAUSE holds it up. */
export function paused(command: CommandInfo): ClientError {
  return new ClientError(
    'PAUSED',
    `${nameOf(command)} has to wait for the end of CLIENT PAUSE: use the asynchronous method, which waits`,
  );
}

/** For an argument, 0 being the first, that no value can be as large as. */
export function tooLarge(command: CommandInfo, index: number, size: number): UsageError {
  return new UsageError(
    `argument ${index + 1} of ${nameOf(command)} has ${size} bytes; at most ${BULK_BYTES_MAX} are possible`,
  );
}

export function tooLargeTogether(): UsageError {
  return new UsageError(`the arguments of a command have more than ${REQUEST_BYTES_MAX} bytes together`);
}

/** For a command that has thrown, which none may. */
export function broken(cause: unknown): CrabError {
  return new CrabError(
    'COMMAND_THREW',
    'a command has thrown in the middle of its work (at the end of the stack?); memory may be damaged: end the process',
    cause,
  );
}

function nameOf(command: CommandInfo): string {
  return command.words.join(' ');
}

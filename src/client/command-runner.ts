/**
 * What the typed methods of commands stand on: one function that runs a command.
 *
 * The methods themselves are generated from the server's command specs (generated/). Who extends `CommandRunner` says what
 * running means: over a connection, in a transaction, or in this very process. `T` is what texts are in replies, `M` whether a
 * method gives a promise or the value itself.
 */

import type { Reply } from './reply.js';

/** A key, a value, a number: whatever can be an argument. Numbers are sent as their decimal text, strings as UTF-8. */
export type Argument = string | number | bigint | Uint8Array;

/** Whether methods give promises, or values at once. */
export type Mode = 'promise' | 'value';

/** What a method gives. */
export type Result<M extends Mode, R> = M extends 'value' ? R : Promise<R>;

/** What is to be known of a command to run it. One object a command, made once. */
export interface CommandInfo {
  /** The command's words, upper case: `['GET']`, `['CONFIG', 'SET']`. */
  readonly words: readonly string[];
  /** It changes nothing: after a lost connection it may be asked again. */
  readonly isReadOnly: boolean;
  /**
   * It may wait for something to happen. `timeoutAt` is where among its arguments (after the words) its own timeout stands, in
   * units of `timeoutUnitMs`; negative counts from the last argument, -1 being it.
   */
  readonly blocking?: { readonly timeoutAt: number; readonly timeoutUnitMs: number } | undefined;
  /**
   * Makes of the reply, in RESP2 or RESP3, what the method promises. Not called with an error. Absent: the reply is that already
   * in both.
   */
  readonly convert?: ((reply: Reply) => unknown) | undefined;
  /** Its reply is bytes that are no characters: wanted as a Buffer even where texts are strings. */
  readonly repliesBytes?: boolean;
  /** The words as RESP: `RequestWriter` fills it in when it first needs it. */
  encodedWords?: Uint8Array | undefined;
}

export abstract class CommandRunner<M extends Mode> {
  /** Runs a command with the arguments that come after its words. */
  protected abstract run(command: CommandInfo, args: readonly Argument[]): Result<M, unknown>;
}

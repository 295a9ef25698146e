/**
 * The errors that the client throws, and with which its promises reject: one tree, each with a `code` that does not change.
 *
 * ```
 * CrabError
 *  └─ ClientError
 *      ├─ ReplyError           REPLY_ERROR     the server has answered with an error
 *      ├─ ConnectionError      CONNECT_FAILED  CONNECTION_LOST  CLIENT_CLOSED
 *      │   ├─ AuthenticationError  AUTHENTICATION_FAILED
 *      │   └─ MaybeAppliedError    MAYBE_APPLIED   it is not known whether the server has run the command
 *      ├─ TimeoutError         COMMAND_TIMEOUT CONNECT_TIMEOUT
 *      ├─ AbortedError         ABORTED         by the caller's own AbortSignal
 *      ├─ QueueFullError       QUEUE_FULL      more commands wait than `queueCommandsMax` or `queueBytesMax` allows
 *      ├─ ProtocolError        PROTOCOL        the peer does not speak RESP
 *      └─ UsageError           USAGE           an option or argument that can't be
 * ```
 */

import { CrabError } from '../base/errors.js';

/** Base of everything that goes wrong in the client. */
export class ClientError extends CrabError {
  constructor(code: string, message: string, cause?: unknown) {
    super(code, message, cause);
    this.name = new.target.name;
  }
}

/** The server's answer is an error. The message is its line, such as `WRONGTYPE Operation against a key ...`. */
export class ReplyError extends ClientError {
  /** The first word of the line, such as `WRONGTYPE`, `ERR` or `NOAUTH`. */
  readonly prefix: string;
  /** The command that was answered so, such as `CONFIG SET`: its arguments may be secrets. */
  command = '';

  constructor(line: string) {
    super('REPLY_ERROR', line);
    const end = line.indexOf(' ');
    this.prefix = end < 0 ? line : line.slice(0, end);
  }
}

/** There is no connection, or there is none any more. The command has not been run. */
export class ConnectionError extends ClientError {}

/** The server refuses the user or the password. */
export class AuthenticationError extends ConnectionError {}

/** The connection was lost after the command had been sent and before it was answered: it may have been run, or not. */
export class MaybeAppliedError extends ConnectionError {}

/** The time for a command, or for connecting, is over. */
export class TimeoutError extends ClientError {
  /** Whether the command had been sent: it may then have been run all the same. */
  readonly wasSent: boolean;

  constructor(code: string, message: string, wasSent: boolean) {
    super(code, message);
    this.wasSent = wasSent;
  }
}

/** The caller's AbortSignal has been raised; its reason is the `cause`. */
export class AbortedError extends ClientError {
  /** Whether the command had been sent: it may then have been run all the same. */
  readonly wasSent: boolean;

  constructor(message: string, wasSent: boolean, cause: unknown) {
    super('ABORTED', message, cause);
    this.wasSent = wasSent;
  }
}

/** So much is waiting already that a command is refused at once. It has not been run. */
export class QueueFullError extends ClientError {}

/** What came from the peer is not RESP. The connection ends. */
export class ProtocolError extends ClientError {
  constructor(message: string) {
    super('PROTOCOL', message);
  }
}

/** An option or an argument is of the wrong kind. Nothing has been sent. */
export class UsageError extends ClientError {
  constructor(message: string) {
    super('USAGE', message);
  }
}

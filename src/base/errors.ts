/**
 * The errors that CrabKV throws: control plane, tools, library and client. (Commands never throw: what a client of the server
 * reads is in `engine/errors.ts`.)
 *
 * Every error has a `code` that programs may compare and that does not change, a message for people that says what was wrong
 * with which value and what to do, and the error behind it as `cause`.
 */

/** Base of all errors thrown on purpose. */
export class CrabError extends Error {
  /** Stable, UPPER_SNAKE, such as `CONFIG_UNKNOWN_OPTION`. */
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CrabError';
    this.code = code;
  }
}

/** An operation that the machine refused: names the system call, its error, and the place in the file. */
export class SystemError extends CrabError {
  /** Such as `write` or `fdatasync`; empty when the cause does not say. */
  readonly systemCall: string;
  /** Such as `ENOSPC`; empty when the cause does not say. */
  readonly systemCode: string;
  /** Negative error number as Node reports it; 0 when the cause does not say. */
  readonly errno: number;
  /** Its path. */
  readonly file: string;
  /** Byte offset in the file; -1 when there is none. */
  readonly offset: number;

  /** `what` says what was tried and, after it, what to do: the place and the reason follow it in the message. */
  constructor(code: string, what: string, file: string, offset: number, cause: unknown) {
    const system = (cause instanceof Error ? cause : {}) as NodeJS.ErrnoException;
    const place = offset < 0 ? file : `${file} at offset ${offset}`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(code, `${what}: ${place}: ${reason}`, cause);
    this.name = 'SystemError';
    this.systemCall = system.syscall ?? '';
    this.systemCode = system.code ?? '';
    this.errno = system.errno ?? 0;
    this.file = file;
    this.offset = offset;
  }
}

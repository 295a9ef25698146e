/**
 * Log lines for people, in the format of redis-server, so that tools which read Redis's log read this one:
 *
 *     4711:M 23 Nov 2026 11:35:18.123 * Ready to accept connections
 *     pid  role, time (local)         level: `.` debug, `-` verbose, `*` notice, `#` warning
 *
 * Only the main thread writes; other threads send their lines to it, so lines never mix. Writing is
 * synchronous: a line about an abort must be out before the process is gone. A console that can't be written
 * to never stops the server.
 */

import { closeSync, openSync, writeSync } from 'node:fs';
import { SystemError } from '../base/errors.js';

export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning';

const LEVELS: readonly LogLevel[] = ['debug', 'verbose', 'notice', 'warning'];
const MARKS: Readonly<Record<LogLevel, string>> = { debug: '.', verbose: '-', notice: '*', warning: '#' };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const STANDARD_OUTPUT = 1;
/** Of a log file that is made: keys may be in it. */
const PRIVATE_MODE = 0o600;

/** Where log lines go. The main thread has a `Console`; other threads have one that sends lines to it. */
export interface Logger {
  /** What only those want to know who look for a mistake in the server. */
  debug(text: string): void;
  /** What happens often and is rarely looked at. */
  verbose(text: string): void;
  /** What an operator wants to know: starts, snapshots, loading. */
  notice(text: string): void;
  /** What somebody should do something about. */
  warning(text: string): void;
}

export class Console implements Logger {
  #threshold: number;
  readonly #descriptor: number;

  /** Lines of `level` and above go to `file`, which is appended to; an empty `file` is standard output. */
  constructor(level: LogLevel, file: string) {
    this.#threshold = LEVELS.indexOf(level);
    this.#descriptor = file === '' ? STANDARD_OUTPUT : openLogFile(file);
  }

  debug(text: string): void {
    this.log('debug', text);
  }

  verbose(text: string): void {
    this.log('verbose', text);
  }

  notice(text: string): void {
    this.log('notice', text);
  }

  warning(text: string): void {
    this.log('warning', text);
  }

  /** Writes one line when `level` is important enough; line breaks in `text` are made visible. */
  log(level: LogLevel, text: string): void {
    if (LEVELS.indexOf(level) < this.#threshold) return;
    try {
      writeSync(this.#descriptor, formatLine(level, text, new Date()));
    } catch {
      // A full pipe, a closed terminal, a full disk: the line is lost, the server goes on.
    }
  }

  setLevel(level: LogLevel): void {
    this.#threshold = LEVELS.indexOf(level);
  }

  /** Closes the log file. */
  close(): void {
    if (this.#descriptor !== STANDARD_OUTPUT) closeSync(this.#descriptor);
  }
}

/** A logger that drops everything, for servers inside other programs and for tests. */
export const SILENT: Logger = { debug() {}, verbose() {}, notice() {}, warning() {} };

/** One line as it is written, with its line break. */
export function formatLine(level: LogLevel, text: string, now: Date): string {
  const day = `${pad(now.getDate(), 2)} ${MONTHS[now.getMonth()]} ${now.getFullYear()}`;
  const clock = `${pad(now.getHours(), 2)}:${pad(now.getMinutes(), 2)}:${pad(now.getSeconds(), 2)}`;
  const oneLine = text.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
  return `${process.pid}:M ${day} ${clock}.${pad(now.getMilliseconds(), 3)} ${MARKS[level]} ${oneLine}\n`;
}

function pad(number: number, width: number): string {
  return String(number).padStart(width, '0');
}

function openLogFile(file: string): number {
  try {
    return openSync(file, 'a', PRIVATE_MODE);
  } catch (cause) {
    throw new SystemError('LOGFILE', "can't open the log file", file, -1, cause);
  }
}

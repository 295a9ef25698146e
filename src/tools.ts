/**
 * The tools for a stopped store: `crabkv check` says whether a start would accept what is in a directory,
 * `crabkv wal` prints the log as commands. Both only read.
 */

import { statSync, writeSync } from 'node:fs';
import { CrabError, SystemError } from './base/errors.js';
import { loadConfig } from './engine/config/parse.js';
import { checkSnapshot } from './engine/snapshot/check.js';
import { checkLog } from './engine/wal/check.js';
import { printLog } from './engine/wal/print.js';
import type { TextOutput } from './engine/wal/print-text.js';

export type Tool = 'check' | 'wal';

const EXIT_FAILURE = 1;
const STANDARD_OUTPUT = 1;
/** Lines are written in portions of about this many characters. */
const BUFFER_SIZE = 64 * 1024;
const RETRY_MS = 1;

/**
 * Runs `crabkv check [dir]` or `crabkv wal [dir]`; without a directory the configured one (CRABKV_DIR or the
 * default). Returns the exit code: 0 when all is well.
 */
export function runTool(tool: Tool, words: readonly string[]): number {
  if (words.length > 1) {
    throw new CrabError('CONFIG', `unexpected argument '${words[1]}'; usage: crabkv ${tool} [<dir>]`);
  }
  const directory = words[0] ?? loadConfig([], process.env).config.directory();
  if (directory === undefined)
    throw new CrabError('CONFIG', `crabkv ${tool} needs a directory: usage: crabkv ${tool} [<dir>]`);
  requireDirectory(directory);
  const out = new StandardOutput();
  const code = tool === 'wal' ? printLog(directory, out) : check(directory, out);
  out.flush();
  return code;
}

function check(directory: string, out: TextOutput): number {
  const { ok, lsn } = checkSnapshot(directory, out);
  const logCode = checkLog(directory, out, lsn);
  return ok ? logCode : EXIT_FAILURE;
}

function requireDirectory(directory: string): void {
  try {
    if (statSync(directory).isDirectory()) return;
  } catch (cause) {
    throw new SystemError('DIRECTORY', "can't read the data directory", directory, -1, cause);
  }
  throw new CrabError('DIRECTORY', `${directory} is not a directory`);
}

/**
 * Standard output, written at once and in order, so that a huge log needs no memory. Ends the process when
 * nobody reads any more.
 */
class StandardOutput implements TextOutput {
  #text = '';

  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= BUFFER_SIZE) this.flush();
  }

  flush(): void {
    let bytes: Uint8Array = Buffer.from(this.#text);
    this.#text = '';
    while (bytes.length > 0) bytes = bytes.subarray(this.#writeSome(bytes));
  }

  #writeSome(bytes: Uint8Array): number {
    try {
      return writeSync(STANDARD_OUTPUT, bytes);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit(0); // as in `crabkv wal | head`
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS); // a full pipe that does not block
      return 0;
    }
  }
}

/**
 * One server per data directory.
 *
 * The lock is the file `crabkv.lock`, which names its holder: process id, when that process started, the boot
 * of the machine and the process id namespace it lives in. A lock that a killed server left behind must not
 * need a person to remove it, so a newcomer decides whether the holder still lives, by the strongest evidence
 * there is:
 *
 *   1. The holder keeps an `flock` on the file where the system call can be had (see native.ts). The kernel drops it when the
 *      process dies, whatever kills it; it holds between containers that share the directory.
 *   2. Another boot of the machine: dead.
 *   3. The same process id namespace: alive when the process exists and started when the lock says.
 *   4. Another namespace (another container) and no `flock`: the holder touches the file every second, so a file that was not
 *      touched for `HEARTBEAT_STALE_MS` is dead.
 *
 * Before it gives up a newcomer looks for a second: whoever starts a server again right after `kill -9` comes while the kernel
 * is still taking the old one apart.
 *
 * Taking over is atomic. A newcomer writes its own file under a temporary name and `link`s it to
 * `crabkv.lock`, which fails when there is one. A dead lock is first renamed away; when the file that was
 * moved is not the one that was judged (two newcomers at once), it is linked back and everything is looked at
 * again. The holder checks with every heartbeat that the file is still its own and reports when it is not. If the directory
 * itself is gone, it keeps quiet, and takes the lock anew when somebody has made the directory again.
 */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CrabError, SystemError } from '../base/errors.js';
import { loadNative, type Native } from './native.js';

export const LOCK_FILE = 'crabkv.lock';
const HEARTBEAT_MS = 1_000;
/** Several heartbeats may be late on a machine under load. */
const HEARTBEAT_STALE_MS = 6_000;
/**
 * Newcomers that lose a race look again; each time somebody else won, so this many losses mean something is
 * wrong.
 */
const ATTEMPTS_MAX = 20;
const RACE_PAUSE_MS = 20;
/** A server that was just killed takes a moment to die: its memory is given back before its locks are. */
const DYING_MS_MAX = 1_000;
/** How a file system says that it has no hard links. */
const NO_LINKS: readonly string[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];
const LOCK_EXCLUSIVE_NOW = 2 | 4; // LOCK_EX | LOCK_NB
/** Of `processFields`: the state, and the start in ticks since boot. */
const FIELD_STATE = 0;
const FIELD_START = 19;

/** What the lock file holds, as one line of JSON. */
interface Holder {
  readonly pid: number;
  /** When the process started, in the platform's own notation; compared, never computed with. */
  readonly started: string;
  /** Tells one boot of a machine from another; empty where that can't be told. */
  readonly boot: string;
  /** The namespace in which `pid` means something; empty where there are none. */
  readonly namespace: string;
  /** The holder keeps an `flock` on the file. */
  readonly flock: boolean;
  /** Tells two locks of one process apart. */
  readonly nonce: string;
}

/** An open lock file and what is written in it. */
interface OwnFile {
  readonly descriptor: number;
  readonly text: string;
}

export class DirectoryLock {
  readonly #path: string;
  readonly #native: Native | undefined;
  #own: OwnFile;
  /** The directory was gone when it was last looked for. */
  #isGone = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string, native: Native | undefined, own: OwnFile, onLost: () => void) {
    this.#path = path;
    this.#native = native;
    this.#own = own;
    this.#timer = setInterval(() => this.#beat(onLost), HEARTBEAT_MS);
    this.#timer.unref();
  }

  /**
   * Takes the lock of `directory`, which must exist. Rejects with a `CrabError` of code `DIRECTORY_IN_USE`
   * that names the holder when a server lives there, and with a `SystemError` when the directory can't be
   * written. `onLost` is called at most once, when somebody removed or replaced the lock file while it was
   * held.
   */
  static async take(directory: string, onLost: () => void): Promise<DirectoryLock> {
    const native = await loadNative();
    const path = join(directory, LOCK_FILE);
    const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
    const own = createOwn(temporary, native);
    const untilMs = performance.now() + DYING_MS_MAX;
    try {
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        const placed = place(temporary, own, path);
        if (placed !== undefined) return new DirectoryLock(path, native, placed, onLost);
        while (!(await removeIfDead(path, native))) {
          if (performance.now() > untilMs) throw inUse(path, directory);
          await pause();
        }
      }
      throw new CrabError('DIRECTORY_IN_USE', `others keep taking the lock of ${directory}; try again`);
    } catch (error) {
      closeSync(own.descriptor);
      throw error;
    } finally {
      removeFile(temporary);
    }
  }

  /** Gives the lock back. */
  release(): void {
    clearInterval(this.#timer);
    if (readText(this.#path) === this.#own.text) removeFile(this.#path);
    closeSync(this.#own.descriptor);
  }

  #beat(onLost: () => void): void {
    let text: string | undefined;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      // No descriptor left, or a disk that fails: that says nothing about whose the lock is.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
    }
    if (text === this.#own.text) {
      const now = new Date();
      try {
        utimesSync(this.#path, now, now);
      } catch {
        // Only another container without `flock` looks at the time, and a full or read-only disk is reported by the log.
      }
      return;
    }
    if (text === undefined && this.#isExcused()) return;
    clearInterval(this.#timer);
    onLost();
  }

  /**
   * The lock file is gone: is the whole directory, too? Then nobody else can be in it, and what is in memory is all that there
   * is. When it is there again, it is made ours again.
   */
  #isExcused(): boolean {
    if (!existsSync(dirname(this.#path))) {
      this.#isGone = true;
      return true;
    }
    if (!this.#isGone) return false;
    try {
      const own = createOwn(this.#path, this.#native);
      closeSync(this.#own.descriptor);
      this.#own = own;
      this.#isGone = false;
      return true;
    } catch {
      return false; // somebody was quicker
    }
  }
}

/**
 * When process `pid` started, as text to be compared; empty when there is no such process or no way to know.
 */
export function processStart(pid: number): string {
  if (process.platform === 'linux') {
    return processFields(pid)?.[FIELD_START] ?? '';
  }
  if (process.platform === 'win32') return '';
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return '';
  }
}

/** The fields of /proc/PID/stat after the name, which is in parentheses and may hold anything. Source: proc(5). */
function processFields(pid: number): readonly string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function describeSelf(flock: boolean): string {
  const holder: Holder = {
    pid: process.pid,
    started: processStart(process.pid),
    boot: bootIdentity(),
    namespace: processNamespace(),
    flock,
    nonce: randomBytes(8).toString('hex'),
  };
  return `${JSON.stringify(holder)}\n`;
}

function bootIdentity(): string {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Writes our own lock file under a temporary name and locks it; nobody else knows the name yet. */
function createOwn(temporary: string, native: Native | undefined): OwnFile {
  let descriptor = -1;
  try {
    descriptor = openSync(temporary, 'wx', 0o600);
    const text = describeSelf(native?.flock(descriptor, LOCK_EXCLUSIVE_NOW) === 0);
    writeSync(descriptor, text);
    return { descriptor, text };
  } catch (cause) {
    if (descriptor >= 0) {
      closeSync(descriptor);
      removeFile(temporary);
    }
    throw new SystemError('DIRECTORY', "can't write to the data directory", temporary, -1, cause);
  }
}

/**
 * Gives our file the lock's name. Returns the file that now is the lock, or undefined when there already is
 * one.
 */
function place(temporary: string, own: OwnFile, path: string): OwnFile | undefined {
  try {
    linkSync(temporary, path);
    return own;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return undefined;
    if (!NO_LINKS.includes(code)) {
      throw new SystemError('DIRECTORY', "can't create the lock file", path, -1, error);
    }
  }
  // A file system without hard links: an exclusive create is the next best, and it has no `flock` to show.
  try {
    const text = describeSelf(false);
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
    return { descriptor: own.descriptor, text };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw new SystemError('DIRECTORY', "can't create the lock file", path, -1, error);
  }
}

/** Removes the lock at `path` when its holder is dead. False when it lives. */
async function removeIfDead(path: string, native: Native | undefined): Promise<boolean> {
  const text = readText(path);
  if (text === undefined) return true;
  const holder = parseHolder(text);
  const descriptor = openQuietly(path);
  try {
    const isFree =
      descriptor < 0 || native === undefined || native.flock(descriptor, LOCK_EXCLUSIVE_NOW) === 0;
    if (!isFree && holder !== undefined && !holder.flock) {
      await pause(); // a newcomer like us is judging it
      return true;
    }
    if (!isFree || (await isAlive(holder, path, native !== undefined))) return false;
    const aside = `${path}.${process.pid}.dead`;
    try {
      renameSync(path, aside);
    } catch {
      return true; // somebody else removed it
    }
    if (readText(aside) !== text) putBack(aside, path);
    removeFile(aside);
    return true;
  } finally {
    if (descriptor >= 0) closeSync(descriptor);
  }
}

function inUse(path: string, directory: string): CrabError {
  const holder = parseHolder(readText(path) ?? '');
  const name = holder === undefined ? 'another CrabKV' : `another CrabKV (pid ${holder.pid})`;
  return new CrabError('DIRECTORY_IN_USE', `${name} is using ${directory}`);
}

/**
 * Undoes the removal of a lock that turned out to be another one than was judged; its holder keeps it open.
 */
function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch {
    // There is a lock again, or links are not known here: the holder will notice the loss and stop.
  }
}

async function pause(): Promise<void> {
  await delay(RACE_PAUSE_MS);
}

/** Whether the holder lives, given that the file is not locked by `flock` as far as we can tell. */
async function isAlive(holder: Holder | undefined, path: string, canFlock: boolean): Promise<boolean> {
  if (holder === undefined) return false; // cut short by a crash of the machine
  if (holder.flock && canFlock) return false;
  if (holder.boot !== bootIdentity()) return false;
  if (holder.namespace === processNamespace()) return isProcess(holder);
  return isBeating(path);
}

function isProcess(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // A zombie has ended, though its parent has not been told yet.
  if (process.platform === 'linux' && processFields(holder.pid)?.[FIELD_STATE] === 'Z') return false;
  const started = processStart(holder.pid);
  return holder.started === '' || started === '' || started === holder.started;
}

/** Waits for a heartbeat of a holder whose process can't be seen from here. */
async function isBeating(path: string): Promise<boolean> {
  const first = modifiedMs(path);
  const endMs = performance.now() + HEARTBEAT_STALE_MS;
  while (performance.now() < endMs) {
    await delay(HEARTBEAT_MS / 4);
    if (modifiedMs(path) !== first) return true;
  }
  return false;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder;
    return Number.isSafeInteger(holder.pid) && holder.pid > 0 ? holder : undefined;
  } catch {
    return undefined;
  }
}

function modifiedMs(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function openQuietly(path: string): number {
  try {
    return openSync(path, 'r');
  } catch {
    return -1;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already gone.
  }
}

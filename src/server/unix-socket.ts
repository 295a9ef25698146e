/**
 * The Unix socket of a server (`unixsocket`): its file, and the descriptors by which the reactors listen on it.
 *
 * A path can't be shared as a port can: there is one socket, and each thread listens on a descriptor of its own of it. They are
 * made here, on the main thread, in this order:
 *
 *     nobody answers at the path > what a dead server left there is removed > bind > permissions > the threads listen
 *
 * So the file never has other permissions than those asked for while connections are taken. Without system calls (no koffi)
 * node:net makes the socket on the first thread, alone, and the permissions follow a moment later.
 *
 * Only a socket that refuses connections is ever removed: not that of a server that is alive, and no other kind of file. At the
 * end the file goes too, unless another server has put its own there meanwhile.
 *
 * Sources: unix(7); `anetUnixServer` in Redis's anet.c.
 */

import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { CrabError } from '../base/errors.js';
import type { Config } from '../engine/config/config.js';
import type { Endpoint } from './messages.js';
import { loadNative, type Native } from './native.js';
import { bindPath, duplicate, hasKnownSockets, PATH_BYTES_MAX } from './sockets.js';

/**
 * Resolves when a server could listen on `path`; the file that a dead one left there may still exist.
 *
 * @throws CrabError LISTEN with a sentence about what is in the way
 */
export async function checkUnixPath(path: string): Promise<void> {
  const size = Buffer.byteLength(path);
  if (size > PATH_BYTES_MAX) {
    throw refused(path, `the path has ${size} bytes, and the system allows ${PATH_BYTES_MAX}`);
  }
  if (path.includes('\0')) throw refused(path, 'the path has a zero byte in it');
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket())
    throw refused(path, 'there is a file of another kind; remove it or choose another path');
  if (await answers(path)) throw refused(path, 'another server answers there; choose another path');
}

export class UnixSocket {
  readonly path: string;
  /** What each thread listens on; threads beyond the last one don't. */
  readonly endpoints: readonly Endpoint[];
  readonly #permissions: number;
  #inode: number | undefined;

  private constructor(path: string, permissions: number, endpoints: readonly Endpoint[]) {
    this.path = path;
    this.#permissions = permissions;
    this.endpoints = endpoints;
  }

  /**
   * Binds the socket that `config` names, for so many threads; undefined when it names none.
   *
   * @throws CrabError LISTEN with a sentence about what is in the way
   */
  static async open(config: Config, threadCount: number): Promise<UnixSocket | undefined> {
    const path = config.text('unixsocket');
    if (path === '') return undefined;
    await checkUnixPath(path);
    const endpoint = { host: '', port: 0, path, backlog: config.integer('tcp-backlog'), isOptional: false };
    const permissions = config.integer('unixsocketperm');
    const native = hasKnownSockets() ? await loadNative() : undefined;
    try {
      rmSync(path, { force: true });
      if (native === undefined) return new UnixSocket(path, permissions, [endpoint]);
      const endpoints = bindForThreads(native, path, threadCount).map((fd) => ({ ...endpoint, fd }));
      const socket = new UnixSocket(path, permissions, endpoints);
      socket.#settle();
      return socket;
    } catch (cause) {
      throw refused(path, reason(cause), cause);
    }
  }

  /** To be called when the threads listen. */
  listening(): void {
    try {
      if (this.#inode === undefined) this.#settle();
    } catch (cause) {
      throw refused(this.path, reason(cause), cause);
    }
  }

  /** Removes the file, when no thread listens any more. */
  remove(): void {
    const stats = lstatSync(this.path, { throwIfNoEntry: false });
    if (stats !== undefined && stats.ino === this.#inode) rmSync(this.path, { force: true });
  }

  /** The file is there: gives it its permissions, and knows it from now on. */
  #settle(): void {
    if (this.#permissions !== 0) chmodSync(this.path, this.#permissions);
    this.#inode = lstatSync(this.path).ino;
  }
}

/** One descriptor a thread, of one socket that is bound to `path`. */
function bindForThreads(native: Native, path: string, threadCount: number): number[] {
  const descriptors = [bindPath(native, path)];
  while (descriptors.length < threadCount) descriptors.push(duplicate(native, descriptors[0] as number));
  return descriptors;
}

/** True when a server takes connections at `path`, or might: only a refusal says that nobody does. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
  });
}

function refused(path: string, why: string, cause?: unknown): CrabError {
  return new CrabError('LISTEN', `can't listen on the Unix socket ${path}: ${why}`, cause);
}

function reason(cause: unknown): string {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such directory';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EADDRINUSE') return 'another server has just taken it';
  return code;
}

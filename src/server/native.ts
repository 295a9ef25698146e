/**
 * The few system calls that Node does not have, through the optional package koffi: file locks, sockets that
 * several threads share, giving memory back. Everything here works without it in a poorer way, so
 * `loadNative` answers undefined when the package is missing, is built for another machine, or the platform
 * is not one of those below.
 */

/**
 * The C functions in use; each returns what the C function returns, and `errno` is asked for right after a
 * failure.
 */
export interface Native {
  flock(descriptor: number, operation: number): number;
  socket(family: number, type: number, protocol: number): number;
  setsockopt(descriptor: number, level: number, name: number, value: Uint8Array, bytes: number): number;
  bind(descriptor: number, address: Uint8Array, bytes: number): number;
  listen(descriptor: number, backlog: number): number;
  close(descriptor: number): number;
  /** The address of the first byte of a view, over shared memory too. It does not keep the memory alive. */
  address(view: Uint8Array): bigint;
  madvise(address: bigint, bytes: number, advice: number): number;
  /** The name of the last error, such as `EADDRINUSE`. */
  lastError(): string;
}

const PLATFORMS: readonly string[] = ['linux', 'darwin', 'freebsd', 'openbsd'];

let loaded: Promise<Native | undefined> | undefined;

/** The system calls, or undefined where they can't be had. Loads once per thread. */
export function loadNative(): Promise<Native | undefined> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Native | undefined> {
  if (!PLATFORMS.includes(process.platform)) return undefined;
  try {
    const { default: koffi } = await import('koffi');
    const library = koffi.load(null);
    const errorNames = new Map<number, string>(
      Object.entries(koffi.os.errno).map(([name, number]) => [number as number, name]),
    );
    return {
      flock: library.func('int flock(int descriptor, int operation)'),
      socket: library.func('int socket(int family, int type, int protocol)'),
      setsockopt: library.func(
        'int setsockopt(int descriptor, int level, int name, uint8_t *value, uint32_t bytes)',
      ),
      bind: library.func('int bind(int descriptor, uint8_t *address, uint32_t bytes)'),
      listen: library.func('int listen(int descriptor, int backlog)'),
      close: library.func('int close(int descriptor)'),
      address: (view) => BigInt(koffi.address(view)),
      madvise: library.func('int madvise(void *address, size_t bytes, int advice)'),
      lastError: () => errorNames.get(koffi.errno()) ?? `errno ${koffi.errno()}`,
    };
  } catch {
    return undefined;
  }
}

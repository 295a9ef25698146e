/**
 * The few system calls that Node does not have, through the optional package koffi: file locks, sockets that
 * several threads share, giving memory back, io_uring. Everything here works without it in a poorer way, so
 * `loadNative` answers undefined when the package is missing, is built for another machine, or the platform
 * is not one of those below.
 *
 * A call costs 100 to 200 ns beside what the kernel takes: some a turn of a reactor are fine, some a command are not.
 */

/**
 * The C functions in use; each returns what the C function returns, and `errno` is asked for right after a
 * failure.
 */
export interface Native {
  flock(descriptor: number, operation: number): number;
  socket(family: number, type: number, protocol: number): number;
  /** Two connected sockets, into `pair`. */
  socketpair(family: number, type: number, protocol: number, pair: Int32Array): number;
  setsockopt(descriptor: number, level: number, name: number, value: Uint8Array, bytes: number): number;
  bind(descriptor: number, address: Uint8Array, bytes: number): number;
  listen(descriptor: number, backlog: number): number;
  /** For commands whose third argument is an int or nothing. */
  fcntl(descriptor: number, command: number, argument: number): number;
  shutdown(descriptor: number, how: number): number;
  close(descriptor: number): number;
  /** The name of the peer (or of the socket itself); `size` holds the room and receives the name's size. */
  getpeername(descriptor: number, address: Uint8Array, size: Uint32Array): number;
  getsockname(descriptor: number, address: Uint8Array, size: Uint32Array): number;
  eventfd(initial: number, flags: number): number;
  /** Anonymous memory (`descriptor` -1) or that of a descriptor; gives an address, or MAP_FAILED. */
  mmap(
    address: number,
    bytes: number,
    protection: number,
    flags: number,
    descriptor: number,
    offset: number,
  ): number;
  munmap(address: number, bytes: number): number;
  /** The memory at an address as an array buffer, good as long as it is mapped. */
  view(address: number, bytes: number): ArrayBuffer;
  /**
   * A system call that the C library has no function for, with integers as arguments; pointers are addresses from
   * `addressOf`. Linux's 64-bit platforms only.
   */
  syscall(number: number, a: number, b: number, c: number, d: number, e: number, f: number): number;
  /** The address of the first byte of a view, over shared memory too. It does not keep the memory alive. */
  address(view: Uint8Array): bigint;
  madvise(address: bigint, bytes: number, advice: number): number;
  /** The name of the last error, such as `EADDRINUSE`. */
  lastError(): string;
}

/** What `mmap` returns when it fails: all bits set, as far as a double can say it. */
export const MAP_FAILED = 2 ** 64;

/** Names that share their number with others. */
const USUAL_NAMES: readonly string[] = ['EAGAIN', 'EDEADLK', 'EOPNOTSUPP'];

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
    const errorNames = nameErrors(koffi.os.errno as unknown as Record<string, number>);
    const mmap = library.func(
      'size_t mmap(size_t address, size_t bytes, int protection, int flags, int descriptor, int64_t offset)',
    );
    return {
      flock: library.func('int flock(int descriptor, int operation)'),
      socket: library.func('int socket(int family, int type, int protocol)'),
      socketpair: library.func('int socketpair(int family, int type, int protocol, int *pair)'),
      setsockopt: library.func(
        'int setsockopt(int descriptor, int level, int name, uint8_t *value, uint32_t bytes)',
      ),
      bind: library.func('int bind(int descriptor, uint8_t *address, uint32_t bytes)'),
      listen: library.func('int listen(int descriptor, int backlog)'),
      fcntl: library.func('int fcntl(int descriptor, int command, int argument)'),
      shutdown: library.func('int shutdown(int descriptor, int how)'),
      close: library.func('int close(int descriptor)'),
      getpeername: library.func('int getpeername(int descriptor, uint8_t *address, uint32_t *size)'),
      getsockname: library.func('int getsockname(int descriptor, uint8_t *address, uint32_t *size)'),
      eventfd:
        process.platform === 'linux' ? library.func('int eventfd(uint32_t initial, int flags)') : () => -1,
      mmap: (...args) => Number(mmap(...args)),
      munmap: library.func('int munmap(size_t address, size_t bytes)'),
      view: (address, bytes) => koffi.view(address, bytes),
      syscall: library.func(
        'long syscall(long number, size_t a, size_t b, size_t c, size_t d, size_t e, size_t f)',
      ),
      address: (view) => BigInt(koffi.address(view)),
      madvise: library.func('int madvise(void *address, size_t bytes, int advice)'),
      lastError: () => errorNames.get(koffi.errno()) ?? `errno ${koffi.errno()}`,
    };
  } catch {
    return undefined;
  }
}

/** Of several names for one number that of man pages, such as EAGAIN and not EWOULDBLOCK. Exported for its test. */
export function nameErrors(numbers: Readonly<Record<string, number>>): Map<number, string> {
  const names = new Map<number, string>();
  for (const [name, number] of Object.entries(numbers)) if (!names.has(number)) names.set(number, name);
  for (const name of USUAL_NAMES) {
    const number = numbers[name];
    if (number !== undefined) names.set(number, name);
  }
  return names;
}

/** The address of the first byte of a view, as a number: user space ends below 2^53. */
export function addressOf(native: Native, view: Uint8Array): number {
  return Number(native.address(view));
}

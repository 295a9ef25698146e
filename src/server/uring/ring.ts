/**
 * One io_uring: a queue of submissions, a queue of completions, and the one system call that moves both on.
 *
 *     prepare(...) prepare(...) ... enter(wait) -> completions head..tail, looked at by index -> consume()
 *
 * A submission is a slot in memory that the kernel shares; writing it costs a dozen stores. `enter` hands over all that
 * were prepared and waits for completions in the same system call, so that a turn of the reactor costs one.
 *
 * Invariants:
 * - One thread uses a ring, the one that made it.
 * - Memory whose address is in a submission stays where it is and is kept alive until its completion: that is the
 *   caller's to see to. What the ring itself shares with the kernel lives in `KernelMemory`.
 *
 * Sources: io_uring(7), io_uring_setup(2), io_uring_enter(2); layouts in abi.ts.
 */

import { addressOf, MAP_FAILED, type Native } from '../native.js';
import * as abi from './abi.js';

/** Submissions that can be prepared between two enters; more are entered in portions. */
const SUBMISSIONS = 1024;
/** Completions that can wait. More are kept by the kernel until there is room (FEATURE_NODROP), at a price. */
const COMPLETIONS = 8192;
/** Every flag there is, then what older kernels know: 6.1, 6.0 and 5.19. */
const SETUP_FLAGS: readonly number[] = [
  abi.SETUP_SUBMIT_ALL | abi.SETUP_SINGLE_ISSUER | abi.SETUP_DEFER_TASKRUN,
  abi.SETUP_SUBMIT_ALL | abi.SETUP_SINGLE_ISSUER | abi.SETUP_COOP_TASKRUN,
  abi.SETUP_SUBMIT_ALL | abi.SETUP_COOP_TASKRUN,
];
const FEATURES_NEEDED =
  abi.FEATURE_SINGLE_MMAP | abi.FEATURE_NODROP | abi.FEATURE_EXT_ARG | abi.FEATURE_CQE_SKIP;

const TWO_32 = 2 ** 32;
const NS_PER_MS = 1_000_000;

/** A full queue that the kernel takes nothing from, so often in a row, is given up. */
const SUBMIT_ATTEMPTS = 1000;

/** Kernel memory is aligned to pages. */
export const PAGE_BYTES = 4096;

/** Why a ring could not be made: `code` is errno's name. */
export class RingError extends Error {
  readonly code: string;

  constructor(code: string, systemCall: string) {
    super(`${systemCall}: ${code}`);
    this.name = 'RingError';
    this.code = code;
  }
}

export class Ring {
  readonly native: Native;
  readonly descriptor: number;
  /** FEATURE_* of this kernel. */
  readonly features: number;
  /** SETUP_* that were granted. */
  readonly flags: number;
  /** Words of the submission slots, for the setters of callers; and of completions. */
  private readonly sqes: Uint32Array;
  private readonly cqes: Uint32Array;
  private readonly cqesSigned: Int32Array;
  private readonly words: Int32Array;
  private readonly sqHeadAt: number;
  private readonly sqTailAt: number;
  private readonly sqFlagsAt: number;
  private readonly cqHeadAt: number;
  private readonly cqTailAt: number;
  private readonly sqMask: number;
  private readonly cqMask: number;
  private readonly argument: Uint32Array;
  private readonly argumentAddress: number;
  private readonly timespec: Uint32Array;
  private readonly unmap: () => void;
  /** Submissions count up as 32-bit numbers: prepared so far, and taken by the kernel. */
  private sqTail: number;
  private submitted: number;
  /** Completions `head` to `tail` are those that the last `enter` brought and nobody has consumed. They wrap at 2^32. */
  head: number;
  tail: number;
  /** How often submissions were handed over. What is prepared now goes with number `enters`. */
  enters = 0;
  private isClosed = false;

  /** @throws RingError when the kernel refuses */
  constructor(native: Native, submissions: number = SUBMISSIONS, completions: number = COMPLETIONS) {
    this.native = native;
    const params = new Uint32Array(abi.PARAMS_BYTES / 4);
    const { descriptor, flags } = setUp(native, params, submissions, completions);
    const at = (byte: number): number => params[byte >>> 2]!;
    this.descriptor = descriptor;
    this.flags = flags;
    this.features = at(abi.PARAMS_FEATURES);

    const ringBytes = Math.max(
      at(abi.PARAMS_SQ_ARRAY) + at(abi.PARAMS_SQ_ENTRIES) * 4,
      at(abi.PARAMS_CQ_CQES) + (at(abi.PARAMS_CQ_ENTRIES) << abi.CQE_SHIFT),
    );
    const sqeBytes = at(abi.PARAMS_SQ_ENTRIES) << abi.SQE_SHIFT;
    const ringAddress = mapRing(native, descriptor, ringBytes, abi.RING_OFFSET_SQ);
    const sqeAddress = mapRing(native, descriptor, sqeBytes, abi.RING_OFFSET_SQES);
    this.unmap = () => {
      native.munmap(ringAddress, ringBytes);
      native.munmap(sqeAddress, sqeBytes);
    };
    const ring = native.view(ringAddress, ringBytes);
    this.words = new Int32Array(ring, 0, ringBytes >>> 2);
    const cqeCount = at(abi.PARAMS_CQ_ENTRIES);
    this.cqes = new Uint32Array(ring, at(abi.PARAMS_CQ_CQES), cqeCount << 2);
    this.cqesSigned = new Int32Array(ring, at(abi.PARAMS_CQ_CQES), cqeCount << 2);
    this.sqes = new Uint32Array(native.view(sqeAddress, sqeBytes));
    this.sqHeadAt = at(abi.PARAMS_SQ_HEAD) >>> 2;
    this.sqTailAt = at(abi.PARAMS_SQ_TAIL) >>> 2;
    this.sqFlagsAt = at(abi.PARAMS_SQ_FLAGS) >>> 2;
    this.cqHeadAt = at(abi.PARAMS_CQ_HEAD) >>> 2;
    this.cqTailAt = at(abi.PARAMS_CQ_TAIL) >>> 2;
    this.sqMask = this.words[at(abi.PARAMS_SQ_MASK) >>> 2]!;
    this.cqMask = this.words[at(abi.PARAMS_CQ_MASK) >>> 2]!;
    // Slot n of the queue is entry n, for good.
    const array = at(abi.PARAMS_SQ_ARRAY) >>> 2;
    for (let index = 0; index <= this.sqMask; index++) this.words[array + index] = index;
    this.sqTail = this.words[this.sqTailAt]!;
    this.submitted = this.sqTail;
    this.head = this.words[this.cqHeadAt]!;
    this.tail = this.head;

    // The wait's argument, and the time it points to.
    const memory = new ArrayBuffer(abi.GETEVENTS_ARG_BYTES + abi.TIMESPEC_BYTES);
    this.argumentAddress = addressOf(native, new Uint8Array(memory));
    this.argument = new Uint32Array(memory, 0, abi.GETEVENTS_ARG_BYTES >>> 2);
    this.timespec = new Uint32Array(memory, abi.GETEVENTS_ARG_BYTES, abi.TIMESPEC_BYTES >>> 2);
  }

  // --- submissions

  /**
   * The next submission: `operation` with SQE_* `flags` and `priority`, on `descriptor`; `userData` (u32) comes back with
   * its completion. The setters below may follow, until the next `prepare` or `enter`.
   *
   * @returns what the setters call `at`
   */
  prepare(operation: number, flags: number, priority: number, descriptor: number, userData: number): number {
    if (this.prepared() > this.sqMask) this.makeRoom();
    const sqes = this.sqes;
    const at = (this.sqTail & this.sqMask) << (abi.SQE_SHIFT - 2);
    sqes[at] = operation | (flags << 8) | (priority << 16);
    sqes[at + 1] = descriptor;
    sqes[at + 2] = 0;
    sqes[at + 3] = 0;
    sqes[at + 4] = 0;
    sqes[at + 5] = 0;
    sqes[at + 6] = 0;
    sqes[at + 7] = 0;
    sqes[at + 8] = userData;
    sqes[at + 9] = 0;
    sqes[at + 10] = 0;
    this.sqTail = (this.sqTail + 1) | 0;
    return at;
  }

  setBuffer(at: number, address: number, size: number): void {
    this.sqes[at + 4] = address;
    this.sqes[at + 5] = address / TWO_32;
    this.sqes[at + 6] = size;
  }

  setSize(at: number, size: number): void {
    this.sqes[at + 6] = size;
  }

  setOffset(at: number, offset: number): void {
    this.sqes[at + 2] = offset;
    this.sqes[at + 3] = offset / TWO_32;
  }

  /** The operation's own flags. */
  setOperationFlags(at: number, flags: number): void {
    this.sqes[at + 7] = flags;
  }

  setBufferGroup(at: number, group: number): void {
    this.sqes[at + 10] = group;
  }

  /** How many submissions the kernel has not been given yet. */
  prepared(): number {
    return (this.sqTail - this.submitted) | 0;
  }

  /** Hands over what was prepared, without looking for completions. */
  submit(): void {
    this.call(0, 0);
  }

  /**
   * Hands over what was prepared and waits until there are `count` completions (0: does not wait) or `timeoutMs` is over.
   * Afterwards completions are at `head` to `tail`.
   */
  enter(count: number, timeoutMs: number): void {
    let flags = abi.ENTER_GETEVENTS;
    if (count !== 0) {
      flags |= abi.ENTER_EXT_ARG;
      this.setTimeout(timeoutMs);
    }
    this.call(count, flags);
    this.tail = Atomics.load(this.words, this.cqTailAt);
  }

  /** True when the kernel keeps completions for which there was no room. */
  hasOverflow(): boolean {
    return (this.words[this.sqFlagsAt]! & abi.SQ_CQ_OVERFLOW) !== 0;
  }

  // --- completions

  userData(index: number): number {
    return this.cqes[(index & this.cqMask) << 2]!;
  }

  /** What the system call would have returned, negative errno for errors. */
  result(index: number): number {
    return this.cqesSigned[((index & this.cqMask) << 2) + 2]!;
  }

  completionFlags(index: number): number {
    return this.cqes[((index & this.cqMask) << 2) + 3]!;
  }

  /** Gives the room of all completions up to `tail` back. */
  consume(): void {
    this.head = this.tail;
    Atomics.store(this.words, this.cqHeadAt, this.tail);
  }

  // --- the rest

  /** Registers a ring of `entries` receive buffers at `address` (aligned to pages) as `group`. @throws RingError */
  registerBuffers(address: number, entries: number, group: number): void {
    const registration = new Uint32Array(abi.BUF_REG_BYTES / 4);
    registration[0] = address;
    registration[1] = address / TWO_32;
    registration[2] = entries;
    registration[3] = group;
    const argument = addressOf(this.native, new Uint8Array(registration.buffer));
    const result = this.native.syscall(
      abi.SYS_IO_URING_REGISTER,
      this.descriptor,
      abi.REGISTER_PBUF_RING,
      argument,
      1,
      0,
      0,
    );
    if (result !== 0) throw new RingError(this.native.lastError(), 'io_uring_register');
  }

  /** Ends every operation under way. Nothing may be called after it. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.native.close(this.descriptor);
    this.unmap();
  }

  private setTimeout(timeoutMs: number): void {
    const seconds = Math.floor(timeoutMs / 1000);
    this.timespec[0] = seconds;
    this.timespec[2] = (timeoutMs - seconds * 1000) * NS_PER_MS;
    const address = this.argumentAddress + abi.GETEVENTS_ARG_BYTES;
    const at = abi.GETEVENTS_TIMESPEC >>> 2;
    this.argument[at] = address;
    this.argument[at + 1] = address / TWO_32;
  }

  /** The queue is full: has the kernel take some. It may be short of memory for a moment. */
  private makeRoom(): void {
    for (let attempt = 0; attempt < SUBMIT_ATTEMPTS; attempt++) {
      this.submit();
      if (this.prepared() <= this.sqMask) return;
    }
    throw new RingError('EAGAIN', 'io_uring_enter');
  }

  /** One io_uring_enter. That a signal came, time is over or completions wait is no error: the next turn goes on. */
  private call(count: number, flags: number): void {
    // Plain accesses: the kernel looks at submissions within the call, in this thread.
    this.words[this.sqTailAt] = this.sqTail;
    this.enters++;
    const isExtended = (flags & abi.ENTER_EXT_ARG) !== 0;
    const result = this.native.syscall(
      abi.SYS_IO_URING_ENTER,
      this.descriptor,
      this.prepared(),
      count,
      flags,
      isExtended ? this.argumentAddress : 0,
      isExtended ? abi.GETEVENTS_ARG_BYTES : 0,
    );
    this.submitted = this.words[this.sqHeadAt]!;
    if (result < 0) this.checkError();
  }

  private checkError(): void {
    const code = this.native.lastError();
    if (code === 'EINTR' || code === 'ETIME' || code === 'EBUSY' || code === 'EAGAIN') return;
    throw new RingError(code, 'io_uring_enter');
  }
}

/** Makes a ring with the strongest flags that this kernel grants. */
function setUp(
  native: Native,
  params: Uint32Array,
  submissions: number,
  completions: number,
): { descriptor: number; flags: number } {
  let code = '';
  for (const flags of SETUP_FLAGS) {
    params.fill(0);
    params[abi.PARAMS_FLAGS >>> 2] = flags | abi.SETUP_CQSIZE | abi.SETUP_CLAMP;
    params[abi.PARAMS_CQ_ENTRIES >>> 2] = completions;
    const address = addressOf(native, new Uint8Array(params.buffer));
    const descriptor = native.syscall(abi.SYS_IO_URING_SETUP, submissions, address, 0, 0, 0, 0);
    if (descriptor >= 0) {
      const missing = FEATURES_NEEDED & ~params[abi.PARAMS_FEATURES >>> 2]!;
      if (missing === 0) return { descriptor, flags };
      native.close(descriptor);
      throw new RingError('ENOSYS', 'io_uring_setup');
    }
    code = native.lastError();
    if (code !== 'EINVAL') break;
  }
  throw new RingError(code, 'io_uring_setup');
}

function mapRing(native: Native, descriptor: number, bytes: number, offset: number): number {
  const protection = abi.PROT_READ | abi.PROT_WRITE;
  const address = native.mmap(0, bytes, protection, abi.MAP_SHARED | abi.MAP_POPULATE, descriptor, offset);
  if (address < MAP_FAILED / 2) return address;
  const code = native.lastError();
  native.close(descriptor);
  throw new RingError(code, 'mmap');
}

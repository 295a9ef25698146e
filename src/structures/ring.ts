/**
 * A ring of bytes in shared memory: any number of threads append records, one thread takes them out, in one order.
 *
 * The log and the mailboxes of threads are such rings. A position is a count of bytes since the beginning of time,
 * of which the shared words hold the low 32 bits; positions and sizes are multiples of 8, and the ring's size is a
 * power of two, so that the place in the ring is the position's low bits. Records are contiguous: what does not fit
 * before the ring's end begins at its start, behind a PAD record.
 *
 *         freed                              tail
 *           |  record | record | (being filled) |
 *     ......|.........|........|................|...........   free bytes are zero
 *
 *     record   u32 size (0 = not committed yet)   u32 the owner's, low byte RING_PAD = filler   payload
 *
 * Invariants and orderings (all Atomics are sequentially consistent):
 * - A producer owns [tail, tail + size) once its compare-and-swap on the tail has succeeded. It fills the record with
 *   plain writes and commits by Atomics.store of the size; the consumer loads the size with Atomics.load, so it
 *   sees the whole record or none of it.
 * - Free bytes are zero, so an uncommitted size reads as 0. The consumer zeroes what it took before it publishes
 *   `freed`, and a producer loads `freed` before it may enter: it never meets an old size.
 * - tail - freed never exceeds the ring's size. A producer that finds no room sleeps on `freed`; producers that must
 *   not sleep ask `hasRoom` first, at a point where they may.
 *
 * Source: the reservation scheme of Linux's BPF ring buffer (kernel/bpf/ringbuf.c), without its lock.
 */

/** Low byte of the second word of filler. */
export const RING_PAD = 255;
export const RING_BYTES_MIN = 4096;
/** Positions are compared modulo 2^32, so half of that is the most that may be outstanding; a quarter is plenty. */
const RING_BYTES_MAX = 2 ** 30;

/** Words of the control area, each on a cache line of its own: producers and consumer don't slow each other down. */
const TAIL = 0;
const FREED = 16;
const ROOM_WAITERS = 32;
const SLEEPING = 48;
export const RING_CONTROL_WORDS = 64;

/** A sleeper looks for itself this often, whatever happens to whoever should have woken it. */
const ROOM_WAIT_MS = 100;

export class Ring {
  readonly bytes: number;
  readonly u8: Uint8Array;
  readonly data: DataView;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  /** Where the record reserved last ends: the low 32 bits of the position, signed. */
  endLow: number;
  private readonly i32: Int32Array;
  private readonly control: Int32Array;
  private readonly at: number;
  private readonly mask: number;

  /**
   * @param buffer a power of two between RING_BYTES_MIN and RING_BYTES_MAX, zero at first
   * @param control where the ring has RING_CONTROL_WORDS words from index `at` on (a multiple of 16)
   */
  constructor(buffer: SharedArrayBuffer, control: Int32Array, at: number) {
    const bytes = buffer.byteLength;
    if (bytes < RING_BYTES_MIN || bytes > RING_BYTES_MAX || (bytes & (bytes - 1)) !== 0) {
      throw new RangeError(`a ring of ${bytes} bytes: not a power of two from 4 KiB to 1 GiB`);
    }
    this.bytes = bytes;
    this.u8 = new Uint8Array(buffer);
    this.data = new DataView(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.endLow = 0;
    this.i32 = new Int32Array(buffer);
    this.control = control;
    this.at = at;
    this.mask = bytes - 1;
  }

  /** Sets the position at which an empty ring begins, before any thread uses it. */
  begin(positionLow: number): void {
    Atomics.store(this.control, this.at + TAIL, positionLow | 0);
    Atomics.store(this.control, this.at + FREED, positionLow | 0);
  }

  /** Low 32 bits of the position after the last reserved record. */
  tailLow(): number {
    return Atomics.load(this.control, this.at + TAIL);
  }

  /** Low 32 bits of the position before which everything has been taken out. */
  freedLow(): number {
    return Atomics.load(this.control, this.at + FREED);
  }

  /** True when at least `bytes` are free. */
  hasRoom(bytes: number): boolean {
    const tail = Atomics.load(this.control, this.at + TAIL);
    const freed = Atomics.load(this.control, this.at + FREED);
    return this.bytes - ((tail - freed) | 0) >= bytes;
  }

  /** Wakes the consumer if it sleeps. Called after commits, once for many; costs one load when it is awake. */
  kick(): void {
    const at = this.at + SLEEPING;
    if (Atomics.load(this.control, at) === 0) return;
    // Of several kicks, one notifies.
    if (Atomics.compareExchange(this.control, at, 1, 0) === 1) Atomics.notify(this.control, at, 1);
  }

  /** Sleeps until at least `bytes` are free. */
  waitForRoom(bytes: number): void {
    this.kick();
    // The waiter counts itself, then looks: the consumer publishes `freed`, then looks for waiters. One of the two
    // sees the other; and `wait` itself compares, so that nothing is missed between looking and sleeping.
    Atomics.add(this.control, this.at + ROOM_WAITERS, 1);
    for (;;) {
      const freed = Atomics.load(this.control, this.at + FREED);
      if (this.hasRoom(bytes)) break;
      Atomics.wait(this.control, this.at + FREED, freed, ROOM_WAIT_MS);
    }
    Atomics.sub(this.control, this.at + ROOM_WAITERS, 1);
  }

  /**
   * Takes `bytes` bytes (a multiple of 8, at most half the ring) for a record. Sleeps when there is no room.
   *
   * @returns index of the record in `u8`; `endLow` says where it ends
   */
  reserve(bytes: number): number {
    const control = this.control;
    const at = this.at + TAIL;
    let tail = Atomics.load(control, at);
    for (;;) {
      const index = tail & this.mask;
      const beforeEnd = this.bytes - index;
      const pad = bytes <= beforeEnd ? 0 : beforeEnd;
      const end = (tail + pad + bytes) | 0;
      if (((end - Atomics.load(control, this.at + FREED)) | 0) > this.bytes) {
        this.waitForRoom(pad + bytes);
        tail = Atomics.load(control, at);
        continue;
      }
      const seen = Atomics.compareExchange(control, at, tail, end);
      if (seen === tail) {
        this.endLow = end;
        if (pad === 0) return index;
        this.u32[(index >>> 2) + 1] = RING_PAD;
        Atomics.store(this.i32, index >>> 2, pad);
        return 0;
      }
      tail = seen;
    }
  }

  /** Makes the record at `index` visible to the consumer: everything but its first word has been written. */
  commit(index: number, bytes: number): void {
    Atomics.store(this.i32, index >>> 2, bytes);
  }

  /**
   * Consumer: says that it is going to sleep. It must then look for work once more before it calls `sleep`: a producer
   * commits, then loads this word; the consumer stores this word, then loads sizes. One of the two sees the other, so
   * that no record is left lying.
   */
  announceSleep(): void {
    Atomics.store(this.control, this.at + SLEEPING, 1);
  }

  /** Consumer: after `announceSleep`, sleeps until a kick, or for `timeoutMs` (Infinity: for ever, 0: not at all). */
  sleep(timeoutMs: number): void {
    if (timeoutMs > 0) Atomics.wait(this.control, this.at + SLEEPING, 1, timeoutMs);
    Atomics.store(this.control, this.at + SLEEPING, 0);
  }

  /** Consumer: size of the committed record at `index`, or 0 when there is none yet. */
  committedBytes(index: number): number {
    return Atomics.load(this.i32, index >>> 2);
  }

  /** Consumer: index in `u8` of the next record to take out. */
  headIndex(): number {
    return this.freedLow() & this.mask;
  }

  /** Consumer: gives back the `bytes` bytes of whole records at the head; they do not cross the ring's end. */
  release(bytes: number): void {
    const freed = this.freedLow();
    const index = freed & this.mask;
    this.u8.fill(0, index, index + bytes);
    Atomics.store(this.control, this.at + FREED, (freed + bytes) | 0);
    if (Atomics.load(this.control, this.at + ROOM_WAITERS) !== 0) {
      Atomics.notify(this.control, this.at + FREED);
    }
  }
}

/**
 * When the time of requests is over: a timer wheel that counts.
 *
 * ```
 *   time, in ticks of 8 ms   ...|  0 |  0 | 12 |  0 |  3 |  0 |...      2,048 slots: a lap of 16 s
 *                               now        ▲ so many requests have their deadline in this tick (or whole laps later)
 * ```
 *
 * Nearly every request is answered long before its deadline. So the wheel holds no requests, only how many are due in each
 * slot: one more when a request begins, one less when it has been answered, and one timer for the first slot that is not
 * empty. Only when a slot comes up that still counts somebody are the requests themselves looked through. A deadline costs
 * two additions, and no memory.
 *
 * A deadline is never kept too early, and up to two ticks late. When it comes up, what has already arrived at the socket is read
 * first: a thread that was busy for long must not take its own lateness for the server's.
 *
 * The clock is read once a turn (`sample`), not once a request.
 */

export const TICK_MS = 8;
const SLOTS = 2048;
const SLOT_MASK = SLOTS - 1;
const LAP_MS = SLOTS * TICK_MS;
const NEVER = Number.MAX_SAFE_INTEGER;

export class Deadlines {
  /** The clock when it was last read, in milliseconds; never decreases. */
  nowMs: number;
  private readonly counts = new Int32Array(SLOTS);
  private count = 0;
  private readonly onDue: (tick: number) => void;
  /** Slots up to this tick have been looked at. */
  private doneTick: number;
  private timer: NodeJS.Timeout | undefined = undefined;
  private timerTick = NEVER;
  private immediate: NodeJS.Immediate | undefined = undefined;

  /** `onDue` is called with a tick: every request whose `dueTick` is not after it is due, and must be removed. */
  constructor(onDue: (tick: number) => void) {
    this.onDue = onDue;
    this.nowMs = performance.now();
    this.doneTick = Math.floor(this.nowMs / TICK_MS);
  }

  /** Reads the clock. */
  sample(): number {
    this.nowMs = performance.now();
    return this.nowMs;
  }

  /** Adds a deadline `timeoutMs` from the clock's last sample. Returns its tick, never 0. */
  add(timeoutMs: number): number {
    const tick = Math.floor(this.nowMs / TICK_MS) + Math.ceil(timeoutMs / TICK_MS) + 1;
    const slot = tick & SLOT_MASK;
    this.counts[slot] = this.counts[slot]! + 1;
    this.count += 1;
    if (tick < this.timerTick) this.arm(tick);
    return tick;
  }

  /** Takes a deadline away that `add` has returned. */
  remove(tick: number): void {
    const slot = tick & SLOT_MASK;
    this.counts[slot] = this.counts[slot]! - 1;
    this.count -= 1;
  }

  /** Nothing is called any more. */
  stop(): void {
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
    this.timer = undefined;
    this.immediate = undefined;
    this.timerTick = NEVER;
  }

  private arm(tick: number): void {
    clearTimeout(this.timer);
    this.timerTick = tick;
    const waitMs = Math.min(LAP_MS, Math.max(1, Math.ceil(tick * TICK_MS - performance.now())));
    // The socket keeps the process alive while there is something to wait for.
    this.timer = setTimeout(onTimer, waitMs, this).unref();
  }

  /** The timer has run: is anybody due? */
  fire(): void {
    const tick = Math.floor(this.sample() / TICK_MS);
    const isSomeoneDue = this.nextTick(this.doneTick + 1, Math.min(tick, this.doneTick + SLOTS)) !== NEVER;
    if (isSomeoneDue) {
      this.immediate = setImmediate(onImmediate, this, tick);
      return;
    }
    this.proceed(tick);
  }

  /** The socket has been read: who is still due is late. */
  expire(tick: number): void {
    this.immediate = undefined;
    this.onDue(tick);
    this.proceed(tick);
  }

  /** Goes on to the next slot that is not empty. */
  private proceed(tick: number): void {
    this.doneTick = Math.max(this.doneTick, tick);
    this.timer = undefined;
    this.timerTick = NEVER;
    if (this.count === 0) return;
    const next = this.nextTick(this.doneTick + 1, this.doneTick + SLOTS);
    if (next !== NEVER) this.arm(next);
  }

  /** The first tick from `from` to `to` whose slot counts somebody. */
  private nextTick(from: number, to: number): number {
    for (let tick = from; tick <= to; tick++) if (this.counts[tick & SLOT_MASK] !== 0) return tick;
    return NEVER;
  }
}

function onTimer(deadlines: Deadlines): void {
  deadlines.fire();
}

function onImmediate(deadlines: Deadlines, tick: number): void {
  deadlines.expire(tick);
}

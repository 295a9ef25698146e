/**
 * What a key may hold after a crash.
 *
 * Each key is written by one connection only, so its states follow one another in a known order and are numbered:
 * state n is the one after the n-th write. A write that was acknowledged must be there; one that was sent and not
 * acknowledged may be; and a state that some reader was shown must not be taken back.
 *
 *     state:   ... floor ........ sent        what is found after the crash must be one of these
 *              (acknowledged or shown)
 */

/** What a key holds: its value, undefined for none, and its deadline in Unix milliseconds, 0 for none. */
export interface State {
  readonly value: string | undefined;
  readonly deadlineMs: number;
}

export const ABSENT: State = { value: undefined, deadlineMs: 0 };

export class KeyModel {
  readonly key: string;
  /** States from the floor to the last one sent; never empty. */
  #states: State[] = [ABSENT];
  #floor = 0;
  #acknowledged = 0;

  constructor(key: string) {
    this.key = key;
  }

  /** The state after everything that was sent. */
  get latest(): State {
    return this.#states.at(-1) as State;
  }

  /** The number that the next write's state will have. */
  get nextNumber(): number {
    return this.#floor + this.#states.length;
  }

  /** A write was sent that leads to `state`. */
  sent(state: State): void {
    this.#states.push(state);
  }

  /** The oldest write under way was acknowledged. */
  acknowledged(): void {
    this.#acknowledged++;
    this.#raiseFloor(this.#acknowledged);
  }

  /** Somebody was shown the value of state `number`. Returns false when no such value was ever sent. */
  shown(number: number, value: string): boolean {
    if (number >= this.nextNumber) return false;
    if (number >= this.#floor && this.#states[number - this.#floor]?.value !== value) return false;
    this.#raiseFloor(number);
    return true;
  }

  #raiseFloor(number: number): void {
    if (number <= this.#floor) return;
    this.#states.splice(0, number - this.#floor);
    this.#floor = number;
  }

  /** Whether the key may hold `found` after the crash. */
  allows(found: State): boolean {
    return this.#states.some((state) => state.value === found.value && state.deadlineMs === found.deadlineMs);
  }

  /** After a restart: what was found is what is there. Writes that were under way will not be acknowledged any more. */
  settle(found: State): void {
    this.#floor = this.nextNumber;
    this.#acknowledged = this.#floor;
    this.#states = [found];
  }

  describe(): string {
    const from = `state ${this.#floor} to ${this.nextNumber - 1}`;
    return `${this.key}: ${from}: ${this.#states.map(describeState).join(' | ')}`;
  }
}

export function describeState({ value, deadlineMs }: State): string {
  const shown =
    value === undefined
      ? '(none)'
      : value.length > 60
        ? `${value.slice(0, 60)}... ${value.length} bytes`
        : value;
  return deadlineMs === 0 ? shown : `${shown} until ${deadlineMs}`;
}

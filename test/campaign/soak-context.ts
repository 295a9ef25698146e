/** What every part of the soak campaign's load has: whom to talk to, when to stop, where to report. */

import type { SeededRandom } from '../support/random.js';

/** Problems whose text is kept, a thread; the others are counted. */
const PROBLEMS_KEPT = 20;

/** What a load thread has done since it last said so. */
export interface LoadReport {
  /** How often each kind of thing was done. */
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
  /** All problems, also those without a text. */
  readonly problemCount: number;
}

export class LoadContext {
  readonly port: number;
  readonly random: SeededRandom;
  isStopped = false;
  #counts: Record<string, number> = {};
  #problems: string[] = [];
  #problemCount = 0;
  #problemsKept = 0;
  /** Ends of the pauses that are under way. */
  readonly #pauses = new Set<() => void>();

  constructor(port: number, random: SeededRandom) {
    this.port = port;
    this.random = random;
  }

  /** Ends the load: what is under way is brought to its end. */
  stop(): void {
    this.isStopped = true;
    for (const end of this.#pauses) end();
  }

  count(what: string, count = 1): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + count;
  }

  /** Something that a correct server does not do. */
  problem(text: string): void {
    this.#problemCount++;
    if (this.#problemsKept++ < PROBLEMS_KEPT) this.#problems.push(text);
  }

  /** Waits; for a shorter time when the load is to end. */
  pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const end = () => {
        clearTimeout(timer);
        this.#pauses.delete(end);
        done();
      };
      const timer = setTimeout(end, this.isStopped ? 0 : ms);
      this.#pauses.add(end);
    });
  }

  /** What has been done since the last call. */
  takeReport(): LoadReport {
    const report = { counts: this.#counts, problems: this.#problems, problemCount: this.#problemCount };
    this.#counts = {};
    this.#problems = [];
    this.#problemCount = 0;
    return report;
  }
}

/**
 * The fuzzer: makes inputs out of those it knows, feeds them to a target, and keeps what reaches code that nothing has reached
 * before. So it works its way in, one comparison after the other, where chance alone would take for ever.
 *
 *     corpus ──▶ mutate ──▶ repair ──▶ run ──▶ new blocks? ──▶ corpus
 *                                       └────▶ an error, or too many steps ──▶ failure, cut down to what it needs
 *
 * Coverage is looked at once for BATCH_INPUTS inputs. Only where a batch has reached something new, or took too many steps, are
 * its inputs run once more, one at a time, to see which of them it was.
 */

import { SeededRandom } from '../support/random.js';
import { nameOf } from './corpus.js';
import type { Coverage, Reached } from './coverage.js';
import { Mutator } from './mutator.js';
import type { Target, TargetMaker } from './target.js';

const BATCH_INPUTS = 32;
/** One input in so many is left as the mutator has made it, with checksums that are wrong. */
const UNREPAIRED_ONE_IN = 16;
/** The youngest inputs are where something new is likely: half of all inputs are made of so many of them. */
const YOUNG_INPUTS = 16;
/** Runs that cutting a failure down may take; those that fail need a new target each. */
const MINIMISE_RUNS_MAX = 600;

/** An input that breaks a promise. */
export interface Failure {
  readonly input: Uint8Array;
  readonly error: Error;
}

export class Fuzzer {
  /** All inputs that reach something of their own, the given ones included. */
  readonly corpus: Uint8Array[] = [];
  readonly failures: Failure[] = [];
  inputCount = 0;
  readonly #make: TargetMaker;
  #target: Target;
  readonly #coverage: Coverage;
  readonly #random: SeededRandom;
  readonly #mutator: Mutator;
  readonly #failureNames = new Set<string>();

  /** @param make of the target: once at first, and after each input that has broken a promise, and maybe what it was fed to */
  constructor(make: TargetMaker, coverage: Coverage, seed: number) {
    const target = make();
    coverage.watch(target.modules);
    this.#make = make;
    this.#target = target;
    this.#coverage = coverage;
    this.#random = new SeededRandom(seed);
    this.#mutator = new Mutator(this.#random, target.words, target.bytesMax);
  }

  /** Feeds the target's seeds and these inputs, and keeps them all. */
  begin(inputs: readonly Uint8Array[]): void {
    this.corpus.push(...this.#target.seeds, ...inputs);
    if (this.corpus.length === 0) this.corpus.push(new Uint8Array(0));
    for (let at = 0; at < this.corpus.length; at += BATCH_INPUTS) {
      const batch = this.corpus.slice(at, at + BATCH_INPUTS);
      const reached = this.#runTogether(batch);
      if (reached.isTooMuch) for (const input of batch) this.runAlone(input);
      this.#coverage.settle(reached);
    }
  }

  /** Feeds one batch of new inputs. */
  step(): void {
    const batch = Array.from({ length: BATCH_INPUTS }, () => this.#next());
    const reached = this.#runTogether(batch);
    if (!reached.isNew && !reached.isTooMuch) return;
    for (const input of batch) if (this.runAlone(input)) this.corpus.push(input);
    // What ran only because of the inputs before it would be new for ever.
    this.#coverage.settle(reached);
  }

  /** Runs an input by itself. True when it reached something new. */
  runAlone(input: Uint8Array): boolean {
    this.#coverage.look();
    const isSound = this.#run(input);
    const reached = this.#coverage.look();
    this.#coverage.settle(reached);
    const { isNew, steps, busiest } = reached;
    const limit = this.#target.stepsMax(input);
    if (isSound && steps > limit) {
      this.#fail(input, new Error(`${busiest} has a block that ran ${steps} times: ${limit} are the most`));
    }
    return isNew;
  }

  #runTogether(batch: readonly Uint8Array[]): Reached & { readonly isTooMuch: boolean } {
    let stepsMax = 0;
    this.#coverage.look();
    for (const input of batch) {
      stepsMax += this.#target.stepsMax(input);
      this.#run(input);
    }
    const reached = this.#coverage.look();
    return { ...reached, isTooMuch: reached.steps > stepsMax };
  }

  /** False when the input breaks a promise. */
  #run(input: Uint8Array): boolean {
    this.inputCount += 1;
    const error = this.#attempt(input);
    if (error === undefined) return true;
    const name = failureName(error);
    if (!this.#failureNames.has(name)) this.#fail(this.#minimise(input, name), error);
    return false;
  }

  #fail(input: Uint8Array, error: Error): void {
    if (this.#failureNames.has(failureName(error))) return;
    this.#failureNames.add(failureName(error));
    this.failures.push({ input, error });
  }

  #attempt(input: Uint8Array): Error | undefined {
    try {
      this.#target.run(input.slice());
    } catch (error) {
      this.#target = this.#make();
      return error instanceof Error ? error : new Error(String(error));
    }
    return undefined;
  }

  /** Cuts out of an input whatever the failure does not need. */
  #minimise(input: Uint8Array, name: string): Uint8Array {
    let best = input;
    let runs = 0;
    for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < best.length && runs < MINIMISE_RUNS_MAX; runs++) {
        const cut = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
        const shorter = this.#target.repair === undefined ? cut : this.#target.repair(cut);
        const error = shorter.length < best.length ? this.#attempt(shorter) : undefined;
        if (error !== undefined && failureName(error) === name) best = shorter;
        else at += size;
      }
    }
    return new Uint8Array(best);
  }

  #next(): Uint8Array {
    const made = this.#mutator.mutate(this.#choose(), this.#choose());
    const { repair } = this.#target;
    return repair === undefined || this.#random.below(UNREPAIRED_ONE_IN) === 0 ? made : repair(made);
  }

  #choose(): Uint8Array {
    const count = this.corpus.length;
    const isYoung = this.#random.below(2) === 0;
    const among = isYoung ? Math.min(YOUNG_INPUTS, count) : count;
    return this.corpus[count - 1 - this.#random.below(among)]!;
  }
}

/** The same for two failures that are most likely the same mistake: what was thrown, and where. */
function failureName(error: Error): string {
  const place = /^\s+at .*$/m.exec(error.stack ?? '')?.[0] ?? '';
  return `${error.name} ${error.message.replaceAll(/\d+/g, '#').slice(0, 60)} ${place}`;
}

/** Of these inputs, the shortest first, those that reach what the target's seeds and the ones before them do not. */
export function reduceInputs(
  make: TargetMaker,
  coverage: Coverage,
  inputs: readonly Uint8Array[],
): Uint8Array[] {
  const fuzzer = new Fuzzer(make, coverage, 0);
  fuzzer.begin([]);
  const distinct = [...new Map(inputs.map((input) => [nameOf(input), input])).values()];
  return distinct
    .toSorted((left, right) => left.length - right.length)
    .filter((input) => fuzzer.runAlone(input));
}

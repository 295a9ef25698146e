/**
 * A target: a part of CrabKV that reads bytes which nobody has checked, and what is promised of it whatever they are.
 *
 * The fuzzer (fuzzer.ts) makes inputs, and `run` feeds one. Whatever `run` throws breaks a promise: the reader has crashed, given
 * an error that is not one of its own, or has left something behind that is not in order. Work is bounded in steps, not in
 * seconds: how often the busiest block of the target's modules may run for an input of so many bytes.
 */

export interface Target {
  /** The compiled modules that are looked at, as beginnings of their paths: `src/engine/rdb/`. */
  readonly modules: readonly string[];
  /** Well-formed inputs of each kind, and some that once were trouble. */
  readonly seeds: readonly Uint8Array[];
  /** What the format is made of: words, numbers and first bytes of things. */
  readonly words: readonly Uint8Array[];
  /** Inputs have at most so many bytes. */
  readonly bytesMax: number;
  /** Makes checksums and the like right again, so that what is behind them is reached. Returns another input, or the same. */
  readonly repair?: (input: Uint8Array) => Uint8Array;
  /** How often a block may run for an input. */
  readonly stepsMax: (input: Uint8Array) => number;
  /** Feeds an input, which it may change. Throws when a promise is broken. */
  readonly run: (input: Uint8Array) => void;
}

/** Targets are made where they are run: each has an engine, or a directory, of its own. */
export type TargetMaker = () => Target;

/** Steps that grow with the size of the input, and some that do not. */
export function linearSteps(perByte: number, fixed = 4096): (input: Uint8Array) => number {
  return (input) => fixed + perByte * input.length;
}

/** Texts as inputs, one byte for each character. */
export function texts(...all: readonly string[]): Uint8Array[] {
  return all.map((text) => Buffer.from(text, 'latin1'));
}

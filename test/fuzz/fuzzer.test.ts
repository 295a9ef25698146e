import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseSeed } from '../support/random.js';
import { Coverage, type Reached } from './coverage.js';
import { Fuzzer } from './fuzzer.js';
import type { TargetMaker } from './target.js';

/** With eyes it takes some 1600 batches, now and then several times as many. */
const BATCHES_MAX = 30_000;
/** As many as suffice with eyes in most cases; without, it takes some forty thousand times as many. */
const BLIND_BATCHES = 3000;

/** Never sees anything new. */
class BlindCoverage extends Coverage {
  override look(): Reached {
    return { ...super.look(), isNew: false };
  }
}

/** Fuzzes until something breaks. */
function fuzz(make: TargetMaker, coverage: Coverage, seed: number, batchesMax = BATCHES_MAX): Fuzzer {
  const fuzzer = new Fuzzer(make, coverage, seed);
  fuzzer.begin([]);
  for (let batch = 0; batch < batchesMax && fuzzer.failures.length === 0; batch++) fuzzer.step();
  return fuzzer;
}

describe('The fuzzer', () => {
  const seed = chooseSeed(process.env['TEST_SEED']);

  it(`finds a mistake behind four comparisons, one after the other, and cuts it down (seed ${seed})`, async () => {
    const coverage = new Coverage();
    const { makePlantedTarget } = await import('./planted.case.js');
    const { failures, corpus } = fuzz(makePlantedTarget, coverage, seed);
    assert.equal(failures.length, 1);
    assert.equal(failures[0]!.error.message, 'the planted mistake');
    assert.equal(Buffer.from(failures[0]!.input).toString(), 'crab');
    assert.ok(corpus.length >= 4, 'each comparison on the way has an input of its own');
  });

  it(`does not find it without eyes, so that it is coverage that leads there (seed ${seed})`, async () => {
    const coverage = new BlindCoverage();
    const { makePlantedTarget } = await import('./planted.case.js');
    assert.equal(fuzz(makePlantedTarget, coverage, seed, BLIND_BATCHES).failures.length, 0);
  });

  it(`finds a loop that goes round too often (seed ${seed})`, async () => {
    const coverage = new Coverage();
    const { makeSquareTarget } = await import('./planted.case.js');
    const { failures } = fuzz(makeSquareTarget, coverage, seed);
    assert.match(failures[0]!.error.message, /^countPairs in .* has a block that ran \d+ times/);
  });

  it('makes the same inputs again of the same seed', async () => {
    const coverage = new Coverage();
    const { makePlantedTarget } = await import('./planted.case.js');
    const inputsOf = (): string[] => {
      const inputs: string[] = [];
      const target = { ...makePlantedTarget(), run: (input: Uint8Array) => void inputs.push(String(input)) };
      const fuzzer = new Fuzzer(() => target, coverage, seed);
      fuzzer.begin([]);
      for (let batch = 0; batch < 3; batch++) fuzzer.step();
      return inputs;
    };
    assert.deepEqual(inputsOf(), inputsOf());
  });
});

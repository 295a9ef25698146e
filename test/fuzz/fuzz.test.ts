/**
 * Every target, shortly: all kept inputs, then some new ones. `npm run test:fuzz` goes on for as long as one likes.
 */

import { describe, it } from 'node:test';
import { chooseSeed } from '../support/random.js';
import { loadCorpus, saveFailure } from './corpus.js';
import { FAILURES, runTarget } from './runner.js';
import { TARGETS } from './targets.js';

/** Of 32 inputs each. */
const BATCHES = 8;
/** A slow machine feeds fewer of them: all kept ones in any case. */
const SECONDS_MAX = 2;

describe('Readers of bytes that nobody has checked', () => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  for (const target of Object.keys(TARGETS)) {
    it(`${target}: kept inputs, and new ones of seed ${seed}`, async () => {
      const report = await runTarget({
        target,
        seed,
        inputs: loadCorpus(target),
        batchesMax: BATCHES,
        secondsMax: SECONDS_MAX,
        reduces: false,
      });
      const [failure] = report.failures;
      if (failure === undefined) return;
      const path = saveFailure(FAILURES, target, failure.input);
      throw new Error(`${path} breaks a promise of '${target}': ${failure.message}`);
    });
  }
});

/**
 * What was acknowledged is there after kill -9. A few rounds here, which `npm test` repeats on every reactor;
 * `npm run test:crash` runs many.
 */

import { test } from 'node:test';
import { chooseSeed } from '../support/random.js';
import { AIM_NAMES } from './aims.js';
import { runCrashRounds } from './rounds.js';

test('kill -9 loses nothing that was acknowledged and nothing that was shown, with any appendfsync', async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  // Every aim once, and every mode twice.
  await runCrashRounds({ seed, rounds: AIM_NAMES.length, log: (line) => t.diagnostic(line) });
});

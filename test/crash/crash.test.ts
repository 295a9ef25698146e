/** What was acknowledged is there after kill -9. A few rounds here; `npm run test:crash` runs many. */

import { test } from 'node:test';
import { chooseSeed } from '../support/random.js';
import { runCrashRounds } from './rounds.js';

test('kill -9 under load loses nothing that was acknowledged and nothing that was shown', async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  await runCrashRounds({ seed, rounds: 3, log: (line) => t.diagnostic(line) });
});

/** The same for a store that was opened in a process (src/embedded), which has no reactor to choose. */

import { test } from 'node:test';
import { chooseSeed } from '../support/random.js';
import { runCrashRounds } from './rounds.js';

test('kill -9 of a process with an embedded store loses nothing that was acknowledged', async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  await runCrashRounds({ seed, rounds: 1, door: 'embedded', log: (line) => t.diagnostic(line) });
});

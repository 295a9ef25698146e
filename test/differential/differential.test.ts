/**
 * CrabKV against redis-server: the same bytes to both, the replies compared byte by byte.
 *
 * `npm run test:differential -- --seconds 3600 --seed X` runs the random part for longer. TEST_SEED=X repeats a run of the
 * tests.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chooseSeed } from '../support/random.js';
import { show } from '../support/resp.js';
import { skipWithout } from '../support/tools.js';
import { describeMismatch, Pair } from './pair.js';
import { compareRandomPrograms } from './random-programs.js';
import { RAW_INPUTS } from './raw-inputs.js';
import { tablePrograms } from './table.js';

/** The same ones in every run with the same seed, unless the machine is very slow. */
const RANDOM_PROGRAMS = 1000;
const RANDOM_SECONDS_MAX = 60;

const skip = skipWithout('the differential test against Redis', 'redis-server');

let pair: Pair;
before(async () => {
  if (skip === false) pair = await Pair.start();
});
after(async () => {
  await pair?.stop();
});

for (const { title, program } of tablePrograms()) {
  for (const protocol of ['2', '3']) {
    test(`answers as Redis does in RESP${protocol}: ${title}`, { skip }, async () => {
      const whole = [['HELLO', protocol], ...program];
      const differences: string[] = [];
      // Every row is judged, not only the first that differs: rows that differ are taken out and the rest runs again.
      for (let rest = whole; ; ) {
        const mismatch = await pair.run(rest);
        if (mismatch === undefined) break;
        const request = mismatch.words.map((word) => JSON.stringify(word).slice(1, -1) || '""').join(' ');
        differences.push(`${request}\n    crabkv: ${mismatch.subject}\n    redis:  ${mismatch.reference}`);
        rest = rest.filter((_, i) => i !== mismatch.index);
      }
      assert.ok(differences.length === 0, `${differences.length} differences\n${differences.join('\n')}`);
    });
  }
}

test('answers as Redis does, and hangs up when Redis does: raw input', { skip }, async () => {
  const differences: string[] = [];
  await Promise.all(
    Object.entries(RAW_INPUTS).map(async ([title, text]) => {
      const [subject, reference] = await pair.exchange(Buffer.from(text, 'latin1'));
      if (subject.received.equals(reference.received) && subject.closed === reference.closed) return;
      const describe = ({ received, closed }: typeof subject) =>
        `${show(received)}${closed ? ', closed' : ', open'}`;
      differences.push(`${title}\n    crabkv: ${describe(subject)}\n    redis:  ${describe(reference)}`);
    }),
  );
  assert.ok(differences.length === 0, `${differences.length} differences\n${differences.join('\n')}`);
});

test(`answers ${RANDOM_PROGRAMS} random programs as Redis does`, { skip }, async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  const extent = { seed, seconds: RANDOM_SECONDS_MAX, programsMax: RANDOM_PROGRAMS };
  const outcome = await compareRandomPrograms(pair, extent);
  t.diagnostic(`${outcome.programs} programs, ${outcome.requests} requests`);
  if (outcome.mismatch !== undefined) {
    assert.fail(`seed ${outcome.seed}: ${describeMismatch(outcome.mismatch, outcome.program)}`);
  }
  assert.ok(outcome.programs > 0);
});

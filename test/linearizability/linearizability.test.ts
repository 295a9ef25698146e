/**
 * What concurrent clients see of a server that is killed under them is what one client after another could have seen. A few
 * histories here; `npm run test:linearizability` records and checks as many as you like. That the check can fail is shown with
 * servers that are broken on purpose: modules of `sabotage`, loaded before the server from here and from nowhere else.
 */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { chooseSeed, SeededRandom } from '../support/random.js';
import { check, describeViolation, type Verdict } from './checker.js';
import { type RecordOptions, recordHistories } from './record.js';

const GROUPS = 5;
const CLIENTS = 12;
/**
 * A broken server is given so many tries to be found out. On a machine that had ten times as much to do as it could, one try was
 * enough 20 times of 20 for replies that leave too early, and 17 times of 20 for batons that are not taken.
 */
const TRIES_MAX = 12;

interface Checked {
  readonly operations: number;
  readonly verdicts: readonly Verdict[];
}

async function recordAndCheck(
  random: SeededRandom,
  options: Pick<RecordOptions, 'lives' | 'operations' | 'preloads' | 'appendfsync' | 'mayDie'>,
): Promise<Checked> {
  const seed = random.next() | 0;
  const histories = await recordHistories({ seed, groups: GROUPS, clients: CLIENTS, ...options });
  return { operations: histories.flat().length, verdicts: histories.map((history) => check(history)) };
}

async function expectLinearizable(t: TestContext, ...args: Parameters<typeof recordAndCheck>): Promise<void> {
  const { operations, verdicts } = await recordAndCheck(...args);
  t.diagnostic(`${verdicts.length} histories, ${operations} operations`);
  for (const verdict of verdicts) {
    assert.equal(verdict.outcome, 'linearizable', describeViolation(verdict));
  }
}

async function expectFoundOut(t: TestContext, ...args: Parameters<typeof recordAndCheck>): Promise<void> {
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    const { verdicts } = await recordAndCheck(...args);
    const violations = verdicts.filter(({ outcome }) => outcome === 'violation');
    if (violations.length === 0) continue;
    t.diagnostic(`found out at try ${tries}, in ${violations.length} of ${verdicts.length} histories`);
    return;
  }
  assert.fail(`a broken server was not found out in ${TRIES_MAX} tries`);
}

function seededRandom(t: TestContext): SeededRandom {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  return new SeededRandom(seed);
}

test('histories with kill -9 are linearizable', async (t) => {
  await expectLinearizable(t, seededRandom(t), { lives: 3 });
});

test('they are on a disk that loses what was not synced, too', async (t) => {
  await expectLinearizable(t, seededRandom(t), { lives: 2, preloads: ['held-disk'] });
});

test('a server that replies before its log has been synced is found out on that disk', async (t) => {
  await expectFoundOut(t, seededRandom(t), { lives: 2, preloads: ['held-disk', 'early-replies'] });
});

test('histories of a server in which commands take long are linearizable', async (t) => {
  await expectLinearizable(t, seededRandom(t), { lives: 1, preloads: ['slow-commands'], appendfsync: 'no' });
});

test('such a server whose commands take no batons is found out', async (t) => {
  const preloads = ['slow-commands', 'no-batons'];
  await expectFoundOut(t, seededRandom(t), {
    lives: 1,
    operations: 1500,
    preloads,
    appendfsync: 'no',
    mayDie: true,
  });
});

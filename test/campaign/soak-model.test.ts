/** The soak campaign's model: right replies pass, in each protocol; others do not, and keys may end only in time. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../support/random.js';
import { judge, OwnKeys, type Step } from './soak-model.js';
import { type Protocol, write } from './soak-reply.js';

const PROTOCOLS: readonly Protocol[] = ['resp2', 'resp3', 'text'];
const NOW_MS = 1_000_000;

/** Generates requests until one is called `name`; the others are answered as the model wants it. */
function until(keys: OwnKeys, name: string, protocol: Protocol, ms = NOW_MS): Step {
  for (;;) {
    const step = keys.any(protocol);
    if (step.args[0] === name) return step;
    answer(step, protocol, ms);
  }
}

/** Gives the first reply that is right. */
function answer(step: Step, protocol: Protocol, ms: number): void {
  const [first] = step.candidates(ms, ms);
  const expected = first!.expected;
  const raw =
    typeof expected === 'object' && 'atLeast' in expected
      ? write(expected.atMost, protocol)
      : write(expected, protocol);
  assert.equal(judge(step, raw, protocol, ms, ms), undefined);
}

for (const protocol of PROTOCOLS) {
  test(`takes right replies and refuses others (${protocol})`, () => {
    const keys = new OwnKeys('k', new SeededRandom(1));
    for (let i = 0; i < 3000; i++) {
      const step = keys.any(protocol);
      const line = protocol === 'text' ? 'wrong\n' : '+wrong\r\n';
      assert.match(judge(step, line, protocol, NOW_MS, NOW_MS) ?? '', /got "\+?wrong/);
      answer(step, protocol, NOW_MS);
    }
  });
}

test('refuses a reply that belongs to another request', () => {
  const keys = new OwnKeys('k', new SeededRandom(2));
  const [first, second] = [until(keys, 'ECHO', 'resp2'), until(keys, 'ECHO', 'resp2')];
  const raw = write(String(second.args[1]), 'resp2');
  assert.match(judge(first, raw, 'resp2', NOW_MS, NOW_MS) ?? '', /^"ECHO"/);
  assert.equal(judge(second, raw, 'resp2', NOW_MS, NOW_MS), undefined);
});

test('a key with a deadline is there before it, may be gone about it, and is gone after it', () => {
  const keys = new OwnKeys('k', new SeededRandom(3));
  const step = until(keys, 'PSETEX', 'resp2');
  answer(step, 'resp2', NOW_MS);
  const [, name, life] = step.args;
  const isGone = (ms: number) => {
    let get = keys.get();
    while (get.args[1] !== name) get = keys.get();
    return [...get.candidates(ms, ms)].map(({ expected }) => expected === undefined);
  };
  const deadlineMs = NOW_MS + Number(life);
  assert.deepEqual(isGone(deadlineMs - 1001), [false]);
  assert.deepEqual(isGone(deadlineMs), [false, true]);
  assert.deepEqual(isGone(deadlineMs + 1001), [true]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Outcome, STEPS, type Step } from './door-steps.case.js';
import { type Door, directDoor, promiseDoor, socketDoor, workerDoor } from './doors.case.js';
import { open } from './open.js';

/** The outcomes as they can be compared: a Buffer that has come from a worker is a plain array there. */
function plain(outcomes: readonly Outcome[]): unknown[] {
  const same = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
    return Array.isArray(value) ? value.map(same) : value;
  };
  return outcomes.map((outcome) => ('value' in outcome ? { value: same(outcome.value) } : outcome));
}

function answerTo(outcomes: readonly Outcome[], method: string, ...args: readonly unknown[]): unknown {
  const at = STEPS.findIndex(
    (step) => step.method === method && args.every((arg, index) => step.args[index] === arg),
  );
  const outcome = outcomes[at] as { value: unknown };
  return outcome.value;
}

test('every way in gives the same answers: promises, at once, attached, over TCP', async (t) => {
  const kv = await open({ databases: 1 });
  t.after(() => kv.close());
  const port = await kv.listen({ port: 0, host: '127.0.0.1' });
  const doors: Door[] = [
    promiseDoor(kv),
    directDoor(kv),
    await workerDoor(kv, 'promises'),
    await workerDoor(kv, 'at once'),
    await socketDoor(port),
  ];
  const first = (await doors[0]?.run(STEPS)) ?? [];
  assert.equal(answerTo(first, 'get', 'text'), 'rustacean');
  assert.deepEqual(
    answerTo(first, 'hgetall', 'hash'),
    new Map(Object.entries({ f1: 'v1', f2: '2', f3: 'drei' })),
  );
  assert.equal(answerTo(first, 'zscore', 'sorted', 'cy'), Number.POSITIVE_INFINITY);
  for (const door of doors.slice(1)) {
    const outcomes = await door.run(STEPS);
    for (const [index, step] of STEPS.entries()) {
      const [mine, theirs] = [plain(outcomes)[index], plain(first)[index]];
      assert.deepEqual(mine, theirs, `${door.name}: ${describe(step)}`);
    }
  }
  for (const door of doors) await door.close();
});

function describe({ method, args }: Step): string {
  return `${method} ${args.map((arg) => (typeof arg === 'bigint' ? `${arg}n` : JSON.stringify(arg))).join(' ')}`.slice(
    0,
    100,
  );
}

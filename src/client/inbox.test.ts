import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { QueueFullError } from './errors.js';
import { Inbox } from './inbox.js';

function inboxOf(max = 10): { inbox: Inbox<number>; left: () => number } {
  let left = 0;
  const inbox = new Inbox<number>(max, () => {
    left += 1;
  });
  return { inbox, left: () => left };
}

test('messages come in their order, whether the reader waits for them or they for the reader', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 60 }), async (steps) => {
      const { inbox } = inboxOf(100);
      const reads: Promise<IteratorResult<number, undefined>>[] = [];
      let pushed = 0;
      for (const isPush of steps) {
        if (isPush) inbox.push(pushed++);
        else reads.push(inbox.next());
      }
      inbox.end();
      const results = await Promise.all(reads);
      const rest: number[] = [];
      for await (const value of inbox) rest.push(value);
      const values = results.flatMap((result) => (result.done ? [] : [result.value]));
      assert.deepEqual(
        [...values, ...rest],
        Array.from({ length: pushed }, (_, i) => i),
      );
    }),
  );
});

test('a reader that is too slow gets what was kept, then the error, then the end', async () => {
  const { inbox, left } = inboxOf(2);
  for (const value of [1, 2, 3, 4]) inbox.push(value);
  assert.equal(left(), 1);
  assert.deepEqual(await inbox.next(), { done: false, value: 1 });
  assert.deepEqual(await inbox.next(), { done: false, value: 2 });
  await assert.rejects(
    inbox.next(),
    (error) => error instanceof QueueFullError && /pushesMax/.test(error.message),
  );
  assert.deepEqual(await inbox.next(), { done: true, value: undefined });
});

test('leaving the loop ends it, once, and drops what is there', async () => {
  const { inbox, left } = inboxOf();
  for (const value of [1, 2, 3]) inbox.push(value);
  for await (const value of inbox) if (value === 2) break;
  assert.equal(left(), 1);
  inbox.push(4);
  assert.deepEqual(await inbox.next(), { done: true, value: undefined });
  assert.equal(left(), 1);
});

test('the end and an error reach every reader that waits', async () => {
  const ended = inboxOf();
  const waiting = [ended.inbox.next(), ended.inbox.next()];
  ended.inbox.end();
  for (const result of await Promise.all(waiting)) assert.equal(result.done, true);

  const failed = inboxOf();
  const [first, second] = [failed.inbox.next(), failed.inbox.next()];
  failed.inbox.fail(new Error('over'));
  await assert.rejects(first, /over/);
  assert.equal((await second).done, true);
});

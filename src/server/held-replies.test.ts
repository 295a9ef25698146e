import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeldReplies } from './held-replies.js';

/** What a release at `durable` lets go, as text. */
function release(held: HeldReplies, durable: number): string {
  const ready = held.readyBytes(durable);
  const text = Buffer.from(held.bytes.slice(held.start, held.start + ready)).toString('latin1');
  if (ready > 0) held.drop(ready);
  return text;
}

test('any appends and releases: nothing early, nothing lost, nothing out of order', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('append' as const),
      size: fc.integer({ min: 1, max: 3000 }),
      lsn: fc.nat(2),
    }),
    fc.record({ kind: fc.constant('release' as const), size: fc.nat(100), lsn: fc.nat(3) }),
  );
  const property = fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const held = new HeldReplies();
    const waiting: { text: string; lsn: number }[] = [];
    let lsn = 8;
    let durable = 0;
    let expectedNext = '';
    for (const { kind, size, lsn: ahead } of steps) {
      if (kind === 'append') {
        lsn += ahead * 8;
        const text = String.fromCharCode(33 + (waiting.length % 90)).repeat(size);
        const source = Buffer.from(`${text}rest`, 'latin1');
        held.append(source, 0, size, lsn);
        source.fill('?');
        waiting.push({ text, lsn });
      } else {
        durable = Math.min(lsn, durable + ahead * 8);
        const gone = release(held, durable);
        let may = '';
        while (waiting.length > 0 && waiting[0]!.lsn <= durable) may += waiting.shift()!.text;
        expectedNext += may;
        assert.ok(expectedNext.startsWith(gone), 'only what may go, in order');
        expectedNext = expectedNext.slice(gone.length);
      }
      const left = expectedNext.length + waiting.reduce((sum, reply) => sum + reply.text.length, 0);
      assert.equal(held.size, left);
    }
    let rest = expectedNext;
    for (const reply of waiting) rest += reply.text;
    assert.equal(release(held, lsn), rest);
    assert.equal(held.size, 0);
    assert.ok(held.bytes.length <= 4096, 'a large buffer is given back');
  });
  fc.assert(property, { numRuns: 300 });
});

test('up to sixteen LSNs are told apart; more wait together for the last', () => {
  const held = new HeldReplies();
  for (let count = 1; count <= 40; count++) held.append(Buffer.from('x'), 0, 1, count * 8);
  for (let count = 1; count <= 15; count++) assert.equal(release(held, count * 8), 'x');
  assert.equal(release(held, 39 * 8), '');
  assert.equal(release(held, 40 * 8), 'x'.repeat(25));
});

test('what is left moves to the front of the buffer instead of growing it', () => {
  const held = new HeldReplies();
  held.append(Buffer.alloc(100, 'a'), 0, 100, 8);
  held.append(Buffer.alloc(300, 'b'), 0, 300, 16);
  held.append(Buffer.alloc(10, 'c'), 0, 10, 24);
  const { length } = held.bytes;
  assert.equal(release(held, 16).length, 400);
  held.append(Buffer.alloc(110, 'd'), 0, 110, 32);
  assert.equal(held.bytes.length, length);
  assert.equal(release(held, 32), 'c'.repeat(10) + 'd'.repeat(110));
});

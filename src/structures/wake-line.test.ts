import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { announceMessage, WAKE_LINE_WORDS, WakeLine, wakeLine } from './wake-line.js';

const AT = 5;

interface Line {
  readonly words: Int32Array;
  readonly line: WakeLine;
  /** How often its descriptor was written to. (An ordinary file is in the eventfd's place.) */
  writes(): number;
}

function makeLine(t: TestContext): Line {
  const words = new Int32Array(new SharedArrayBuffer((AT + WAKE_LINE_WORDS) * 4));
  const folder = mkdtempSync(join(tmpdir(), 'wake-line-'));
  const file = join(folder, 'writes');
  const descriptor = openSync(file, 'a');
  t.after(() => {
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  });
  const line = new WakeLine(words, AT);
  line.setDescriptor(descriptor);
  return { words, line, writes: () => readFileSync(file).length / 8 };
}

test('a thread that is awake is not written to, but sees that the word has changed', (t) => {
  const { words, line, writes } = makeLine(t);
  const before = line.value();
  wakeLine(words, AT);
  assert.equal(line.value(), before + 1);
  assert.equal(line.messages(), 0);
  assert.equal(writes(), 0);
});

test('a thread that sleeps is written to once, by the first of its wakers', (t) => {
  const { words, line, writes } = makeLine(t);
  line.fallAsleep();
  for (let count = 0; count < 3; count++) wakeLine(words, AT);
  assert.equal(writes(), 1);
  assert.equal(line.value(), 3);
  line.fallAsleep();
  line.wakeUp();
  wakeLine(words, AT);
  assert.equal(writes(), 1, 'it woke up by itself');
});

test('a message is counted and wakes', (t) => {
  const { words, line, writes } = makeLine(t);
  line.fallAsleep();
  announceMessage(words, AT);
  assert.equal(line.messages(), 1);
  assert.equal(line.value(), 1);
  assert.equal(writes(), 1);
});

test('a thread without a descriptor is notified at its word', async (t) => {
  const { words, line, writes } = makeLine(t);
  line.setDescriptor(-1);
  line.fallAsleep();
  const wait = Atomics.waitAsync(words, AT, 0);
  assert.equal(wait.async, true);
  wakeLine(words, AT);
  assert.equal(await wait.value, 'ok');
  assert.equal(writes(), 0);
});

test('words beside the line stay as they are', (t) => {
  const { words, line } = makeLine(t);
  line.fallAsleep();
  announceMessage(words, AT);
  assert.ok(words.subarray(0, AT).every((word) => word === 0));
});

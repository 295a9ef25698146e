import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMemory, parseMemory } from './memory-units.js';

test('units with a b are binary, units without are decimal, case does not matter', () => {
  assert.equal(parseMemory('512'), 512);
  assert.equal(parseMemory('7b'), 7);
  assert.equal(parseMemory('1k'), 1_000);
  assert.equal(parseMemory('1KB'), 1_024);
  assert.equal(parseMemory('3m'), 3_000_000);
  assert.equal(parseMemory('3Mb'), 3 * 2 ** 20);
  assert.equal(parseMemory('2g'), 2_000_000_000);
  assert.equal(parseMemory('2gb'), 2 * 2 ** 30);
  assert.equal(parseMemory(''), 0);
  assert.equal(parseMemory('kb'), 0);
});

test('what is not a size, or is too large to be exact, is refused', () => {
  for (const text of ['-1', '+1', '1.5gb', '1 gb', '1tb', '10%', '9999999999999gb']) {
    assert.equal(parseMemory(text), undefined, text);
  }
});

test('sizes are printed in the largest unit that is exact, and read back the same', () => {
  assert.equal(formatMemory(512 * 2 ** 20), '512mb');
  assert.equal(formatMemory(1_500), '1500');
  for (const bytes of [0, 1, 1023, 1024, 1536 * 1024, 2 ** 30]) {
    assert.equal(parseMemory(formatMemory(bytes)), bytes);
  }
});

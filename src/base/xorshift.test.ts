import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Xorshift } from './xorshift.js';

describe('Xorshift', () => {
  it('gives the same numbers for the same seed, all of them 32-bit integers and none 0', () => {
    for (const seed of [1, -1, 0x7fff_ffff, 12_345]) {
      const left = new Xorshift(seed);
      const right = new Xorshift(seed);
      for (let draw = 0; draw < 1000; draw++) {
        const number = left.next();
        assert.equal(number, right.next());
        assert.equal(number, number | 0);
        assert.notEqual(number, 0);
      }
    }
  });

  it('does not get stuck at a seed of 0', () => {
    const random = new Xorshift(0);
    assert.notEqual(random.next(), random.next());
  });

  it('draws evenly below a count', () => {
    const random = new Xorshift(7);
    for (const count of [1, 2, 10, 64]) {
      const times = new Array<number>(count).fill(0);
      for (let draw = 0; draw < count * 1000; draw++) times[random.below(count)]! += 1;
      for (const drawn of times) assert.ok(drawn > 850 && drawn < 1150, `${drawn} times instead of 1000`);
    }
  });
});

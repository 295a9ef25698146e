import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../base/bytes.js';
import { ItemPayload } from './item-payload.js';
import { MemberIndex } from './member-index.js';

/** Few hashes, so that members with the same one meet. */
const HASHES = 7;

describe('MemberIndex', () => {
  it('tells members that a payload has from those that it has not', () => {
    const index = new MemberIndex();
    const payload = new ItemPayload();
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 60 }), (members) => {
        const model = new Set<string>();
        payload.begin();
        index.begin(payload);
        for (const member of members) {
          const bytes = Buffer.from(member);
          const data = viewOf(bytes);
          const hash = (bytes[0] ?? 0) % HASHES;
          assert.equal(index.contains(hash, data, 0, bytes.length), model.has(member));
          assert.equal(index.isNew(hash, data, 0, bytes.length), !model.has(member));
          if (!model.has(member)) payload.putItem(data, 0, bytes.length);
          model.add(member);
        }
        assert.equal(index.count, model.size);
      }),
    );
  });

  it('grows with the members, and gives the memory back', () => {
    const index = new MemberIndex();
    const payload = new ItemPayload();
    const bytes = new Uint8Array(4);
    const data = viewOf(bytes);
    for (const count of [100_000, 10]) {
      payload.begin();
      index.begin(payload);
      for (let turn = 0; turn < 2; turn++) {
        for (let number = 0; number < count; number++) {
          data.setUint32(0, number);
          const hash = Math.imul(number, 0x9e3779b1) >>> 0;
          const isNew = index.isNew(hash, data, 0, 4);
          assert.equal(isNew, turn === 0);
          if (isNew) payload.putItem(data, 0, 4);
        }
      }
      assert.equal(index.count, count);
      assert.ok(!index.isFull && payload.isComplete());
      index.end();
      payload.clear();
    }
  });
});

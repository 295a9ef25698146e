import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as record from './record.js';
import { isSoundRecord } from './record-check.js';

/** A record about the key `k` that is sound in every other respect. */
function isSound(op: number, payload: Buffer): boolean {
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32LE(1, 0);
  sizes.writeUInt32LE(payload.length, 4);
  return isSoundBody(op, 0, Buffer.concat([sizes, Buffer.from('k'), payload]));
}

function isSoundBody(op: number, flags: number, body: Buffer): boolean {
  const bytes = Buffer.alloc(record.padded(record.RECORD_HEADER_BYTES + body.length));
  bytes.writeUInt32LE(bytes.length, 0);
  bytes[4] = op;
  bytes[5] = flags;
  body.copy(bytes, record.RECORD_HEADER_BYTES);
  const fields = new record.RecordFields();
  assert.ok(fields.read(bytes, 0, bytes.length), 'the record can be taken apart');
  return isSoundRecord(fields, bytes);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function f64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function item(text: string): Buffer {
  return Buffer.concat([u32(text.length), Buffer.from(text)]);
}

describe('A record of the log is sound', () => {
  it('when its items are whole', () => {
    for (const op of [
      record.OP_LIST_PUSH_LEFT,
      record.OP_LIST_PUSH_RIGHT,
      record.OP_SET_ADD,
      record.OP_HASH_DELETE,
    ]) {
      assert.ok(isSound(op, Buffer.concat([item('a'), item('')])));
      assert.ok(!isSound(op, Buffer.concat([item('a'), Buffer.from([1, 0, 0])])));
      assert.ok(!isSound(op, Buffer.concat([item('a'), u32(1)])));
      assert.ok(!isSound(op, Buffer.concat([item('a'), u32(0xffff_ffff)])));
    }
  });

  it('when its numbers are all there, and nothing else', () => {
    assert.ok(isSound(record.OP_LIST_POP_LEFT, u32(3)));
    assert.ok(!isSound(record.OP_LIST_POP_RIGHT, Buffer.from([3])));
    assert.ok(isSound(record.OP_LIST_TRIM, Buffer.concat([u32(1), u32(2)])));
    assert.ok(!isSound(record.OP_LIST_TRIM, u32(1)));
    assert.ok(isSound(record.OP_LIST_REMOVE, Buffer.concat([u32(1), u32(2), u32(9)])));
    assert.ok(!isSound(record.OP_LIST_REMOVE, Buffer.from([1, 0, 0, 0, 2])));
    for (const op of [record.OP_LIST_SET, record.OP_LIST_INSERT]) {
      assert.ok(isSound(op, Buffer.concat([u32(1), item('x')])));
      assert.ok(!isSound(op, Buffer.concat([u32(1), item('x'), item('y')])));
      assert.ok(!isSound(op, u32(1)));
    }
  });

  it('when each field has a value', () => {
    for (const op of [record.OP_HASH_SET, record.OP_HASH_UPDATE]) {
      assert.ok(isSound(op, Buffer.concat([item('f'), item('v')])));
      assert.ok(!isSound(op, item('f')));
    }
  });

  it('when its scores are numbers', () => {
    for (const score of [0, -1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      assert.ok(isSound(record.OP_ZSET_SET, Buffer.concat([f64(score), item('m')])));
    }
    assert.ok(!isSound(record.OP_ZSET_SET, Buffer.concat([f64(1), item('m'), f64(Number.NaN), item('n')])));
    assert.ok(!isSound(record.OP_ZSET_SET, Buffer.concat([f64(1), item('m'), f64(1)])));
  });

  it('when it makes a value no longer than a value can be', () => {
    const range = (offset: number) => Buffer.concat([u32(offset), u32(1), u32(2), Buffer.from('kab')]);
    assert.ok(isSoundBody(record.OP_SETRANGE, 0, range(512 * 1024 * 1024 - 2)));
    assert.ok(!isSoundBody(record.OP_SETRANGE, 0, range(512 * 1024 * 1024 - 1)));
  });

  it('when its times are times', () => {
    const key = Buffer.concat([u32(1), Buffer.from('k')]);
    const keyAndValue = Buffer.concat([u32(1), u32(1), Buffer.from('kv')]);
    for (const [deadline, isTime] of [
      [1, true],
      [2 ** 53 - 1, true],
      [-1, false],
      [Number.NaN, false],
      [Number.POSITIVE_INFINITY, false],
    ] as const) {
      const time = f64(deadline);
      assert.equal(isSoundBody(record.OP_EXPIREAT, 0, Buffer.concat([time, key])), isTime);
      assert.equal(
        isSoundBody(record.OP_SET, record.FLAG_DEADLINE, Buffer.concat([time, keyAndValue])),
        isTime,
      );
      assert.equal(isSound(record.OP_HASH_EXPIREAT, Buffer.concat([time, item('f')])), isTime);
    }
    assert.ok(isSound(record.OP_HASH_EXPIREAT, Buffer.concat([f64(0), item('f')])), 'no deadline any more');
    assert.ok(!isSound(record.OP_HASH_EXPIREAT, Buffer.alloc(7)));
  });
});

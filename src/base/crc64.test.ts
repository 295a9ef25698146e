import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Crc64 } from './crc64.js';

/** Bit by bit with big integers. */
function slowCrc64(bytes: Uint8Array): bigint {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ ((crc & 1n) === 0n ? 0n : 0x95ac9329ac4bc9b5n);
  }
  return crc;
}

function crc64(bytes: Uint8Array): bigint {
  const crc = new Crc64();
  crc.add(bytes, 0, bytes.length);
  const written = Buffer.alloc(8);
  crc.write(written, 0);
  assert.ok(crc.equals(written, 0));
  return written.readBigUInt64LE();
}

test('the check value is that of the published parameters', () => {
  assert.equal(crc64(Buffer.from('123456789')), 0xe9c6d914c4b8d9can);
});

test('bytes taken in pieces give the checksum of the whole, which is that of the definition', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      const at = Math.min(cut, bytes.length);
      const crc = new Crc64();
      crc.add(bytes, 0, at);
      crc.add(bytes, at, bytes.length - at);
      const written = Buffer.alloc(8);
      crc.write(written, 0);
      assert.equal(written.readBigUInt64LE(), slowCrc64(bytes));
      assert.equal(crc64(bytes), slowCrc64(bytes));
      written[3]! ^= 1;
      assert.ok(!crc.equals(written, 0));
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  PROTOCOL_RESP2,
  PROTOCOL_RESP3,
  PROTOCOL_TEXT,
  type Protocol,
  REPLY_BYTES_MAX,
  ReplyWriter,
} from './reply.js';

const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

function written(protocol: Protocol, write: (reply: ReplyWriter) => void): string {
  const reply = new ReplyWriter();
  reply.protocol = protocol;
  write(reply);
  return Buffer.from(reply.bytes).toString('latin1', 0, reply.size);
}

function assertForms(
  name: string,
  write: (reply: ReplyWriter) => void,
  resp2: string,
  resp3: string,
  text: string,
): void {
  assert.equal(written(PROTOCOL_RESP2, write), resp2, `${name} in RESP2`);
  assert.equal(written(PROTOCOL_RESP3, write), resp3, `${name} in RESP3`);
  assert.equal(written(PROTOCOL_TEXT, write), text, `${name} in text`);
}

/** The same in RESP2 and RESP3. */
function assertLine(name: string, write: (reply: ReplyWriter) => void, resp: string, text: string): void {
  assertForms(name, write, resp, resp, text);
}

test('replies without parts', () => {
  assertLine('ok', (reply) => reply.ok(), '+OK\r\n', 'OK\r\n');
  assertLine('status', (reply) => reply.status('PONG'), '+PONG\r\n', 'PONG\r\n');
  assertLine('error', (reply) => reply.error('ERR no \xff'), '-ERR no \xff\r\n', 'ERR no \xff\r\n');
  assertLine('integer', (reply) => reply.integer(9), ':9\r\n', '9\r\n');
  assertLine('negative', (reply) => reply.integer(-2), ':-2\r\n', '-2\r\n');
  assertLine('large', (reply) => reply.integer(2 ** 53 - 1), ':9007199254740991\r\n', '9007199254740991\r\n');
  assertLine(
    'wide',
    (reply) => reply.bigInteger(-(2n ** 63n)),
    ':-9223372036854775808\r\n',
    '-9223372036854775808\r\n',
  );
  assertLine(
    'bulk',
    (reply) => reply.bulk(toBytes('xrustaceanx'), 1, 9),
    '$9\r\nrustacean\r\n',
    'rustacean\r\n',
  );
  assertLine('empty bulk', (reply) => reply.bulk(toBytes(''), 0, 0), '$0\r\n\r\n', '\r\n');
  assertLine('bulk of an integer', (reply) => reply.bulkInteger(-120), '$4\r\n-120\r\n', '-120\r\n');
  assertLine('bulk of text', (reply) => reply.bulkText('é'), '$2\r\n\xc3\xa9\r\n', '\xc3\xa9\r\n');
  assertForms('nil', (reply) => reply.nil(), '$-1\r\n', '_\r\n', '(nil)\r\n');
  assertForms('nil array', (reply) => reply.nilArray(), '*-1\r\n', '_\r\n', '(nil)\r\n');
  assertForms('true', (reply) => reply.boolean(true), ':1\r\n', '#t\r\n', 'true\r\n');
  assertForms('false', (reply) => reply.boolean(false), ':0\r\n', '#f\r\n', 'false\r\n');
  assertForms('double', (reply) => reply.double(3.5), '$3\r\n3.5\r\n', ',3.5\r\n', '3.5\r\n');
  assertForms('infinity', (reply) => reply.double(-Infinity), '$4\r\n-inf\r\n', ',-inf\r\n', '-inf\r\n');
  assertForms(
    'verbatim',
    (reply) => reply.verbatim('a\nb', 'txt'),
    '$3\r\na\nb\r\n',
    '=7\r\ntxt:a\nb\r\n',
    'a\nb\r\n',
  );
  assertForms(
    'verbatim in UTF-8',
    (reply) => reply.verbatim('é', 'txt'),
    '$2\r\n\xc3\xa9\r\n',
    '=6\r\ntxt:\xc3\xa9\r\n',
    '\xc3\xa9\r\n',
  );
  const digits = '1234567999999999999999999999999999999';
  assertForms(
    'big number',
    (reply) => reply.bigNumber(digits),
    `$37\r\n${digits}\r\n`,
    `(${digits}\r\n`,
    `${digits}\r\n`,
  );
});

test('replies with parts', () => {
  const pair = (reply: ReplyWriter) => {
    reply.bulkText('k');
    reply.integer(1);
  };
  const array = (reply: ReplyWriter) => {
    reply.arrayHeader(2);
    pair(reply);
  };
  assertLine('array', array, '*2\r\n$1\r\nk\r\n:1\r\n', 'k\r\n1\r\n');
  assertLine('empty array', (reply) => reply.arrayHeader(0), '*0\r\n', '(empty array)\r\n');
  assertForms(
    'map',
    (reply) => {
      reply.mapHeader(1);
      pair(reply);
    },
    '*2\r\n$1\r\nk\r\n:1\r\n',
    '%1\r\n$1\r\nk\r\n:1\r\n',
    'k\r\n1\r\n',
  );
  assertForms('empty map', (reply) => reply.mapHeader(0), '*0\r\n', '%0\r\n', '(empty array)\r\n');
  assertForms('set', (reply) => reply.setHeader(12), '*12\r\n', '~12\r\n', '');
  assertForms('push', (reply) => reply.pushHeader(3), '*3\r\n', '>3\r\n', '');
});

test('an array of unknown length gets its length afterwards, nested ones too', () => {
  for (const count of [0, 1, 9, 10, 99, 100, 12_345]) {
    const write = (reply: ReplyWriter) => {
      reply.ok();
      const outer = reply.beginDeferredArray();
      for (let index = 0; index < count; index++) {
        const inner = reply.beginDeferredArray();
        for (let element = 0; element < index % 12; element++) reply.integer(element);
        reply.endDeferredArray(inner, index % 12);
      }
      reply.endDeferredArray(outer, count);
      reply.ok();
    };
    const known = (reply: ReplyWriter) => {
      reply.ok();
      reply.arrayHeader(count);
      for (let index = 0; index < count; index++) {
        reply.arrayHeader(index % 12);
        for (let element = 0; element < index % 12; element++) reply.integer(element);
      }
      reply.ok();
    };
    for (const protocol of [PROTOCOL_TEXT, PROTOCOL_RESP2, PROTOCOL_RESP3] as const) {
      assert.equal(written(protocol, write), written(protocol, known), `${count} in ${protocol}`);
    }
  }
});

test('rewind drops what was written since the mark', () => {
  const text = written(PROTOCOL_RESP2, (reply) => {
    reply.ok();
    const mark = reply.mark();
    reply.bulkText('half a reply');
    reply.rewind(mark);
    reply.nil();
  });
  assert.equal(text, '+OK\r\n$-1\r\n');
});

test('any sequence of replies is the sequence of their forms, however far the buffer grows', () => {
  const part = fc.oneof(
    fc.record({
      kind: fc.constant('bulk' as const),
      bytes: fc.uint8Array({ maxLength: 200 }),
      times: fc.nat(300),
    }),
    fc.record({ kind: fc.constant('integer' as const), value: fc.maxSafeInteger() }),
    fc.record({ kind: fc.constant('text' as const), text: fc.string({ unit: 'binary' }) }),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      let expected = '';
      const actual = written(PROTOCOL_RESP2, (reply) => {
        for (const item of parts) {
          if (item.kind === 'integer') {
            reply.integer(item.value);
            expected += `:${item.value}\r\n`;
          } else {
            const encoded = item.kind === 'text' ? Buffer.from(item.text) : Buffer.from(item.bytes);
            const times = item.kind === 'text' ? 1 : item.times;
            for (let time = 0; time < times; time++) {
              if (item.kind === 'text') reply.bulkText(item.text);
              else reply.bulk(item.bytes, 0, item.bytes.length);
              expected += `$${encoded.length}\r\n${encoded.toString('latin1')}\r\n`;
            }
          }
        }
      });
      assert.ok(actual === expected);
    }),
    { numRuns: 60 },
  );
});

test('a huge value is copied whole, and the memory is given back at reset', () => {
  const reply = new ReplyWriter();
  const initial = reply.bytes.length;
  const value = new Uint8Array(new SharedArrayBuffer(50_000_000)).fill(0x61);
  reply.bulk(value, 0, value.length);
  assert.equal(reply.size, '$50000000\r\n'.length + value.length + 2);
  assert.equal(reply.bytes[reply.size - 3], 0x61);
  reply.reset();
  assert.equal(reply.bytes.length, initial);
  assert.equal(reply.size, 0);
});

test('a large buffer stays as long as it is needed, and is given back when it has not been for a while', () => {
  const reply = new ReplyWriter();
  const initial = reply.bytes.length;
  const value = new Uint8Array(5_000_000);
  const small = new Uint8Array(10);
  let large = 0;
  for (let turn = 0; turn < 1000; turn++) {
    reply.bulk(turn % 100 === 0 ? value : small, 0, turn % 100 === 0 ? value.length : small.length);
    if (turn === 0) large = reply.bytes.length;
    assert.equal(reply.bytes.length, large);
    reply.reset();
  }
  let resets = 0;
  for (; reply.bytes.length === large; resets++) {
    reply.bulk(small, 0, small.length);
    reply.reset();
  }
  assert.equal(reply.bytes.length, initial);
  assert.ok(resets > 100 && resets < 1000, `${resets}`);
});

test('output beyond the limit is dropped and marked, never thrown', () => {
  const reply = new ReplyWriter();
  reply.ok();
  reply.bulk(new Uint8Array(8), 0, REPLY_BYTES_MAX);
  assert.ok(reply.overflowed);
  const size = reply.size;
  reply.ok();
  reply.integer(1);
  reply.endDeferredArray(reply.beginDeferredArray(), 100);
  assert.equal(reply.size, size);
  reply.reset();
  reply.ok();
  assert.equal(reply.size, 5);
  assert.ok(!reply.overflowed);
});

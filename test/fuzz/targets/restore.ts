/**
 * RESTORE: payloads behind a checksum that is right, whatever they hold. What is taken must come out of DUMP again, and back in
 * as the same value. It depends on the payload alone: in a store whose memory holds other bytes, under a key that moves the
 * payload in the request, it is the same, so that no byte around it was read.
 */

import assert from 'node:assert/strict';
import * as errors from '../../../src/engine/errors.js';
import { FOOTER_BYTES, RDB_VERSION, writeFooter } from '../../../src/engine/rdb/payload.js';
import { StoreUnderFuzz } from '../store-under-fuzz.js';
import { linearSteps, type Target, texts } from '../target.js';
import { samplePayloads } from './sample-payloads.js';

const REFUSALS = [errors.BAD_FORMAT, errors.BAD_PAYLOAD].map((text) => `-${text}\r\n`);
/** Of other bytes, where the value will be. */
const FILLER_BYTES = 4000;
const ELSEWHERE = 'somewhere else';
/** Values of up to 16 MiB come of LZF, a byte a step. */
const STEPS_PER_BYTE = 2000;

export function makeRestoreTarget(): Target {
  const store = new StoreUnderFuzz();
  const { engine } = store;
  const elsewhere = new StoreUnderFuzz().engine;
  let filler = 0;
  return {
    modules: [
      'src/engine/rdb/',
      'src/commands/dump.js',
      'src/commands/collection-dump.js',
      'src/engine/item-payload.js',
    ],
    seeds: samplePayloads(),
    words: texts(
      '\xc0',
      '\xc1',
      '\xc2',
      '\xc3',
      '\x80',
      '\x81',
      '\xf1',
      '\xf4',
      '\xff',
      '\xfe',
      '\x02\x00',
      'inf',
      '-1',
      '1.5',
    ),
    bytesMax: 4096,
    stepsMax: linearSteps(STEPS_PER_BYTE, 2 ** 16),
    repair,
    run(input) {
      const reply = engine.run('RESTORE', 'k', '0', input);
      filler = (filler + 1) & 0xff;
      elsewhere.run('SET', 'filler', Buffer.alloc(FILLER_BYTES, filler));
      elsewhere.run('FLUSHALL');
      assert.equal(elsewhere.run('RESTORE', ELSEWHERE, '0', input), reply);
      assert.equal(
        elsewhere.contents().get(`0/${ELSEWHERE}`),
        engine.contents().get('0/k'),
        'the same elsewhere',
      );
      elsewhere.drainLog({ record: () => {} });
      if (reply === '+OK\r\n') {
        const payload = dumped(engine.run('DUMP', 'k'));
        if (payload !== undefined) {
          assert.equal(
            engine.run('RESTORE', 'again', '0', payload),
            '+OK\r\n',
            'what DUMP writes, RESTORE takes',
          );
          const both = engine.contents();
          // The encoding may differ: Redis keeps that of an old payload, and so do we, but DUMP writes only today's.
          assert.equal(withoutEncoding(both.get('0/again')), withoutEncoding(both.get('0/k')));
        }
        store.use();
      } else {
        assert.ok(REFUSALS.includes(reply), reply);
      }
      store.checkAndClear();
    },
  };
}

/** With a version that is read, and a checksum that is right. */
function repair(input: Uint8Array): Uint8Array {
  const size = Math.max(1, input.length - FOOTER_BYTES);
  const repaired = new Uint8Array(size + FOOTER_BYTES);
  repaired.set(input.subarray(0, size));
  writeFooter(repaired, 0, size, RDB_VERSION);
  return repaired;
}

/** The bytes in the reply of DUMP; none when the key is not there, or is a hash whose fields are all over. */
function dumped(reply: string): Uint8Array | undefined {
  if (reply === '$-1\r\n') return undefined;
  return Buffer.from(reply.slice(reply.indexOf('\r\n') + 2, -2), 'latin1');
}

function withoutEncoding(description: string | undefined): string | undefined {
  return description?.replace(/^\S+ /, '');
}

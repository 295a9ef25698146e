/** Values travel between CrabKV and redis-server by DUMP and RESTORE, in both directions. TEST_SEED=X repeats a run. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { chooseSeed, SeededRandom } from '../support/random.js';
import { parseFrame } from '../support/resp.js';
import { skipWithout } from '../support/tools.js';
import { Pair } from './pair.js';

const VALUES = 400;

const skip = skipWithout('the test of DUMP and RESTORE between Redis and CrabKV', 'redis-server');

let pair: Pair;
before(async () => {
  if (skip === false) pair = await Pair.start();
});
after(async () => {
  await pair?.stop();
});

/** A value of any kind: numbers near every limit of the format, text that repeats (Redis compresses it), noise. */
function randomValue(random: SeededRandom): Buffer {
  const size = [3, 20, 70, 300, 20_000][random.below(5)] as number;
  switch (random.below(4)) {
    case 0:
      return Buffer.from(String((random.next() >>> random.below(32)) * (random.below(2) === 0 ? 1 : -1)));
    case 1:
      return Buffer.from('abcabcabd'.repeat(size).slice(0, random.below(size)));
    case 2:
      return Buffer.from(Array.from({ length: random.below(size) }, () => random.below(3)));
    default:
      return Buffer.from(Array.from({ length: random.below(size) }, () => random.below(256)));
  }
}

async function ask(connection: RespConnection, ...words: (string | Buffer)[]): Promise<string> {
  const frame = parseFrame(await connection.request(...words));
  return `${frame.type}${frame.text}`;
}

async function travel(from: RespConnection, to: RespConnection, value: Buffer): Promise<void> {
  assert.equal(await ask(from, 'SET', 'source', value), '+OK');
  const payload = await ask(from, 'DUMP', 'source');
  const restored = await ask(
    to,
    'RESTORE',
    'target',
    '0',
    Buffer.from(payload.slice(1), 'latin1'),
    'REPLACE',
  );
  assert.equal(restored, '+OK', `a value of ${value.length} bytes`);
  assert.equal(await ask(to, 'GET', 'target'), `$${value.toString('latin1')}`);
}

test('a value dumped by one server is restored by the other', { skip }, async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  const random = new SeededRandom(seed);
  const subject = await pair.subject.connect();
  const reference = await pair.reference.connect();
  for (let count = 0; count < VALUES; count++) {
    const value = randomValue(random);
    await travel(subject, reference, value);
    await travel(reference, subject, value);
  }
  subject.close();
  reference.close();
});

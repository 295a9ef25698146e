/** Values travel between CrabKV and redis-server by DUMP and RESTORE, in both directions. TEST_SEED=X repeats a run. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { chooseSeed, SeededRandom } from '../support/random.js';
import { parseFrame } from '../support/resp.js';
import { skipWithout } from '../support/tools.js';
import { Pair } from './pair.js';

const VALUES = 400;
const COLLECTIONS = 200;

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

/** The command that makes a collection under a key: of integers or texts, in each of Redis's encodings. */
function randomCollection(random: SeededRandom, key: string): (string | Buffer)[] {
  const count = 1 + random.below([3, 20, 140, 700][random.below(4)] as number);
  const isNumeric = random.below(3) === 0;
  const element = () => (isNumeric ? String(random.below(2 ** 31) - 2 ** 30) : randomValue(random));
  const elements = Array.from({ length: count }, element).map((one) =>
    random.below(20) === 0 ? String(BigInt(random.next()) * BigInt(random.next())) : one,
  );
  const scores = [
    '0',
    '-0',
    '1',
    '-3',
    '2.5',
    '1e300',
    'inf',
    '-inf',
    '9007199254740993',
    '0.1',
    '123456789012',
  ];
  switch (random.below(4)) {
    case 0:
      return ['RPUSH', key, ...elements];
    case 1:
      return ['SADD', key, ...elements];
    case 2:
      return [
        'ZADD',
        key,
        ...elements.flatMap((member) => [scores[random.below(scores.length)] as string, member]),
      ];
    default:
      return ['HSET', key, ...elements.flatMap((field) => [field, randomValue(random)])];
  }
}

/** DUMP of `source` there, RESTORE as `target` here, and both must have the same DEBUG DIGEST. */
async function travelWhole(from: RespConnection, to: RespConnection): Promise<void> {
  const payload = Buffer.from((await ask(from, 'DUMP', 'source')).slice(1), 'latin1');
  assert.equal(await ask(to, 'RESTORE', 'target', '0', payload, 'REPLACE'), '+OK');
  const sent = await from.request('DEBUG', 'DIGEST-VALUE', 'source');
  const arrived = await to.request('DEBUG', 'DIGEST-VALUE', 'target');
  assert.equal(arrived.toString(), sent.toString());
}

/** True for what has an order in Redis, so that all of its bytes follow from how it was made. */
async function hasOrder(connection: RespConnection): Promise<boolean> {
  return /quicklist|listpack|intset|skiplist/.test(await ask(connection, 'OBJECT', 'ENCODING', 'source'));
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

test('a collection dumped by one server is restored by the other', { skip }, async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  const random = new SeededRandom(seed);
  const subject = await pair.subject.connect();
  const reference = await pair.reference.connect();
  await ask(reference, 'CONFIG', 'SET', 'rdbcompression', 'no');
  for (let count = 0; count < COLLECTIONS; count++) {
    if (count === COLLECTIONS / 2) await ask(reference, 'CONFIG', 'SET', 'rdbcompression', 'yes');
    const command = randomCollection(random, 'source');
    await ask(subject, 'DEL', 'source');
    await ask(reference, 'DEL', 'source');
    assert.equal(await ask(subject, ...command), await ask(reference, ...command));
    await travelWhole(subject, reference);
    await travelWhole(reference, subject);
    // Either one may forget that the value was once larger, but both do.
    const encoding = await ask(reference, 'OBJECT', 'ENCODING', 'target');
    assert.equal(await ask(subject, 'OBJECT', 'ENCODING', 'target'), encoding);
    if (count < COLLECTIONS / 2 && (await hasOrder(reference))) {
      const dumped = await ask(subject, 'DUMP', 'source');
      assert.ok(
        dumped === (await ask(reference, 'DUMP', 'source')),
        `${command[0]} ${command.length}: the same bytes`,
      );
    }
  }
  subject.close();
  reference.close();
});

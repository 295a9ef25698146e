/**
 * Records of the log of each kind, as commands write them: where fuzzing of the log begins.
 */

import { TestEngine } from '../../../src/engine/engine.case.js';
import { LogControl } from '../../../src/engine/wal/log-control.js';

/** Programs; each one's records are an input. */
const PROGRAMS: readonly (readonly string[])[] = [
  [
    'SET k v',
    'SET k v PX 100000',
    'APPEND k suffix',
    'SETRANGE k 3 abc',
    'PEXPIRE k 5000',
    'PERSIST k',
    'DEL k',
  ],
  ['MSET a 1 b 2 c 3', 'SWAPDB 0 1', 'FLUSHDB', 'SET x y', 'FLUSHALL'],
  [
    'RPUSH l a b c d e',
    'LPUSH l 1 2',
    'LSET l 1 x',
    'LINSERT l BEFORE b y',
    'LREM l 0 c',
    'LTRIM l 1 3',
    'LPOP l',
    'RPOP l',
  ],
  ['SADD s a b 1 2', 'SREM s a 1', 'SADD i 1 2 3', 'SREM i 1 2 3'],
  ['ZADD z 1.5 a inf b -inf c', 'ZINCRBY z 2 a', 'ZREM z b'],
  ['HSET h f v g w', 'HINCRBY h n 5', 'HPEXPIRE h 50000 FIELDS 1 f', 'HPERSIST h FIELDS 1 f', 'HDEL h g'],
  [
    `RPUSH l ${'x'.repeat(3000)} ${'y'.repeat(3000)} ${'z'.repeat(3000)}`,
    'LINSERT l BEFORE b y',
    'LPOP l',
    'LPUSH l q',
  ],
  [`SADD s ${'x'.repeat(70)} ${'y'.repeat(70)} a b`, 'SREM s a'],
  [`ZADD z 1 ${'x'.repeat(70)} 1 ${'y'.repeat(70)} 2 b`, 'ZADD z 3 b', 'ZREM z b'],
  [`HSET h ${'x'.repeat(70)} 1 b 2 c 3`, 'HPEXPIRE h 50000 FIELDS 1 b', 'HDEL h c', 'HINCRBY h b 1'],
  ['RPUSH l b a c', 'SORT l ALPHA STORE sorted', 'COPY sorted other', 'RENAME other l'],
];

/** What lies in the log's ring after each program. */
export function sampleRecords(): Uint8Array[] {
  const engine = new TestEngine({ shardCount: 1, databaseCount: 2, logs: true });
  const { ring } = new LogControl(engine.logShared);
  return PROGRAMS.map((program) => {
    engine.say('FLUSHALL');
    engine.drainLog({ record: () => {} });
    for (const line of program) engine.say(line);
    const index = ring.headIndex();
    return ring.u8.slice(index, index + ring.committedBytes(index));
  });
}

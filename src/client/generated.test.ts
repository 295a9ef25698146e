/**
 * What the generated methods send: for each kind of parameter and option, and for all that is odd, the list of arguments as it
 * must be, written by hand. That every command has a method, and that replies are what the types say, is tested against a server
 * (test/e2e/typed-commands.test.ts).
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Argument, CommandInfo } from './command-runner.js';
import { Commands } from './generated/commands.js';

/** Gives back what would be sent. */
class Recorder extends Commands<string, 'value'> {
  protected override run(command: CommandInfo, args: readonly Argument[]): unknown {
    return [...command.words, ...args];
  }
}

const kv = new Recorder();

/** Each call with what it sends, the arguments separated by blanks. */
const CALLS: Readonly<Record<string, readonly (readonly [sent: unknown, expected: string])[]>> = {
  strings: [
    [kv.get('k'), 'GET k'],
    [kv.set('k', 'v'), 'SET k v'],
    [kv.set('k', 'v', {}), 'SET k v'],
    [kv.set('k', 1, { nx: true, ex: 10 }), 'SET k 1 NX EX 10'],
    [kv.set('k', 1n, { xx: true, get: true, keepttl: true }), 'SET k 1 XX GET KEEPTTL'],
    [kv.set('k', 'v', { nx: false, get: false, px: 5 }), 'SET k v PX 5'],
    [kv.set('k', 'v', { ifeq: 'old' }), 'SET k v IFEQ old'],
    [kv.set('k', 'v', { ifdne: '0123456789abcdef' }), 'SET k v IFDNE 0123456789abcdef'],
    [kv.set('k', 'v', { exat: 1_000_000_000 }), 'SET k v EXAT 1000000000'],
    [kv.set('k', 'v', { exat: new Date(1_500) }), 'SET k v EXAT 2'],
    [kv.set('k', 'v', { pxat: new Date(1_500) }), 'SET k v PXAT 1500'],
    [kv.setex('k', 10, 'v'), 'SETEX k 10 v'],
    [kv.getex('k'), 'GETEX k'],
    [kv.getex('k', { persist: true }), 'GETEX k PERSIST'],
    [kv.incrby('k', 2n ** 62n), 'INCRBY k 4611686018427387904'],
    [kv.incrbyfloat('k', 0.5), 'INCRBYFLOAT k 0.5'],
    [kv.getrange('k', 0, -1), 'GETRANGE k 0 -1'],
    [kv.mget('a', 'b'), 'MGET a b'],
    [kv.mget(['a', 'b']), 'MGET a b'],
    [kv.mset('a', 1), 'MSET a 1'],
    [kv.mset({ a: 1, b: 2 }), 'MSET a 1 b 2'],
    [
      kv.mset([
        ['a', 1],
        ['b', 2],
      ]),
      'MSET a 1 b 2',
    ],
    [kv.msetnx(new Map<Argument, Argument>([['a', 1]])), 'MSETNX a 1'],
    [kv.msetex({ a: 1, b: 2 }, { nx: true, ex: 5 }), 'MSETEX 2 a 1 b 2 NX EX 5'],
    [kv.msetex(new Map([['a', 1]])), 'MSETEX 1 a 1'],
    [kv.msetex([['a', 1]]), 'MSETEX 1 a 1'],
    [kv.delex('k', { ifeq: 'v' }), 'DELEX k IFEQ v'],
    [kv.lcs('a', 'b'), 'LCS a b'],
    [kv.lcs('a', 'b', { len: true }), 'LCS a b LEN'],
    [
      kv.lcs('a', 'b', { idx: true, minmatchlen: 4, withmatchlen: true }),
      'LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN',
    ],
  ],
  lists: [
    [kv.lpush('l', 'a'), 'LPUSH l a'],
    [kv.rpush('l', ['a', 'b']), 'RPUSH l a b'],
    [kv.lpop('l'), 'LPOP l'],
    [kv.lpop('l', 2), 'LPOP l 2'],
    [kv.linsert('l', 'before', 'b', 'a'), 'LINSERT l before b a'],
    [kv.lpos('l', 'a', { rank: -1, count: 0, maxlen: 10 }), 'LPOS l a RANK -1 COUNT 0 MAXLEN 10'],
    [kv.lmove('a', 'b', 'left', 'right'), 'LMOVE a b left right'],
    [kv.lmpop('a', 'left'), 'LMPOP 1 a left'],
    [kv.lmpop(['a', 'b'], 'right', { count: 3 }), 'LMPOP 2 a b right COUNT 3'],
    [kv.blpop('a', 1.5), 'BLPOP a 1.5'],
    [kv.brpop(['a', 'b'], 0), 'BRPOP a b 0'],
    [kv.blmove('a', 'b', 'right', 'left', 2), 'BLMOVE a b right left 2'],
    [kv.blmpop(0.5, ['a', 'b'], 'left', { count: 2 }), 'BLMPOP 0.5 2 a b left COUNT 2'],
  ],
  sets: [
    [kv.sadd('s', 'a', 'b'), 'SADD s a b'],
    [kv.smismember('s', ['a', 'b']), 'SMISMEMBER s a b'],
    [kv.spop('s', 3), 'SPOP s 3'],
    [kv.sscan('s', '17', { match: 'a*', count: 5 }), 'SSCAN s 17 MATCH a* COUNT 5'],
    [kv.sinter('a', 'b'), 'SINTER a b'],
    [kv.sintercard(['a', 'b'], { limit: 2 }), 'SINTERCARD 2 a b LIMIT 2'],
    [kv.sunionstore('to', 'a', 'b'), 'SUNIONSTORE to a b'],
  ],
  'sorted sets': [
    [kv.zadd('z', { a: 1, b: 2.5 }), 'ZADD z 1 a 2.5 b'],
    [kv.zadd('z', [[1, 'a']], { nx: true, ch: true }), 'ZADD z NX CH 1 a'],
    [kv.zadd('z', new Map([['a', 1]]), { xx: true, gt: true, incr: true }), 'ZADD z XX GT INCR 1 a'],
    [kv.zadd('z', { a: Number.POSITIVE_INFINITY }), 'ZADD z Infinity a'],
    [kv.zrank('z', 'a', { withscore: true }), 'ZRANK z a WITHSCORE'],
    [kv.zrange('z', 0, -1), 'ZRANGE z 0 -1'],
    [
      kv.zrange('z', '(1', '+inf', { byscore: true, rev: true, limit: [0, 5], withscores: true }),
      'ZRANGE z (1 +inf BYSCORE REV LIMIT 0 5 WITHSCORES',
    ],
    [
      kv.zrangebyscore('z', '-inf', 5, { withscores: true, limit: [1, 2] }),
      'ZRANGEBYSCORE z -inf 5 WITHSCORES LIMIT 1 2',
    ],
    [kv.zrevrangebylex('z', '[c', '-', { limit: [0, 1] }), 'ZREVRANGEBYLEX z [c - LIMIT 0 1'],
    [kv.zcount('z', '(1', 5), 'ZCOUNT z (1 5'],
    [kv.zpopmin('z'), 'ZPOPMIN z'],
    [kv.zpopmax('z', 2), 'ZPOPMAX z 2'],
    [kv.zmpop(['a', 'b'], 'min', { count: 2 }), 'ZMPOP 2 a b min COUNT 2'],
    [kv.bzpopmin(['a', 'b'], 1), 'BZPOPMIN a b 1'],
    [kv.bzmpop(1, 'a', 'max'), 'BZMPOP 1 1 a max'],
    [
      kv.zunion(['a', 'b'], { weights: [1, 2.5], aggregate: 'max', withscores: true }),
      'ZUNION 2 a b WEIGHTS 1 2.5 AGGREGATE max WITHSCORES',
    ],
    [kv.zinterstore('to', ['a', 'b'], { aggregate: 'min' }), 'ZINTERSTORE to 2 a b AGGREGATE min'],
    [kv.zdiffstore('to', 'a', 'b'), 'ZDIFFSTORE to 2 a b'],
    [kv.zdiff(['a', 'b']), 'ZDIFF 2 a b'],
    [kv.zintercard('a', { limit: 1 }), 'ZINTERCARD 1 a LIMIT 1'],
    [
      kv.zrangestore('to', 'from', '[a', '(c', { bylex: true, limit: [0, 10] }),
      'ZRANGESTORE to from [a (c BYLEX LIMIT 0 10',
    ],
    [kv.zrandmember('z', -5, { withscores: true }), 'ZRANDMEMBER z -5 WITHSCORES'],
    [kv.zincrby('z', 1.5, 'a'), 'ZINCRBY z 1.5 a'],
  ],
  hashes: [
    [kv.hset('h', 'f', 'v'), 'HSET h f v'],
    [kv.hset('h', { f: 'v', g: 2 }), 'HSET h f v g 2'],
    [kv.hset('h', [['f', 'v']]), 'HSET h f v'],
    [kv.hmget('h', 'f', 'g'), 'HMGET h f g'],
    [kv.hscan('h', 0, { novalues: true }), 'HSCAN h 0 NOVALUES'],
    [kv.hrandfield('h'), 'HRANDFIELD h'],
    [kv.hrandfield('h', 2), 'HRANDFIELD h 2'],
    [kv.hrandfield('h', 2, { withvalues: true }), 'HRANDFIELD h 2 WITHVALUES'],
    [kv.hexpire('h', 10, 'f'), 'HEXPIRE h 10 FIELDS 1 f'],
    [kv.hpexpire('h', 10, ['f', 'g'], { gt: true }), 'HPEXPIRE h 10 GT FIELDS 2 f g'],
    [kv.hexpireat('h', new Date(2_000), 'f'), 'HEXPIREAT h 2 FIELDS 1 f'],
    [kv.httl('h', 'f', 'g'), 'HTTL h FIELDS 2 f g'],
    [kv.httl('h', ['f', 'g']), 'HTTL h FIELDS 2 f g'],
    [kv.hpersist('h', 'f'), 'HPERSIST h FIELDS 1 f'],
    [kv.hgetdel('h', 'f'), 'HGETDEL h FIELDS 1 f'],
    [kv.hgetex('h', ['f', 'g'], { ex: 5 }), 'HGETEX h EX 5 FIELDS 2 f g'],
    [
      kv.hsetex('h', { f: 'v', g: 'w' }, { fnx: true, keepttl: true }),
      'HSETEX h FNX KEEPTTL FIELDS 2 f v g w',
    ],
  ],
  geo: [
    [kv.geoadd('g', [[13.5, 38, 'p']]), 'GEOADD g 13.5 38 p'],
    [
      kv.geoadd(
        'g',
        [
          [1, 2, 'a'],
          [3, 4, 'b'],
        ],
        { xx: true, ch: true },
      ),
      'GEOADD g XX CH 1 2 a 3 4 b',
    ],
    [kv.geopos('g', 'a', 'b'), 'GEOPOS g a b'],
    [kv.geodist('g', 'a', 'b'), 'GEODIST g a b'],
    [kv.geodist('g', 'a', 'b', 'km'), 'GEODIST g a b km'],
    [
      kv.geosearch('g', { frommember: 'a', byradius: [10, 'km'], asc: true, count: 3, any: true }),
      'GEOSEARCH g FROMMEMBER a BYRADIUS 10 km ASC COUNT 3 ANY',
    ],
    [
      kv.geosearch('g', {
        fromlonlat: [1, 2],
        bybox: [3, 4, 'm'],
        withcoord: true,
        withdist: true,
        withhash: true,
      }),
      'GEOSEARCH g FROMLONLAT 1 2 BYBOX 3 4 m WITHCOORD WITHDIST WITHHASH',
    ],
    [
      kv.geosearchstore('to', 'g', { frommember: 'a', byradius: [10, 'mi'], storedist: true }),
      'GEOSEARCHSTORE to g FROMMEMBER a BYRADIUS 10 mi STOREDIST',
    ],
    [kv.georadius('g', 1, 2, 3, 'km', { store: 'to' }), 'GEORADIUS g 1 2 3 km STORE to'],
    [kv.georadiusRo('g', 1, 2, 3, 'km', { desc: true }), 'GEORADIUS_RO g 1 2 3 km DESC'],
    [kv.georadiusbymember('g', 'a', 3, 'ft'), 'GEORADIUSBYMEMBER g a 3 ft'],
  ],
  'bitmaps and HyperLogLogs': [
    [kv.setbit('b', 7, 1), 'SETBIT b 7 1'],
    [kv.bitcount('b'), 'BITCOUNT b'],
    [kv.bitcount('b', 0, -1), 'BITCOUNT b 0 -1'],
    [kv.bitcount('b', 0, -1, 'bit'), 'BITCOUNT b 0 -1 bit'],
    [kv.bitpos('b', 1), 'BITPOS b 1'],
    [kv.bitpos('b', 1, 2), 'BITPOS b 1 2'],
    [kv.bitpos('b', 0, 2, 3, 'byte'), 'BITPOS b 0 2 3 byte'],
    [kv.bitop('and', 'to', 'a', 'b'), 'BITOP and to a b'],
    [
      kv.bitfield(
        'b',
        { get: ['u8', 0] },
        { set: ['i5', '#1', -3], overflow: 'fail' },
        { incrby: ['u2', 100, 1] },
      ),
      'BITFIELD b GET u8 0 OVERFLOW fail SET i5 #1 -3 INCRBY u2 100 1',
    ],
    [kv.bitfield('b', [{ get: ['u8', 0] }]), 'BITFIELD b GET u8 0'],
    [kv.bitfieldRo('b', { get: ['u8', '#2'] }), 'BITFIELD_RO b GET u8 #2'],
    [kv.pfadd('p'), 'PFADD p'],
    [kv.pfcount('p', 'q'), 'PFCOUNT p q'],
    [kv.pfmerge('to', ['p', 'q']), 'PFMERGE to p q'],
  ],
  keys: [
    [kv.del('a'), 'DEL a'],
    [kv.del(['a', 'b']), 'DEL a b'],
    [kv.exists('a', 'b'), 'EXISTS a b'],
    [kv.expire('a', 10), 'EXPIRE a 10'],
    [kv.expire('a', 10, { nx: true }), 'EXPIRE a 10 NX'],
    [kv.expireat('a', new Date(5_000)), 'EXPIREAT a 5'],
    [kv.pexpireat('a', 1_500, { lt: true }), 'PEXPIREAT a 1500 LT'],
    [kv.scan('0', { match: 'a*', count: 10, type: 'hash' }), 'SCAN 0 MATCH a* COUNT 10 TYPE hash'],
    [kv.randomkey(), 'RANDOMKEY'],
    [kv.copy('a', 'b', { db: 1, replace: true }), 'COPY a b DB 1 REPLACE'],
    [
      kv.sort('l', { by: 'w_*', limit: [0, 5], get: ['#', 'v_*'], desc: true, alpha: true, store: 'to' }),
      'SORT l BY w_* LIMIT 0 5 GET # GET v_* DESC ALPHA STORE to',
    ],
    [kv.sortRo('l', { get: '#' }), 'SORT_RO l GET #'],
    [kv.objectEncoding('a'), 'OBJECT ENCODING a'],
    [kv.wait(1, 100), 'WAIT 1 100'],
    [kv.waitaof(1, 0, 100), 'WAITAOF 1 0 100'],
    [
      kv.restore('a', 0, 'bytes', { replace: true, absttl: true, idletime: 5 }),
      'RESTORE a 0 bytes REPLACE ABSTTL IDLETIME 5',
    ],
  ],
  connections: [
    [kv.ping(), 'PING'],
    [kv.ping('hello'), 'PING hello'],
    [kv.clientId(), 'CLIENT ID'],
    [kv.clientPause(100), 'CLIENT PAUSE 100'],
    [kv.clientPause(100, 'write'), 'CLIENT PAUSE 100 write'],
    [kv.clientList(), 'CLIENT LIST'],
    [kv.clientList({ id: [1, 2], skipme: 'no' }), 'CLIENT LIST ID 1 2 SKIPME no'],
    [kv.clientList({ type: 'normal', notLibName: 'x' }), 'CLIENT LIST TYPE normal NOT-LIB-NAME x'],
    [kv.clientKill('127.0.0.1:1'), 'CLIENT KILL 127.0.0.1:1'],
    [kv.clientKill({ id: 5, maxage: 10 }), 'CLIENT KILL ID 5 MAXAGE 10'],
    [kv.clientUnblock(5, 'error'), 'CLIENT UNBLOCK 5 error'],
  ],
  server: [
    [kv.info(), 'INFO'],
    [kv.info('server', 'memory'), 'INFO server memory'],
    [kv.flushall(), 'FLUSHALL'],
    [kv.flushdb('async'), 'FLUSHDB async'],
    [kv.bgsave({ schedule: true }), 'BGSAVE SCHEDULE'],
    [kv.configGet('max*', 'save'), 'CONFIG GET max* save'],
    [kv.configSet('save', ''), 'CONFIG SET save '],
    [kv.configSet({ maxmemory: '1gb', hz: 10 }), 'CONFIG SET maxmemory 1gb hz 10'],
    [kv.command(), 'COMMAND'],
    [kv.commandList({ aclcat: 'read' }), 'COMMAND LIST FILTERBY ACLCAT read'],
    [kv.commandGetkeys('mset', 'a', 1), 'COMMAND GETKEYS mset a 1'],
    [kv.memoryUsage('a', { samples: 0 }), 'MEMORY USAGE a SAMPLES 0'],
    [kv.memoryMallocStats(), 'MEMORY MALLOC-STATS'],
    [kv.slowlogGet(10), 'SLOWLOG GET 10'],
    [kv.lolwut({ version: 6 }), 'LOLWUT VERSION 6'],
  ],
};

describe('the generated methods', () => {
  for (const [group, calls] of Object.entries(CALLS)) {
    it(`send what Redis expects: ${group}`, () => {
      for (const [sent, expected] of calls)
        assert.deepEqual((sent as Argument[]).map(String), expected.split(' '), expected);
    });
  }

  it('take arguments as they are, and only words are texts', () => {
    const bytes = new Uint8Array([0, 255]);
    assert.deepEqual(kv.set(bytes, 2n ** 63n, { ex: 5n }) as unknown, ['SET', bytes, 2n ** 63n, 'EX', 5n]);
    assert.deepEqual(kv.sadd('s', bytes) as unknown, ['SADD', 's', bytes]);
    assert.deepEqual(kv.scan(0, { match: bytes }) as unknown, ['SCAN', 0, 'MATCH', bytes]);
  });

  it('refuse options that there are not, which the compiler tells only who asks it', () => {
    const wrong = { EX: 10 } as unknown as { ex: number };
    assert.throws(() => kv.set('k', 'v', wrong), {
      code: 'USAGE',
      message: /^'EX' is no option of SET: there are nx, /,
    });
    assert.throws(() => kv.set('k', 'v', 'EX' as never), { code: 'USAGE', message: /must be an object/ });
    assert.throws(() => kv.set('k', 'v', null as never), { code: 'USAGE', message: /must be an object/ });
    assert.throws(() => kv.zunionstore('to', ['a'], { weight: [1] } as never), { code: 'USAGE' });
  });

  it('never keep a list that is the caller’s', () => {
    const keys = ['a', 'b'];
    const sent = kv.del(keys) as unknown as Argument[];
    keys.push('c');
    assert.deepEqual(sent, ['DEL', 'a', 'b']);
  });

  it('send the options of a command behind what they belong to, in the order of Redis', () => {
    assert.deepEqual(kv.set('k', 'v', { ex: 1, get: true, nx: true }) as unknown, [
      ...['SET', 'k', 'v', 'NX', 'GET', 'EX', 1],
    ]);
  });

  it('tell of a command that waits where its timeout is', () => {
    let seen: CommandInfo | undefined;
    class Waiting extends Commands<string, 'value'> {
      protected override run(command: CommandInfo): unknown {
        seen = command;
        return undefined;
      }
    }
    const waiting = new Waiting();
    waiting.blpop('a', 1);
    assert.deepEqual(seen?.blocking, { timeoutAt: -1, timeoutUnitMs: 1000 });
    waiting.blmpop(1, 'a', 'left');
    assert.deepEqual(seen?.blocking, { timeoutAt: 0, timeoutUnitMs: 1000 });
    waiting.wait(1, 100);
    assert.deepEqual(seen?.blocking, { timeoutAt: -1, timeoutUnitMs: 1 });
    waiting.get('a');
    assert.deepEqual([seen?.blocking, seen?.isReadOnly], [undefined, true]);
    waiting.incr('a');
    assert.equal(seen?.isReadOnly, false);
    waiting.dump('a');
    assert.equal(seen?.repliesBytes, true);
  });
});

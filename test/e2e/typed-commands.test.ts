/**
 * The generated methods against a server: every one of them is called, over RESP2 and RESP3, with texts as strings and as
 * Buffers. A reply must be of the type that the command's spec promises, and the same in both protocols. That is how a spec
 * whose `reply` is wrong is found.
 */

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Text } from '../../src/client/reply.js';
import { COMMANDS } from '../../src/commands/table.js';
import type { CommandSpec } from '../../src/engine/command.js';
import { CommandConnection } from '../support/command-connection.js';
import { sharedServer } from '../support/fixture.js';
import { mismatch, notationFor } from '../support/reply-notation.js';

interface Decisions {
  readonly WITHOUT_METHOD: Readonly<Record<string, string>>;
}

/** What the generator of the methods leaves out, as seen from the compiled file. */
const DECISIONS = new URL('../../../scripts/client/decisions.mjs', import.meta.url);
const { WITHOUT_METHOD } = (await import(DECISIONS.href)) as Decisions;

type Connection = CommandConnection<Text>;
type Step = (kv: Connection, shared: { dump?: Buffer | undefined }) => Promise<unknown>;

const AREA = { fromlonlat: [15, 37], byradius: [200, 'km'] } as const;

/** Replies of these are the same in RESP2 and RESP3. */
const STEADY: readonly Step[] = [
  (kv) => kv.flushall(),
  // Strings
  (kv) => kv.set('k', 'v'),
  (kv) => kv.set('k', 'w', { get: true }),
  (kv) => kv.set('new', 'w', { get: true }),
  (kv) => kv.set('k', 'x', { nx: true }),
  (kv) => kv.set('k', 'x', { ifeq: 'w', ex: 100 }),
  (kv) => kv.set('k', 'x', { keepttl: true }),
  (kv) => kv.setex('e', 100, 'v'),
  (kv) => kv.psetex('e', 100_000, 'v'),
  (kv) => kv.setnx('e', 'v'),
  (kv) => kv.get('k'),
  (kv) => kv.get('none'),
  (kv) => kv.getset('k', 'y'),
  (kv) => kv.getex('k', { persist: true }),
  (kv) => kv.getex('none'),
  (kv) => kv.getdel('new'),
  (kv) => kv.incr('n'),
  (kv) => kv.incrby('n', 2n ** 60n),
  (kv) => kv.decr('n'),
  (kv) => kv.decrby('n', 2n ** 60n),
  (kv) => kv.incrbyfloat('f', 1.5),
  (kv) => kv.append('k', 'tail'),
  (kv) => kv.getrange('k', 0, 1),
  (kv) => kv.substr('k', 0, -1),
  (kv) => kv.setrange('k', 3, 'z'),
  (kv) => kv.strlen('k'),
  (kv) => kv.mset({ a: 1, b: 2 }),
  (kv) => kv.mget('a', 'none'),
  (kv) => kv.msetnx('a', 2),
  (kv) => kv.msetex({ a: 1 }, { xx: true, px: 100_000 }),
  (kv) => kv.delex('a', { ifeq: 'x' }),
  (kv) => kv.delifeq('a', 1),
  (kv) => kv.digest('k'),
  (kv) => kv.digest('none'),
  (kv) => kv.mset({ one: 'ohmytext', two: 'mynewtext' }),
  (kv) => kv.lcs('one', 'two'),
  (kv) => kv.lcs('one', 'two', { len: true }),
  (kv) => kv.lcs('one', 'two', { idx: true }),
  (kv) => kv.lcs('one', 'two', { idx: true, withmatchlen: true, minmatchlen: 4 }),
  // Lists
  (kv) => kv.rpush('l', 'a', 'b', 'c', 'a'),
  (kv) => kv.lpush('l', ['x', 'y']),
  (kv) => kv.lpushx('none', 'a'),
  (kv) => kv.rpushx('l', 'z'),
  (kv) => kv.lrange('l', 0, -1),
  (kv) => kv.llen('l'),
  (kv) => kv.lindex('l', 0),
  (kv) => kv.lindex('l', 99),
  (kv) => kv.lset('l', 0, 'first'),
  (kv) => kv.linsert('l', 'after', 'first', 'second'),
  (kv) => kv.lrem('l', 1, 'second'),
  (kv) => kv.lpos('l', 'a'),
  (kv) => kv.lpos('l', 'none'),
  (kv) => kv.lpos('l', 'a', { count: 0 }),
  (kv) => kv.lpop('l'),
  (kv) => kv.lpop('none'),
  (kv) => kv.lpop('l', 2),
  (kv) => kv.rpop('none', 2),
  (kv) => kv.rpop('l'),
  (kv) => kv.lmove('l', 'm', 'left', 'right'),
  (kv) => kv.rpoplpush('l', 'm'),
  (kv) => kv.rpoplpush('none', 'm'),
  (kv) => kv.lmpop(['none', 'l'], 'left', { count: 1 }),
  (kv) => kv.lmpop('none', 'left'),
  (kv) => kv.rpush('l', 1, 2, 3, 4, 5, 6),
  (kv) => kv.ltrim('l', 0, 4),
  (kv) => kv.blpop(['none', 'l'], 1),
  (kv) => kv.blpop('none', 0.01),
  (kv) => kv.brpop('l', 1),
  (kv) => kv.blmove('l', 'm', 'left', 'left', 1),
  (kv) => kv.blmove('none', 'm', 'left', 'left', 0.01),
  (kv) => kv.brpoplpush('none', 'm', 0.01),
  (kv) => kv.blmpop(1, 'l', 'right'),
  (kv) => kv.blmpop(0.01, 'none', 'right'),
  // Sets
  (kv) => kv.sadd('s', 'a', 'b', 'c'),
  (kv) => kv.sadd('t', ['b']),
  (kv) => kv.scard('s'),
  (kv) => kv.sismember('s', 'a'),
  (kv) => kv.smismember('s', 'a', 'none'),
  (kv) => kv.smembers('s'),
  (kv) => kv.smembers('none'),
  (kv) => kv.sinter('s', 't'),
  (kv) => kv.sintercard(['s', 't'], { limit: 1 }),
  (kv) => kv.sinterstore('u', 's', 't'),
  (kv) => kv.sunion('t', 'u'),
  (kv) => kv.sunionstore('u', ['s', 't']),
  (kv) => kv.sdiff('t', 's'),
  (kv) => kv.sdiffstore('u', 't', 's'),
  (kv) => kv.srem('s', 'c'),
  (kv) => kv.smove('s', 't', 'a'),
  (kv) => kv.srandmember('none'),
  (kv) => kv.srandmember('s', 2),
  (kv) => kv.sscan('s', 0, { count: 10 }),
  (kv) => kv.spop('s', 5),
  (kv) => kv.spop('none'),
  (kv) => kv.spop('t', 0),
  // Sorted sets
  (kv) => kv.zadd('z', { a: 1, b: 2.5, c: Number.POSITIVE_INFINITY }),
  (kv) => kv.zadd('z', [[2, 'a']], { incr: true }),
  (kv) => kv.zadd('z', { a: 1 }, { nx: true, incr: true }),
  (kv) => kv.zincrby('z', 0.5, 'a'),
  (kv) => kv.zcard('z'),
  (kv) => kv.zscore('z', 'c'),
  (kv) => kv.zscore('z', 'none'),
  (kv) => kv.zmscore('z', 'a', 'none'),
  (kv) => kv.zcount('z', '-inf', '(3'),
  (kv) => kv.zlexcount('z', '-', '+'),
  (kv) => kv.zrank('z', 'a'),
  (kv) => kv.zrank('z', 'none'),
  (kv) => kv.zrank('z', 'a', { withscore: true }),
  (kv) => kv.zrevrank('z', 'none', { withscore: true }),
  (kv) => kv.zrange('z', 0, -1),
  (kv) => kv.zrange('z', 0, -1, { withscores: true }),
  (kv) => kv.zrange('none', 0, -1, { withscores: true }),
  (kv) => kv.zrevrange('z', 0, 1, { withscores: true }),
  (kv) => kv.zrangebyscore('z', 0, 10, { limit: [0, 1], withscores: true }),
  (kv) => kv.zrevrangebyscore('z', '+inf', '-inf'),
  (kv) => kv.zrangebylex('z', '-', '+'),
  (kv) => kv.zrevrangebylex('z', '+', '-'),
  (kv) => kv.zrangestore('y', 'z', 0, 0),
  (kv) => kv.zunion(['z', 'y']),
  (kv) => kv.zunion(['z', 'y'], { weights: [1, 0.5], withscores: true }),
  (kv) => kv.zinter(['z', 'y'], { withscores: true, aggregate: 'max' }),
  (kv) => kv.zintercard(['z', 'y']),
  (kv) => kv.zdiff(['z', 'y'], { withscores: true }),
  (kv) => kv.zunionstore('x', ['z', 'y']),
  (kv) => kv.zinterstore('x', ['z', 'y']),
  (kv) => kv.zdiffstore('x', 'z', 'y'),
  (kv) => kv.zrandmember('none'),
  (kv) => kv.zrandmember('y', 1, { withscores: true }),
  (kv) => kv.zrandmember('none', 2),
  (kv) => kv.zscan('z', 0),
  (kv) => kv.zrem('z', 'none'),
  (kv) => kv.zremrangebyrank('x', 0, 0),
  (kv) => kv.zremrangebyscore('x', '(100', '+inf'),
  (kv) => kv.zremrangebylex('x', '[q', '[r'),
  (kv) => kv.zpopmin('z'),
  (kv) => kv.zpopmin('none'),
  (kv) => kv.zpopmax('z', 2),
  (kv) => kv.zpopmax('none', 2),
  (kv) => kv.zmpop('y', 'min'),
  (kv) => kv.zmpop('none', 'max', { count: 2 }),
  (kv) => kv.zadd('z', { a: 1, b: 2, c: 3, d: 4 }),
  (kv) => kv.bzpopmin(['none', 'z'], 1),
  (kv) => kv.bzpopmax('none', 0.01),
  (kv) => kv.bzmpop(1, 'z', 'max', { count: 2 }),
  (kv) => kv.bzmpop(0.01, 'none', 'max'),
  // Hashes
  (kv) => kv.hset('h', 'f', 'v'),
  (kv) => kv.hset('h', { g: 'w', n: 1 }),
  (kv) => kv.hmset('h', [['i', 'x']]),
  (kv) => kv.hsetnx('h', 'f', 'v'),
  (kv) => kv.hget('h', 'f'),
  (kv) => kv.hget('h', 'none'),
  (kv) => kv.hmget('h', 'f', 'none'),
  (kv) => kv.hgetall('h'),
  (kv) => kv.hgetall('none'),
  (kv) => kv.hkeys('h'),
  (kv) => kv.hvals('h'),
  (kv) => kv.hlen('h'),
  (kv) => kv.hstrlen('h', 'f'),
  (kv) => kv.hexists('h', 'f'),
  (kv) => kv.hdel('h', 'i', 'none'),
  (kv) => kv.hincrby('h', 'n', 2),
  (kv) => kv.hincrbyfloat('h', 'n', 0.5),
  (kv) => kv.hscan('h', 0),
  (kv) => kv.hscan('h', 0, { novalues: true }),
  (kv) => kv.hrandfield('none'),
  (kv) => kv.hrandfield('none', 2),
  (kv) => kv.hset('single', 'f', 'v'),
  (kv) => kv.hrandfield('single', 2, { withvalues: true }),
  (kv) => kv.hexpire('h', 100, ['f', 'none']),
  (kv) => kv.hpexpire('h', 100_000, 'f', { gt: true }),
  (kv) => kv.hexpireat('h', new Date('2100-01-01'), 'f'),
  (kv) => kv.hpexpireat('h', new Date('2100-01-01'), 'f'),
  (kv) => kv.httl('h', 'g', 'none'),
  (kv) => kv.hpttl('h', 'g'),
  (kv) => kv.hexpiretime('h', 'f'),
  (kv) => kv.hpexpiretime('h', 'f'),
  (kv) => kv.hpersist('h', 'f'),
  (kv) => kv.hgetex('h', ['f', 'none'], { ex: 100 }),
  (kv) => kv.hgetdel('h', 'f', 'none'),
  (kv) => kv.hsetex('h', { f: 'v' }, { fnx: true }),
  // Geo
  (kv) =>
    kv.geoadd('g', [
      [13.361389, 38.115556, 'Palermo'],
      [15.087269, 37.502669, 'Catania'],
    ]),
  (kv) => kv.geopos('g', 'Palermo', 'none'),
  (kv) => kv.geodist('g', 'Palermo', 'Catania', 'km'),
  (kv) => kv.geodist('g', 'Palermo', 'none'),
  (kv) => kv.geohash('g', 'Palermo', 'none'),
  (kv) => kv.geosearch('g', { ...AREA, asc: true }),
  (kv) => kv.geosearch('g', { ...AREA, asc: true, withdist: true }),
  (kv) => kv.geosearch('g', { ...AREA, asc: true, withcoord: true, withdist: true, withhash: true }),
  (kv) => kv.geosearchstore('near', 'g', AREA),
  (kv) => kv.georadius('g', 15, 37, 200, 'km', { withcoord: true, asc: true }),
  (kv) => kv.georadius('g', 15, 37, 200, 'km', { store: 'near' }),
  (kv) => kv.georadiusRo('g', 15, 37, 200, 'km', { withhash: true, asc: true }),
  (kv) => kv.georadiusbymember('g', 'Palermo', 1, 'km'),
  (kv) => kv.georadiusbymemberRo('g', 'Palermo', 1, 'km', { withdist: true }),
  // Bitmaps and HyperLogLogs
  (kv) => kv.setbit('bits', 7, 1),
  (kv) => kv.getbit('bits', 7),
  (kv) => kv.bitcount('bits', 0, -1, 'bit'),
  (kv) => kv.bitpos('bits', 1),
  (kv) => kv.bitop('not', 'inverse', 'bits'),
  (kv) => kv.bitfield('bits', { set: ['i64', 0, -1] }, { get: ['u63', 0] }),
  (kv) => kv.bitfield('bits', { incrby: ['u2', 0, 3], overflow: 'fail' }),
  (kv) => kv.bitfieldRo('bits', { get: ['u8', '#0'] }),
  (kv) => kv.pfadd('p', 'a', 'b'),
  (kv) => kv.pfcount('p'),
  (kv) => kv.pfmerge('q', 'p'),
  // Keys
  (kv) => kv.exists('k', 'none'),
  (kv) => kv.touch('k'),
  (kv) => kv.type('z'),
  (kv) => kv.type('none'),
  (kv) => kv.keys('k*'),
  (kv) => kv.scan(0, { match: 'k*', count: 10_000 }),
  (kv) => kv.expire('k', 100),
  (kv) => kv.pexpire('k', 100_000, { lt: true }),
  (kv) => kv.expireat('k', new Date('2100-01-01')),
  (kv) => kv.pexpireat('k', new Date('2100-01-01')),
  (kv) => kv.expiretime('k'),
  (kv) => kv.pexpiretime('k'),
  (kv) => kv.persist('k'),
  (kv) => kv.ttl('k'),
  (kv) => kv.pttl('none'),
  (kv) => kv.rename('k', 'k2'),
  (kv) => kv.renamenx('k2', 'k'),
  (kv) => kv.copy('k', 'k3', { replace: true }),
  (kv) => kv.move('k3', 1),
  (kv) => kv.rpush('numbers', 3, 1, 2),
  (kv) => kv.sort('numbers', { desc: true }),
  (kv) => kv.sort('numbers', { by: 'nosort', get: ['#', 'none_*'] }),
  (kv) => kv.sort('numbers', { store: 'sorted' }),
  (kv) => kv.sortRo('numbers', { limit: [0, 1] }),
  (kv) => kv.objectEncoding('h'),
  (kv) => kv.objectEncoding('none'),
  (kv) => kv.objectRefcount('h'),
  async (kv, shared) => {
    shared.dump = await kv.dump('h');
    return shared.dump;
  },
  (kv) => kv.dump('none'),
  (kv, { dump }) => kv.restore('h', 0, dump!, { replace: true }),
  (kv) => kv.hget('h', 'g'),
  (kv) => kv.wait(0, 1),
  (kv) => kv.waitaof(0, 0, 1),
  (kv) => kv.unlink('p'),
  (kv) => kv.del('q', 'none'),
  // Connections
  (kv) => kv.ping(),
  (kv) => kv.ping('hello'),
  (kv) => kv.echo('hello'),
  (kv) => kv.clientGetname(),
  (kv) => kv.clientGetredir(),
  (kv) => kv.clientTrackinginfo(),
  (kv) => kv.clientKill({ type: 'replica' }),
  (kv) => kv.clientPause(1, 'write'),
  (kv) => kv.clientUnpause(),
  (kv) => kv.clientUnblock(1_000_000),
  // Server
  (kv) => kv.dbsize(),
  (kv) => kv.swapdb(2, 3),
  (kv) => kv.configGet('maxmemory*'),
  (kv) => kv.configSet({ 'latency-monitor-threshold': 0, 'slowlog-log-slower-than': 0 }),
  (kv) => kv.configResetstat(),
  (kv) => kv.aclSetuser('eve', 'on', '>x', '~a', '+get'),
  (kv) => kv.aclUsers(),
  (kv) => kv.aclList(),
  (kv) => kv.aclCat(),
  (kv) => kv.aclCat('string'),
  (kv) => kv.aclDryrun('eve', 'get', 'a'),
  (kv) => kv.aclDryrun('eve', 'get', 'b'),
  (kv) => kv.aclWhoami(),
  (kv) => kv.aclDeluser('eve', 'nobody'),
  (kv) => kv.aclLog(undefined, { reset: true }),
  (kv) => kv.command(),
  (kv) => kv.commandCount(),
  (kv) => kv.commandInfo('get', 'client', 'none'),
  (kv) => kv.commandDocs('set', 'client', 'georadius'),
  (kv) => kv.commandList({ pattern: 'config|*' }),
  (kv) => kv.commandGetkeys('mset', 'a', 1, 'b', 2),
  (kv) => kv.commandGetkeysandflags('copy', 'a', 'b'),
  (kv) => kv.memoryUsage('h'),
  (kv) => kv.memoryUsage('none'),
  (kv) => kv.memoryPurge(),
  (kv) => kv.save(),
  (kv) => kv.flushdb('sync'),
];

/** Replies of these depend on chance, on time or on who asks. */
const CHANGING: readonly Step[] = [
  (kv) => kv.mset({ a: 1, b: 2 }),
  (kv) => kv.randomkey(),
  (kv) => kv.sadd('s', 'a', 'b'),
  (kv) => kv.srandmember('s'),
  (kv) => kv.spop('s'),
  (kv) => kv.zadd('z', { a: 1, b: 2 }),
  (kv) => kv.zrandmember('z', -5, { withscores: true }),
  (kv) => kv.hset('h', { a: 1, b: 2 }),
  (kv) => kv.hrandfield('h', 1, { withvalues: true }),
  (kv) => kv.objectIdletime('a'),
  (kv) => kv.configSet('maxmemory-policy', 'allkeys-lfu'),
  (kv) => kv.objectFreq('a'),
  (kv) => kv.configSet('maxmemory-policy', 'noeviction'),
  (kv) => kv.clientId(),
  (kv) => kv.clientInfo(),
  (kv) => kv.clientList(),
  (kv) => kv.time(),
  (kv) => kv.info(),
  (kv) => kv.info('server', 'memory'),
  (kv) => kv.lastsave(),
  (kv) => kv.aclGenpass(),
  (kv) => kv.aclGenpass(5),
  (kv) => kv.aclGetuser('default'),
  (kv) => kv.aclGetuser('nobody'),
  (kv) => kv.aclLog(),
  (kv) => kv.aclLog(1),
  (kv) => kv.slowlogGet(10),
  (kv) => kv.slowlogLen(),
  (kv) => kv.slowlogReset(),
  (kv) => kv.memoryStats(),
  (kv) => kv.memoryDoctor(),
  (kv) => kv.memoryMallocStats(),
  (kv) => kv.configSet('latency-monitor-threshold', 1),
  (kv) => kv.save(),
  (kv) => kv.blpop('none', 0.02),
  (kv) => kv.latencyLatest(),
  (kv) => kv.latencyHistory('command'),
  (kv) => kv.latencyDoctor(),
  (kv) => kv.latencyHistogram('set', 'mset'),
  (kv) => kv.latencyReset(),
  (kv) => kv.lolwut({ version: 5 }),
  (kv) => kv.bgsave({ schedule: true }),
];

/** Commands whose methods are not called here, and why. */
const NOT_CALLED: Readonly<Record<string, string>> = {
  'CONFIG REWRITE': 'the server was started without a file',
  'ACL LOAD': 'the server was started without an ACL file',
  'ACL SAVE': 'likewise',
  'LATENCY GRAPH': 'there need not be an event to draw',
};

/** The spec of a command, by its words. */
function specOf(words: readonly string[]): CommandSpec {
  const [name, child] = words.map((word) => word.toLowerCase());
  const spec = COMMANDS.find((candidate) => candidate.name === name);
  const found = child === undefined ? spec : spec?.subcommands?.find((candidate) => candidate.name === child);
  assert.ok(found, words.join(' '));
  return found;
}

/** Runs the steps; each reply must be what its command promises. Gives the replies. */
async function runSteps(kv: Connection, steps: readonly Step[], called: Set<string>): Promise<unknown[]> {
  const replies: unknown[] = [];
  const isText = (value: unknown) => (kv.wantsBuffers ? Buffer.isBuffer(value) : typeof value === 'string');
  const shared = {};
  for (const step of steps) {
    const reply = await step(kv, shared);
    const request = [...kv.lastWords, ...kv.lastArguments.map(String)].join(' ');
    called.add(kv.lastWords.join(' '));
    const notation = notationFor(specOf(kv.lastWords), kv.lastWords, kv.lastArguments);
    const problem = mismatch(reply, notation, isText);
    assert.equal(problem, undefined, `${request}: ${problem}, but ${notation} is promised`);
    replies.push(reply);
  }
  return replies;
}

/** All commands that can be run, by their words: `CONFIG SET`. */
function commandWords(): string[] {
  return COMMANDS.flatMap((spec) => [
    ...(spec.run === undefined ? [] : [spec.name]),
    ...(spec.subcommands ?? []).map((child) => `${spec.name} ${child.name}`),
  ]).map((name) => name.toUpperCase());
}

describe('the typed commands', () => {
  const server = sharedServer();
  const called = new Set<string>();
  const connections: Connection[] = [];
  after(() => {
    for (const connection of connections) connection.close();
  });
  const open = async (protocol: 2 | 3, wantsBuffers: boolean): Promise<Connection> => {
    const connection = await CommandConnection.open<Text>(server().port, protocol, wantsBuffers);
    connections.push(connection);
    return connection;
  };

  for (const wantsBuffers of [false, true]) {
    const texts = wantsBuffers ? 'Buffers' : 'strings';
    it(`reply what their types promise, the same over RESP2 and RESP3: ${texts}`, async () => {
      const [two, three] = [await open(2, wantsBuffers), await open(3, wantsBuffers)];
      const inTwo = await runSteps(two, STEADY, called);
      const inThree = await runSteps(three, STEADY, called);
      for (const [index, reply] of inThree.entries())
        assert.deepEqual(inTwo[index], reply, `RESP2 differs: ${String(STEADY[index])}`);
      for (const connection of [two, three]) await runSteps(connection, CHANGING, called);
    });
  }

  it('are all there, and have all been called', () => {
    const excluded = new Set(Object.keys(WITHOUT_METHOD).map((name) => name.replace('|', ' ').toUpperCase()));
    const all = commandWords();
    const missing = all.filter((words) => !excluded.has(words) && !called.has(words));
    assert.deepEqual(missing, Object.keys(NOT_CALLED));
    for (const words of [...excluded, ...Object.keys(NOT_CALLED)]) assert.ok(all.includes(words), words);
  });

  it('that are not called here have a method all the same', () => {
    const [connection] = connections;
    assert.ok(connection);
    assert.equal(typeof connection.configRewrite, 'function');
    assert.equal(typeof connection.latencyGraph, 'function');
  });
});

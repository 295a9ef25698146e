/**
 * What a user may not see makes no difference to anything that the user is told, and what a user may not write stays as it is:
 * whatever the rules are and whatever is asked, rightly or wrongly.
 *
 * Two engines hold the same keys, but those that no pattern of the user matches have another value of the same type in the
 * second. The same random requests, by the same user, must get the same replies from both; and in the end the keys that no
 * pattern allows to be written must be what they were. Nothing is told here of which arguments of a command are keys: that is
 * what is tested.
 *
 * Left out is what tells of keys without naming them (KEYS, DBSIZE), or by chance (SRANDMEMBER): patterns are not about that.
 * TEST_SEED=X repeats a run.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WRITES } from '../../src/engine/acl/selector.js';
import type { User } from '../../src/engine/acl/user.js';
import { setUser } from '../../src/engine/attention.js';
import type { Client } from '../../src/engine/client.js';
import { TestEngine } from '../../src/engine/engine.case.js';
import { BLOCKED, SUSPENDED } from '../../src/engine/executor.js';
import type { Words } from '../differential/compare.js';
import { someRules } from '../differential/families/acl.js';
import { programs } from '../differential/generator.js';
import { chooseSeed } from '../support/random.js';

const RUNS = 60;
const REQUESTS_MAX = 80;
const FAMILIES = [
  'strings',
  'bitmaps',
  'hyperloglog',
  'keys',
  'dump',
  'hashes',
  'lists',
  'sets',
  'sorted-sets',
  'geo',
  'sort',
];
/** What may come by chance, depends on the moment, tells of keys without naming them, or changes who asks. */
const LEFT_OUT = new Set(
  (
    'KEYS SCAN DBSIZE RANDOMKEY SRANDMEMBER HRANDFIELD ZRANDMEMBER SPOP WAIT WAITAOF TIME AUTH HELLO RESET QUIT ' +
    'CLIENT LOLWUT'
  ).split(' '),
);
/** Of each type, a value that no request of the families makes. */
const OTHER_VALUES: Readonly<Record<string, Words>> = {
  string: ['SET', '', 'not what it was'],
  list: ['RPUSH', '', 'not', 'what', 'it', 'was'],
  set: ['SADD', '', 'not', 'what', 'it', 'was'],
  zset: ['ZADD', '', '7', 'not', '8', 'what', '9', 'it was'],
  hash: ['HSET', '', 'field', 'not', 'f', 'what it was'],
};

/** Requests that try to reach a key past the ones that are looked at. */
const KEYS = [
  'a',
  'b',
  'key:1',
  'user:1',
  'l:1',
  's:1',
  'z:1',
  'g:1',
  'h:1',
  'by',
  'get',
  'limit',
  'store',
  'sort:list',
];
const key = fc.constantFrom(...KEYS);
const sneaky: fc.Arbitrary<Words> = fc.oneof(
  fc.tuple(key, key, key).map(([a, b, c]) => ['GEORADIUS', a, '0', '0', '999', 'km', 'STORE', b, 'STORE', c]),
  fc
    .tuple(key, key, key)
    .map(([a, b, c]) => ['GEORADIUSBYMEMBER', a, 'm', '9', 'km', 'STOREDIST', b, 'STORE', c]),
  fc.tuple(key, key, key).map(([a, b, c]) => ['SORT', a, 'ALPHA', 'STORE', b, 'STORE', c]),
  fc.tuple(key, key, key).map(([a, b, c]) => ['SORT', a, 'BY', b, 'STORE', 'STORE', 'STORE', c]),
  fc
    .tuple(key, key)
    .map(([a, b]) => ['SORT', a, 'ALPHA', 'LIMIT', '0', '5', 'GET', b, 'GET', '*', 'BY', '*']),
  fc.tuple(key, key).map(([a, b]) => ['SORT_RO', a, 'BY', `${b}*`, 'ALPHA']),
  fc.tuple(key, key, key).map(([a, b, c]) => ['ZUNIONSTORE', a, '1', b, c]),
  fc.tuple(key, key, key).map(([a, b, c]) => ['ZINTER', '+2', a, b, c]),
  fc.tuple(key, key).map(([a, b]) => ['SINTERCARD', '02', a, b]),
  fc.tuple(key, key).map(([a, b]) => ['MSET', a, 'v', b]),
  fc.tuple(key, key).map(([a, b]) => ['MSETEX', '2', a, 'v', b, 'v']),
  fc.tuple(key, key).map(([a, b]) => ['LMPOP', '2', a, b, 'LEFT']),
  fc.tuple(key, key).map(([a, b]) => ['BLMPOP', '0', '2', a, b, 'LEFT', 'COUNT', '9']),
  fc.tuple(key, key).map(([a, b]) => ['BITOP', 'DIFF', a, b, a]),
  fc.tuple(key, key).map(([a, b]) => ['COPY', a, b, 'DB', '1']),
  fc.tuple(key, key).map(([a, b]) => ['LCS', a, b, 'IDX']),
  key.map((a) => ['SET', a, 'v', 'KEEPTTL', 'get']),
  key.map((a) => ['SET', a, 'v', 'ifeq', 'v']),
  key.map((a) => ['DELEX', a, 'IFEQ', 'v']),
  key.map((a) => ['BITFIELD', a, 'OVERFLOW', 'SAT', 'SET', 'u8', '0', '1']),
  key.map((a) => ['MEMORY', 'USAGE', a]),
  key.map((a) => ['OBJECT', 'ENCODING', a]),
);

/** A user, the requests that make the data, and what the user asks. */
const situation = fc.record({
  rules: fc
    .tuple(fc.constantFrom('+@all', '+@all', '+@all', ''), someRules)
    .map(([first, rules]) => [first, ...rules]),
  data: programs(REQUESTS_MAX, FAMILIES),
  requests: fc
    .tuple(programs(REQUESTS_MAX, FAMILIES), fc.array(sneaky, { maxLength: 20 }))
    .map(([usual, others]) => [...usual, ...others]),
});

test('what a user may not see or write is neither told nor changed', async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  const met = { allowed: 0, refused: 0, hidden: 0 };
  const property = fc.property(situation, ({ rules, data, requests }) => {
    const [first, second] = [new TestEngine(), new TestEngine()];
    for (const engine of [first, second]) {
      for (const words of data.filter(isComparable)) ask(engine, words);
      for (const name of engine.contents().keys()) settle(engine, name);
      makeUser(engine, rules);
    }
    const user = first.client.user;
    for (const name of first.contents().keys()) {
      if (mayUse(user, name, 0)) continue;
      met.hidden += 1;
      replace(second, name);
    }
    const before = first.contents();
    for (const words of requests.filter(isComparable)) {
      const reply = ask(first, words);
      assert.equal(ask(second, words), reply, `${words.join(' ')} tells what is hidden`);
      met[reply.startsWith('-NOPERM') ? 'refused' : 'allowed'] += 1;
    }
    const after = first.contents();
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      if (!mayUse(user, name, WRITES)) assert.equal(after.get(name), before.get(name), `${name} has changed`);
    }
  });
  fc.assert(property, { seed, numRuns: RUNS });
  t.diagnostic(JSON.stringify(met));
  assert.ok(met.allowed > 0 && met.refused > 0 && met.hidden > 0, 'a test of nothing');
});

function isComparable([name = '']: Words): boolean {
  return !LEFT_OUT.has(name.toUpperCase());
}

/** Asks as the engine's client, who waits for nothing. */
function ask(engine: TestEngine, words: Words): string {
  engine.client.mayBlock = false;
  const outcome = engine.execute(
    engine.client,
    words.map((word) => Buffer.from(word, 'latin1')),
  );
  assert.ok(outcome !== BLOCKED && outcome !== SUSPENDED, `${words[0]} waits`);
  return engine.takeReply();
}

/** The client becomes a user of these rules, as far as they are right, without commands that are the whole server's business. */
function makeUser(engine: TestEngine, rules: readonly string[]): void {
  engine.users.set('u', []);
  for (const rule of [...rules, '-@admin', '-@dangerous', '+sort', '+sort_ro', '+restore']) {
    if (engine.users.check('u', [rule]) === undefined) engine.users.set('u', [rule]);
  }
  engine.client.database = 0;
  engine.run('HELLO', '2');
  setUser(engine.client, engine.users.find('u')!);
}

/** True when a pattern of the user's matches the key `database/key`, and allows this use (READS, WRITES, 0 = any). */
function mayUse(user: User, name: string, use: number): boolean {
  const bytes = Buffer.from(name.slice(name.indexOf('/') + 1), 'latin1');
  return user.selectors.some((selector) => selector.allowsKey(bytes, 0, bytes.length, use));
}

/** Gives the key `database/key` another value of its type. */
function replace(engine: TestEngine, name: string): void {
  const [administrator, key] = administratorOf(engine, name);
  const type = engine.runAs(administrator, 'TYPE', key).slice(1, -2);
  const [command = '', , ...values] = OTHER_VALUES[type] ?? assert.fail(`${name} is ${type}`);
  engine.runAs(administrator, 'DEL', key);
  engine.runAs(administrator, command, key, ...values);
}

/**
 * Does what reading does to a key beside telling of it: removes it when its time is over, keeps the cardinality of a HyperLogLog,
 * gives a sorted set the form in which it can be sorted.
 */
function settle(engine: TestEngine, name: string): void {
  const [administrator, key] = administratorOf(engine, name);
  if (engine.runAs(administrator, 'TYPE', key) === '+none\r\n') engine.runAs(administrator, 'DEL', key);
  engine.runAs(administrator, 'PFCOUNT', key);
  engine.runAs(administrator, 'SORT_RO', key, 'BY', 'nothing');
}

/** A client that may do everything, in the database of the key `database/key`, and the key. */
function administratorOf(engine: TestEngine, name: string): [administrator: Client, key: Buffer] {
  const slash = name.indexOf('/');
  const administrator = engine.connect();
  administrator.database = Number(name.slice(0, slash));
  return [administrator, Buffer.from(name.slice(slash + 1), 'latin1')];
}

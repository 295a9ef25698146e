/**
 * The types of the generated methods. The compiler does the testing; what runs says only that there is such a method.
 */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Commands } from './generated/commands.js';

/** Only equal types make it `true`. */
type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;

function expectType<T>(): <A>(value: A, ...proof: Equal<A, T> extends true ? [] : [never]) => void {
  return () => {};
}

class Silent extends Commands<string, 'value'> {
  protected override run(): unknown {
    return undefined;
  }
}

class Promising extends Commands<Buffer, 'promise'> {
  protected override run(): Promise<unknown> {
    return Promise.resolve(undefined);
  }
}

const kv = new Silent();
const buffers = new Promising();
const flag = (): boolean => true;

it('replies have the types of their commands', () => {
  expectType<string | undefined>()(kv.get('k'));
  expectType<Promise<Buffer | undefined>>()(buffers.get('k'));
  expectType<number | bigint>()(kv.incr('k'));
  expectType<number>()(kv.incrbyfloat('k', 1));
  expectType<boolean>()(kv.setnx('k', 'v'));
  expectType<boolean[]>()(kv.smismember('k', 'v'));
  expectType<(string | undefined)[]>()(kv.mget('k'));
  expectType<Map<string, string>>()(kv.hgetall('k'));
  expectType<Promise<Map<Buffer, Buffer>>>()(buffers.hgetall('k'));
  expectType<Set<string>>()(kv.smembers('k'));
  expectType<{ cursor: string; keys: string[] }>()(kv.scan(0));
  expectType<[string, string] | undefined>()(kv.blpop('k', 1));
  expectType<([number, number] | undefined)[]>()(kv.geopos('k', 'm'));
  expectType<Promise<string>>()(buffers.type('k'));
  expectType<Promise<Buffer | undefined>>()(buffers.dump('k'));
  expectType<Buffer | undefined>()(kv.dump('k'));
  assert.ok(kv);
});

it('replies have the types that follow from the options', () => {
  expectType<'OK'>()(kv.set('k', 'v'));
  expectType<'OK'>()(kv.set('k', 'v', { ex: 1 }));
  expectType<'OK' | undefined>()(kv.set('k', 'v', { nx: true }));
  expectType<'OK' | undefined>()(kv.set('k', 'v', { nx: flag(), ex: 1 }));
  expectType<string | undefined>()(kv.set('k', 'v', { get: true }));
  expectType<string | undefined>()(kv.set('k', 'v', { get: true, xx: true }));
  expectType<string | undefined>()(kv.set('k', 'v', { get: flag() }));
  expectType<string | undefined>()(kv.lpop('k'));
  expectType<string[] | undefined>()(kv.lpop('k', 2));
  expectType<Set<string>>()(kv.spop('k', 2));
  expectType<number | undefined>()(kv.lpos('k', 'e'));
  expectType<number[]>()(kv.lpos('k', 'e', { count: 0 }));
  expectType<string[]>()(kv.zrange('k', 0, -1));
  expectType<[string, number][]>()(kv.zrange('k', 0, -1, { withscores: true }));
  expectType<[string, number][] | string[]>()(kv.zrange('k', 0, -1, { withscores: flag() }));
  expectType<number>()(kv.zadd('k', { a: 1 }));
  expectType<number | undefined>()(kv.zadd('k', { a: 1 }, { incr: true }));
  expectType<number | undefined>()(kv.zrank('k', 'm'));
  expectType<[number, number] | undefined>()(kv.zrank('k', 'm', { withscore: true }));
  expectType<[string, number] | undefined>()(kv.zpopmin('k'));
  expectType<[string, number][]>()(kv.zpopmin('k', 2));
  expectType<string | undefined>()(kv.hrandfield('k'));
  expectType<string[]>()(kv.hrandfield('k', 2));
  expectType<[string, string][]>()(kv.hrandfield('k', 2, { withvalues: true }));
  expectType<{ cursor: string; fields: string[] }>()(kv.hscan('k', 0, { novalues: true }));
  expectType<{ cursor: string; entries: [string, string][] }>()(kv.hscan('k', 0));
  expectType<string>()(kv.lcs('a', 'b'));
  expectType<number>()(kv.lcs('a', 'b', { len: true }));
  expectType<number>()(kv.sort('k', { store: 'to' }));
  expectType<(string | undefined)[]>()(kv.sort('k', { get: 'w_*' }));
  expectType<string[]>()(kv.sort('k', { alpha: true }));
  expectType<string>()(kv.ping());
  expectType<Promise<Buffer>>()(buffers.ping('hello'));
  expectType<'OK'>()(kv.clientKill('127.0.0.1:1'));
  expectType<number>()(kv.clientKill({ id: 1 }));
  assert.ok(kv);
});

it('places have what was asked for', () => {
  const area = { fromlonlat: [1, 2], byradius: [3, 'km'] } as const;
  expectType<string[]>()(kv.geosearch('k', area));
  const [near] = kv.geosearch('k', { ...area, withdist: true }) ?? [];
  if (near !== undefined) {
    expectType<number>()(near.distance);
    // @ts-expect-error: the hash was not asked for
    assert.equal(near.hash, undefined);
  }
  const [exact] = kv.geosearch('k', { ...area, withcoord: true, withhash: true }) ?? [];
  if (exact !== undefined) expectType<number>()(exact.longitude + exact.latitude + exact.hash);
  expectType<number>()(kv.georadius('k', 1, 2, 3, 'km', { store: 'to' }));
  expectType<string[]>()(kv.georadius('k', 1, 2, 3, 'km'));
  assert.ok(kv);
});

it('a wrong type would be found', () => {
  // @ts-expect-error: it is a string, or undefined
  expectType<string>()(kv.get('k'));
  assert.ok(kv);
});

/** Never called: what is wrong in it is found by the compiler. */
function refused(): void {
  // @ts-expect-error: only one of them
  kv.set('k', 'v', { nx: true, xx: true });
  // @ts-expect-error: only one of them
  kv.set('k', 'v', { ex: 1, keepttl: true });
  // @ts-expect-error: no such option
  kv.set('k', 'v', { expire: 1 });
  // @ts-expect-error: no such option
  kv.geosearch('k', { frommember: 'm', byradius: [1, 'km'], withdistance: true });
  // @ts-expect-error: from where?
  kv.geosearch('k', { byradius: [1, 'km'] });
  // @ts-expect-error: a key is missing
  kv.get();
  // @ts-expect-error: a place is not an argument
  kv.get({ key: 'k' });
  // @ts-expect-error: a value is missing
  kv.hset('k', 'field');
  // @ts-expect-error: only an end has a unit
  kv.bitcount('k', 0, 'bit');
  // @ts-expect-error: a bit is 0 or 1
  kv.setbit('k', 0, 2);
  // @ts-expect-error: there is no such end of a list
  kv.lmove('a', 'b', 'top', 'left');
  // @ts-expect-error: pairs only with a number of them
  kv.hrandfield('k', { withvalues: true });
  // @ts-expect-error: SELECT is the client's own
  kv.select(1);
}

it('what Redis refuses is refused', () => {
  assert.equal(typeof refused, 'function');
});

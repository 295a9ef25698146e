/** Calls that every way in to a store answers in the same way, and how one is made. */

import { ReplyError, UsageError } from '../client/errors.js';

/** A method, its arguments, and whether replies have Buffers. Plain data: it goes to workers. */
export interface Step {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly asBuffers?: boolean;
}

/** A value, or the error's class and message. */
export type Outcome = { readonly value: unknown } | { readonly error: string };

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** Makes the call. */
export async function outcomeOf(
  commands: object,
  { method, args, asBuffers = false }: Step,
): Promise<Outcome> {
  const view = (asBuffers ? (commands as { buffers: object }).buffers : commands) as Methods;
  try {
    const call = view[method];
    if (call === undefined) throw new TypeError(`there is no method ${method}`);
    return { value: await call.apply(view, [...args]) };
  } catch (error) {
    if (error instanceof ReplyError) return { error: `ReplyError: ${error.message}` };
    if (error instanceof UsageError) return { error: `UsageError: ${error.message}` };
    throw error;
  }
}

const step = (method: string, ...args: readonly unknown[]): Step => ({ method, args });
const inBuffers = (method: string, ...args: readonly unknown[]): Step => ({ method, args, asBuffers: true });
const BINARY = new Uint8Array([0, 13, 10, 36, 255, 128]);

export const STEPS: readonly Step[] = [
  step('set', 'text', 'rustacean'),
  step('get', 'text'),
  inBuffers('get', 'text'),
  step('get', 'missing'),
  inBuffers('get', 'missing'),
  step('set', 'ünï', 'çödé 🦀 and more than twenty-four characters of it'),
  step('get', 'ünï'),
  step('set', 'binary', BINARY),
  inBuffers('get', 'binary'),
  step('strlen', 'binary'),
  step('set', BINARY, 'binary key'),
  step('get', BINARY),
  step('set', 'empty', ''),
  step('get', 'empty'),
  step('set', 'long', 'x'.repeat(100_000)),
  step('get', 'long'),
  step('set', 'n', 41),
  step('incr', 'n'),
  step('incrby', 'n', 2n ** 53n),
  step('get', 'n'),
  step('incrby', 'n', 2n ** 62n),
  step('incrbyfloat', 'f', 1.5),
  step('set', 'infinite', Number.POSITIVE_INFINITY),
  step('get', 'infinite'),
  step('set', 'negative', -0.25),
  step('get', 'negative'),
  step('set', 'text', 'again', { nx: true }),
  step('set', 'text', 'again', { get: true, ex: 100 }),
  step('ttl', 'text'),
  step('set', 'wrong', Number.NaN),
  step('set', 'wrong', { no: 'argument' }),
  step('get', 'wrong'),
  step('mset', { a: '1', b: '2', c: '3' }),
  step('mget', ['a', 'b', 'missing', 'c']),
  inBuffers('mget', ['a', 'missing']),
  step('del', ['a', 'b', 'missing']),
  step('exists', ['c', 'a']),
  step('incr', 'ünï'),
  step('rpush', 'list', ['x', 'y', 'z', 'w'.repeat(200)]),
  step('lrange', 'list', 0, -1),
  step('lpop', 'list'),
  step('lpop', 'list', 2),
  step('llen', 'list'),
  step('blpop', ['list'], 0.01),
  step('blpop', ['list'], 0.01),
  step('hset', 'hash', { f1: 'v1', f2: 2, f3: 'drei' }),
  step('hgetall', 'hash'),
  inBuffers('hget', 'hash', 'f1'),
  step('hmget', 'hash', ['f1', 'nope']),
  step('hincrby', 'hash', 'f2', 5),
  step('hget', 'hash', 'f2'),
  step('sadd', 'set', ['only']),
  step('smembers', 'set'),
  step('sismember', 'set', 'only'),
  step('sismember', 'set', 'other'),
  step('zadd', 'sorted', { ann: 1.5, bob: 2, cy: Number.POSITIVE_INFINITY }),
  step('zrange', 'sorted', 0, -1, { withscores: true }),
  step('zscore', 'sorted', 'ann'),
  step('zscore', 'sorted', 'cy'),
  step('zrank', 'sorted', 'nobody'),
  step('zincrby', 'sorted', -3, 'ann'),
  step('get', 'sorted'),
  step('hget', 'text', 'f'),
  step('setbit', 'bits', 7, 1),
  step('getbit', 'bits', 7),
  step('bitcount', 'bits'),
  step('pfadd', 'log', ['a', 'b', 'c']),
  step('pfcount', ['log']),
  step('geoadd', 'places', [[13.361389, 38.115556, 'Palermo']]),
  step('geopos', 'places', ['Palermo', 'Nowhere']),
  step('type', 'sorted'),
  step('objectEncoding', 'sorted'),
  step('rename', 'c', 'd'),
  step('rename', 'c', 'd'),
  step('copy', 'd', 'e'),
  step('dump', 'd'),
  step('scan', 0, { match: 'tex*', count: 1000 }),
  step('configGet', 'appendonly'),
  step('echo', 'hello'),
  step('ping'),
  step('commandCount'),
  step('dbsize'),
  step('flushdb'),
  step('dbsize'),
];

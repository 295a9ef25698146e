/**
 * What a few keys hold and what commands do to them, one at a time: the sequential specification that histories of concurrent
 * clients are held against. Strings and lists, commands of one key and of several; as small as it can be and still have
 * counters that lose updates, pairs that can be torn and values that move from key to key.
 *
 * A state is never changed: a command gives another one, so that the checker can go back.
 */

import type { SeededRandom } from '../support/random.js';

/** A key's value: none, a string, or a list that is not empty. */
type Value = undefined | string | readonly string[];

/** The keys that hold something, in no order. */
export type State = Readonly<Record<string, Value>>;

export const EMPTY: State = {};

/** A reply as text: `"a"`, `3`, `null`, `["a",null]`; an error is `!` and its first word. */
export type ReplyText = string;

export interface Outcome {
  readonly state: State;
  readonly reply: ReplyText;
}

const WRONG_TYPE = '!WRONGTYPE';
const ERROR = '!ERR';

/** The same text for states that no command can tell apart. */
export function describeState(state: State): string {
  let text = '';
  for (const key of Object.keys(state).sort()) {
    if (state[key] !== undefined) text += `${key} ${JSON.stringify(state[key])} `;
  }
  return text;
}

/** Does one command. Throws for one that is not in the model. */
export function apply(state: State, args: readonly string[]): Outcome {
  const [name = '', key = '', ...rest] = args;
  const value = state[key];
  switch (name) {
    case 'GET':
      return Array.isArray(value) ? same(state, WRONG_TYPE) : same(state, value ?? null);
    case 'SET':
      return changed(state, { [key]: rest[0] }, 'OK');
    case 'SETNX':
      return value === undefined ? changed(state, { [key]: rest[0] }, 1) : same(state, 0);
    case 'GETDEL':
      if (Array.isArray(value)) return same(state, WRONG_TYPE);
      return changed(state, { [key]: undefined }, (value as string | undefined) ?? null);
    case 'INCR':
      return increment(state, key, value);
    case 'APPEND': {
      if (Array.isArray(value)) return same(state, WRONG_TYPE);
      const text = `${value ?? ''}${rest[0]}`;
      return changed(state, { [key]: text }, text.length);
    }
    case 'DEL': {
      const keys = [...new Set(args.slice(1))].filter((name) => state[name] !== undefined);
      return changed(state, Object.fromEntries(keys.map((name) => [name, undefined])), keys.length);
    }
    case 'MGET':
      return same(
        state,
        args.slice(1).map((name) => (typeof state[name] === 'string' ? state[name] : null)),
      );
    case 'MSET':
      return changed(state, pairsOf(args), 'OK');
    case 'MSETNX': {
      const pairs = pairsOf(args);
      const isFree = Object.keys(pairs).every((name) => state[name] === undefined);
      return isFree ? changed(state, pairs, 1) : same(state, 0);
    }
    case 'RENAME':
      if (value === undefined) return same(state, ERROR);
      return changed(state, { [key]: undefined, [rest[0]!]: value }, 'OK');
    case 'COPY':
      if (value === undefined) return same(state, 0);
      return changed(state, { [rest[0]!]: value }, 1);
    default:
      return applyToList(state, args);
  }
}

function applyToList(state: State, args: readonly string[]): Outcome {
  const [name = '', key = '', other = ''] = args;
  const value = state[key];
  if (typeof value === 'string') return same(state, WRONG_TYPE);
  const list: readonly string[] = value ?? [];
  switch (name) {
    case 'LPUSH':
      return changed(state, { [key]: [other, ...list] }, list.length + 1);
    case 'RPUSH':
      return changed(state, { [key]: [...list, other] }, list.length + 1);
    case 'LPOP':
      return changed(state, { [key]: orNone(list.slice(1)) }, list[0] ?? null);
    case 'RPOP':
      return changed(state, { [key]: orNone(list.slice(0, -1)) }, list.at(-1) ?? null);
    case 'LRANGE':
      return same(state, list);
    case 'RPOPLPUSH': {
      const moved = list.at(-1);
      if (moved === undefined) return same(state, null);
      const target = other === key ? list.slice(0, -1) : state[other];
      if (typeof target === 'string') return same(state, WRONG_TYPE);
      return changed(state, { [key]: orNone(list.slice(0, -1)), [other]: [moved, ...(target ?? [])] }, moved);
    }
    default:
      throw new Error(`${name} is not in the model`);
  }
}

function increment(state: State, key: string, value: Value): Outcome {
  if (Array.isArray(value)) return same(state, WRONG_TYPE);
  if (value !== undefined && !/^\d+$/.test(value as string)) return same(state, ERROR);
  const next = Number(value ?? 0) + 1;
  return changed(state, { [key]: String(next) }, next);
}

/** A list without elements is no list. */
function orNone(list: readonly string[]): Value {
  return list.length === 0 ? undefined : list;
}

function pairsOf(args: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (let i = 1; i + 1 < args.length; i += 2) pairs[args[i]!] = args[i + 1]!;
  return pairs;
}

function same(state: State, reply: unknown): Outcome {
  return { state, reply: replyText(reply) };
}

function changed(state: State, change: Readonly<Record<string, Value>>, reply: unknown): Outcome {
  return { state: { ...state, ...change }, reply: replyText(reply) };
}

function replyText(reply: unknown): ReplyText {
  return reply === WRONG_TYPE || reply === ERROR ? reply : JSON.stringify(reply);
}

/** A random command on some of `keys`; `unique` is a text that no other command has, so that a value tells who wrote it. */
export function randomCommand(random: SeededRandom, keys: readonly string[], unique: string): string[] {
  const key = keys[random.below(keys.length)]!;
  const other = keys[random.below(keys.length)]!;
  switch (random.below(24)) {
    case 0:
    case 1:
      return ['SET', key, unique];
    case 2:
      return ['SET', key, '0'];
    case 3:
    case 4:
    case 5:
      return ['INCR', key];
    case 6:
      return ['APPEND', key, unique];
    case 7:
      return ['SETNX', key, unique];
    case 8:
      return ['GETDEL', key];
    case 9:
      return ['DEL', key, other];
    case 10:
    case 11:
      return ['MSET', key, unique, other, `${unique}'`];
    case 12:
      return ['MSETNX', key, unique, other, `${unique}'`];
    case 13:
      return ['RENAME', key, other === key ? keys.find((name) => name !== key)! : other];
    case 14:
      return ['COPY', key, other === key ? keys.find((name) => name !== key)! : other, 'REPLACE'];
    case 15:
      return ['LPUSH', key, unique];
    case 16:
    case 17:
      return ['RPUSH', key, unique];
    case 18:
      return [random.below(2) === 0 ? 'LPOP' : 'RPOP', key];
    case 19:
      return ['RPOPLPUSH', key, other];
    case 20:
      return ['LRANGE', key, '0', '-1'];
    case 21:
    case 22:
      return ['MGET', ...keys];
    default:
      return ['GET', key];
  }
}

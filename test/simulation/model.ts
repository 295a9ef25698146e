/**
 * The model of the simulation: what commands do, told once more in plain JavaScript, without shards, records or memory.
 *
 * `run` changes `keys`; which of them, and to what, is one event of the history (history.ts). It knows the commands that
 * commands.ts asks for, in the forms that it asks for, and each one's refusal: `false`, and nothing has changed.
 */

import { type Field, Item, type Value } from './values.js';

/** `database:key`. */
export function nameOf(database: number, key: string): string {
  return `${database}:${key}`;
}

export class Model {
  keys: Map<string, Item>;
  /** Names that the command under way has changed. */
  readonly touched = new Set<string>();
  private database = 0;
  private nowMs = 0;

  constructor(keys: ReadonlyMap<string, Item> = new Map()) {
    this.keys = new Map(keys);
  }

  /** Does what a command does. False when it is to be refused with an error. */
  run(words: readonly string[], database: number, nowMs: number): boolean {
    this.touched.clear();
    this.database = database;
    this.nowMs = nowMs;
    const [command, ...args] = words;
    return this.dispatch(command!, args);
  }

  /** A member that SPOP has chosen is no more. */
  takeMember(database: number, key: string, member: string): void {
    this.touched.clear();
    this.database = database;
    this.changeSet(key, (members) => members.delete(member));
  }

  private dispatch(command: string, args: readonly string[]): boolean {
    const [key = '', second = '', third = ''] = args;
    switch (command) {
      case 'SET':
        return this.set(key, second, args.slice(2));
      case 'MSET':
        for (let at = 0; at < args.length; at += 2) this.put(args[at]!, text(args[at + 1]!), 0);
        return true;
      case 'MSETNX':
        if (args.some((name, at) => at % 2 === 0 && this.find(name) !== undefined)) return true;
        return this.dispatch('MSET', args);
      case 'APPEND':
        return this.changeText(key, (value) => value + second);
      case 'SETRANGE':
        return this.changeText(key, (value) => {
          const at = Number(second);
          return value.slice(0, at).padEnd(at, '\0') + third + value.slice(at + third.length);
        });
      case 'INCRBY':
        return this.increment(key, Number(second));
      case 'GETDEL':
        return this.is(key, 'string') && this.delete(key);
      case 'DEL':
      case 'UNLINK':
        for (const name of args) this.delete(name);
        return true;
      case 'FLUSHDB':
        return this.flush(`${this.database}:`);
      case 'FLUSHALL':
        return this.flush('');
      case 'SWAPDB':
        return this.swap(key, second);
      case 'PEXPIRE':
        return this.expire(key, this.nowMs + Number(second));
      case 'PEXPIREAT':
        return this.expire(key, Number(second));
      case 'PERSIST':
        return this.persist(key);
      case 'RENAME':
        return this.rename(key, second);
      case 'COPY':
        return this.copy(key, second, Number(args[3]));
      case 'MOVE':
        return this.move(key, Number(second));
      default:
        return this.dispatchCollections(command, args);
    }
  }

  private dispatchCollections(command: string, args: readonly string[]): boolean {
    const [key = '', second = '', third = ''] = args;
    const rest = args.slice(1);
    switch (command) {
      case 'LPUSH':
        return this.changeList(key, (elements) => elements.unshift(...rest.toReversed()));
      case 'RPUSH':
        return this.changeList(key, (elements) => elements.push(...rest));
      case 'LPOP':
        return this.changeList(key, (elements) => elements.splice(0, Number(second)));
      case 'RPOP':
        return this.changeList(key, (elements) =>
          elements.splice(Math.max(0, elements.length - Number(second))),
        );
      case 'LSET':
        return this.setElement(key, Number(second), third);
      case 'LTRIM':
        return this.changeList(key, (elements) => {
          elements.splice(Number(third) + 1);
          elements.splice(0, Number(second));
        });
      case 'LREM':
        return this.changeList(key, (elements) => {
          const at = elements.indexOf(third);
          if (at >= 0) elements.splice(at, 1);
        });
      case 'LINSERT':
        return this.changeList(key, (elements) => {
          const at = elements.indexOf(third);
          if (at >= 0) elements.splice(at, 0, args[3]!);
        });
      case 'LMOVE':
        return this.moveElement(key, second, third, args[3]!);
      case 'SADD':
        return this.changeSet(key, (members) => rest.map((member) => members.add(member)));
      case 'SREM':
        return this.changeSet(key, (members) => rest.map((member) => members.delete(member)));
      case 'SMOVE':
        return this.moveMember(key, second, third);
      case 'SUNIONSTORE':
        return this.unite(key, rest);
      case 'ZADD':
        return this.changeScores(key, (scores) => scores.set(third, Number(second)));
      case 'ZINCRBY':
        return this.changeScores(key, (scores) =>
          scores.set(third, (scores.get(third) ?? 0) + Number(second)),
        );
      case 'ZREM':
        return this.changeScores(key, (scores) => rest.map((member) => scores.delete(member)));
      case 'HSET':
        return this.changeFields(key, (fields) => {
          for (let at = 0; at < rest.length; at += 2)
            fields.set(rest[at]!, { value: rest[at + 1]!, deadline: 0 });
        });
      case 'HDEL':
        return this.changeFields(key, (fields) => rest.map((field) => fields.delete(field)));
      case 'HINCRBY':
        return this.incrementField(key, second, Number(third));
      case 'HPEXPIREAT':
        return this.expireField(key, Number(second), args[4]!);
      default:
        // A command that reads. It is refused when the key holds another type than its own.
        return this.is(key, READERS[command]);
    }
  }

  // --- keys

  /** The item of a live key. */
  private find(key: string, database = this.database): Item | undefined {
    const item = this.keys.get(nameOf(database, key));
    return item === undefined || item.isOver(this.nowMs) ? undefined : item;
  }

  /** True when the key holds this type, or nothing. */
  private is(key: string, type: Value['type'] | undefined): boolean {
    const item = this.find(key);
    return item === undefined || type === undefined || item.value.type === type;
  }

  private put(key: string, value: Value, deadline: number, database = this.database): boolean {
    const name = nameOf(database, key);
    this.touched.add(name);
    this.keys.set(name, new Item(value, deadline));
    return true;
  }

  private delete(key: string, database = this.database): true {
    if (this.find(key, database) === undefined) return true;
    this.touched.add(nameOf(database, key));
    this.keys.delete(nameOf(database, key));
    return true;
  }

  private flush(prefix: string): boolean {
    for (const name of [...this.keys.keys()]) {
      if (!name.startsWith(prefix)) continue;
      this.touched.add(name);
      this.keys.delete(name);
    }
    return true;
  }

  private swap(one: string, other: string): boolean {
    const swapped = new Map<string, Item>();
    for (const [name, item] of this.keys) {
      const [database] = name.split(':', 1);
      const key = name.slice(database!.length + 1);
      const target = database === one ? other : database === other ? one : database!;
      this.touched.add(name);
      this.touched.add(`${target}:${key}`);
      swapped.set(`${target}:${key}`, item);
    }
    this.keys = swapped;
    return true;
  }

  private expire(key: string, deadline: number): boolean {
    const item = this.find(key);
    if (item === undefined) return true;
    return deadline <= this.nowMs ? this.delete(key) : this.put(key, item.value, deadline);
  }

  private persist(key: string): boolean {
    const item = this.find(key);
    return item === undefined || item.deadline === 0 || this.put(key, item.value, 0);
  }

  private rename(key: string, target: string): boolean {
    const item = this.find(key);
    if (item === undefined) return false;
    this.delete(key);
    return this.put(target, item.value, item.deadline);
  }

  private copy(key: string, target: string, database: number): boolean {
    if (key === target && database === this.database) return false;
    const item = this.find(key);
    if (item === undefined) return true;
    return this.put(target, item.value, item.deadline, database);
  }

  private move(key: string, database: number): boolean {
    if (database === this.database) return false;
    const item = this.find(key);
    if (item === undefined || this.find(key, database) !== undefined) return true;
    this.delete(key);
    return this.put(key, item.value, item.deadline, database);
  }

  // --- strings

  private set(key: string, value: string, options: readonly string[]): boolean {
    const item = this.find(key);
    const [option, amount] = options;
    if (option === 'NX' && item !== undefined) return true;
    if (option === 'XX' && item === undefined) return true;
    let deadline = option === 'KEEPTTL' ? (item?.deadline ?? 0) : 0;
    if (option === 'PX') deadline = this.nowMs + Number(amount);
    if (option === 'PXAT') deadline = Number(amount);
    if (deadline !== 0 && deadline <= this.nowMs) {
      this.touched.add(nameOf(this.database, key));
      this.keys.delete(nameOf(this.database, key));
      return true;
    }
    return this.put(key, text(value), deadline);
  }

  private changeText(key: string, change: (value: string) => string): boolean {
    const item = this.find(key);
    const value = item?.value;
    if (value !== undefined && value.type !== 'string') return false;
    return this.put(key, text(change(value?.text ?? '')), item?.deadline ?? 0);
  }

  private increment(key: string, by: number): boolean {
    const item = this.find(key);
    if (
      item !== undefined &&
      (item.value.type !== 'string' || !/^-?(0|[1-9]\d{0,14})$/.test(item.value.text))
    )
      return false;
    const before = item?.value.type === 'string' ? Number(item.value.text) : 0;
    return this.put(key, text(String(before + by)), item?.deadline ?? 0);
  }

  // --- lists

  private changeList(key: string, change: (elements: string[]) => unknown): boolean {
    const item = this.find(key);
    const value = item?.value;
    if (value !== undefined && value.type !== 'list') return false;
    const elements = [...(value?.elements ?? [])];
    change(elements);
    if (elements.length === 0) return this.delete(key);
    return this.put(key, { type: 'list', elements }, item?.deadline ?? 0);
  }

  private setElement(key: string, index: number, element: string): boolean {
    const item = this.find(key);
    if (item?.value.type !== 'list' || index >= item.value.elements.length) return false;
    return this.changeList(key, (elements) => {
      elements[index] = element;
    });
  }

  private moveElement(source: string, target: string, from: string, to: string): boolean {
    const item = this.find(source);
    if (item === undefined) return true;
    if (item.value.type !== 'list' || !this.is(target, 'list')) return false;
    let element = '';
    this.changeList(source, (elements) => {
      element = (from === 'LEFT' ? elements.shift() : elements.pop())!;
      // Within one key it is there all the time, so that the key keeps its deadline.
      if (source === target) elements[to === 'LEFT' ? 'unshift' : 'push'](element);
    });
    if (source === target) return true;
    return this.changeList(target, (elements) => elements[to === 'LEFT' ? 'unshift' : 'push'](element));
  }

  // --- sets and sorted sets

  private changeSet(key: string, change: (members: Set<string>) => unknown): boolean {
    const item = this.find(key);
    const value = item?.value;
    if (value !== undefined && value.type !== 'set') return false;
    const members = new Set(value?.members ?? []);
    change(members);
    if (members.size === 0) return this.delete(key);
    return this.put(key, { type: 'set', members }, item?.deadline ?? 0);
  }

  private moveMember(source: string, target: string, member: string): boolean {
    const item = this.find(source);
    if (item === undefined) return true;
    if (item.value.type !== 'set' || !this.is(target, 'set')) return false;
    if (!item.value.members.has(member) || source === target) return true;
    this.changeSet(source, (members) => members.delete(member));
    return this.changeSet(target, (members) => members.add(member));
  }

  private unite(target: string, sources: readonly string[]): boolean {
    const members = new Set<string>();
    for (const source of sources) {
      const value = this.find(source)?.value;
      if (value === undefined) continue;
      if (value.type !== 'set') return false;
      for (const member of value.members) members.add(member);
    }
    if (members.size === 0) return this.delete(target);
    return this.put(target, { type: 'set', members }, 0);
  }

  private changeScores(key: string, change: (scores: Map<string, number>) => unknown): boolean {
    const item = this.find(key);
    const value = item?.value;
    if (value !== undefined && value.type !== 'zset') return false;
    const scores = new Map(value?.scores ?? []);
    change(scores);
    if (scores.size === 0) return this.delete(key);
    return this.put(key, { type: 'zset', scores }, item?.deadline ?? 0);
  }

  // --- hashes

  private changeFields(key: string, change: (fields: Map<string, Field>) => unknown): boolean {
    const item = this.find(key);
    const value = item?.value;
    if (value !== undefined && value.type !== 'hash') return false;
    const fields = new Map(value?.fields ?? []);
    change(fields);
    if (fields.size === 0) return this.delete(key);
    return this.put(key, { type: 'hash', fields }, item?.deadline ?? 0);
  }

  private incrementField(key: string, name: string, by: number): boolean {
    const value = this.find(key)?.value;
    const before = value?.type === 'hash' ? value.fields.get(name) : undefined;
    if (before !== undefined && !/^-?(0|[1-9]\d{0,14})$/.test(before.value)) return false;
    return this.changeFields(key, (fields) => {
      fields.set(name, { value: String(Number(before?.value ?? 0) + by), deadline: before?.deadline ?? 0 });
    });
  }

  private expireField(key: string, deadline: number, name: string): boolean {
    if (!this.is(key, 'hash')) return false;
    if (this.find(key) === undefined) return true;
    return this.changeFields(key, (fields) => {
      const field = fields.get(name);
      if (field === undefined) return;
      if (deadline <= this.nowMs) fields.delete(name);
      else fields.set(name, { value: field.value, deadline });
    });
  }
}

/** Commands that only read, and the type that they want. */
const READERS: Readonly<Record<string, Value['type'] | undefined>> = {
  GET: 'string',
  LRANGE: 'list',
  SMEMBERS: 'set',
  // Which member it takes, its reply says: `takeMember`.
  SPOP: 'set',
  ZRANGE: 'zset',
  HGETALL: 'hash',
  EXISTS: undefined,
  DBSIZE: undefined,
};

function text(value: string): Value {
  return { type: 'string', text: value };
}

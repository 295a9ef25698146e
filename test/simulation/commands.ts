/**
 * What the clients of a simulation ask for: commands of every type on few keys, so that they meet, over several shards and in
 * two databases; values mostly short, now and then too large for the log's ring.
 */

import type { SeededRandom } from '../support/random.js';

/** The keys of a type; now and then a command takes one of another. */
const KEYS_PER_TYPE = 5;
const TYPE_LETTERS = ['s', 'l', 'm', 'z', 'h'] as const;
type Letter = (typeof TYPE_LETTERS)[number];
/** A value of this size goes through page memory on its way to the log. */
const HUGE_BYTES = 80_000;

/** Draws commands. */
export class Commands {
  private readonly random: SeededRandom;
  /** So that no two values are the same by chance. */
  private number = 0;

  constructor(random: SeededRandom) {
    this.random = random;
  }

  /** The words of the next command, at this time in Unix ms. */
  next(nowMs: number): string[] {
    const { random } = this;
    const families = [
      () => this.strings(nowMs),
      () => this.strings(nowMs),
      () => this.lists(),
      () => this.sets(),
      () => this.sortedSets(),
      () => this.hashes(nowMs),
      () => this.keys(nowMs),
      () => this.several(),
      () => this.reads(),
    ];
    if (random.below(120) === 0) return this.pick([['FLUSHDB'], ['FLUSHALL'], ['SWAPDB', '0', '1']]);
    return families[random.below(families.length)]!();
  }

  private strings(nowMs: number): string[] {
    const key = this.key('s');
    return this.choose([
      () => ['SET', key, this.value()],
      () => ['SET', key, String(this.random.below(100))],
      () => ['SET', key, this.value(), 'PX', this.duration()],
      () => ['SET', key, this.value(), 'PXAT', String(nowMs + this.random.below(3000) + 1)],
      () => ['SET', key, this.value(), this.pick(['NX', 'XX', 'KEEPTTL'])],
      () => ['APPEND', key, this.value()],
      () => ['SETRANGE', key, String(this.random.below(40)), this.word()],
      () => ['INCRBY', key, String(this.random.below(9) - 4)],
      () => ['GETDEL', key],
    ]);
  }

  private lists(): string[] {
    const key = this.key('l');
    const index = String(this.random.below(4));
    return this.choose([
      () => [this.pick(['LPUSH', 'RPUSH']), key, ...this.words()],
      () => [this.pick(['LPUSH', 'RPUSH']), key, ...this.words()],
      () => [this.pick(['LPOP', 'RPOP']), key, String(1 + this.random.below(3))],
      () => ['LSET', key, index, this.word()],
      () => ['LTRIM', key, String(this.random.below(3)), String(2 + this.random.below(20))],
      () => ['LREM', key, '1', this.word()],
      () => ['LINSERT', key, 'BEFORE', this.word(), this.word()],
      () => ['LMOVE', key, this.key('l'), this.side(), this.side()],
    ]);
  }

  private sets(): string[] {
    const key = this.key('m');
    return this.choose([
      () => ['SADD', key, ...this.words()],
      () => ['SADD', key, String(this.random.below(20)), String(this.random.below(20))],
      () => ['SREM', key, ...this.words()],
      () => ['SPOP', key],
      () => ['SMOVE', key, this.key('m'), this.word()],
      () => ['SUNIONSTORE', key, this.key('m'), this.key('m')],
    ]);
  }

  private sortedSets(): string[] {
    const key = this.key('z');
    const score = String(this.random.below(64) / 8);
    return this.choose([
      () => ['ZADD', key, score, this.word()],
      () => ['ZADD', key, score, this.word()],
      () => ['ZINCRBY', key, score, this.word()],
      () => ['ZREM', key, ...this.words()],
    ]);
  }

  private hashes(nowMs: number): string[] {
    const key = this.key('h');
    const deadline = String(nowMs + this.random.below(4000) - 200);
    return this.choose([
      () => ['HSET', key, ...this.words().flatMap((field) => [field, this.value()])],
      () => ['HSET', key, this.word(), String(this.random.below(100))],
      () => ['HDEL', key, ...this.words()],
      () => ['HINCRBY', key, this.word(), '3'],
      () => ['HPEXPIREAT', key, deadline, 'FIELDS', '1', this.word()],
    ]);
  }

  private keys(nowMs: number): string[] {
    const key = this.key();
    return this.choose([
      () => ['PEXPIRE', key, this.duration()],
      () => ['PEXPIRE', key, '-1'],
      () => ['PEXPIREAT', key, String(nowMs + this.random.below(5000) - 500)],
      () => ['PERSIST', key],
      () => ['MOVE', key, String(this.random.below(2))],
    ]);
  }

  /** Commands over several keys, and so shards: there fully or not at all. */
  private several(): string[] {
    const letter = this.pick(TYPE_LETTERS);
    return this.choose([
      () => ['MSET', ...this.some(() => [this.key('s'), this.value()])],
      () => ['MSET', ...this.some(() => [this.key('s'), this.value()])],
      () => ['MSETNX', this.key('s'), this.value(), this.key('s'), this.value()],
      () => [this.pick(['DEL', 'UNLINK']), ...this.some(() => [this.key()])],
      () => ['RENAME', this.key(letter), this.key(letter)],
      () => ['COPY', this.key(letter), this.key(letter), 'DB', String(this.random.below(2)), 'REPLACE'],
    ]);
  }

  private reads(): string[] {
    return this.choose([
      () => ['GET', this.key('s')],
      () => ['LRANGE', this.key('l'), '0', '-1'],
      () => ['SMEMBERS', this.key('m')],
      () => ['ZRANGE', this.key('z'), '0', '-1', 'WITHSCORES'],
      () => ['HGETALL', this.key('h')],
      () => ['EXISTS', this.key(), this.key()],
      () => ['DBSIZE'],
    ]);
  }

  private key(letter?: Letter): string {
    const isOther = letter === undefined || this.random.below(25) === 0;
    const chosen = isOther ? this.pick(TYPE_LETTERS) : letter;
    return `${chosen}${this.random.below(KEYS_PER_TYPE)}`;
  }

  /** One of a few words, so that elements meet. */
  private word(): string {
    return `w${this.random.below(12)}`;
  }

  private words(): string[] {
    return Array.from({ length: 1 + this.random.below(4) }, () => this.word());
  }

  private some(make: () => string[]): string[] {
    return Array.from({ length: 2 + this.random.below(4) }, make).flat();
  }

  private value(): string {
    this.number++;
    const size = this.random.below(100);
    if (size === 0) return `${this.number}:`.padEnd(HUGE_BYTES, 'huge');
    if (size < 15) return `${this.number}:`.padEnd(100 + this.random.below(3000), 'long');
    return `v${this.number}`;
  }

  private duration(): string {
    return String(1 + this.random.below(3000));
  }

  private side(): string {
    return this.pick(['LEFT', 'RIGHT']);
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[this.random.below(choices.length)]!;
  }

  private choose(choices: readonly (() => string[])[]): string[] {
    return this.pick(choices)();
  }
}

/** The keys that a command's reply says something about; undefined when it is about all of them. */
export function keysOf(words: readonly string[]): readonly string[] | undefined {
  const [command, ...args] = words;
  switch (command) {
    case 'FLUSHDB':
    case 'FLUSHALL':
    case 'SWAPDB':
    case 'DBSIZE':
      return undefined;
    case 'MSET':
    case 'MSETNX':
      return args.filter((_, index) => index % 2 === 0);
    case 'DEL':
    case 'UNLINK':
    case 'EXISTS':
    case 'SUNIONSTORE':
      return args;
    case 'RENAME':
    case 'COPY':
    case 'LMOVE':
    case 'SMOVE':
      return args.slice(0, 2);
    default:
      return args.slice(0, 1);
  }
}

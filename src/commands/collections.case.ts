/**
 * Collections for tests of commands that take any type: small ones in each of Redis's encodings, and large ones in the other form
 * that they have here.
 */

import { Applier } from '../engine/apply.js';
import { TestEngine } from '../engine/engine.case.js';

export interface Sample {
  readonly name: string;
  /** The commands that make it under a key. */
  readonly commands: (key: string) => readonly string[][];
}

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

const TEXT = 'x'.repeat(100);

export const SAMPLES: readonly Sample[] = [
  { name: 'a list', commands: (key) => [['RPUSH', key, 'a', '1', '', '-70000', TEXT, 'a']] },
  {
    name: 'a large list',
    commands: (key) => [['RPUSH', key, ...range(3000, (index) => `element ${index}`)]],
  },
  { name: 'a set of integers', commands: (key) => [['SADD', key, '3', '-1', '200000']] },
  { name: 'a set', commands: (key) => [['SADD', key, '3', 'two', '', TEXT]] },
  { name: 'a large set', commands: (key) => [['SADD', key, ...range(300, (index) => `member ${index}`)]] },
  { name: 'a sorted set', commands: (key) => [['ZADD', key, '3', 'a', '-1.5', 'b', 'inf', '17', '3', '']] },
  {
    name: 'a sorted set of a long member',
    commands: (key) => [['ZADD', key, '3', 'a', '1e300', TEXT]],
  },
  {
    name: 'a large sorted set',
    commands: (key) => [
      ['ZADD', key, ...range(300, (index) => [`${(index * 7) % 31}.5`, `m${index}`]).flat()],
    ],
  },
  { name: 'a hash', commands: (key) => [['HSET', key, 'field', 'value', '12', '', '', '-5']] },
  {
    name: 'a hash that was large in Redis',
    commands: (key) => [
      ['HSET', key, 'field', TEXT],
      ['HSET', key, 'field', 'short'],
    ],
  },
  {
    name: 'a large hash',
    commands: (key) => [['HSET', key, ...range(300, (index) => [`field ${index}`, `${index}`]).flat()]],
  },
  {
    name: 'a hash with deadlines of fields',
    commands: (key) => [
      ['HSET', key, 'a', '1', 'b', '2', 'c', '3', 'd', '4'],
      ['HPEXPIRE', key, '5000', 'FIELDS', '2', 'a', 'c'],
      ['HPEXPIRE', key, '7000', 'FIELDS', '1', 'd'],
    ],
  },
];

/** Makes a sample. */
export function make(engine: TestEngine, sample: Sample, key: string): void {
  for (const command of sample.commands(key)) engine.run(...command);
}

/** An engine that is brought to the state of another one by that one's log alone, record by record. */
export class Follower {
  readonly engine: TestEngine;
  private readonly applier: Applier;

  constructor() {
    this.engine = new TestEngine();
    const { keyspace, batons } = new TestEngine({ shared: this.engine.shared });
    keyspace.now = 0;
    this.applier = new Applier(keyspace, batons, 0, 1);
  }

  /** Takes over what the other one has done. Returns how many records there were, groups as one. */
  follow(other: TestEngine): number {
    return other.drainLog({ record: (fields, bytes) => this.applier.applyRecord(bytes, fields) });
  }
}

import { test } from 'node:test';
import fc from 'fast-check';
import { TYPE_HASH, TYPE_LIST } from '../../structures/entry.js';
import {
  OP_HASH_UPDATE,
  OP_LIST_INSERT,
  OP_LIST_POP_RIGHT,
  OP_LIST_PUSH_LEFT,
  OP_LIST_REMOVE,
  OP_LIST_SET,
  OP_LIST_TRIM,
} from '../wal/record.js';
import { contentsOf, loadStore, payload, uint32 } from './collections.case.js';
import { Store } from './store.case.js';
import {
  add,
  assertAllComesBack,
  assertSame,
  DATABASES,
  element,
  expireFields,
  remove,
  SHARDS,
  Taking,
  TYPES,
  withDirectory,
} from './taking.case.js';

type Change =
  | { readonly kind: 'add' | 'remove' | 'renew'; readonly first: number; readonly count: number }
  | { readonly kind: 'list'; readonly op: number; readonly index: number; readonly item: number }
  | { readonly kind: 'delete' | 'string' | 'garbage' | 'swap' | 'huge' }
  | { readonly kind: 'deadline' | 'fields' | 'time'; readonly ms: number; readonly first: number }
  | { readonly kind: 'steps'; readonly count: number };

const KEYS = 12;
const first = fc.nat(3000);
const count = fc.oneof(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 60 }),
  fc.integer({ min: 100, max: 900 }),
);
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('add' as const), first, count }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('remove' as const, 'renew' as const), first, count }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      op: fc.constantFrom(
        OP_LIST_PUSH_LEFT,
        OP_LIST_POP_RIGHT,
        OP_LIST_SET,
        OP_LIST_INSERT,
        OP_LIST_REMOVE,
        OP_LIST_TRIM,
      ),
      index: first,
      item: first,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'string' as const, 'huge' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('garbage' as const, 'swap' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('deadline' as const, 'fields' as const, 'time' as const),
      ms: fc.nat(40),
      first,
    }),
  },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('steps' as const), count: fc.nat(40) }) },
);

/** Does a change to key number `number`, which is of a type of its own most of the time. */
function apply(store: Store, number: number, given: Exclude<Change, { readonly kind: 'steps' }>): void {
  const type = TYPES[number % TYPES.length]!;
  const database = number & 1;
  const key = `key:${number}`;
  const bytes = Buffer.from(key);
  switch (given.kind) {
    case 'add':
      add(store, type, database, key, given.first, given.count);
      break;
    case 'renew':
      add(store, type === TYPE_LIST ? TYPE_HASH : type, database, key, given.first, given.count, 7);
      break;
    case 'remove':
      remove(store, type, database, key, given.first, given.count);
      break;
    case 'list':
      changeList(store, database, key, given);
      break;
    case 'delete':
      store.remove(database, bytes);
      break;
    case 'string':
      store.set(database, bytes, Buffer.from('string'), 0);
      break;
    case 'huge':
      store.repeat(OP_HASH_UPDATE, database, bytes, payload('huge', Buffer.alloc(20_000, '"')));
      break;
    case 'garbage':
      store.collectGarbage();
      break;
    case 'swap':
      store.swap(0, 1);
      break;
    case 'deadline':
      store.setDeadline(database, bytes, given.ms === 0 ? 0 : store.keyspace.now + given.ms);
      break;
    case 'fields':
      if (type === TYPE_HASH)
        expireFields(store, database, key, store.keyspace.now + given.ms, given.first, 100);
      break;
    case 'time':
      store.passTime(store.keyspace.now + given.ms);
  }
}

/** Only on lists, and only where there is an element with that index. */
function changeList(
  store: Store,
  database: number,
  key: string,
  { op, index, item }: Extract<Change, { readonly kind: 'list' }>,
): void {
  const length = store.listLength(database, Buffer.from(key));
  if (length === 0) return;
  const at = index % length;
  const bytes = element(item);
  const fields: Readonly<Record<number, Buffer>> = {
    [OP_LIST_PUSH_LEFT]: payload(bytes, bytes, bytes),
    [OP_LIST_POP_RIGHT]: payload(uint32(1 + (at % 200))),
    [OP_LIST_SET]: payload(uint32(at), bytes),
    [OP_LIST_INSERT]: payload(uint32(at), bytes),
    [OP_LIST_REMOVE]: payload(uint32(at)),
    [OP_LIST_TRIM]: payload(uint32(at >> 3), uint32(length - (at >> 2))),
  };
  store.repeat(op, database, Buffer.from(key), fields[op]!);
}

test('a snapshot shows one moment, whatever changes in collections while it is taken', () => {
  const keyed = fc.tuple(fc.nat(KEYS - 1), change);
  const round = fc.record({
    before: fc.array(keyed, { maxLength: 60, size: 'max' }),
    during: fc.array(keyed, { maxLength: 120, size: 'max' }),
  });
  withDirectory((directory) => {
    fc.assert(
      fc.property(fc.array(round, { minLength: 1, maxLength: 3 }), (rounds) => {
        const store = Store.create(SHARDS, DATABASES);
        store.keyspace.now = 1000;
        for (const { before, during } of rounds) {
          for (const [number, given] of before) if (given.kind !== 'steps') apply(store, number, given);
          const taking = new Taking(store, directory);
          for (const [number, given] of during) {
            if (given.kind === 'steps') taking.steps(given.count);
            else apply(store, number, given);
          }
          taking.publish();
          assertSame(contentsOf(loadStore(directory, 3 + SHARDS, DATABASES)), taking.expected);
        }
        assertAllComesBack(store);
      }),
      { numRuns: 50 },
    );
  });
});

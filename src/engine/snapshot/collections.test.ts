import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../../structures/entry.js';
import { type Disk, realDisk } from '../wal/disk.js';
import {
  OP_HASH_EXPIREAT,
  OP_HASH_SET,
  OP_LIST_INSERT,
  OP_LIST_PUSH_LEFT,
  OP_LIST_SET,
  OP_SET_ADD,
  OP_SET_REMOVE,
  OP_ZSET_SET,
} from '../wal/record.js';
import { contentsOf, loadSorted, loadStore, payload, uint32 } from './collections.case.js';
import { SnapshotFile } from './snapshot-file.js';
import { Store } from './store.case.js';
import {
  add,
  assertAllComesBack,
  assertSame,
  DATABASES,
  expireFields,
  remove,
  SHARDS,
  Taking,
  TYPES,
  unsyncedDisk,
  withDirectory,
} from './taking.case.js';
import { SnapshotWalk } from './walk.js';

test('a snapshot brings back collections of every type and form', () => {
  withDirectory((directory) => {
    const store = Store.create(SHARDS, DATABASES);
    for (const type of TYPES) {
      for (const count of [1, 100, 500, 5000]) {
        const database = count % 3 === 0 ? 0 : 1;
        add(store, type, database, `${type}:${count}`, 0, count);
        if (count % 500 === 0) store.setDeadline(database, Buffer.from(`${type}:${count}`), 2 ** 41 + count);
      }
    }
    add(store, TYPE_HASH, 0, 'dated', 0, 1000);
    expireFields(store, 0, 'dated', 5000, 10, 300);
    expireFields(store, 0, 'dated', 6000, 100, 100);
    const taking = new Taking(store, directory);
    taking.publish();
    assertSame(contentsOf(loadStore(directory, 4, DATABASES)), taking.expected);
    assertSame(contentsOf(store), taking.expected);
    assertAllComesBack(store);
  });
});

test('pieces of a collection are loaded in any order', () => {
  withDirectory((directory) => {
    const store = Store.create(1, 1);
    for (const type of TYPES) add(store, type, 0, `${type}`, 0, 20_000);
    const taking = new Taking(store, directory);
    taking.publish();
    const orders: ((left: string, right: string) => number)[] = [
      (left, right) => (left < right ? -1 : 1),
      (left, right) => (left < right ? 1 : -1),
      (left, right) => left.length - right.length,
      (left, right) => ((left.length * 31) % 17) - ((right.length * 31) % 17),
    ];
    for (const order of orders) assertSame(contentsOf(loadSorted(directory, 4, 1, order)), taking.expected);
  });
});

test('keys and elements of any size are brought back', () => {
  withDirectory((directory) => {
    const store = Store.create(1, 1);
    const huge = [Buffer.alloc(300_000, 'é'), Buffer.alloc(40_000, 0xff), Buffer.alloc(17_000, '"')];
    const long = Buffer.alloc(100_000, 'key ');
    for (const key of [Buffer.from('short'), long]) {
      const name = (type: string): Buffer => Buffer.concat([key, Buffer.from(type)]);
      for (const bytes of huge) {
        store.repeat(OP_LIST_PUSH_LEFT, 0, name('list'), payload(bytes, 'small'));
        store.repeat(OP_SET_ADD, 0, name('set'), payload(bytes, 'small'));
        store.repeat(OP_ZSET_SET, 0, name('zset'), payload(-0, bytes, 5, 'small'));
        store.repeat(OP_HASH_SET, 0, name('hash'), payload(bytes, 'small', 'small', bytes));
        store.repeat(OP_HASH_EXPIREAT, 0, name('hash'), payload(5000, bytes));
      }
      for (const [type, text] of [
        [TYPE_LIST, 'list'],
        [TYPE_SET, 'set'],
        [TYPE_HASH, 'hash'],
      ] as const) {
        add(store, type, 0, name(text).toString('latin1'), 0, 3000);
        add(store, type, 0, name(`packed ${text}`).toString('latin1'), 0, 3);
      }
    }
    const taking = new Taking(store, directory);
    // What a long key costs must not be paid for every few elements.
    taking.publish();
    const loaded = loadStore(directory, 1, 1);
    assertSame(contentsOf(loaded), taking.expected);
    assertAllComesBack(store);
    assertAllComesBack(loaded);
  });
});

/** Each is done in the middle of the walk through a large collection `big`, beside which there is a packed one, `small`. */
const CHANGES: Readonly<Record<string, (store: Store, type: number) => void>> = {
  'elements added': (store, type) => add(store, type, 0, 'big', 5000, 3000),
  'elements removed': (store, type) => remove(store, type, 0, 'big', 1000, 2500),
  'elements replaced': (store, type) => add(store, type, 0, 'big', 0, 3000, 13),
  'the key deleted': (store) => store.remove(0, Buffer.from('big')),
  'the key deleted and its parts freed': (store) => {
    store.remove(0, Buffer.from('big'));
    store.collectGarbage();
  },
  'the key deleted and made anew': (store, type) => {
    store.remove(0, Buffer.from('big'));
    add(store, type, 0, 'big', 100, 3000);
  },
  'the key overwritten by a string': (store) => store.set(0, Buffer.from('big'), Buffer.from('string'), 0),
  'a deadline set, changed and taken away': (store) => {
    for (const deadline of [7000, 8000, 0, 9000]) store.setDeadline(0, Buffer.from('big'), deadline);
  },
  'a deadline set and the key deleted': (store) => {
    store.setDeadline(0, Buffer.from('big'), 7000);
    store.remove(0, Buffer.from('big'));
  },
  'elements removed, then the key': (store, type) => {
    remove(store, type, 0, 'big', 0, 2000);
    store.remove(0, Buffer.from('big'));
    store.collectGarbage();
  },
  'all elements removed': (store, type) => {
    for (let first = 0; first < 5000; first += 500) remove(store, type, 0, 'big', first, 500);
  },
  'the databases swapped': (store, type) => {
    store.swap(0, 1);
    add(store, type, 1, 'big', 0, 3000, 17);
    store.swap(0, 1);
    store.swap(1, 0);
    store.remove(1, Buffer.from('big'));
  },
  'the small one enlarged': (store, type) => add(store, type, 0, 'small', 10, 3000),
  'the key expired': (store) => {
    store.setDeadline(0, Buffer.from('big'), 3000);
    store.passTime(4000);
    store.keyspace.now = 1;
  },
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`a snapshot shows one moment: ${what} while it is taken`, () => {
    withDirectory((directory) => {
      for (const type of TYPES) {
        const store = Store.create(1, DATABASES);
        for (const steps of [0, 1, 2, 3, 5, 8, 20, 60, 150, 1000]) {
          add(store, type, 0, 'small', 0, 20);
          add(store, type, 0, 'big', 0, 5000);
          const taking = new Taking(store, directory);
          taking.steps(steps);
          change(store, type);
          taking.publish();
          assertSame(contentsOf(loadStore(directory, 1, DATABASES)), taking.expected);
          assertAllComesBack(store);
        }
      }
    });
  });
}

test('parts that were handed over keep key and deadline, though the rest of the collection was written before them', () => {
  const endings: ((store: Store) => void)[] = [
    (store) => store.remove(0, Buffer.from('big')),
    (store) => store.setDeadline(0, Buffer.from('big'), 7000),
    (store) => store.setDeadline(0, Buffer.from('big'), 0),
  ];
  withDirectory((directory) => {
    for (const type of TYPES) {
      for (const ending of endings) {
        for (let steps = 1; steps < 120; steps += 3) {
          const store = Store.create(1, 1);
          add(store, type, 0, 'big', 0, 600);
          store.setDeadline(0, Buffer.from('big'), 5000);
          const taking = new Taking(store, directory);
          remove(store, type, 0, 'big', 0, 50);
          taking.steps(steps);
          ending(store);
          taking.publish();
          assertSame(contentsOf(loadStore(directory, 1, 1)), taking.expected);
          assertAllComesBack(store);
        }
      }
    }
  });
});

test('new labels for the chunks of a list lose the snapshot, but no chunk for the next one', () => {
  withDirectory((directory) => {
    for (const steps of [10, 20, 25, 30, 35, 40]) {
      const store = Store.create(1, 1);
      add(store, TYPE_LIST, 0, 'big', 0, 60_000);
      // The first labels are large ones, and will be small.
      remove(store, TYPE_LIST, 0, 'big', 0, 40_000);
      const taking = new Taking(store, directory);
      taking.steps(steps);
      // Always at one place, until there are no numbers left between two labels.
      for (let round = 0; round < 60_000 && !store.isSnapshotLost(0); round++) {
        store.repeat(OP_LIST_INSERT, 0, Buffer.from('big'), payload(uint32(10_000), `inserted ${round}`));
      }
      assert.ok(store.isSnapshotLost(0));
      taking.abandon();
      const next = new Taking(store, directory);
      next.publish();
      assertSame(contentsOf(loadStore(directory, 1, 1)), next.expected);
      assertAllComesBack(store);
    }
  });
});

test('huge elements may change, and their collections go, while they are written', () => {
  const huge = Buffer.alloc(6 * 1024 * 1024, 'huge');
  const changes: ((store: Store, type: number) => void)[] = [
    (store) => store.remove(0, Buffer.from('big')),
    (store) => {
      store.remove(0, Buffer.from('big'));
      store.collectGarbage();
    },
    (store, type) => {
      if (type === TYPE_HASH) store.repeat(OP_HASH_SET, 0, Buffer.from('big'), payload('huge', 'small'));
      if (type === TYPE_LIST) store.repeat(OP_LIST_SET, 0, Buffer.from('big'), payload(uint32(0), 'small'));
      if (type === TYPE_SET) store.repeat(OP_SET_REMOVE, 0, Buffer.from('big'), payload(huge));
      if (type === TYPE_ZSET) store.repeat(OP_ZSET_SET, 0, Buffer.from('big'), payload(9, huge));
    },
    (store) => store.setDeadline(0, Buffer.from('big'), 7000),
    (store) => store.flush(0),
  ];
  withDirectory((directory) => {
    for (const type of TYPES) {
      for (const change of changes) {
        const store = Store.create(1, 1);
        add(store, type, 0, 'big', 0, 1000);
        if (type === TYPE_HASH) store.repeat(OP_HASH_SET, 0, Buffer.from('big'), payload('huge', huge));
        if (type === TYPE_LIST) store.repeat(OP_LIST_PUSH_LEFT, 0, Buffer.from('big'), payload(huge));
        if (type === TYPE_SET) store.repeat(OP_SET_ADD, 0, Buffer.from('big'), payload(huge));
        if (type === TYPE_ZSET) store.repeat(OP_ZSET_SET, 0, Buffer.from('big'), payload(1, huge));
        // A piece of the element is written while the rest is still read from memory.
        let writes = 0;
        const disk: Disk = {
          ...unsyncedDisk,
          write(file, buffers, position) {
            writes += 1;
            if (writes === 2) change(store, type);
            return realDisk.write(file, buffers, position);
          },
        };
        const { memory, entries, table, batons, log } = store;
        const file = new SnapshotFile(disk, directory);
        const walk = new SnapshotWalk(memory, entries, table, batons, log, file);
        file.open();
        walk.flip();
        file.begin({ lsn: 0, created: '', databases: 1 });
        const expected = contentsOf(store);
        while (walk.step()) {
          // to the end
        }
        const isFlush = change === changes.at(-1);
        assert.equal(walk.lost, isFlush);
        if (isFlush) {
          file.abandon();
          store.collectGarbage();
        } else {
          assert.ok(file.publish());
          assertSame(contentsOf(loadStore(directory, 1, 1)), expected);
        }
        assertAllComesBack(store);
      }
    }
  });
});

test('a flush in the middle of large collections loses the snapshot, and nothing else', () => {
  withDirectory((directory) => {
    for (const type of TYPES) {
      const store = Store.create(1, DATABASES);
      for (const steps of [0, 1, 2, 5, 30, 200]) {
        add(store, type, 0, 'big', 0, 5000);
        add(store, type, 0, 'other', 0, 5000);
        add(store, type, 1, 'stays', 0, 500);
        const taking = new Taking(store, directory);
        taking.steps(steps);
        add(store, type, 0, 'big', 0, 2000, 3);
        remove(store, type, 0, 'big', 3000, 500);
        store.remove(0, Buffer.from('other'));
        store.flush(0);
        if (steps % 2 === 0) store.collectGarbage();
        if (steps <= 5) {
          taking.abandon();
          assert.ok(taking.isLost);
        } else {
          taking.end();
        }
        const next = new Taking(store, directory);
        next.publish();
        assertSame(contentsOf(loadStore(directory, 1, DATABASES)), next.expected);
        assert.equal(next.expected.size, 1);
        assertAllComesBack(store);
      }
    }
  });
});

test('memory that parts handed over take comes back while the walk is still under way', () => {
  withDirectory((directory) => {
    for (const type of TYPES) {
      const store = Store.create(4, 1);
      for (let number = 0; number < 20; number++) add(store, type, 0, `key:${number}`, 0, 5000);
      const before = store.memory.usedBytes();
      const taking = new Taking(store, directory);
      let most = 0;
      for (let round = 0; round < 400; round++) {
        taking.steps(20);
        // In turns old elements are replaced, and new ones take the place of old ones.
        const key = `key:${round % 20}`;
        if (type === TYPE_LIST) remove(store, type, 0, key, 0, 60);
        add(store, type, 0, key, (round * 60) % 5000, 60, round);
        most = Math.max(most, store.memory.usedBytes());
      }
      taking.publish();
      assert.ok(most < before * 1.5, `type ${type}: ${most} of ${before}`);
      assertAllComesBack(store);
    }
  });
});

test('a hold is no longer for a large collection than for small ones', () => {
  withDirectory((directory) => {
    for (const type of TYPES) {
      const store = Store.create(1, 1);
      add(store, type, 0, 'large', 0, 100_000);
      const holds: number[] = [];
      let taken = 0;
      const take = store.batons.take.bind(store.batons);
      const give = store.batons.give.bind(store.batons);
      store.batons.take = (shard) => {
        take(shard);
        taken = performance.now();
      };
      store.batons.give = (shard) => {
        holds.push(performance.now() - taken);
        give(shard);
      };
      const taking = new Taking(store, directory);
      taking.steps(200);
      store.remove(0, Buffer.from('large'));
      taking.publish();
      // Not the longest one: the system may have interrupted it.
      const usual = holds.sort((left, right) => left - right)[Math.floor(holds.length * 0.9)]!;
      assert.ok(holds.length > 100);
      assert.ok(usual < 0.3, `type ${type}: a hold takes ${usual} ms`);
    }
  });
});

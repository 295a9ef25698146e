/**
 * The store without a socket, beside lmdb: what one get or set costs on the same keys.
 *
 * The two are not the same thing: CrabKV holds its data in memory and, if it is told to, writes a log; lmdb maps its file, and a
 * set is a part of a transaction. Each row therefore says what is promised when an operation is over, and stands beside what
 * lmdb's users would do for a promise that is as near as there is.
 */

import { makeTemporaryDirectory, removeTemporaryDirectory } from '../test/support/temporary.js';
import { medianOf } from './contest.js';
import type { StoreTask } from './embedded-driver.js';
import { STORES, type StoreName, TOGETHER } from './embedded-stores.js';
import type { Figure, Section } from './figure.js';
import { atMost } from './goal.js';
import type { Settings } from './settings.js';
import { Driver } from './turn-driver.js';

const PROGRAM = new URL('embedded-driver.js', import.meta.url);
const TURN_MS = 300;

/** So many make V8 collect its garbage several times within a batch: it is a part of what they cost. */
const BATCH = 50_000;
const BATCH_OF_PROMISES = 10_000;
/** Of transactions that reach the file each, but not the disk. */
const BATCH_OF_WRITES = 500;
/** Of sets that wait for the disk each. */
const BATCH_OF_FLUSHES = 10;

/** An operation of a store, and how many are timed together. */
interface Work {
  readonly store: StoreName;
  readonly operation: string;
  readonly batch: number;
}

interface Plan {
  readonly what: string;
  readonly own: Work;
  readonly peer?: Work;
  /** Nanoseconds. */
  readonly goal?: number;
}

const work = (store: StoreName, operation: string, batch = BATCH): Work => ({ store, operation, batch });

const OWN_GET_BUFFER = work('crabkv, memory', 'getBuffer');

const PLANS: readonly Plan[] = [
  { what: 'get, a string', own: work('crabkv, memory', 'get'), peer: work('lmdb', 'get'), goal: 1000 },
  { what: 'get, a Buffer', own: OWN_GET_BUFFER, peer: work('lmdb', 'getBinary') },
  {
    what: 'get, a Buffer, beside getBinaryFast, whose Buffer the next get overwrites',
    own: OWN_GET_BUFFER,
    peer: work('lmdb', 'getBinaryFast'),
  },
  {
    what: `set at once, nothing promised (lmdb: noSync, transactions of ${TOGETHER})`,
    own: work('crabkv, memory', 'set'),
    peer: work('lmdb, noSync', 'setInTransactions'),
    goal: 1500,
  },
  {
    what: 'set at once, in the hands of the system within the turn (everysec; lmdb: noSync)',
    own: work('crabkv, everysec', 'set'),
    peer: work('lmdb, noSync', 'set', BATCH_OF_WRITES),
  },
  {
    what: 'set at once, on disk (always; lmdb: putSync)',
    own: work('crabkv, always', 'set', BATCH_OF_FLUSHES),
    peer: work('lmdb', 'set', BATCH_OF_FLUSHES),
  },
  {
    what: 'get as a promise, one after the other',
    own: work('crabkv, memory', 'getAwaited', BATCH_OF_PROMISES),
  },
  {
    what: `get as a promise, ${TOGETHER} together`,
    own: work('crabkv, memory', 'getTogether', BATCH_OF_PROMISES),
  },
  {
    what: 'set as a promise, one after the other, nothing promised',
    own: work('crabkv, memory', 'setAwaited', BATCH_OF_PROMISES),
  },
  {
    what: `set as a promise, ${TOGETHER} together, nothing promised (lmdb: noSync)`,
    own: work('crabkv, memory', 'setTogether', BATCH_OF_PROMISES),
    peer: work('lmdb, noSync', 'setTogether', BATCH_OF_PROMISES),
  },
  {
    what: `set as a promise, ${TOGETHER} together, on disk soon (everysec; lmdb: put)`,
    own: work('crabkv, everysec', 'setTogether', BATCH_OF_PROMISES),
    peer: work('lmdb', 'setTogether', BATCH_OF_PROMISES),
  },
  {
    what: 'set as a promise, one after the other, on disk (always; lmdb: put, then flushed)',
    own: work('crabkv, always', 'setAwaited', BATCH_OF_FLUSHES),
    peer: work('lmdb', 'setAwaitedFlushed', BATCH_OF_FLUSHES),
  },
  {
    what: `set as a promise, ${TOGETHER} together, on disk (always; lmdb: put, then flushed)`,
    own: work('crabkv, always', 'setTogether', BATCH_OF_PROMISES),
    peer: work('lmdb', 'setTogetherFlushed', BATCH_OF_PROMISES),
  },
];

type StoreDriver = Driver<StoreTask, number>;

export async function measureEmbedded(settings: Settings): Promise<Section> {
  const names = Object.keys(STORES) as StoreName[];
  const directories = names.map(() => makeTemporaryDirectory());
  const drivers = new Map(
    names.map((name, i): [StoreName, StoreDriver] => {
      return [name, new Driver<StoreTask, number>(name, PROGRAM, [name, directories[i] ?? ''])];
    }),
  );
  try {
    return {
      title: 'Without a socket',
      text: [
        'Nanoseconds an operation, of 100,000 keys in no order and values of 64 bytes; medians over batches of up to 50,000, ' +
          'the end of the turn of the event loop included. Each store has a process of its own. What comes back is checked.',
        'What is promised when a set is over: CrabKV in memory, nothing; everysec, that it is in the log, which the system ' +
          'gets at the end of the turn at the latest and the disk within a second; always, that it is on disk. lmdb with ' +
          'noSync, that it is in the mapped file, which the system writes when it likes, and which may be unusable after a ' +
          'loss of power; put, that everybody sees it, and that the disk has it soon; flushed and putSync, that it is on ' +
          'disk. lmdb has no gets as promises but for data that is not in memory.',
      ],
      peer: 'lmdb',
      figures: await measureAll(settings, drivers),
    };
  } finally {
    await Promise.all([...drivers.values()].map((driver) => driver.stop()));
    for (const directory of directories) removeTemporaryDirectory(directory);
  }
}

/** One turn of everything to warm up, then all in turns. */
async function measureAll(
  settings: Settings,
  drivers: ReadonlyMap<StoreName, StoreDriver>,
): Promise<Figure[]> {
  const turns = PLANS.map((): Turn[] => []);
  for (let turn = 0; turn <= settings.repeats; turn++) {
    for (const [row, { own, peer }] of PLANS.entries()) {
      const crabkv = await measureWork(settings, drivers, own);
      const lmdb = await measureWork(settings, drivers, peer);
      if (turn > 0) turns[row]?.push({ crabkv, lmdb });
    }
  }
  return PLANS.map((plan, row) => storeFigure(plan, turns[row] ?? []));
}

/** Nanoseconds an operation. */
interface Turn {
  readonly crabkv: number;
  /** NaN where lmdb has no such thing. */
  readonly lmdb: number;
}

async function measureWork(
  settings: Settings,
  drivers: ReadonlyMap<StoreName, StoreDriver>,
  planned: Work | undefined,
): Promise<number> {
  if (planned === undefined) return Number.NaN;
  const { store, ...task } = planned;
  const driver = drivers.get(store);
  if (driver === undefined) throw new Error(`no process has the store '${store}'`);
  return driver.take({ ...task, durationMs: TURN_MS * settings.scale });
}

export function storeFigure({ what, goal }: Pick<Plan, 'what' | 'goal'>, turns: readonly Turn[]): Figure {
  return {
    what,
    unit: 'ns',
    better: 'lower',
    digits: 0,
    values: { crabkv: medianOf(turns, ({ crabkv }) => crabkv), redis: medianOf(turns, ({ lmdb }) => lmdb) },
    ...(goal === undefined ? {} : { goal: { of: 'value', goal: atMost(goal, 0) } }),
  };
}

/** What collections take: the growth of memory for a million elements in four shapes, as short texts and as integers. */

import { residentBytes } from '../test/support/process-usage.js';
import type { Server } from '../test/support/server.js';
import { additions, type Request, scrambled, sendAll } from './collection-data.js';
import { medianOf } from './contest.js';
import { type Figure, pairOf, type Section } from './figure.js';
import { atMost } from './goal.js';
import { startOwn, startPeer } from './servers.js';
import type { Settings } from './settings.js';

const ELEMENTS = 1_000_000;
const HASH_FIELDS = 100;
const SET_MEMBERS = 1000;

/** An element's text, or the integer itself. */
type Kind = 'texts' | 'integers';

interface Plan {
  readonly what: string;
  /** Requests that lay all elements. */
  readonly data: (wordOf: (number: number) => string) => Iterable<Request>;
}

/** `element-000042`: 14 bytes. */
const WORDS: Readonly<Record<Kind, (number: number) => string>> = {
  texts: (number) => `element-${String(number).padStart(6, '0')}`,
  integers: String,
};

const PLANS: readonly Plan[] = [
  {
    what: `hashes of ${HASH_FIELDS} fields`,
    data: (wordOf) => inParts('HSET', HASH_FIELDS, (field, number) => [wordOf(field), wordOf(number)]),
  },
  {
    what: `sets of ${SET_MEMBERS} members`,
    data: (wordOf) => inParts('SADD', SET_MEMBERS, (_, number) => [wordOf(number)]),
  },
  {
    what: 'one sorted set',
    data: (wordOf) =>
      additions('ZADD', 'ranking', ELEMENTS, (number) => [String(scrambled(number)), wordOf(number)]),
  },
  {
    what: 'one list',
    data: (wordOf) => additions('RPUSH', 'list', ELEMENTS, (number) => [wordOf(number)]),
  },
];

/** Collections of `size` elements each. `wordsOf` gets an element's number in its collection, and among all. */
function* inParts(
  command: string,
  size: number,
  wordsOf: (inPart: number, inAll: number) => Request,
): Generator<Request> {
  for (let first = 0; first < ELEMENTS; first += size) {
    yield* additions(command, `collection:${first / size}`, size, (i) => wordsOf(i, first + i));
  }
}

/** Memory in use, or how much of it an element takes. */
interface Memory {
  readonly used: number;
  readonly resident: number;
}

async function grow(starting: Promise<Server>, requests: Iterable<Request>): Promise<Memory> {
  const server = await starting;
  try {
    const before = await memoryOf(server);
    await sendAll(server, requests);
    const after = await memoryOf(server);
    return {
      used: (after.used - before.used) / ELEMENTS,
      resident: (after.resident - before.resident) / ELEMENTS,
    };
  } finally {
    await server.stop();
  }
}

/** In bytes. */
async function memoryOf(server: Server): Promise<Memory> {
  return { used: Number(await server.info('used_memory')), resident: residentBytes(server.pid) };
}

/** Into fresh servers each time: what was used before stays with a process. */
async function measure(settings: Settings, { what, data }: Plan, kind: Kind): Promise<Figure[]> {
  const turns = { crabkv: [] as Memory[], redis: [] as Memory[] };
  for (let i = 0; i < settings.repeats; i++) {
    turns.crabkv.push(await grow(startOwn(settings, 'none'), data(WORDS[kind])));
    turns.redis.push(await grow(startPeer('none'), data(WORDS[kind])));
  }
  const of = (field: keyof Memory) => pairOf(turns, (own) => medianOf(own, (turn) => turn[field]));
  const common = { unit: 'B', better: 'lower', digits: 1 } as const;
  return [
    {
      ...common,
      what: `used_memory an element, ${what}, ${kind}`,
      values: of('used'),
      goal: { of: 'ratio', goal: atMost(1) },
    },
    { ...common, what: `the same by growth of resident memory (${what}, ${kind})`, values: of('resident') },
  ];
}

export async function measureCollectionMemory(settings: Settings): Promise<Section> {
  const figures: Figure[] = [];
  for (const plan of PLANS) {
    for (const kind of ['texts', 'integers'] as const) {
      figures.push(...(await measure(settings, plan, kind)));
    }
  }
  return {
    title: 'Memory of collections',
    text: [
      `${ELEMENTS / 1e6} M elements in each row, texts of 14 bytes or integers; a hash's element is a field ` +
        'and its value, a member of the sorted set comes with an integer as its score. The element itself counts in.',
    ],
    figures,
  };
}

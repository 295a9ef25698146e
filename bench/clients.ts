/**
 * This project's client beside ioredis and node-redis: one connection, so many requests in flight, against both servers.
 *
 * Each client has a process of its own (client-driver.ts), and they take short turns: within a second all of them have met
 * whatever the machine does besides. That is a great deal: whether client and server wake each other on one processor or across
 * two alone decides between 15 and 80 microseconds a round trip, and it changes every few seconds. So throughput is compared
 * turn by turn, and the median of the ratios is what is judged, not the ratio of medians.
 *
 * A rival counts with the better of its settings: each figure of CrabKV's client stands beside the best that any of the rivals
 * reaches in it.
 */

import type { ClientTask } from './client-driver.js';
import { type ClientKind, RIVALS } from './client-kinds.js';
import type { AllocationTurn, ClientTurn } from './client-turn.js';
import { type Both, median, medianOf } from './contest.js';
import { alone, type Figure, formatNumber, type Section, type WordTable } from './figure.js';
import { atLeast } from './goal.js';
import { startOwn, startPeer } from './servers.js';
import type { Settings } from './settings.js';
import { Driver, takeDriverTurns } from './turn-driver.js';

const PROGRAM = new URL('client-driver.js', import.meta.url);
const KINDS: readonly ClientKind[] = ['crabkv', ...RIVALS];

/** Throughput as multiple of the best rival's. */
const LEVELS = [
  { inFlight: 1, goal: 1 },
  { inFlight: 50, goal: 2 },
  { inFlight: 1000, goal: 2 },
];

const TURN_MS = 150;
/** In each of the turns that the settings ask for: shorter ones, but more of them. */
const ROUNDS = 4;
const WARM_UP_MS = 600;
/** So many requests allocate less than what makes V8 collect, mostly (ClientLoad tries fewer then). */
const ALLOCATION_REQUESTS = 8000;
const ALLOCATION_TURNS = 3;

/** Medians of one client under one load. */
export interface ClientMeasure {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly heapBytes: number;
  readonly outsideBytes: number;
  /** A million requests, over all turns. */
  readonly majorCollections: number;
}

/** One load: what each of `KINDS` reached, in that order. */
export interface ClientRow {
  readonly server: string;
  readonly inFlight: number;
  readonly goal: number;
  /** Requests a second of CrabKV's client as multiple of the best rival's. */
  readonly multiple: number;
  readonly measures: readonly ClientMeasure[];
}

export async function measureClients(settings: Settings): Promise<Section> {
  const rows: ClientRow[] = [];
  for (const [name, start] of [
    ['redis-server', () => startPeer('none')],
    ['CrabKV', () => startOwn(settings, 'none')],
  ] as const) {
    const server = await start();
    const drivers = KINDS.map((kind) => {
      return new Driver<ClientTask, ClientTurn | AllocationTurn>(
        kind,
        PROGRAM,
        [kind, String(server.port)],
        ['--expose-gc'],
      );
    });
    try {
      rows.push(...(await measureOn(settings, name, drivers)));
    } finally {
      await Promise.all(drivers.map((driver) => driver.stop()));
      await server.stop();
    }
  }
  return {
    title: 'Clients',
    text: [
      "This project's client, ioredis 6 and node-redis 6, each in a process of its own, over one connection: so many async " +
        'loops which GET or SET (half and half, 100,000 keys, values of 64 bytes) and wait for the answer, which is checked. ' +
        "CPU time is the client's process with all its threads. Beside CrabKV's client stands the best that any of the others " +
        'reaches, figure by figure.',
      `Medians of turns of ${TURN_MS} ms, one client after the other. The multiple is the median of the ratios of turns that ` +
        'followed each other, because a round trip takes five times as long when client and server wake each other across ' +
        'processors, and that changes within seconds. Where others load the machine, it says as much about the server.',
      "Bytes allocated are the growth of V8's used heap, and of what Node counts as ArrayBuffers, over a few thousand requests " +
        'during which nothing was collected (checked with `v8.GCProfiler`); those of the loops themselves are among them.',
    ],
    peer: 'the best of ioredis and node-redis',
    figures: rows.flatMap(clientFigures),
    table: clientTable(rows),
  };
}

async function measureOn(
  settings: Settings,
  server: string,
  drivers: readonly Driver<ClientTask, ClientTurn | AllocationTurn>[],
): Promise<ClientRow[]> {
  const loadsFor = (durationMs: number) =>
    LEVELS.map(({ inFlight }) => ({ inFlight, durationMs: durationMs * settings.scale }));
  const counts = LEVELS.map(({ inFlight }) => ({ inFlight, requests: ALLOCATION_REQUESTS }));
  // Warm-up: everything is compiled then.
  await takeDriverTurns(drivers, loadsFor(WARM_UP_MS), 1);
  const rounds = ROUNDS * settings.repeats;
  const turns = (await takeDriverTurns(drivers, loadsFor(TURN_MS), rounds)) as ClientTurn[][][];
  const allocations = (await takeDriverTurns(drivers, counts, ALLOCATION_TURNS)) as AllocationTurn[][][];
  return LEVELS.map((level, row) => {
    const measures = drivers.map((_, column) => {
      return summarize(turns[row]?.[column] ?? [], allocations[row]?.[column] ?? []);
    });
    const result = { server, ...level, multiple: multipleOf(turns[row] ?? []), measures };
    console.log(describeRow(result));
    return result;
  });
}

/**
 * How many times as many requests a second as the best rival: for each rival the median over turns that followed each other, and
 * of these the least.
 *
 * @param turns by client, CrabKV's first
 */
export function multipleOf([own = [], ...rivals]: readonly (readonly ClientTurn[])[]): number {
  const multiples = rivals.map((rival) => median(own.map((turn, i) => turn.perSecond / rival[i]!.perSecond)));
  return Math.min(...multiples);
}

/** The medians of a client's turns. Major collections are too rare for that: all of them count. */
export function summarize(
  turns: readonly ClientTurn[],
  allocations: readonly AllocationTurn[],
): ClientMeasure {
  const sum = (field: (turn: ClientTurn) => number) => turns.reduce((total, turn) => total + field(turn), 0);
  return {
    perSecond: medianOf(turns, (turn) => turn.perSecond),
    cpuMicros: medianOf(turns, (turn) => turn.cpuMicros),
    p50Ms: medianOf(turns, (turn) => turn.p50Ms),
    p99Ms: medianOf(turns, (turn) => turn.p99Ms),
    heapBytes: medianOf(allocations, (turn) => turn.heapBytes),
    outsideBytes: medianOf(allocations, (turn) => turn.outsideBytes),
    majorCollections: (sum((turn) => turn.majorCollections) * 1e6) / sum((turn) => turn.requests),
  };
}

/** CrabKV's client beside the best of the others: its own value is the first of `measures`. */
export function clientFigures({ server, inFlight, goal, multiple, measures }: ClientRow): Figure[] {
  const when = `${inFlight} in flight, ${server}`;
  const beside = (better: 'lower' | 'higher', field: (measure: ClientMeasure) => number): Both => {
    const [crabkv = Number.NaN, ...others] = measures.map(field);
    return { crabkv, redis: better === 'lower' ? Math.min(...others) : Math.max(...others) };
  };
  const lower = (what: string, unit: string, digits: number, field: (measure: ClientMeasure) => number) => {
    return {
      what: `${what}, ${when}`,
      unit,
      digits,
      better: 'lower',
      values: beside('lower', field),
    } as const;
  };
  return [
    {
      what: `requests a second as multiple of the best, turn by turn, ${when}`,
      unit: 'x',
      better: 'higher',
      digits: 2,
      values: alone(multiple),
      goal: { of: 'value', goal: atLeast(goal) },
    },
    {
      what: `requests a second, ${when}`,
      unit: 'k/s',
      better: 'higher',
      digits: 1,
      values: beside('higher', ({ perSecond }) => perSecond / 1000),
    },
    lower('CPU time of the client a request', 'us', 2, ({ cpuMicros }) => cpuMicros),
    lower('p50', 'ms', 3, ({ p50Ms }) => p50Ms),
    lower('p99', 'ms', 3, ({ p99Ms }) => p99Ms),
    lower('bytes allocated a request', 'B', 0, ({ heapBytes, outsideBytes }) => heapBytes + outsideBytes),
  ];
}

/** Every client, with its settings, under every load. */
function clientTable(rows: readonly ClientRow[]): WordTable {
  const columns = ['k/s', 'CPU us', 'p50 ms', 'p99 ms', 'heap B', 'outside B', 'major collections a million'];
  return {
    columns: ['server, in flight', 'client', ...columns],
    rows: rows.flatMap(({ server, inFlight, measures }) =>
      measures.map((measure, i) => [`${server}, ${inFlight}`, KINDS[i] ?? '', ...measureCells(measure)]),
    ),
  };
}

function measureCells(measure: ClientMeasure): string[] {
  return [
    formatNumber(measure.perSecond / 1000, 1),
    formatNumber(measure.cpuMicros),
    formatNumber(measure.p50Ms, 3),
    formatNumber(measure.p99Ms, 3),
    formatNumber(measure.heapBytes, 0),
    formatNumber(measure.outsideBytes, 0),
    formatNumber(measure.majorCollections, 1),
  ];
}

/** For the console while the bench runs. */
function describeRow({ server, inFlight, multiple, measures }: ClientRow): string {
  const lines = measures.map((measure, i) => {
    const [rate, cpu, p50, p99, heap, outside, major] = measureCells(measure);
    return (
      `  ${(KINDS[i] ?? '').padEnd(30)} ${rate} k/s, ${cpu} us, p50 ${p50} ms, p99 ${p99} ms, ` +
      `${heap} + ${outside} B, ${major} major collections a million`
    );
  });
  return [`${server}, ${inFlight} in flight, ${formatNumber(multiple)} times the best:`, ...lines].join('\n');
}

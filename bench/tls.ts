/** GET and SET over TLS: CrabKV beside redis-server with the same certificate, and beside itself without TLS. */

import { processorMs } from '../test/support/process-usage.js';
import { freePort, type Server } from '../test/support/server.js';
import { type TlsFiles, tlsDirectives, tlsFilesFor } from '../test/support/tls-server.js';
import { medianOf, warmUpOf } from './contest.js';
import type { Figure, Section } from './figure.js';
import { CLIENTS, scaled } from './loads.js';
import { type Load, type LoadResult, runLoad, type StandardTest } from './redis-benchmark.js';
import { startOwn, startPeer, stopAll } from './servers.js';
import type { Settings } from './settings.js';

/** SET comes first: GET wants keys to find. */
const LOADS: readonly (Load & { readonly test: StandardTest })[] = [
  { test: 'set', clients: CLIENTS, pipeline: 1, requests: 100_000 },
  { test: 'get', clients: CLIENTS, pipeline: 1, requests: 100_000 },
  { test: 'set', clients: CLIENTS, pipeline: 16, requests: 500_000 },
  { test: 'get', clients: CLIENTS, pipeline: 16, requests: 500_000 },
];

/** Who is measured, and by which door. */
interface Contender {
  readonly server: Server;
  readonly tls?: { readonly port: number; readonly ca: string };
}

interface Turn extends LoadResult {
  readonly cpuMicros: number;
}

export async function measureTls(settings: Settings): Promise<Section> {
  const clearings: (() => unknown)[] = [];
  const files = tlsFilesFor({ after: (clear: () => unknown) => void clearings.push(clear) });
  try {
    return {
      title: 'TLS',
      text: [
        'No persistence, TLS 1.3, no client certificates, one thread for TLS. Behind each: CrabKV without it.',
      ],
      figures: await measureWith(settings, files),
    };
  } finally {
    for (const clear of clearings) clear();
  }
}

async function measureWith(settings: Settings, files: TlsFiles): Promise<Figure[]> {
  const [ownPort, peerPort] = [await freePort(), await freePort()];
  const { 'tls-threads': _, ...forPeer } = tlsDirectives(files, peerPort);
  const [own, peer] = await Promise.all([
    startOwn(settings, 'none', tlsDirectives(files, ownPort)),
    startPeer('none', forPeer),
  ]);
  const contenders: readonly Contender[] = [
    { server: own, tls: { port: ownPort, ca: files.ca } },
    { server: peer, tls: { port: peerPort, ca: files.ca } },
    { server: own },
  ];
  const figures: Figure[] = [];
  try {
    for (const plan of LOADS) {
      const load = scaled(plan, settings);
      const turns = contenders.map((): Turn[] => []);
      for (const contender of contenders) await turnOf(contender, warmUpOf(load));
      for (let i = 0; i < settings.repeats; i++) {
        for (const [index, contender] of contenders.entries()) {
          turns[index]?.push(await turnOf(contender, load));
        }
      }
      figures.push(...figuresOf(`${plan.test.toUpperCase()}, P=${plan.pipeline}`, turns));
    }
  } finally {
    await stopAll([own, peer]);
  }
  return figures;
}

async function turnOf({ server, tls }: Contender, load: Load): Promise<Turn> {
  const beforeMs = processorMs(server.pid);
  const result = await runLoad(tls?.port ?? server.port, tls === undefined ? load : { ...load, ca: tls.ca });
  return { ...result, cpuMicros: ((processorMs(server.pid) - beforeMs) * 1000) / load.requests };
}

/** @param turns of CrabKV, of Redis, and of CrabKV without TLS */
function figuresOf(what: string, [own = [], peer = [], plain = []]: readonly Turn[][]): Figure[] {
  const figure = (name: string, unit: string, digits: number, field: (turn: Turn) => number): Figure => ({
    what: `${what}: ${name}`,
    unit,
    better: unit === 'per s' ? 'higher' : 'lower',
    digits,
    values: { crabkv: medianOf(own, field), redis: medianOf(peer, field) },
  });
  const cpu = figure('processor time', 'us/op', 2, (turn) => turn.cpuMicros);
  return [
    cpu,
    figure('p50', 'ms', 3, (turn) => turn.p50),
    figure('p99', 'ms', 3, (turn) => turn.p99),
    figure('requests', 'per s', 0, (turn) => turn.throughput),
    {
      ...cpu,
      what: `${what}: processor time without TLS`,
      values: { crabkv: medianOf(plain, (turn) => turn.cpuMicros), redis: Number.NaN },
    },
  ];
}

/**
 * CrabKV in several variants beside one redis-server: its reactor back ends, and versions of Node. All of them take turns, and
 * what is compared is CPU time per operation without persistence.
 */

import { run, type Server } from '../test/support/server.js';
import { BACK_ENDS, identifyBackEnd } from './back-end.js';
import { cpuMicrosOf, median, takeTurns, warmUpOf } from './contest.js';
import { CLIENTS, scaled } from './loads.js';
import type { Load, StandardTest } from './redis-benchmark.js';
import { startOnNode, startOwn, startPeer, stopAll } from './servers.js';
import type { Settings } from './settings.js';

const LOADS: readonly (Load & { readonly test: StandardTest })[] = [
  { test: 'set', clients: CLIENTS, pipeline: 1, requests: 200_000 },
  { test: 'get', clients: CLIENTS, pipeline: 1, requests: 200_000 },
  { test: 'set', clients: CLIENTS, pipeline: 16, requests: 1_000_000 },
  { test: 'get', clients: CLIENTS, pipeline: 16, requests: 1_000_000 },
];

/** CPU time per operation in microseconds: a row for each variant, a column for each load. Redis is the last row. */
export interface VariantTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly micros: readonly number[] }[];
  /** What could not be measured, and why, as sentences. */
  readonly notes: readonly string[];
}

interface Variant {
  readonly name: string;
  readonly server: Server;
}

/** What may become a variant, if it can be started and is what it says it is. */
interface Candidate {
  readonly name: string;
  /** The back end that it must have; undefined: whichever it chooses. */
  readonly wanted: string | undefined;
  readonly start: (reactor?: string) => Promise<Server>;
}

/** Every reactor back end that this machine can run and that the server really took. */
export async function measureReactors(settings: Settings): Promise<VariantTable> {
  const candidates = BACK_ENDS.map((name): Candidate => {
    return {
      name: `\`--reactor ${name}\``,
      wanted: name,
      start: (reactor = name) => startOwn({ ...settings, reactor }, 'none'),
    };
  });
  return measureCandidates('Reactors', settings, candidates);
}

/** The same reactor on this Node and on those that `--node` names. */
export async function measureNodes(settings: Settings): Promise<VariantTable> {
  const candidates: Candidate[] = [];
  for (const path of new Set([process.execPath, ...settings.nodePaths])) {
    candidates.push({
      name: await nodeName(path),
      wanted: undefined,
      start: (reactor = settings.reactor) => startOnNode({ ...settings, reactor }, path),
    });
  }
  return measureCandidates('Node versions', settings, candidates);
}

async function nodeName(path: string): Promise<string> {
  const { stdout, code } = await run(path, ['--version']);
  if (code !== 0) throw new Error(`--node ${path}: this is no Node binary`);
  return `Node ${stdout.trim()}`;
}

/** Starts what can be started, leaves out what is not what it says it is, and measures the rest. */
async function measureCandidates(
  title: string,
  settings: Settings,
  candidates: readonly Candidate[],
): Promise<VariantTable> {
  const variants: Variant[] = [];
  const notes: string[] = [];
  for (const { name, wanted, start } of candidates) {
    let reason: string | undefined;
    let server: Server | undefined;
    try {
      server = await start();
      const actual = await identifyBackEnd(server, () => start('node'));
      reason = actual.doubt;
      if (wanted !== undefined && actual.name !== wanted)
        reason = `the server took \`${actual.name}\` instead`;
      if (reason === undefined) {
        variants.push({ name: wanted === undefined ? `${name}, ${actual.name}` : wanted, server });
      }
    } catch (error) {
      reason = lastLine(error);
    }
    if (reason === undefined) continue;
    await server?.stop();
    notes.push(`${name} is not measured: ${reason}.`);
    console.log(notes.at(-1));
  }
  return measureVariants(title, settings, variants, notes);
}

/** Measures all in turns and ends them. */
async function measureVariants(
  title: string,
  settings: Settings,
  variants: readonly Variant[],
  notes: readonly string[],
): Promise<VariantTable> {
  const all: Variant[] = [...variants];
  try {
    all.push({ name: 'redis-server', server: await startPeer('none') });
    const rows = all.map(({ name }) => ({ name, micros: [] as number[] }));
    const servers = all.map(({ server }) => server);
    for (const plan of LOADS) {
      const load = scaled(plan, settings);
      await takeTurns(servers, 1, (server) => cpuMicrosOf(server, warmUpOf(load)));
      const turns = await takeTurns(servers, settings.repeats, (server) => cpuMicrosOf(server, load));
      for (const [index, values] of turns.entries()) rows[index]?.micros.push(median(values));
    }
    for (const { name, micros } of rows) {
      console.log(`${title}: ${name}: ${micros.map((value) => value.toFixed(2)).join(' ')} us/op`);
    }
    const columns = LOADS.map(({ test, pipeline }) => `${test.toUpperCase()} P=${pipeline}`);
    return { title, columns, rows, notes };
  } finally {
    await stopAll(all.map(({ server }) => server));
  }
}

/** What a server said last before it ended: its reason. */
function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? '';
}

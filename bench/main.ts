/**
 * `npm run bench`: CrabKV against redis-server on this machine, written to docs/benchmarks.md.
 *
 *     --quick           a tenth of the work, one turn each: a look, not a measurement; nothing is written
 *     --repeats 5       turns of each measurement; medians are reported
 *     --keys 5000000    keys for memory, snapshots and waits
 *     --members 10000000 members of the sorted set that is deleted and snapshotted while others wait
 *     --reactor node    CrabKV's reactor; without it the server chooses, as it does for everybody
 *     --node A,B        also compare these Node binaries with the one that runs this
 *     --only idle,loads some groups (settings.ts) only; nothing is written then
 */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { skipWithout } from '../test/support/tools.js';
import { measureClients } from './clients.js';
import { measureCollectionMemory } from './collection-memory.js';
import { measureCollectionStalls } from './collection-stalls.js';
import { measureCollections } from './collections.js';
import { measureConnections } from './connections.js';
import { measureEmbedded } from './embedded.js';
import { measureEviction } from './eviction.js';
import { describeFigure, type Section } from './figure.js';
import { measureFlush } from './flush.js';
import { measureGarbage } from './garbage.js';
import { measureIdle } from './idle.js';
import { measureInsert } from './insert.js';
import { measureLoads } from './loads.js';
import { describeMachine, describeReactor } from './machine.js';
import { renderReport } from './report.js';
import { describeCommand, type Group, readSettings } from './settings.js';
import { measureSnapshots } from './snapshots.js';
import { measureThreads } from './threads.js';
import { measureTls } from './tls.js';
import { measureNodes, measureReactors } from './variants.js';

const OUTPUT_PATH = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

if (skipWithout('the benchmarks', 'redis-server', 'redis-benchmark') !== false) process.exit(1);
const settings = readSettings(process.argv.slice(2));

/** Runs one group if it is wanted, and says how long it took: none may make the whole too long to be run often. */
async function group<T>(name: Group, measure: (given: typeof settings) => Promise<T>): Promise<T[]> {
  if (settings.only !== undefined && !settings.only.includes(name)) return [];
  console.log(`\n== ${name}`);
  const startMs = performance.now();
  const result = await measure(settings);
  console.log(`== ${name} took ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
  return [result];
}

async function section(
  name: Group,
  measure: (given: typeof settings) => Promise<Section>,
): Promise<Section[]> {
  const sections = await group(name, measure);
  for (const { peer, figures } of sections) {
    for (const figure of figures) console.log(describeFigure(figure, peer));
  }
  return sections;
}

const reactor = await describeReactor(settings);
console.log(`CrabKV's reactor: ${reactor.text}`);
const loads = [...(await group('loads', measureLoads)), ...(await group('collections', measureCollections))];
const threads = await section('threads', measureThreads);
const reactors = await group('reactors', measureReactors);
const nodes = settings.nodePaths.length > 0 ? await group('nodes', measureNodes) : [];
const sections = [
  ...threads,
  ...(await section('idle', measureIdle)),
  ...(await section('connections', measureConnections)),
  ...(await section('garbage', measureGarbage)),
  ...(await section('insert', measureInsert)),
  ...(await section('collection-memory', measureCollectionMemory)),
  ...(await section('snapshots', measureSnapshots)),
  ...(await section('flush', measureFlush)),
  ...(await section('collection-stalls', measureCollectionStalls)),
  ...(await section('eviction', measureEviction)),
  ...(await section('tls', measureTls)),
  ...(await section('clients', measureClients)),
  ...(await section('embedded', measureEmbedded)),
];
const report = renderReport({
  machine: await describeMachine(),
  reactor: reactor.text,
  command: describeCommand(process.argv.slice(2)),
  date: new Date().toISOString().slice(0, 10),
  repeats: settings.repeats,
  loads,
  variants: [...reactors, ...nodes],
  sections,
});
if (settings.only !== undefined || settings.isQuick) console.log(`\n${report}`);
else if (reactor.doubt !== undefined) {
  // A page that may name the wrong reactor is worse than an old one.
  console.log(`\n${report}\nnot written to ${OUTPUT_PATH}: ${reactor.doubt}`);
  process.exitCode = 1;
} else {
  writeFileSync(OUTPUT_PATH, report);
  console.log(`written to ${OUTPUT_PATH}`);
}

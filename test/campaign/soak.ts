/**
 * One server under everything at once, at full speed, for as long as you like:
 * `npm run test:soak -- --seconds 600 --reactor uring --threads 2 --appendfsync everysec`
 *
 *     bulk      pipelines at full speed, unverified          (soak-bulk.ts, soak-collections.ts)
 *     verify    every reply compared with a model            (soak-verify.ts, soak-model.ts)
 *     rough     connections that behave badly                (soak-rough.ts)
 *     control   CLIENT LIST, CONFIG SET, SCAN, BGSAVE        (soak-control.ts)
 *     redis-benchmark, where it is installed
 *     probe     one PING at a time                           (soak-probe.ts)
 *     full      a second server, whose memory is full         (soak-eviction.ts)
 *     noise     the same probe at a process that only answers (soak-noise.ts)
 *
 * Meanwhile the server is watched (soak-watch.ts). Then the load ends, everything is deleted, and the server has to be what
 * it was before (soak-verdict.ts). `--report docs/soak.md` writes it all down (soak-report.ts). Exits 1 when anything was
 * wrong. Linux only: it reads /proc.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { RespConnection } from '../support/connection.js';
import { until } from '../support/fixture.js';
import { numberOption, readOptions } from '../support/options.js';
import { chooseSeed } from '../support/random.js';
import { run, type Server, startCrabkv } from '../support/server.js';
import { skipWithout } from '../support/tools.js';
import type { LoadReport } from './soak-context.js';
import { EvictionWatch, startFullServer } from './soak-eviction.js';
import { LoadThread, type Part } from './soak-load.js';
import { NoiseMeter } from './soak-noise.js';
import { SoakProbe } from './soak-probe.js';
import { writeReport } from './soak-report.js';
import { OUTPUT_LIMIT } from './soak-rough.js';
import { type Evidence, findings, type Rest } from './soak-verdict.js';
import { descriptors, type Sample, tableHead, tableRow, takeSample } from './soak-watch.js';

const PARTS: readonly Part[] = ['bulk', 'verify', 'rough', 'control', 'full'];
const SAMPLE_MS = 2000;
const ROW_SECONDS_MAX = 60;
const ROWS_MIN = 6;
/** The load's connections have so long to come to their end. */
const LOAD_END_MS_MAX = 60_000;
/** A round of redis-benchmark takes seconds, on a machine that has time for it. */
const BENCHMARK_MS_MAX = 300_000;
/** The server has so long to give back what the load took. */
const GRACE_MS = 20_000;
/** Problems printed; the others are counted. */
const PROBLEMS_SHOWN = 20;

const options = readOptions(['seconds', 'reactor', 'threads', 'appendfsync', 'seed', 'report']);
const seconds = numberOption(options, 'seconds', 600);
const seed = chooseSeed(options.get('seed'));
const directives = {
  threads: String(numberOption(options, 'threads', 1)),
  appendfsync: options.get('appendfsync') ?? 'always',
  ...(options.has('reactor') ? { reactor: options.get('reactor') ?? '' } : {}),
};

const table: string[] = [];
const counts = new Map<string, number>();
const problems: string[] = [];
let problemCount = 0;

function takeReport(part: string, report: LoadReport): void {
  for (const [what, count] of Object.entries(report.counts))
    counts.set(what, (counts.get(what) ?? 0) + count);
  problemCount += report.problemCount;
  for (const text of report.problems) {
    if (problems.length < PROBLEMS_SHOWN) {
      problems.push(`${part}: ${text}`);
      console.log(`! ${part}: ${text}`);
    }
  }
}

function printRow(row: string): void {
  table.push(row);
  console.log(row);
}

function addProblem(part: string, text: string): void {
  takeReport(part, { counts: {}, problems: [text], problemCount: 1 });
}

interface Probes {
  readonly own: SoakProbe;
  readonly noise: NoiseMeter;
}

/** Runs redis-benchmark again and again until `isOver`. */
async function benchmark(port: number, isOver: () => boolean): Promise<void> {
  if (skipWithout('the part of the load that redis-benchmark makes', 'redis-benchmark') !== false) return;
  for (let round = 0; !isOver(); round++) {
    const pipeline = [1, 16, 64][round % 3]!;
    const count = pipeline === 1 ? 1000 : 50_000;
    const shape = `-n ${count} -c 20 -P ${pipeline} -d 64 -r 10000 -t ping_mbulk,set,get,incr,mset -q`;
    const result = await run(
      'redis-benchmark',
      ['-h', '127.0.0.1', '-p', String(port), ...shape.split(' ')],
      {
        limitMs: BENCHMARK_MS_MAX,
      },
    );
    // Its progress is written over itself, with carriage returns.
    const lines = (result.stderr + result.stdout).split(/[\r\n]+/);
    const errors = lines.filter((line) => /error/i.test(line));
    if (result.code !== 0 || errors.length > 0) {
      const text = (errors.length > 0 ? errors : lines.slice(-2)).slice(0, 3).join('; ');
      addProblem('redis-benchmark', `code ${result.code}, signal ${result.signal}: ${text}`);
    }
    takeReport('redis-benchmark', { counts: { 'redis-benchmark runs': 1 }, problems: [], problemCount: 0 });
  }
}

/** What a first snapshot or a first key brings for good (threads, descriptors) is there before the load begins. */
async function rehearse(server: Server, connection: RespConnection): Promise<void> {
  await connection.call('SET', 'rehearsal', 1);
  await connection.call('BGSAVE');
  await until('the first snapshot is there', GRACE_MS, async () => {
    await delay(20);
    return (await server.info('rdb_bgsave_in_progress')) === '0';
  });
  await connection.call('FLUSHALL');
  const reply = await connection.call('CONFIG', 'SET', 'client-output-buffer-limit', OUTPUT_LIMIT);
  if (reply !== 'OK') throw new Error(`CONFIG SET client-output-buffer-limit: ${JSON.stringify(reply)}`);
  await delay(500); // the connections of `info` are gone
}

async function lookAtRest(server: Server, connection: RespConnection): Promise<Rest> {
  const { clientCount, usedBytes, residentBytes } = await takeSample(server.pid, connection, 0, [], []);
  return { descriptors: descriptors(server.pid), clientCount, usedBytes, residentBytes };
}

/** Watches until `seconds` are over; prints the table. */
async function watch(server: Server, connection: RespConnection, probes: Probes): Promise<Sample[]> {
  const startMs = performance.now();
  const rowSeconds = Math.min(ROW_SECONDS_MAX, Math.max(SAMPLE_MS / 1000, seconds / ROWS_MIN));
  const sample = async () =>
    takeSample(
      server.pid,
      connection,
      (performance.now() - startMs) / 1000,
      probes.own.takeWaits(),
      probes.noise.takeWaits(),
    );
  const samples: Sample[] = [];
  let rowStart = await sample();
  let rowFirst = 0;
  printRow(tableHead());
  for (;;) {
    await delay(SAMPLE_MS);
    const latest = await sample();
    samples.push(latest);
    const isOver = latest.seconds >= seconds;
    if (isOver || latest.seconds - rowStart.seconds >= rowSeconds - SAMPLE_MS / 2000) {
      printRow(tableRow(rowStart, samples.slice(rowFirst), problemCount));
      rowStart = latest;
      rowFirst = samples.length;
    }
    if (isOver) return samples;
  }
}

/** Everything at once, then nothing. */
async function soak(
  server: Server,
  full: Server,
  connection: RespConnection,
  probes: Probes,
): Promise<Sample[]> {
  const threads = PARTS.map((part, i) => {
    const { port } = part === 'full' ? full : server;
    return new LoadThread({ part, port, seed: seed + i * 1000 }, (report) => takeReport(part, report));
  });
  let isOver = false;
  const benchmarking = benchmark(server.port, () => isOver);
  let samples: Sample[] = [];
  try {
    samples = await watch(server, connection, probes);
  } catch (error) {
    addProblem('watch', `the server could not be watched any more: ${(error as Error).message}`);
  }
  isOver = true;
  const ending = threads.map(async (thread) => {
    if (await thread.stop(LOAD_END_MS_MAX)) return;
    addProblem(thread.part, `connections had not come to their end after ${LOAD_END_MS_MAX} ms`);
  });
  await Promise.all([...ending, benchmarking]);
  return samples;
}

/** Deletes everything and waits until the server is what it was, or the grace period is over. */
async function comeToRest(server: Server, connection: RespConnection, before: Rest): Promise<Rest> {
  await connection.call('FLUSHALL');
  const startMs = performance.now();
  for (;;) {
    const rest = await lookAtRest(server, connection);
    const isBack =
      rest.descriptors.length === before.descriptors.length &&
      rest.clientCount === before.clientCount &&
      rest.usedBytes === before.usedBytes;
    if (isBack || performance.now() - startMs > GRACE_MS) return rest;
    await delay(250);
  }
}

async function stillAnswers(connection: RespConnection): Promise<boolean> {
  await connection.call('SET', 'last', 'words');
  return (await connection.call('GET', 'last')) === 'words';
}

async function gather(server: Server, full: Server): Promise<Evidence> {
  const connection = await server.connect();
  await rehearse(server, connection);
  const probes = { own: new SoakProbe(server.port), noise: await NoiseMeter.start() };
  await delay(500); // its connection is there
  const before = await lookAtRest(server, connection);
  const samples = await soak(server, full, connection, probes);
  const after = await comeToRest(server, connection, before);
  const answers = await stillAnswers(connection);
  await Promise.all([probes.own.stop(), probes.noise.stop()]);
  for (const text of probes.own.problems) addProblem('probe', text);
  connection.close();
  const { code, signal } = await server.terminate();
  const ending = signal === null ? `code ${code}` : `signal ${signal}`;
  const verifiedCount = counts.get('verified replies') ?? 0;
  return { seconds, before, samples, after, problems, problemCount, verifiedCount, answers, ending };
}

if (process.platform !== 'linux') throw new Error('the soak campaign reads /proc and runs on Linux only');
console.log(`${seconds} s, seed ${seed}, ${JSON.stringify(directives)}`);
const server = await startCrabkv({ directives });
const full = await startFullServer(directives);
try {
  const reactor = await server.info('reactor');
  console.log(`reactor ${reactor}`);
  const eviction = new EvictionWatch(full);
  const evidence = await gather(server, full);
  console.log(`\ndone: ${[...counts].map(([what, count]) => `${what} ${count}`).join(', ')}\n`);
  const found = [...findings(evidence), await eviction.stop()];
  for (const { verdict, text } of found) console.log(`${verdict.padEnd(10)}  ${text}`);
  const badCount = found.filter(({ verdict }) => verdict === 'bad').length;
  console.log(badCount === 0 ? '\nThe server has passed.' : `\nThe server has failed: ${badCount} findings.`);
  if (badCount > 0) console.log(`\nThe server's last words:\n${server.output.slice(-4000)}`);
  process.exitCode = badCount === 0 ? 0 : 1;
  const report = options.get('report');
  if (report !== undefined) {
    const command = `npm run test:soak -- ${process.argv.slice(2).join(' ')}`;
    writeReport(report, { command, reactor, directives, table, counts, findings: found });
  }
} catch (error) {
  console.log(`The server's last words:\n${server.output.slice(-4000)}`);
  throw error;
} finally {
  await server.stop();
  await full.stop();
}

/**
 * Millions of keys: inserted, snapshotted while being written, killed, restarted, flushed; a million that end at once.
 * `npm run test:big -- --keys 5000000 --threads 2`
 *
 * Wrong counts or contents end it with exit code 1. Times and waits are printed beside their bars and judged by the reader:
 * they depend on what else the machine does.
 */

import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bulkValue, fill, findWrongValues, KEY_BYTES, VALUE_BYTES } from '../support/bulk.js';
import { until } from '../support/fixture.js';
import { numberOption, readOptions } from '../support/options.js';
import { formatWaits, pingDuring } from '../support/ping-probe.js';
import { processorMs, residentBytes } from '../support/process-usage.js';
import { chooseSeed, SeededRandom } from '../support/random.js';
import { run, type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';
import { skipWithout } from '../support/tools.js';

/** Keys whose contents are compared, chosen at random. */
const SAMPLES = 200_000;
/** Requests in one write while waits are measured: a long pipeline would make others wait by itself. */
const SMALL_BATCH = 16;
const PATIENCE_MS = 300_000;
const QUIET_MS = 3000;
const MIB = 2 ** 20;

const options = readOptions(['keys', 'threads', 'seed', 'appendfsync']);
const keyCount = numberOption(options, 'keys', 5_000_000);
const mortalCount = Math.min(1_000_000, keyCount);
const threads = numberOption(options, 'threads', 1);
const seed = chooseSeed(options.get('seed'));
const random = new SeededRandom(seed);
const directory = makeTemporaryDirectory();

/** What the server uses, in bytes. */
/** Garbage that has not been collected yet counts, too; data on the heap would be hundreds of megabytes. */
const HEAP_GROWTH_BYTES_MAX = 48 * MIB;

interface Usage {
  readonly used: number;
  readonly resident: number;
  /** On the JavaScript heaps of all reactors. */
  readonly heap: number;
}

function start(): Promise<Server> {
  const appendfsync = options.get('appendfsync') ?? 'everysec';
  return startCrabkv({
    directory,
    // Snapshots when this program asks for them, and only then.
    directives: { appendfsync, threads: String(threads), save: '', 'auto-aof-rewrite-percentage': '0' },
    readyMs: PATIENCE_MS,
  });
}

function say(phase: string, ...parts: string[]): void {
  console.log(`${phase.padEnd(10)}${parts.join('; ')}`);
}

const rate = (count: number, ms: number) =>
  `${(count / ms / 1000).toFixed(2)} M/s (${(ms / 1000).toFixed(1)} s)`;
const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;
const describeUsage = ({ used, resident, heap }: Usage) =>
  `used_memory ${mib(used)}, resident ${mib(resident)}, JavaScript heaps ${mib(heap)}`;

async function usageOf(server: Server): Promise<Usage> {
  return {
    used: Number(await server.info('used_memory')),
    resident: residentBytes(server.pid),
    heap: Number(await server.info('js_heap_bytes')),
  };
}

async function keysOf(server: Server): Promise<number> {
  const connection = await server.connect();
  const count = Number(await connection.call('DBSIZE'));
  connection.close();
  return count;
}

/** Compares the count and a sample of the contents; the first `changed` keys were written a second time. */
async function assertContents(server: Server, changed: number): Promise<void> {
  assert.equal(await keysOf(server), keyCount, 'DBSIZE');
  const connection = await server.connect();
  const numbers = Array.from({ length: Math.min(SAMPLES, keyCount) }, () => random.below(keyCount));
  const expected = (number: number) => bulkValue(number, number < changed ? 2 : 1);
  const wrong = await findWrongValues(connection, numbers, expected);
  connection.close();
  assert.equal(
    wrong.length,
    0,
    `${wrong.length} wrong values of ${numbers.length}: ${wrong.slice(0, 5).join(', ')}`,
  );
}

async function lookAtEmpty(server: Server): Promise<Usage> {
  const empty = await usageOf(server);
  say('empty', describeUsage(empty), `ready in ${server.readyMs.toFixed(0)} ms`);
  const beforeMs = processorMs(server.pid);
  await delay(QUIET_MS);
  say('idle', `${(((processorMs(server.pid) - beforeMs) / QUIET_MS) * 100).toFixed(2)} % of a core`);
  const [, waits] = await pingDuring(server.port, () => delay(QUIET_MS));
  say('quiet', formatWaits(waits));
  return empty;
}

async function insert(server: Server, empty: Usage): Promise<Usage> {
  const startMs = performance.now();
  const [, waits] = await pingDuring(server.port, () =>
    fill(server, { count: keyCount, batch: SMALL_BATCH }),
  );
  say('insert', rate(keyCount, performance.now() - startMs), `${formatWaits(waits)} (bar: worst <= 2 ms)`);
  const full = await usageOf(server);
  assert.ok(full.heap - empty.heap < HEAP_GROWTH_BYTES_MAX, 'the JavaScript heaps hold no data');
  const beyond = (kind: 'used' | 'resident') =>
    ((full[kind] - empty[kind]) / keyCount - KEY_BYTES - VALUE_BYTES).toFixed(1);
  say('memory', describeUsage(full));
  say(
    '',
    `a key beyond key and value: ${beyond('used')} B used (bar: <= 28), ${beyond('resident')} B resident`,
  );
  return full;
}

/** Takes a snapshot while keys are written a second time; returns how many were. */
async function snapshot(server: Server): Promise<number> {
  const connection = await server.connect();
  let isSaved = false;
  const [[changed, tookMs], waits] = await pingDuring(server.port, async () => {
    const startMs = performance.now();
    assert.equal(await connection.call('BGSAVE'), 'Background saving started');
    const writing = fill(server, {
      count: keyCount,
      version: 2,
      batch: SMALL_BATCH,
      isEnough: () => isSaved,
    });
    await until('the snapshot is complete', PATIENCE_MS, async () => {
      await delay(20);
      return (await server.info('rdb_bgsave_in_progress')) === '0';
    });
    const saveMs = performance.now() - startMs;
    isSaved = true;
    return [await writing, saveMs] as const;
  });
  connection.close();
  assert.equal(await server.info('rdb_last_bgsave_status'), 'ok');
  say('snapshot', `${rate(keyCount, tookMs)} while ${changed} keys were written`, formatWaits(waits));
  await countWithJq();
  return changed;
}

/** The snapshot is JSON that other programs read: jq finds every entry. */
async function countWithJq(): Promise<void> {
  const file = join(directory, 'snapshot.json');
  if (skipWithout('counting the snapshot with jq', 'jq') !== false) return;
  const program = 'reduce inputs as $line (0; if $line | has("key") or has("key64") then . + 1 else . end)';
  const startMs = performance.now();
  const { stdout, stderr } = await run('jq', ['-n', program, file], { limitMs: PATIENCE_MS });
  assert.equal(stdout.trim(), String(keyCount), `jq counts ${stdout.trim()} entries ${stderr}`);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  say('jq', `${mib(statSync(file).size)}, ${stdout.trim()} entries, read in ${seconds} s`);
}

async function flush(server: Server, empty: Usage, full: Usage): Promise<void> {
  const connection = await server.connect();
  const [tookMs, waits] = await pingDuring(server.port, async () => {
    const startMs = performance.now();
    assert.equal(await connection.call('FLUSHALL'), 'OK');
    const flushMs = performance.now() - startMs;
    assert.equal(await connection.call('DBSIZE'), 0);
    await until('memory is back', PATIENCE_MS, async () => {
      await delay(50);
      return (await usageOf(server)).used < empty.used + 0.02 * (full.used - empty.used);
    });
    // Giving it back to the system takes a moment longer.
    await delay(4000);
    return flushMs;
  });
  connection.close();
  say('flush', `${tookMs.toFixed(1)} ms`, describeUsage(await usageOf(server)), formatWaits(waits));
}

async function expire(server: Server): Promise<void> {
  const deadlineMs = Date.now() + 2000 + Math.ceil(mortalCount / 100);
  await fill(server, { count: mortalCount, deadlineMs });
  assert.ok(Date.now() < deadlineMs, 'the keys were written too late, give them a later deadline');
  const connection = await server.connect();
  await delay(Math.max(0, deadlineMs - Date.now() - 200));
  const [goneMs, waits] = await pingDuring(server.port, async () => {
    await until('all keys have ended', PATIENCE_MS, async () => {
      await delay(5);
      return (await connection.call('DBSIZE')) === 0;
    });
    return Date.now() - deadlineMs;
  });
  connection.close();
  say('expiry', `${mortalCount} keys gone ${goneMs} ms after their deadline (bar: 1000)`);
  say('', `${formatWaits(waits)} (bar: worst <= 2 ms)`);
}

async function restart(server: Server): Promise<Server> {
  await server.kill();
  return start();
}

console.log(`${keyCount} keys of ${KEY_BYTES} + ${VALUE_BYTES} bytes, ${threads} thread(s), seed ${seed}`);
let server = await start();
try {
  const empty = await lookAtEmpty(server);
  const full = await insert(server, empty);
  const changed = await snapshot(server);
  await assertContents(server, changed);

  server = await restart(server);
  say(
    'restart',
    rate(keyCount, server.readyMs),
    `${changed} keys from the log`,
    describeUsage(await usageOf(server)),
  );
  await assertContents(server, changed);

  await flush(server, empty, full);
  await expire(server);
  server = await restart(server);
  // The last deletions may not have reached the log: these keys come back with a deadline in the past, and end again.
  await until(
    'what was flushed and what has ended stays away',
    2000,
    async () => (await keysOf(server)) === 0,
  );
  console.log('all counts and contents were right');
} catch (error) {
  console.log(server.output.slice(-4000));
  throw error;
} finally {
  await server.kill();
  removeTemporaryDirectory(directory);
}

/**
 * What the soak campaign sees of the server: the kernel's books (proc(5), Linux only), INFO, and the waits of the probe. One
 * sample every few seconds; samples make rows of the printed table.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { RespConnection } from '../support/connection.js';
import { processorMs } from '../support/process-usage.js';
import { percentile } from './soak-probe.js';

const MIB = 2 ** 20;

/** The server at one moment. */
export interface Sample {
  /** Since the load began. */
  readonly seconds: number;
  /** Anonymous and shared memory that is resident: data, heaps and stacks, but no files and no program text. */
  readonly residentBytes: number;
  readonly descriptorCount: number;
  readonly processorMs: number;
  readonly usedBytes: number;
  readonly clientCount: number;
  /** Of the input and output buffers of all connections. */
  readonly bufferBytes: number;
  readonly heapBytes: number;
  readonly commandCount: number;
  readonly connectionCount: number;
  readonly logBytes: number;
  readonly isSaveGood: boolean;
  /** Of the probe since the last sample, in ms; and of the one that asks a process which does nothing else. */
  readonly waits: readonly number[];
  readonly noise: readonly number[];
}

/** Looks at the server. `connection` is one that the campaign keeps for this. */
export async function takeSample(
  pid: number,
  connection: RespConnection,
  seconds: number,
  waits: readonly number[],
  noise: readonly number[],
): Promise<Sample> {
  const fields = parseInfo(String(await connection.call('INFO', 'everything')));
  const number = (name: string) => Number(fields.get(name));
  return {
    seconds,
    residentBytes: residentBytes(pid),
    descriptorCount: descriptors(pid).length,
    processorMs: processorMs(pid),
    usedBytes: number('used_memory'),
    clientCount: number('connected_clients'),
    bufferBytes: number('client_buffer_bytes'),
    heapBytes: number('js_heap_bytes'),
    commandCount: number('total_commands_processed'),
    connectionCount: number('total_connections_received'),
    logBytes: number('aof_current_size'),
    isSaveGood: fields.get('rdb_last_bgsave_status') === 'ok',
    waits,
    noise,
  };
}

/** The fields of INFO by name. */
export function parseInfo(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name!, value!]));
}

/** Data, heaps and stacks that are in memory, without files and program text. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
  return (kib('RssAnon') + kib('RssShmem')) * 1024;
}

/** What the process's descriptors are open on, without numbers that differ from one to the next: `socket`, a path. */
export function descriptors(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`).replace(/:\[\d+\]$/, '')];
    } catch {
      return []; // closed meanwhile
    }
  });
}

const COLUMNS = [
  'seconds',
  'requests/s',
  'us/request',
  'cpu %',
  'new conns/s',
  'clients',
  'descriptors',
  'used MiB',
  'resident MiB',
  'heaps MiB',
  'buffers MiB',
  'log MiB',
  'p50 ms',
  'p99 ms',
  'p99.9 ms',
  'worst ms',
  'noise p99.9',
  'problems',
];

export function tableHead(): string {
  return row(COLUMNS);
}

/** Samples of a period as a row: rates over the period, the largest clients and buffers, the last of what is stored. */
export function tableRow(before: Sample, samples: readonly Sample[], problemCount: number): string {
  const last = samples.at(-1)!;
  const seconds = last.seconds - before.seconds;
  const requests = last.commandCount - before.commandCount;
  const ms = last.processorMs - before.processorMs;
  const largest = (of: (sample: Sample) => number) => Math.max(...samples.map(of));
  const mib = (bytes: number) => (bytes / MIB).toFixed(1);
  const waits = samples.flatMap((sample) => sample.waits);
  const wait = (share: number) => percentile(waits, share).toFixed(2);
  return row([
    last.seconds.toFixed(0),
    (requests / seconds).toFixed(0),
    ((ms * 1000) / requests).toFixed(2),
    (ms / seconds / 10).toFixed(0),
    ((last.connectionCount - before.connectionCount) / seconds).toFixed(0),
    String(largest((sample) => sample.clientCount)),
    String(largest((sample) => sample.descriptorCount)),
    mib(last.usedBytes),
    mib(last.residentBytes),
    mib(last.heapBytes),
    mib(largest((sample) => sample.bufferBytes)),
    mib(last.logBytes),
    wait(0.5),
    wait(0.99),
    wait(0.999),
    wait(1),
    percentile(
      samples.flatMap((sample) => sample.noise),
      0.999,
    ).toFixed(2),
    String(problemCount),
  ]);
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padStart(COLUMNS[i]!.length)).join('  ');
}

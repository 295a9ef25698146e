/**
 * MEMORY: what memory is used for.
 *
 * The names of MEMORY STATS are Redis's. What CrabKV has none of (replication, scripts, an output buffer of the append-only file)
 * is 0 there; what Redis has no name for is in INFO memory.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import { valueBytes } from '../engine/collection-size.js';
import type { CommandFlag, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { STAT_BUFFER_BYTES, STAT_CONNECTED_CLIENTS } from '../engine/statistics.js';
import { PAGE_BYTES } from '../memory/memory.js';
import { TABLE_SEGMENTS } from '../structures/hash-table.js';
import { SEGMENT_BLOCK_BYTES, SEGMENT_SLOTS } from '../structures/table-segment.js';
import { replyHelp } from './connection.js';
import { replyOutcome } from './late-reply.js';

/** What a key takes in its table, when the table is full. */
const SLOT_BYTES = Math.ceil(SEGMENT_BLOCK_BYTES / SEGMENT_SLOTS);

/** Elements that MEMORY USAGE looks at if it is not told how many. */
const SAMPLES_DEFAULT = 5;

/** Below this a look at ratios says nothing: as in Redis, 5 MiB. */
const DOCTOR_BYTES_MIN = 5 * 1024 * 1024;
const PEAK_RATIO_MAX = 1.5;
const FRAGMENTATION_RATIO_MAX = 1.4;
const LIMIT_SHARE_MAX = 0.95;
/** Client buffers that are worth a word, on average, in bytes. */
const CLIENT_BYTES_MAX = 200 * 1024;

function usage(call: Call): void {
  let sampleCount = SAMPLES_DEFAULT;
  for (let index = 3; index < call.count; index += 2) {
    if (!call.is(index, 'SAMPLES') || index + 1 === call.count) {
      call.reply.error(errors.SYNTAX);
      return;
    }
    const samples = call.clampedInteger(index + 1);
    if (samples === NOT_INTEGER || samples < 0) {
      call.reply.error(samples === NOT_INTEGER ? errors.NOT_AN_INTEGER : errors.SYNTAX);
      return;
    }
    sampleCount = samples;
  }
  const entry = call.peek(0, 2);
  if (entry === 0) call.reply.nil();
  else {
    const { keyspace, collections } = call;
    call.reply.integer(valueBytes(keyspace, collections.reader, entry, sampleCount) + SLOT_BYTES);
  }
}

interface Figures {
  /** Bytes in blocks, and in the pages that the blocks are in; now, and the pages at most so far. */
  readonly used: number;
  readonly pages: number;
  readonly peak: number;
  readonly keys: number;
  /** Bytes of the whole process. */
  readonly resident: number;
  readonly clientBytes: number;
  readonly clients: number;
}

function figures(call: Call): Figures {
  const { keyspace, services } = call;
  const { memory } = keyspace;
  let keys = 0;
  for (let database = 0; database < memory.databaseCount; database++) {
    keys += countKeys(call, database);
  }
  return {
    used: memory.usedBytes(),
    pages: memory.pagesInUse() * PAGE_BYTES,
    peak: memory.pagesPeak() * PAGE_BYTES,
    keys,
    resident: process.memoryUsage.rss(),
    clientBytes: services.statistics.total(STAT_BUFFER_BYTES),
    clients: services.statistics.total(STAT_CONNECTED_CLIENTS),
  };
}

function countKeys(call: Call, database: number): number {
  let keys = 0;
  for (let shard = 0; shard < call.keyspace.memory.shardCount; shard++) {
    keys += call.keyspace.count(shard, database);
  }
  return keys;
}

/** Bytes of the tables of a database. */
function tableBytes(call: Call, database: number): number {
  const { memory } = call.keyspace;
  let segments = 0;
  for (let shard = 0; shard < memory.shardCount; shard++) {
    segments += memory.shardU32[memory.tableAt(shard, database) + TABLE_SEGMENTS] ?? 0;
  }
  return segments * SEGMENT_BLOCK_BYTES;
}

/** Name and value; a share of something, which is no whole number, says so. */
type Field = readonly [name: string, value: number, isShare?: true];

function stats(call: Call): void {
  const { reply, keyspace } = call;
  const now = figures(call);
  const databases: (readonly [number, number])[] = [];
  let overhead = now.clientBytes;
  for (let database = 0; database < keyspace.memory.databaseCount; database++) {
    if (countKeys(call, database) === 0) continue;
    const bytes = tableBytes(call, database);
    databases.push([database, bytes]);
    overhead += bytes;
  }
  const total = now.used + now.clientBytes;
  const dataset = Math.max(0, total - overhead);
  const before: readonly Field[] = [
    ['peak.allocated', now.peak],
    ['total.allocated', total],
    ['startup.allocated', 0],
    ['replication.backlog', 0],
    ['clients.slaves', 0],
    ['clients.normal', now.clientBytes],
    ['cluster.links', 0],
    ['aof.buffer', 0],
    ['lua.caches', 0],
    ['functions.caches', 0],
  ];
  const after: readonly Field[] = [
    ['overhead.total', overhead],
    ['keys.count', now.keys],
    ['keys.bytes-per-key', now.keys === 0 ? 0 : Math.floor(now.used / now.keys)],
    ['dataset.bytes', dataset],
    ['dataset.percentage', ratio(dataset, total) * 100, true],
    ['peak.percentage', ratio(now.pages, now.peak) * 100, true],
    ['allocator.allocated', now.used],
    ['allocator.active', now.pages],
    ['allocator.resident', now.resident],
    ['allocator-fragmentation.ratio', ratio(now.pages, now.used), true],
    ['allocator-fragmentation.bytes', now.pages - now.used],
    ['allocator-rss.ratio', ratio(now.resident, now.pages), true],
    ['allocator-rss.bytes', now.resident - now.pages],
    ['fragmentation', ratio(now.resident, now.used), true],
    ['fragmentation.bytes', now.resident - now.used],
  ];
  reply.mapHeader(before.length + databases.length + after.length);
  replyFields(call, before);
  for (const [database, bytes] of databases) {
    reply.bulkText(`db.${database}`);
    reply.mapHeader(1);
    replyFields(call, [['overhead.hashtable.main', bytes]]);
  }
  replyFields(call, after);
}

function replyFields(call: Call, fields: readonly Field[]): void {
  for (const [name, value, isShare] of fields) {
    call.reply.bulkText(name);
    if (isShare) call.reply.double(value);
    else call.reply.integer(value);
  }
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

/** What could be wrong, in sentences. */
function diagnosis(now: Figures, limit: number): string {
  if (now.used < DOCTOR_BYTES_MIN) return 'There is too little data for a diagnosis.';
  const findings: string[] = [];
  if (now.peak > now.pages * PEAK_RATIO_MAX) {
    findings.push(
      `Peak: at its peak the data took ${ratio(now.peak, now.pages).toFixed(2)} times the memory it takes now. ` +
        'Unused memory goes back to the system on Linux; MEMORY PURGE asks for it at once.',
    );
  }
  if (now.pages > now.used * FRAGMENTATION_RATIO_MAX) {
    findings.push(
      `Fragmentation: pages of ${now.pages} bytes hold ${now.used} bytes of data. Freed blocks are reused for keys of ` +
        'a similar size; a restart packs the data anew.',
    );
  }
  if (limit !== 0 && now.used > limit * LIMIT_SHARE_MAX) {
    findings.push(
      `Limit: ${now.used} of maxmemory's ${limit} bytes are used. Keys are evicted, or writes refused, as maxmemory-policy says.`,
    );
  }
  if (now.clients !== 0 && now.clientBytes / now.clients > CLIENT_BYTES_MAX) {
    findings.push(
      `Clients: their buffers hold ${now.clientBytes} bytes. CLIENT LIST shows (omem, qbuf) who does not read its replies.`,
    );
  }
  return findings.length === 0 ? 'No problem was found.' : findings.map((text) => `* ${text}`).join('\n');
}

function doctor(call: Call): void {
  const limit = call.services.config.integer('maxmemory');
  call.reply.verbatim(diagnosis(figures(call), limit), 'txt');
}

/** The page allocator's figures, in place of those of Redis's malloc. */
function allocatorReport(call: Call): void {
  const { memory } = call.keyspace;
  const now = figures(call);
  const lines = [
    'Allocator: crabkv, pages of shared memory with size classes',
    `page size: ${PAGE_BYTES} bytes`,
    `pages in use: ${memory.pagesInUse()} of ${memory.pagesTotal} (peak ${memory.pagesPeak()})`,
    `bytes in blocks: ${now.used}`,
    `bytes in pages: ${now.pages}`,
    ...Array.from(
      { length: memory.shardCount },
      (_, shard) => `shard ${shard}: ${memory.shardUsedBytes(shard)} bytes in blocks`,
    ),
  ];
  call.reply.verbatim(`${lines.join('\n')}\n`, 'txt');
}

const HELP = [
  'MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'DOCTOR',
  '    Return memory problems reports.',
  'MALLOC-STATS',
  '    Return internal statistics report from the memory allocator.',
  'PURGE',
  '    Give unused memory back to the operating system.',
  'STATS',
  '    Return information about the memory usage of the server.',
  'USAGE <key> [SAMPLES <count>]',
  '    Return memory in bytes used by <key> and its value.',
  'HELP',
  '    Print this help.',
];

const REPORT: Pick<CommandSpec, 'arity' | 'flags' | 'group' | 'since' | 'tips'> = {
  arity: 2,
  flags: [],
  group: 'server',
  since: '4.0.0',
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
};
const HELP_FLAGS: readonly CommandFlag[] = ['loading', 'stale'];

export const MEMORY_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'memory',
    arity: -2,
    flags: [],
    group: 'server',
    since: '4.0.0',
    summary: 'Commands on the use of memory.',
    complexity: 'Depends on the subcommand.',
    subcommands: [
      {
        name: 'usage',
        arity: -3,
        flags: ['readonly'],
        group: 'server',
        since: '4.0.0',
        summary: 'Returns the bytes that a key takes, with its value and its place in the table.',
        complexity: 'O(1)',
        keys: { first: 2, last: 2, step: 1, flags: ['RO'] },
        arguments: [
          { name: 'key', type: 'key' },
          { name: 'count', type: 'integer', token: 'SAMPLES', flags: ['optional'] },
        ],
        reply: 'integer?',
        run: usage,
      },
      {
        ...REPORT,
        name: 'stats',
        summary: 'Returns what memory is used for.',
        complexity: 'O(1)',
        reply: 'map<string,memory-statistic>',
        run: stats,
      },
      {
        ...REPORT,
        name: 'doctor',
        summary: 'Looks for problems with memory and describes them.',
        complexity: 'O(1)',
        reply: 'string',
        run: doctor,
      },
      {
        ...REPORT,
        name: 'malloc-stats',
        summary: "Returns the allocator's figures.",
        complexity: 'O(1)',
        reply: 'string',
        run: allocatorReport,
      },
      {
        name: 'purge',
        arity: 2,
        flags: [],
        group: 'server',
        since: '4.0.0',
        summary: 'Gives unused memory back to the operating system. Linux only.',
        complexity: 'O(N) with the amount of unused memory, in the background',
        tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
        reply: 'ok',
        suspends: true,
        run: (call) => call.suspend(replyOutcome(call.services.control.purgeMemory(), 'OK')),
      },
      {
        name: 'help',
        arity: 2,
        flags: HELP_FLAGS,
        group: 'server',
        since: '4.0.0',
        summary: 'Lists the subcommands.',
        complexity: 'O(1)',
        reply: 'array<string>',
        run: (call) => replyHelp(call, HELP),
      },
    ],
  },
];

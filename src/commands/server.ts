/**
 * Commands on the server as a whole: counting and flushing databases, snapshots, shutting down.
 */

import type { Call } from '../engine/call.js';
import type { ArgumentSpec, CommandFlag, CommandSpec } from '../engine/command.js';
import { detachDatabase } from '../engine/databases.js';
import * as errors from '../engine/errors.js';
import type { ShutdownOptions } from '../engine/services.js';
import { PROCESS_LAST_SAVE_SECONDS } from '../engine/statistics.js';
import { informationText } from './information.js';
import { replyOutcome } from './late-reply.js';

const SAVE_FLAGS: readonly CommandFlag[] = ['admin', 'noscript', 'no_async_loading'];

const FLUSH_ARGUMENTS: readonly ArgumentSpec[] = [
  {
    name: 'flush-type',
    type: 'oneof',
    flags: ['optional'],
    since: '6.2.0',
    arguments: [
      { name: 'async', type: 'pure-token', token: 'ASYNC' },
      { name: 'sync', type: 'pure-token', token: 'SYNC' },
    ],
  },
];

/** Number of keys in the client's database, as all shards have it one after the other. */
function dbsize(call: Call): void {
  let count = 0;
  for (let shard = 0; shard < call.keyspace.memory.shardCount; shard++) {
    call.batons.take(shard);
    count += call.keyspace.count(shard, call.client.database);
    call.observe(shard);
    call.batons.give(shard);
  }
  call.reply.integer(count);
}

/**
 * FLUSHDB and FLUSHALL: at one moment, under all batons, the tables are put aside and new ones begin. ASYNC and SYNC
 * are the same here: nobody waits for the memory to be freed.
 */
function flush(call: Call, firstDatabase: number, lastDatabase: number, isAll: boolean): void {
  if (call.count > 2 || (call.count === 2 && !call.is(1, 'ASYNC') && !call.is(1, 'SYNC'))) {
    call.reply.error(errors.SYNTAX);
    return;
  }
  const { keyspace, batons } = call;
  const shardCount = keyspace.memory.shardCount;
  if (!keyspace.log.hasRoom()) keyspace.log.waitForRoom();
  batons.takeAll();
  for (let shard = 0; shard < shardCount; shard++) {
    for (let database = firstDatabase; database <= lastDatabase; database++)
      detachDatabase(keyspace, shard, database);
  }
  const lsn = isAll ? keyspace.log.appendFlushAll() : keyspace.log.appendFlushDb(firstDatabase);
  for (let shard = 0; shard < shardCount; shard++) keyspace.stamp(shard, lsn);
  call.observe(0);
  batons.giveAll();
  call.reply.ok();
}

function time(call: Call): void {
  const microseconds = Math.round(call.services.clock.nowUs());
  call.reply.arrayHeader(2);
  call.reply.bulkText(String(Math.floor(microseconds / 1e6)));
  call.reply.bulkText(String(microseconds % 1e6));
}

function bgsave(call: Call): void {
  const schedule = call.count === 2 && call.is(1, 'SCHEDULE');
  if (call.count > 1 && !schedule) {
    call.reply.error(errors.SYNTAX);
    return;
  }
  call.suspend(replyOutcome(call.services.control.backgroundSave(schedule), 'Background saving started'));
}

/** Each option may be given again; ABORT stands alone, and SAVE and NOSAVE exclude each other. NOW is what happens anyway. */
function shutdown(call: Call): void {
  let saves = false;
  let savesNot = false;
  let isNow = false;
  let force = false;
  let aborts = false;
  for (let index = 1; index < call.count; index++) {
    if (call.is(index, 'NOSAVE')) savesNot = true;
    else if (call.is(index, 'SAVE')) saves = true;
    else if (call.is(index, 'NOW')) isNow = true;
    else if (call.is(index, 'FORCE')) force = true;
    else if (call.is(index, 'ABORT')) aborts = true;
    else {
      call.reply.error(errors.SYNTAX);
      return;
    }
  }
  if ((saves && savesNot) || (aborts && (saves || savesNot || isNow || force))) {
    call.reply.error(errors.SYNTAX);
  } else if (aborts) {
    call.suspend(replyOutcome(call.services.control.abortShutdown(), 'OK'));
  } else {
    const options: ShutdownOptions = { save: saves ? true : savesNot ? false : undefined, force };
    call.suspend(replyOutcome(call.services.control.shutdown(options), 'OK'));
  }
}

function info(call: Call): void {
  const sections: string[] = [];
  for (let index = 1; index < call.count; index++) sections.push(call.byteText(index).toLowerCase());
  call.reply.verbatim(informationText(call, sections), 'txt');
}

export const SERVER_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'dbsize',
    arity: 1,
    flags: ['readonly', 'fast'],
    group: 'server',
    since: '1.0.0',
    summary: 'Returns the number of keys in the database.',
    complexity: 'O(1)',
    categories: ['@keyspace'],
    tips: ['request_policy:all_shards', 'response_policy:agg_sum'],
    reply: 'integer',
    run: dbsize,
  },
  {
    name: 'flushdb',
    arity: -1,
    flags: ['write'],
    group: 'server',
    since: '1.0.0',
    summary: 'Deletes all keys of the database.',
    complexity: 'O(1); memory is freed in the background',
    categories: ['@keyspace', '@dangerous'],
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    arguments: FLUSH_ARGUMENTS,
    reply: 'ok',
    run: (call) => flush(call, call.client.database, call.client.database, false),
  },
  {
    name: 'flushall',
    arity: -1,
    flags: ['write'],
    group: 'server',
    since: '1.0.0',
    summary: 'Deletes all keys of all databases.',
    complexity: 'O(1); memory is freed in the background',
    categories: ['@keyspace', '@dangerous'],
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    arguments: FLUSH_ARGUMENTS,
    reply: 'ok',
    run: (call) => flush(call, 0, call.keyspace.memory.databaseCount - 1, true),
  },
  {
    name: 'time',
    arity: 1,
    flags: ['loading', 'stale', 'fast'],
    group: 'server',
    since: '2.6.0',
    summary: "Returns the server's time in Unix seconds and the microseconds of the current second.",
    complexity: 'O(1)',
    tips: ['nondeterministic_output'],
    reply: '{seconds:decimal,microseconds:decimal}',
    run: time,
  },
  {
    name: 'info',
    arity: -1,
    flags: ['loading', 'stale'],
    group: 'server',
    since: '1.0.0',
    summary: 'Returns figures and facts about the server.',
    complexity: 'O(1)',
    categories: ['@dangerous'],
    tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
    arguments: [{ name: 'section', type: 'string', flags: ['optional', 'multiple'] }],
    reply: 'string',
    run: info,
  },
  {
    name: 'save',
    arity: 1,
    flags: [...SAVE_FLAGS, 'no_multi'],
    group: 'server',
    since: '1.0.0',
    summary: 'Takes a snapshot and replies when it is on disk. Other clients do not wait.',
    complexity: 'O(N) with the number of keys in all databases',
    reply: 'ok',
    suspends: true,
    run: (call) => call.suspend(replyOutcome(call.services.control.save(), 'OK')),
  },
  {
    name: 'bgsave',
    arity: -1,
    flags: SAVE_FLAGS,
    group: 'server',
    since: '1.0.0',
    summary: 'Starts a snapshot.',
    complexity: 'O(1)',
    arguments: [
      { name: 'schedule', type: 'pure-token', token: 'SCHEDULE', flags: ['optional'], since: '3.2.2' },
    ],
    reply: 'string',
    suspends: true,
    run: bgsave,
  },
  {
    name: 'lastsave',
    arity: 1,
    flags: ['loading', 'stale', 'fast'],
    group: 'server',
    since: '1.0.0',
    summary: 'Returns when the last good snapshot was taken, in Unix seconds.',
    complexity: 'O(1)',
    categories: ['@admin', '@dangerous'],
    tips: ['nondeterministic_output'],
    reply: 'integer',
    run: (call) => call.reply.integer(call.services.statistics.process(PROCESS_LAST_SAVE_SECONDS)),
  },
  {
    name: 'shutdown',
    arity: -1,
    flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
    group: 'server',
    since: '1.0.0',
    summary: 'Ends the server; replies only if it can not.',
    complexity: 'O(N) with the number of keys when a snapshot is taken, else O(1)',
    arguments: [
      {
        name: 'save-selector',
        type: 'oneof',
        flags: ['optional'],
        arguments: [
          { name: 'nosave', type: 'pure-token', token: 'NOSAVE' },
          { name: 'save', type: 'pure-token', token: 'SAVE' },
        ],
      },
      { name: 'now', type: 'pure-token', token: 'NOW', flags: ['optional'], since: '7.0.0' },
      { name: 'force', type: 'pure-token', token: 'FORCE', flags: ['optional'], since: '7.0.0' },
      { name: 'abort', type: 'pure-token', token: 'ABORT', flags: ['optional'], since: '7.0.0' },
    ],
    reply: 'ok',
    suspends: true,
    run: shutdown,
  },
];

/**
 * Commands on the time to live of keys: EXPIRE and its kin set it, TTL and its kin tell it, PERSIST takes it away.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { deadlineFrom, INVALID_DEADLINE, wideDeadline } from './deadline.js';
import { KEY, READS_ONE, UPDATES_ONE } from './key-arguments.js';

const ONLY_WITHOUT = 1;
const ONLY_WITH = 2;
const ONLY_LATER = 4;
const ONLY_EARLIER = 8;

/** EXPIRE and its kin: the amount is argument 2, conditions follow. */
function expire(call: Call, unitMs: number, isAbsolute: boolean): void {
  const condition = expireCondition(call);
  if (condition < 0) return;
  const amount = call.exactInteger(2);
  if (amount === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const now = call.keyspace.now;
  const deadline =
    typeof amount === 'bigint'
      ? wideDeadline(amount, unitMs)
      : deadlineFrom(amount, unitMs, isAbsolute ? 0 : now);
  if (deadline === INVALID_DEADLINE) {
    call.reply.error(errors.invalidExpireTime(call.command.fullName));
    return;
  }
  const entry = call.find(0, 1);
  if (entry === 0 || !meets(condition, deadline, call.keyspace.entries.deadline(entry))) {
    call.reply.integer(0);
  } else if (deadline <= now) {
    call.keyspace.remove(call.keyShard(0), call.client.database, entry);
    call.reply.integer(1);
  } else if (call.keyspace.setDeadline(call.keyShard(0), call.client.database, entry, deadline)) {
    call.reply.integer(1);
  } else {
    call.reply.error(errors.OUT_OF_MEMORY);
  }
}

/** The conditions named, as a set of bits; -1 after an error reply. */
function expireCondition(call: Call): number {
  let condition = 0;
  for (let index = 3; index < call.count; index++) {
    if (call.is(index, 'NX')) condition |= ONLY_WITHOUT;
    else if (call.is(index, 'XX')) condition |= ONLY_WITH;
    else if (call.is(index, 'GT')) condition |= ONLY_LATER;
    else if (call.is(index, 'LT')) condition |= ONLY_EARLIER;
    else {
      call.reply.error(errors.unsupportedOption(call.bytes, call.offset(index), call.size(index)));
      return -1;
    }
  }
  if ((condition & ONLY_WITHOUT) !== 0 && condition !== ONLY_WITHOUT) {
    call.reply.error(errors.EXPIRE_NX_WITH_OTHERS);
    return -1;
  }
  if ((condition & ONLY_LATER) !== 0 && (condition & ONLY_EARLIER) !== 0) {
    call.reply.error(errors.EXPIRE_GT_WITH_LT);
    return -1;
  }
  return condition;
}

/** A key that never expires counts as one that expires after every deadline. */
function meets(condition: number, deadline: number, current: number): boolean {
  if (condition === 0) return true;
  if ((condition & ONLY_WITHOUT) !== 0 && current !== 0) return false;
  if ((condition & ONLY_WITH) !== 0 && current === 0) return false;
  if ((condition & ONLY_LATER) !== 0 && (current === 0 || deadline <= current)) return false;
  return (condition & ONLY_EARLIER) === 0 || current === 0 || deadline < current;
}

/** TTL and its kin: -2 for no key, -1 for no expiry. */
function ttl(call: Call, unitMs: number, isAbsolute: boolean): void {
  const entry = call.peek(0, 1);
  if (entry === 0) {
    call.reply.integer(-2);
    return;
  }
  const deadline = call.keyspace.entries.deadline(entry);
  if (deadline === 0) {
    call.reply.integer(-1);
    return;
  }
  const ms = isAbsolute ? deadline : Math.max(0, deadline - call.keyspace.now);
  call.reply.integer(unitMs === 1 ? ms : Math.floor((ms + unitMs / 2) / unitMs));
}

function persist(call: Call): void {
  const entry = call.find(0, 1);
  if (entry === 0 || !call.keyspace.entries.hasExpiry(entry)) call.reply.integer(0);
  else if (call.keyspace.setDeadline(call.keyShard(0), call.client.database, entry, 0)) call.reply.integer(1);
  else call.reply.error(errors.OUT_OF_MEMORY);
}

const EXPIRE_CONDITION: ArgumentSpec = {
  name: 'condition',
  type: 'oneof',
  flags: ['optional'],
  since: '7.0.0',
  arguments: [
    { name: 'nx', type: 'pure-token', token: 'NX' },
    { name: 'xx', type: 'pure-token', token: 'XX' },
    { name: 'gt', type: 'pure-token', token: 'GT' },
    { name: 'lt', type: 'pure-token', token: 'LT' },
  ],
};

export const EXPIRY_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'expire',
    arity: -3,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Sets the time to live of a key in seconds.',
    complexity: 'O(1)',
    keys: UPDATES_ONE,
    arguments: [KEY, { name: 'seconds', type: 'integer' }, EXPIRE_CONDITION],
    reply: 'flag',
    run: (call) => expire(call, 1000, false),
  },
  {
    name: 'pexpire',
    arity: -3,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '2.6.0',
    summary: 'Sets the time to live of a key in milliseconds.',
    complexity: 'O(1)',
    keys: UPDATES_ONE,
    arguments: [KEY, { name: 'milliseconds', type: 'integer' }, EXPIRE_CONDITION],
    reply: 'flag',
    run: (call) => expire(call, 1, false),
  },
  {
    name: 'expireat',
    arity: -3,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '1.2.0',
    summary: 'Sets when a key expires, in Unix seconds.',
    complexity: 'O(1)',
    keys: UPDATES_ONE,
    arguments: [KEY, { name: 'unix-time-seconds', type: 'unix-time' }, EXPIRE_CONDITION],
    reply: 'flag',
    run: (call) => expire(call, 1000, true),
  },
  {
    name: 'pexpireat',
    arity: -3,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '2.6.0',
    summary: 'Sets when a key expires, in Unix milliseconds.',
    complexity: 'O(1)',
    keys: UPDATES_ONE,
    arguments: [KEY, { name: 'unix-time-milliseconds', type: 'unix-time' }, EXPIRE_CONDITION],
    reply: 'flag',
    run: (call) => expire(call, 1, true),
  },
  {
    name: 'ttl',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Returns the time to live of a key in seconds, -1 without one, -2 without the key.',
    complexity: 'O(1)',
    keys: READS_ONE,
    tips: ['nondeterministic_output'],
    arguments: [KEY],
    reply: 'integer',
    run: (call) => ttl(call, 1000, false),
  },
  {
    name: 'pttl',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '2.6.0',
    summary: 'Returns the time to live of a key in milliseconds, -1 without one, -2 without the key.',
    complexity: 'O(1)',
    keys: READS_ONE,
    tips: ['nondeterministic_output'],
    arguments: [KEY],
    reply: 'integer',
    run: (call) => ttl(call, 1, false),
  },
  {
    name: 'expiretime',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '7.0.0',
    summary: 'Returns when a key expires in Unix seconds, -1 if never, -2 without the key.',
    complexity: 'O(1)',
    keys: READS_ONE,
    arguments: [KEY],
    reply: 'integer',
    run: (call) => ttl(call, 1000, true),
  },
  {
    name: 'pexpiretime',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '7.0.0',
    summary: 'Returns when a key expires in Unix milliseconds, -1 if never, -2 without the key.',
    complexity: 'O(1)',
    keys: READS_ONE,
    arguments: [KEY],
    reply: 'integer',
    run: (call) => ttl(call, 1, true),
  },
  {
    name: 'persist',
    arity: 2,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '2.2.0',
    summary: 'Takes the time to live of a key away.',
    complexity: 'O(1)',
    keys: UPDATES_ONE,
    arguments: [KEY],
    reply: 'flag',
    run: persist,
  },
];

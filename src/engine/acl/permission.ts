/**
 * Whether a user may run a command with the arguments that it has.
 *
 * One selector must allow the command, all of its keys in the ways in which it uses them, and all of its channels. If none does,
 * the reason that is told is the one of the selector that came furthest: a channel before a key, a key before the command, and
 * of keys or channels the last one.
 *
 * Asked for every command of a user who may not do everything, it allocates nothing.
 */

import type { Arguments, Command, KeyFlag } from '../command.js';
import { RequestKeys } from '../request-keys.js';
import { READS, type Selector, WRITES } from './selector.js';
import type { User } from './user.js';

/** What `check` finds, in the order in which a later one is told rather than an earlier one. */
export const ALLOWED = 0;
export const DENIED_COMMAND = 1;
export const DENIED_KEY = 2;
export const DENIED_CHANNEL = 3;

/** After a check that has denied something: the argument that is the key or channel; 0 (the name) when it is the command. */
export const denial = { argument: 0 };

/** One thread, one command at a time. */
const keys = new RequestKeys();

/** Whether the user may run the command: ALLOWED, or what is denied, and `denial` tells where. */
export function check(user: User, command: Command, request: Arguments): number {
  denial.argument = 0;
  if (user.isUnrestricted) return ALLOWED;
  keys.read(command, request);
  const selectors = user.selectors;
  let outcome = DENIED_COMMAND;
  let argument = 0;
  for (let index = 0; index < selectors.length; index++) {
    const found = checkSelector(selectors[index]!, command, request);
    if (found === ALLOWED) return ALLOWED;
    if (found > outcome || (found === outcome && denial.argument > argument)) {
      outcome = found;
      argument = denial.argument;
    }
  }
  denial.argument = argument;
  return outcome;
}

/**
 * Whether the user may run the command, and read any key at all meanwhile: one that reads keys which its arguments do not name
 * needs that.
 */
export function mayReadAnyKey(user: User, command: Command, request: Arguments): boolean {
  if (user.isUnrestricted) return true;
  keys.read(command, request);
  for (const selector of user.selectors) {
    if (selector.allowsAnyKey(READS) && checkSelector(selector, command, request) === ALLOWED) return true;
  }
  return false;
}

/** The keys of the request have been read. */
function checkSelector(selector: Selector, command: Command, request: Arguments): number {
  denial.argument = 0;
  if (!command.needsNoAuthentication && !selector.allows(command.index)) {
    if (!allowsFirstArgument(selector, command, request)) return DENIED_COMMAND;
  }
  if (!selector.allowsAllKeys && !allowsKeys(selector, command, request)) return DENIED_KEY;
  if (!selector.allowsAllChannels && !allowsChannels(selector, command, request)) return DENIED_CHANNEL;
  return ALLOWED;
}

function allowsFirstArgument(selector: Selector, command: Command, request: Arguments): boolean {
  if (request.count < 2) return false;
  const words = selector.firstArgumentsOf(command.index);
  for (let index = 0; index < words.length; index++) {
    if (request.is(1, words[index]!.word)) return true;
  }
  return false;
}

function allowsKeys(selector: Selector, command: Command, request: Arguments): boolean {
  for (let key = 0; key < keys.count; key++) {
    if (!allowsKey(selector, request, keys.argumentOf(key), useOf(keys.flagsOf(key)))) return false;
  }
  // The one that the command will really write, whichever others its options name.
  const movableKey = command.movableKey?.(request) ?? 0;
  return movableKey === 0 || allowsKey(selector, request, movableKey, WRITES);
}

function allowsKey(selector: Selector, request: Arguments, argument: number, use: number): boolean {
  denial.argument = argument;
  return selector.allowsKey(request.bytes, request.offset(argument), request.size(argument), use);
}

/** What a user has to be allowed to do with a key: of a key that is only asked about, as by EXISTS, nothing in particular. */
function useOf(flags: readonly KeyFlag[]): number {
  let use = 0;
  for (let index = 0; index < flags.length; index++) {
    const flag = flags[index];
    if (flag === 'access') use |= READS;
    else if (flag === 'insert' || flag === 'update' || flag === 'delete') use |= WRITES;
  }
  return use;
}

function allowsChannels(selector: Selector, command: Command, request: Arguments): boolean {
  const range = command.spec.channels;
  if (range === undefined) return true;
  const last = range.last < 0 ? request.count + range.last : range.last;
  for (let index = range.first; index <= last; index += range.step) {
    const offset = request.offset(index);
    denial.argument = index;
    if (!selector.allowsChannel(request.bytes, offset, request.size(index), range.arePatterns)) return false;
  }
  return true;
}

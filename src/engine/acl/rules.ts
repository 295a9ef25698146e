/**
 * Rules: how ACL SETUSER, configuration files and ACL files say what a user is and may do. describe.ts is the other way round.
 *
 *     on off  nopass resetpass >password <password #hash !hash  sanitize-payload skip-sanitize-payload
 *     (rules) clearselectors  reset
 *     ~pattern %R~pattern %W~pattern %RW~pattern allkeys resetkeys  &pattern allchannels resetchannels
 *     +command -command +command|subcommand -command|subcommand +command|word +@category -@category allcommands nocommands
 *
 * Those of the last two lines are a selector's: of the root, or, where they stand in parentheses, of one more.
 * All texts are bytes, one character each. Words are taken in any case.
 *
 * Source: Redis's documentation of ACLs, and what redis-server 7.0.15 replies.
 */

import { splitQuoted } from '../config/parse.js';
import { READS, READS_AND_WRITES, type Selector, WRITES } from './selector.js';
import { hashPassword, isPasswordHash, type User } from './user.js';
import type { Vocabulary } from './vocabulary.js';

/** What can be wrong with a rule, in Redis's words. */
const SYNTAX = 'Syntax error';
/** Says no more than which name is unknown: a line with it can be shown to anybody. */
export const UNKNOWN_NAME = 'Unknown command or category name in ACL';
const NO_SUCH_PASSWORD = 'The password you are trying to remove from the user does not exist';
const BAD_HASH =
  'The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters';
const WORD_OF_SUBCOMMAND = 'Allowing first-arg of a subcommand is not supported';
const KEYS_AFTER_ALL =
  "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. " +
  "Try 'resetkeys' to start with an empty list of patterns";
const CHANNELS_AFTER_ALL =
  "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. " +
  "Try 'resetchannels' to start with an empty list of channels";

/** C's isspace, and the end of a text: what no name of a user and no pattern may have in it. */
const SPACE = /[ \t\n\v\f\r\0]/;

/** Rules that are one word. */
const USER_WORDS: ReadonlyMap<string, (user: User, vocabulary: Vocabulary) => void> = new Map([
  ['on', (user) => user.setOn(true)],
  ['off', (user) => user.setOn(false)],
  ['nopass', (user) => user.clearPasswords(true)],
  ['resetpass', (user) => user.clearPasswords(false)],
  ['sanitize-payload', (user) => user.setSanitizing(true)],
  ['skip-sanitize-payload', (user) => user.setSanitizing(false)],
  ['clearselectors', (user) => user.clearSelectors()],
  ['reset', (user, { grantsChannels }) => user.reset(grantsChannels)],
]);
const SELECTOR_WORDS: ReadonlyMap<string, (selector: Selector) => void> = new Map([
  ['allkeys', (selector) => selector.setAllKeys(true)],
  ['~*', (selector) => selector.setAllKeys(true)],
  ['resetkeys', (selector) => selector.setAllKeys(false)],
  ['allchannels', (selector) => selector.setAllChannels(true)],
  ['&*', (selector) => selector.setAllChannels(true)],
  ['resetchannels', (selector) => selector.setAllChannels(false)],
  ['allcommands', (selector) => selector.setAllCommands(true)],
  ['+@all', (selector) => selector.setAllCommands(true)],
  ['nocommands', (selector) => selector.setAllCommands(false)],
  ['-@all', (selector) => selector.setAllCommands(false)],
]);

/** True for what can be a user's name. */
export function isUserName(name: string): boolean {
  return !SPACE.test(name);
}

/**
 * Applies one rule to a user. Returns what is wrong with it, in Redis's words; then nothing has changed. An empty rule is none.
 */
export function applyRule(user: User, rule: string, vocabulary: Vocabulary): string | undefined {
  if (rule === '') return undefined;
  const word = USER_WORDS.get(rule.toLowerCase());
  if (word !== undefined) {
    word(user, vocabulary);
    return undefined;
  }
  const value = rule.slice(1);
  switch (rule[0]) {
    case '>':
      return addPassword(user, hashPassword(value));
    case '#':
      return isPasswordHash(value) ? addPassword(user, value) : BAD_HASH;
    case '<':
      return removePassword(user, hashPassword(value));
    case '!':
      return isPasswordHash(value) ? removePassword(user, value) : BAD_HASH;
  }
  if (rule.startsWith('(') && rule.endsWith(')')) return addSelector(user, rule.slice(1, -1), vocabulary);
  return applySelectorRule(user.root, rule, vocabulary);
}

/**
 * Puts the rules together of which a selector in parentheses consists: words of a line have been parted at its spaces. Where a
 * parenthesis is not closed, the rule that begins with it.
 */
export function joinSelectors(rules: readonly string[]): { joined: string[]; unclosed: string | undefined } {
  const joined: string[] = [];
  let unclosed: string | undefined;
  let selector = '';
  for (const rule of rules) {
    if (unclosed !== undefined) {
      selector += ` ${rule}`;
      if (!rule.endsWith(')')) continue;
      joined.push(selector);
      unclosed = undefined;
    } else if (rule.startsWith('(') && !rule.endsWith(')')) {
      unclosed = rule;
      selector = rule;
    } else {
      joined.push(rule);
    }
  }
  return { joined, unclosed };
}

function addPassword(user: User, hash: string): undefined {
  user.addPassword(hash);
}

function removePassword(user: User, hash: string): string | undefined {
  return user.passwords.delete(hash) ? undefined : NO_SUCH_PASSWORD;
}

/** Unbalanced quotes are no rules at all, as in Redis: a selector that allows nothing. */
function addSelector(user: User, text: string, vocabulary: Vocabulary): string | undefined {
  const selector = user.makeSelector();
  if (vocabulary.grantsChannels) selector.setAllChannels(true);
  for (const rule of splitQuoted(text) ?? []) {
    const problem = applySelectorRule(selector, rule, vocabulary);
    if (problem !== undefined) return problem;
  }
  user.addSelector(selector);
  return undefined;
}

function applySelectorRule(selector: Selector, rule: string, vocabulary: Vocabulary): string | undefined {
  const word = SELECTOR_WORDS.get(rule.toLowerCase());
  if (word !== undefined) {
    word(selector);
    return undefined;
  }
  switch (rule[0]) {
    case '~':
      return addKeys(selector, rule.slice(1), READS_AND_WRITES);
    case '%':
      return addKeysToUse(selector, rule);
    case '&':
      return addChannels(selector, rule.slice(1));
    case '+':
    case '-':
      return rule[1] === '@'
        ? setCategory(selector, rule, vocabulary)
        : setCommand(selector, rule, vocabulary);
    default:
      return SYNTAX;
  }
}

/** `%R~pattern`. Without a pattern it is one of the key without a name, as in Redis. */
function addKeysToUse(selector: Selector, rule: string): string | undefined {
  if (selector.allowsAllKeys) return KEYS_AFTER_ALL;
  const [start, letters = ''] = /^%(R|W|RW|WR)(?:~|$)/i.exec(rule) ?? [];
  if (start === undefined) return SYNTAX;
  const permissions = (/r/i.test(letters) ? READS : 0) | (/w/i.test(letters) ? WRITES : 0);
  return addKeys(selector, rule.slice(start.length), permissions);
}

function addKeys(selector: Selector, pattern: string, permissions: number): string | undefined {
  if (selector.allowsAllKeys) return KEYS_AFTER_ALL;
  if (SPACE.test(pattern)) return SYNTAX;
  selector.addKeys(pattern, permissions);
  return undefined;
}

function addChannels(selector: Selector, pattern: string): string | undefined {
  if (selector.allowsAllChannels) return CHANNELS_AFTER_ALL;
  if (SPACE.test(pattern)) return SYNTAX;
  selector.addChannels(pattern);
  return undefined;
}

function setCategory(selector: Selector, rule: string, vocabulary: Vocabulary): string | undefined {
  const category = vocabulary.category(rule.slice(2));
  if (category === undefined) return UNKNOWN_NAME;
  selector.setCategory(category, rule[0] === '+');
  return undefined;
}

function setCommand(selector: Selector, rule: string, vocabulary: Vocabulary): string | undefined {
  const isAllowed = rule[0] === '+';
  const name = rule.slice(1);
  const bar = name.lastIndexOf('|');
  if (isAllowed && bar >= 0) {
    const parent = vocabulary.command(name.slice(0, bar));
    const word = name.slice(bar + 1);
    if (parent === undefined) return UNKNOWN_NAME;
    if (parent.fullName.includes('|')) return WORD_OF_SUBCOMMAND;
    // Redis takes a word with a space, too, and writes it to a file that it can not read again.
    if (word === '' || SPACE.test(word)) return SYNTAX;
    if (parent.subcommands.length === 0) {
      selector.addFirstArgument(parent, word);
      return undefined;
    }
  }
  const command = vocabulary.command(name);
  if (command === undefined) return UNKNOWN_NAME;
  selector.setCommand(command, isAllowed);
  return undefined;
}

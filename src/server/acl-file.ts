/**
 * The ACL file: a line `user <name> <rules>` for each user, and nothing else.
 *
 * Bytes are read and written as they are, one character each. What is wrong with a file is told all at once, in Redis's words
 * and with what may be shown of it: never a rule that could be a password.
 *
 * Source: `ACLLoadFromFile` and `ACLSaveToFile` in acl.c of Redis 7.0.
 */

import { readFileSync, realpathSync, statSync } from 'node:fs';
import { applyRule, isUserName, joinSelectors, UNKNOWN_NAME } from '../engine/acl/rules.js';
import { User } from '../engine/acl/user.js';
import type { Vocabulary } from '../engine/acl/vocabulary.js';
import { describeFileError } from './config-file.js';
import { replaceFile } from './replace-file.js';

/** It holds the passwords' hashes. */
const MODE = 0o600;
const NO_CHANGE = 'WARNING: ACL errors detected, no change to the previously active ACL rules was performed';

/** What a file says: lines for `Users.load`, or what is wrong with it. */
export type AclFileContents =
  | { readonly lines: readonly string[]; readonly error?: undefined }
  | { readonly error: string };

/** Reads the users in the file at `path`. */
export function readAclFile(path: string, vocabulary: Vocabulary): AclFileContents {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    return { error: `Error loading ACLs, opening file '${path}': ${describeFileError(error)}` };
  }
  const lines: string[] = [];
  const names = new Set<string>();
  let problems = '';
  for (const [index, raw] of text.split('\n').entries()) {
    const line = trimSpace(raw);
    if (line === '') continue;
    const where = `${path}:${index + 1}`;
    const [word, name, ...rules] = line.split(' ');
    if (word !== 'user' || name === undefined) {
      problems += `${where} should start with user keyword followed by the username. `;
    } else if (!isUserName(name)) {
      problems += `'${where}: username '${name}' contains invalid characters. `;
    } else if (names.has(name)) {
      problems += `WARNING: Duplicate user '${name}' found on line ${index + 1}. `;
    } else {
      names.add(name);
      lines.push(['user', name, ...rules.map(trimSpace)].join(' '));
      problems += problemsOf(rules.map(trimSpace), vocabulary, where);
    }
  }
  return problems === '' ? { lines } : { error: problems + NO_CHANGE };
}

/**
 * Makes these its lines: all of them, or none (replace-file.ts).
 *
 * @throws the system's error; the file is then as it was
 */
export function writeAclFile(path: string, lines: readonly string[]): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  const target = stats === undefined ? path : realpathSync(path); // the file itself, not a link to it
  const data = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');
  replaceFile(target, { data, mode: MODE, like: stats });
}

/** Every name that is unknown is told; of all else, which may be a password, only the first, and not what it is. */
function problemsOf(rules: readonly string[], vocabulary: Vocabulary, where: string): string {
  const { joined, unclosed } = joinSelectors(rules);
  if (unclosed !== undefined) return `${where}: Unmatched parenthesis in selector definition.`;
  const user = new User('', vocabulary.commands.length);
  let problems = '';
  let isTold = false;
  for (const rule of joined) {
    const problem = applyRule(user, rule, vocabulary);
    if (problem === UNKNOWN_NAME) {
      problems += `${where}: Error in applying operation '${rule}': ${problem}. `;
    } else if (problem !== undefined && !isTold) {
      problems += `${where}: ${problem}. `;
      isTold = true;
    }
  }
  return problems;
}

/** Spaces at both ends, and what ends a line elsewhere. */
function trimSpace(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}

/**
 * Lines of a configuration that are no options, because there may be any number of them:
 *
 *     user <name> [<rule> ...]              a user, with the rules of ACL SETUSER
 *     rename-command <command> <new name>   "" in the place of the name: nobody can call it
 *
 * They add up over all sources. What they say is checked where users and commands are known (server/access-control.ts). Names and
 * rules are bytes, as a client sends them: one character a byte.
 */

import { CrabError } from '../../base/errors.js';
import type { CommandRename } from '../command.js';

const RENAME = 'rename-command';
/** What stands in a file as it is: printable, without quotes and spaces. */
const PLAIN = /^[!#-&(-[\]-~]+$/;

/** A declared user. */
export interface UserLine {
  readonly name: string;
  readonly rules: readonly string[];
  /** Where it was written, for messages. */
  readonly origin: string;
}

/** The lines that a configuration has. */
export class AccessLines {
  readonly users: UserLine[] = [];
  readonly renames: CommandRename[] = [];

  /**
   * Takes a directive that is one of these lines; false when it is none.
   *
   * @throws CrabError when it has too few or too many words
   */
  take(name: string, words: readonly string[], origin: string): boolean {
    if (isUserLine(name)) {
      const [user, ...rules] = words;
      if (user === undefined) throw wrongLine(`user wants a name (${origin})`);
      this.users.push({ name: user, rules, origin });
      return true;
    }
    if (name.toLowerCase() !== RENAME) return false;
    const [command = '', newName = ''] = words;
    if (words.length !== 2) throw wrongLine(`${RENAME} wants a command and its new name (${origin})`);
    this.renames.push([command, newName]);
    return true;
  }
}

/** True for a line, or the first word of one, that declares a user. */
export function isUserLine(line: string): boolean {
  return /^user(\s|$)/i.test(line);
}

/** True for the first word of a line that is here. */
export function isAccessLine(name: string): boolean {
  return isUserLine(name) || name.toLowerCase() === RENAME;
}

/** The text in bytes, one character each. */
export function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A line of `Users.lines()` as it stands in a configuration file. */
export function quoteUserLine(line: string): string {
  return line.split(' ').map(quoteBytes).join(' ');
}

function quoteBytes(word: string): string {
  if (PLAIN.test(word)) return word;
  const escaped = word.replace(/["\\]|[^ -~]/g, (byte) =>
    byte === '"' || byte === '\\' ? `\\${byte}` : `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}

function wrongLine(message: string): CrabError {
  return new CrabError('CONFIG', message);
}

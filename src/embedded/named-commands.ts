/**
 * Commands by their names, for `send`.
 */

import type { Argument, CommandInfo } from '../client/command-runner.js';
import { UsageError } from '../client/errors.js';
import type { CommandSpec } from '../engine/command.js';

/** What changes the session itself, which is not the caller's alone; and what to do instead. */
const SESSION_COMMANDS: Readonly<Record<string, string>> = {
  SELECT: 'give the option db when you open or attach',
  AUTH: 'whoever has the store may do everything',
  HELLO: 'there is no protocol between you and the store',
  QUIT: 'use close()',
  RESET: 'there is nothing to reset',
  MONITOR: 'connect to the port of listen()',
  'CLIENT REPLY': 'every call has an answer',
};

const READ_ONLY = 'readonly';
const BLOCKING = 'blocking';

export class NamedCommands {
  private readonly specs: ReadonlyMap<string, CommandSpec>;
  private readonly found = new Map<string, CommandInfo>();

  constructor(specs: readonly CommandSpec[]) {
    this.specs = new Map(specs.map((spec) => [spec.name.toUpperCase(), spec]));
  }

  /**
   * The command named `name`, in any case. Of a container the first argument is one of its words, and no argument then. What does
   * not exist is for the executor to refuse.
   *
   * @throws UsageError when the name is none, or the command is not for `send`
   */
  find(name: string, args: readonly Argument[]): CommandInfo {
    if (typeof name !== 'string' || name === '')
      throw new UsageError(`'${String(name)}' is no name of a command`);
    const upper = name.toUpperCase();
    const spec = this.specs.get(upper);
    const subname = spec?.subcommands === undefined ? undefined : subcommandName(args[0]);
    const key = subname === undefined ? upper : `${upper} ${subname}`;
    const known = this.found.get(key);
    if (known !== undefined) return known;
    if (Object.hasOwn(SESSION_COMMANDS, key)) {
      throw new UsageError(
        `${key} is about the session, which belongs to the store: ${SESSION_COMMANDS[key]}`,
      );
    }
    const own = spec?.subcommands?.find((child) => child.name.toUpperCase() === subname);
    if (spec === undefined) return infoOf([upper], []);
    if (subname !== undefined && own === undefined) return this.find(name, []);
    const info = infoOf(key.split(' '), (own ?? spec).flags);
    this.found.set(key, info);
    return info;
  }
}

function subcommandName(argument: Argument | undefined): string | undefined {
  if (typeof argument === 'string') return argument.toUpperCase();
  return argument instanceof Uint8Array ? Buffer.from(argument).toString('latin1').toUpperCase() : undefined;
}

function infoOf(words: readonly string[], flags: readonly string[]): CommandInfo {
  return {
    words,
    isReadOnly: flags.includes(READ_ONLY),
    blocking: flags.includes(BLOCKING) ? { timeoutAt: -1, timeoutUnitMs: 1000 } : undefined,
    convert: undefined,
    repliesBytes: false,
    encodedWords: undefined,
  };
}

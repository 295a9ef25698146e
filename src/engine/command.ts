/**
 * Commands as data: what a command is called, how many arguments it takes, which of them are keys, and what it is.
 *
 * A spec stands beside its handler in src/commands. From the specs come the command table, COMMAND INFO and DOCS,
 * docs/commands.md, and later the ACL masks and the client's typings. Names and values of the fields are Redis's.
 */

import type { Call } from './call.js';

/** Flags as COMMAND INFO shows them. */
export type CommandFlag =
  | 'write'
  | 'readonly'
  | 'denyoom'
  | 'admin'
  | 'noscript'
  | 'loading'
  | 'stale'
  | 'fast'
  | 'no_auth'
  | 'no_async_loading'
  | 'no_multi'
  | 'allow_busy';

export type CommandGroup = 'string' | 'generic' | 'connection' | 'server';

/** How a command's keys are found: argument numbers, the command's name being 0. */
export interface KeyRange {
  readonly first: number;
  /** Negative counts from the last argument: -1 is the last one. */
  readonly last: number;
  readonly step: number;
  /** As in COMMAND INFO's key specifications. */
  readonly flags: readonly (
    | 'RO'
    | 'RW'
    | 'OW'
    | 'RM'
    | 'access'
    | 'update'
    | 'insert'
    | 'delete'
    | 'variable_flags'
  )[];
  readonly notes?: string;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly type: 'key' | 'string' | 'integer' | 'pattern' | 'unix-time' | 'pure-token' | 'oneof' | 'block';
  readonly token?: string;
  readonly flags?: readonly ('optional' | 'multiple' | 'multiple_token')[];
  readonly since?: string;
  readonly arguments?: readonly ArgumentSpec[];
}

export interface CommandSpec {
  /** Lower case; of a subcommand, its own name only. */
  readonly name: string;
  /** Exact number of arguments, the name included; negative = at least that many. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  readonly group: CommandGroup;
  /** The Redis version that first had it. */
  readonly since: string;
  readonly summary: string;
  readonly complexity: string;
  readonly keys?: KeyRange;
  /** Categories beyond those that follow from flags and group. */
  readonly categories?: readonly string[];
  readonly arguments?: readonly ArgumentSpec[];
  readonly tips?: readonly string[];
  readonly subcommands?: readonly CommandSpec[];
  /** Absent in a command that only holds subcommands. */
  readonly run?: Handler;
}

/** Runs a command: reads its arguments from the call, writes exactly one reply. */
export type Handler = (call: Call) => void;

/** A spec made ready for the hot path. */
export class Command {
  readonly spec: CommandSpec;
  /** `get`, or `client|list` for a subcommand. */
  readonly fullName: string;
  readonly run: Handler | undefined;
  readonly arity: number;
  readonly firstKey: number;
  readonly lastKey: number;
  readonly keyStep: number;
  readonly isWrite: boolean;
  readonly deniesOutOfMemory: boolean;
  readonly needsNoAuthentication: boolean;
  readonly subcommands: readonly Command[];

  constructor(spec: CommandSpec, parent = '') {
    this.spec = spec;
    this.fullName = parent === '' ? spec.name : `${parent}|${spec.name}`;
    this.run = spec.run;
    this.arity = spec.arity;
    this.firstKey = spec.keys?.first ?? 0;
    this.lastKey = spec.keys?.last ?? 0;
    this.keyStep = spec.keys?.step ?? 0;
    this.isWrite = spec.flags.includes('write');
    this.deniesOutOfMemory = spec.flags.includes('denyoom');
    this.needsNoAuthentication = spec.flags.includes('no_auth');
    this.subcommands = (spec.subcommands ?? []).map((child) => new Command(child, spec.name));
  }

  /** True when the request has a number of arguments that the command can take. */
  accepts(count: number): boolean {
    return this.arity >= 0 ? count === this.arity : count >= -this.arity;
  }
}

/**
 * Finds commands by name, whatever the case, without making a string of it: open addressing on a hash of the
 * lower-cased bytes.
 */
export class CommandTable {
  readonly commands: readonly Command[];
  private readonly slots: (Command | undefined)[];
  private readonly mask: number;

  constructor(specs: readonly CommandSpec[]) {
    this.commands = specs.map((spec) => new Command(spec));
    this.mask = 2 ** Math.ceil(Math.log2(this.commands.length * 4)) - 1;
    this.slots = new Array<Command | undefined>(this.mask + 1).fill(undefined);
    for (const command of this.commands) {
      const name = Buffer.from(command.spec.name);
      let at = nameHash(name, 0, name.length) & this.mask;
      while (this.slots[at] !== undefined) at = (at + 1) & this.mask;
      this.slots[at] = command;
    }
  }

  /** The command of that name, or undefined. */
  find(bytes: Uint8Array, offset: number, size: number): Command | undefined {
    let at = nameHash(bytes, offset, size) & this.mask;
    for (;;) {
      const command = this.slots[at];
      if (command === undefined || isName(command.spec.name, bytes, offset, size)) return command;
      at = (at + 1) & this.mask;
    }
  }
}

/** True when the bytes spell `name` (lower case) in any case. */
export function isName(name: string, bytes: Uint8Array, offset: number, size: number): boolean {
  if (name.length !== size) return false;
  for (let index = 0; index < size; index++) {
    const byte = bytes[offset + index]!;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    if (lower !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** The bit that tells letters' cases apart is set in all, so that it makes no difference. */
function nameHash(bytes: Uint8Array, offset: number, size: number): number {
  let hash = size;
  for (let index = 0; index < size; index++)
    hash = Math.imul(hash ^ (bytes[offset + index]! | 0x20), 0x0100_0193);
  return hash ^ (hash >>> 15);
}

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
  | 'blocking'
  | 'loading'
  | 'stale'
  | 'fast'
  | 'no_auth'
  | 'no_async_loading'
  | 'no_multi'
  | 'no_mandatory_keys'
  | 'allow_busy'
  | 'movablekeys'
  | 'skip_monitor'
  | 'skip_slowlog'
  | 'blocking';

export type CommandGroup =
  | 'string'
  | 'list'
  | 'set'
  | 'sorted-set'
  | 'hash'
  | 'geo'
  | 'bitmap'
  | 'hyperloglog'
  | 'generic'
  | 'connection'
  | 'server';

/** The arguments of a request, by number, the command's name being 0: a `Call`, or a request that stands in another one. */
export interface Arguments {
  readonly count: number;
  /** Where they lie: `size(index)` bytes at `offset(index)`. */
  readonly bytes: Uint8Array;
  offset(index: number): number;
  size(index: number): number;
  /** True when argument `index` is `word` (UPPER CASE) in any case. */
  is(index: number, word: string): boolean;
  /** Argument `index` as `parseInteger` reads it. */
  integer(index: number): number;
}

/** How a command's keys are found: argument numbers, the command's name being 0. */
export interface KeyRange {
  readonly first: number;
  /** Negative counts from the last argument: -1 is the last one. Of no meaning with `countAt`. */
  readonly last: number;
  readonly step: number;
  /** The argument that says how many keys there are, as in `MSETEX numkeys key value ...`. */
  readonly countAt?: number;
  readonly flags: readonly KeyFlag[];
  /** What holds of a certain request, for `variable_flags`. Allocates nothing. */
  readonly flagsOf?: (request: Arguments) => readonly KeyFlag[];
  readonly notes?: string;
  /** The key is not at a fixed place: `first`, `last` and `step` say nothing then, and the command finds the key by itself. */
  readonly search?: KeySearch;
}

/** How a key that may be anywhere in a request is found, for COMMAND INFO, COMMAND GETKEYS and what users may do. */
export interface KeySearch {
  /** The word before the key, upper case, and the argument from which on it is looked for; without it it is `unknown` where. */
  readonly keyword?: string;
  readonly startFrom?: number;
  /** The key's argument number in a request; -1 when it has none. Allocates nothing. */
  readonly find: (request: Arguments) => number;
}

/** Arguments that are channels. */
export interface ChannelRange {
  readonly first: number;
  /** Negative counts from the last argument. */
  readonly last: number;
  readonly step: number;
  /** They are patterns, of which a user must have been allowed the very same. */
  readonly arePatterns: boolean;
}

/** What a command does with a key: as in COMMAND INFO's key specifications. */
export type KeyFlag =
  | 'RO'
  | 'RW'
  | 'OW'
  | 'RM'
  | 'access'
  | 'update'
  | 'insert'
  | 'delete'
  | 'variable_flags';

export interface ArgumentSpec {
  readonly name: string;
  readonly type:
    | 'key'
    | 'string'
    | 'integer'
    | 'double'
    | 'pattern'
    | 'unix-time'
    | 'pure-token'
    | 'oneof'
    | 'block';
  readonly token?: string;
  /** Of a key, or a pattern of keys: which of the command's key ranges it is in; a key is in the first one otherwise. */
  readonly keySpec?: number;
  readonly flags?: readonly ('optional' | 'multiple' | 'multiple_token')[];
  readonly since?: string;
  readonly arguments?: readonly ArgumentSpec[];
}

/**
 * What a command replies, in terms of RESP3; RESP2 says the same with less: texts for doubles, flat arrays for maps and pairs.
 * The client's methods and their types are made of it.
 *
 * | notation | reply |
 * |---|---|
 * | `ok` | the status OK |
 * | `text` | any bytes: a key, a value |
 * | `string` | a status or a text in the server's own words, always characters |
 * | `bytes` | a text that is never characters: DUMP's |
 * | `integer`, `counter` | an integer within 2^53, or of any 64 bits |
 * | `flag` | an integer that says no or yes: never anything but 0 and 1 |
 * | `double`, `decimal` | a double, or a number as text in RESP3, too |
 * | `array<X>` `set<X>` `map<K,V>` | of so many as there are |
 * | `pairs<X,Y>` | an array of arrays of two; flat in RESP2. `flat<X,Y>`: flat in both |
 * | `[X,Y]` `{a:X,b:Y}` | an array of just these; with names for them that are not on the wire |
 * | `map{a:X,b:Y}` | a map of just these keys |
 * | `X?` | X or null; of `[X,Y]?` also an empty array |
 * | `any` | anything |
 * | another word | something with a form of its own, described in src/client/shapes.ts: `place` |
 *
 * Where it depends on the request: the first case of which the request has a word (`GET`), or an argument that has no word before
 * it (`count`); `A|B` is one of several, `else` is the last case.
 */
export type ReplySpec = string | { readonly [condition: string]: string };

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
  /**
   * Several ranges, one behind the other and in the same step, where keys have different flags: `COPY source destination`; or one
   * key and then a range with a count.
   */
  readonly keys?: KeyRange | readonly KeyRange[];
  /**
   * The argument that is one more key of the request, behind those at fixed places, and may be anywhere; 0 = there is none. For
   * the executor: to COMMAND INFO and GETKEYS a range of `keys` with a `search` tells of it.
   */
  readonly movableKey?: (request: Arguments) => number;
  /** Channels that the command sends to or listens to, which its user must be allowed to. */
  readonly channels?: ChannelRange;
  /**
   * The command has one key and may log more than one record, which a crash must not part: they become one group. Commands with
   * several keys always log so.
   */
  readonly logsGroup?: boolean;
  /** The handler does by itself what the executor does around a command with keys, batons and all: SORT. */
  readonly takesBatons?: boolean;
  /**
   * Its reply comes from other threads, or at another moment: it may call `call.suspend`. `'if it can'`: unless the client may
   * not wait (`client.mayBlock`).
   */
  readonly suspends?: boolean | 'if it can';
  /** Not a write, and yet held up by a pause of writes, as in Redis: PFCOUNT, PUBLISH, EVAL. */
  readonly mayReplicate?: boolean;
  /** As quick as commands with the flag `fast`, which Redis denies it: see command-statistics.ts. */
  readonly isCheap?: boolean;
  /** True for an argument that must not be shown to anybody: by SLOWLOG, MONITOR. */
  readonly isSecret?: (call: Call, index: number) => boolean;
  /** Categories beyond those that follow from flags and group. */
  readonly categories?: readonly string[];
  /** In the place of the category that follows from the group. */
  readonly groupCategory?: string;
  readonly arguments?: readonly ArgumentSpec[];
  /** Every command that can be run has one. */
  readonly reply?: ReplySpec;
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
  readonly keyRanges: readonly KeyRange[];
  /** The ranges as one. */
  readonly firstKey: number;
  readonly lastKey: number;
  readonly keyStep: number;
  /** The second key: others may stand between it and the first, as in `ZUNIONSTORE destination numkeys key ...`. */
  readonly secondKey: number;
  /** Where the number of keys stands, 0 when it follows from the number of arguments; and how many keys it does not count. */
  readonly keyCountAt: number;
  readonly uncountedKeys: number;
  readonly movableKey: ((request: Arguments) => number) | undefined;
  /** No request of it has more keys than one. */
  readonly hasOneKey: boolean;
  readonly logsGroup: boolean;
  /** The handler runs without batons: there are no keys, or it takes them itself. */
  readonly runsBare: boolean;
  readonly isWrite: boolean;
  readonly mayReplicate: boolean;
  readonly deniesOutOfMemory: boolean;
  readonly needsNoAuthentication: boolean;
  readonly isFast: boolean;
  readonly isCheap: boolean;
  readonly skipsSlowlog: boolean;
  readonly subcommands: readonly Command[];
  /** Its number in the table, by which its statistics are found: set by `CommandTable`. */
  index = 0;

  constructor(spec: CommandSpec, parent = '') {
    this.spec = spec;
    this.fullName = parent === '' ? spec.name : `${parent}|${spec.name}`;
    this.run = spec.run;
    this.arity = spec.arity;
    this.keyRanges = spec.keys === undefined ? [] : [spec.keys].flat();
    const fixed = this.keyRanges.filter((range) => range.search === undefined);
    const firstRange = fixed[0];
    const lastRange = fixed.at(-1);
    this.firstKey = firstRange?.first ?? 0;
    this.lastKey = lastRange?.last ?? 0;
    this.keyStep = lastRange?.step ?? 0;
    const counted = fixed.find((range) => range.countAt !== undefined);
    this.keyCountAt = counted?.countAt ?? 0;
    this.uncountedKeys = counted === undefined || counted === firstRange ? 0 : 1;
    this.secondKey = this.uncountedKeys === 0 ? this.firstKey + this.keyStep : (counted?.first ?? 0);
    this.movableKey = spec.movableKey;
    this.hasOneKey = this.lastKey === this.firstKey && spec.movableKey === undefined;
    this.logsGroup = spec.logsGroup ?? false;
    this.runsBare = this.firstKey === 0 || (spec.takesBatons ?? false);
    this.isWrite = spec.flags.includes('write');
    this.mayReplicate = this.isWrite || (spec.mayReplicate ?? false);
    this.deniesOutOfMemory = spec.flags.includes('denyoom');
    this.needsNoAuthentication = spec.flags.includes('no_auth');
    this.isFast = spec.flags.includes('fast');
    this.isCheap = this.isFast || (spec.isCheap ?? false);
    this.skipsSlowlog = spec.flags.includes('skip_slowlog');
    this.subcommands = (spec.subcommands ?? []).map((child) => new Command(child, spec.name));
  }

  /**
   * How many keys a request of `count` arguments has; `stated` is what argument `keyCountAt` says, where there is one. -1 when it
   * says something impossible: the handler then runs without keys, to reply with the error that the command has for it.
   */
  keyCount(count: number, stated: number): number {
    if (this.keyCountAt !== 0) {
      const first = this.uncountedKeys === 0 ? this.firstKey : this.secondKey;
      const room = Math.floor((count - 1 - first) / this.keyStep) + 1;
      return stated > 0 && stated <= room ? stated + this.uncountedKeys : -1;
    }
    const last = this.lastKey < 0 ? count + this.lastKey : this.lastKey;
    return Math.floor((last - this.firstKey) / this.keyStep) + 1;
  }

  /** The argument that is key number `key`, 0 being the first. */
  keyAt(key: number): number {
    return key === 0 ? this.firstKey : this.secondKey + (key - 1) * this.keyStep;
  }

  /** True when the request has a number of arguments that the command can take. */
  accepts(count: number): boolean {
    return this.arity >= 0 ? count === this.arity : count >= -this.arity;
  }
}

/** `rename-command`: what a command was called, and what it is called here; nothing when nobody can call it. */
export type CommandRename = readonly [name: string, newName: string];

/**
 * Finds commands by name, whatever the case, without making a string of it: open addressing on a hash of the
 * lower-cased bytes.
 *
 * A renamed command is only found by its new name. Everything else goes by the name that it has in its spec, as in Redis: what is
 * shown of it, statistics, and the rules of users.
 */
export class CommandTable {
  /** Those that can be called. */
  readonly commands: readonly Command[];
  /** Commands and subcommands, also those that can't be called, each at its `index`. */
  readonly indexed: readonly Command[];
  private readonly slots: (Command | undefined)[];
  /** What the command in each slot is called. */
  private readonly slotNames: string[];
  private readonly mask: number;

  /** @throws RangeError when a rename is of no command, or to the name of another one; its message is Redis's */
  constructor(specs: readonly CommandSpec[], renames: readonly CommandRename[] = []) {
    const all = specs.map((spec) => new Command(spec));
    this.indexed = all.flatMap((command) => [command, ...command.subcommands]);
    for (const [index, command] of this.indexed.entries()) command.index = index;
    const byName = renamed(all, renames);
    this.commands = all.filter((command) => byName.has(command));
    this.mask = 2 ** Math.ceil(Math.log2(all.length * 4)) - 1;
    this.slots = new Array<Command | undefined>(this.mask + 1).fill(undefined);
    this.slotNames = new Array<string>(this.mask + 1).fill('');
    for (const [command, called] of byName) {
      const name = Buffer.from(called, 'latin1');
      let at = nameHash(name, 0, name.length) & this.mask;
      while (this.slots[at] !== undefined) at = (at + 1) & this.mask;
      this.slots[at] = command;
      this.slotNames[at] = called;
    }
  }

  /** The command of that name, or undefined. */
  find(bytes: Uint8Array, offset: number, size: number): Command | undefined {
    let at = nameHash(bytes, offset, size) & this.mask;
    for (;;) {
      const command = this.slots[at];
      if (command === undefined || isName(this.slotNames[at]!, bytes, offset, size)) return command;
      at = (at + 1) & this.mask;
    }
  }

  /** The command, or subcommand, that `name` (one character a byte, in any case) is: `get`, `client|list`. Allocates. */
  named(name: string): Command | undefined {
    const bar = name.indexOf('|');
    const bytes = Buffer.from(bar < 0 ? name : name.slice(0, bar), 'latin1');
    const command = this.find(bytes, 0, bytes.length);
    if (bar < 0) return command;
    const child = name.slice(bar + 1).toLowerCase();
    return command?.subcommands.find(({ spec }) => spec.name === child);
  }
}

/** The commands that can be called, with what each is called, in lower case. */
function renamed(commands: readonly Command[], renames: readonly CommandRename[]): Map<Command, string> {
  const byName = new Map(commands.map((command) => [command.fullName, command]));
  for (const [name, newName] of renames) {
    const command = byName.get(name.toLowerCase());
    const line = `rename-command ${name} ${newName}`;
    if (command === undefined) throw new RangeError(`${line}: No such command in rename-command`);
    byName.delete(name.toLowerCase());
    if (newName === '') continue;
    if (byName.has(newName.toLowerCase()))
      throw new RangeError(`${line}: Target command name already exists`);
    byName.set(newName.toLowerCase(), command);
  }
  return new Map([...byName].map(([name, command]) => [command, name]));
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

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

/** How a command's keys are found: argument numbers, the command's name being 0. */
export interface KeyRange {
  readonly first: number;
  /** Negative counts from the last argument: -1 is the last one. Of no meaning with `countAt`. */
  readonly last: number;
  readonly step: number;
  /** The argument that says how many keys there are, as in `MSETEX numkeys key value ...`. */
  readonly countAt?: number;
  readonly flags: readonly KeyFlag[];
  /** What holds of a certain request, for `variable_flags`: its words in upper case, the name first. */
  readonly flagsOf?: (words: readonly string[]) => readonly KeyFlag[];
  readonly notes?: string;
  /** The key is not at a fixed place: `first`, `last` and `step` say nothing then, and the command finds the key by itself. */
  readonly search?: KeySearch;
}

/** How a key that may be anywhere in a request is found, for COMMAND INFO and COMMAND GETKEYS. */
export interface KeySearch {
  /** The word before the key, upper case, and the argument from which on it is looked for; without it it is `unknown` where. */
  readonly keyword?: string;
  readonly startFrom?: number;
  /** The key's argument number in a request, its words in upper case, the name first; -1 when it has none. */
  readonly find: (words: readonly string[]) => number;
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
  readonly movableKey?: (call: Call) => number;
  /**
   * The command has one key and may log more than one record, which a crash must not part: they become one group. Commands with
   * several keys always log so.
   */
  readonly logsGroup?: boolean;
  /** The handler does by itself what the executor does around a command with keys, batons and all: SORT. */
  readonly takesBatons?: boolean;
  /** Its reply comes from other threads, or at another moment: it may call `call.suspend`. */
  readonly suspends?: boolean;
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
  readonly movableKey: ((call: Call) => number) | undefined;
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

/**
 * Finds commands by name, whatever the case, without making a string of it: open addressing on a hash of the
 * lower-cased bytes.
 */
export class CommandTable {
  readonly commands: readonly Command[];
  /** Commands and subcommands, each at its `index`. */
  readonly indexed: readonly Command[];
  private readonly slots: (Command | undefined)[];
  private readonly mask: number;

  constructor(specs: readonly CommandSpec[]) {
    this.commands = specs.map((spec) => new Command(spec));
    this.indexed = this.commands.flatMap((command) => [command, ...command.subcommands]);
    for (const [index, command] of this.indexed.entries()) command.index = index;
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
      if (command === undefined || isName(command.fullName, bytes, offset, size)) return command;
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

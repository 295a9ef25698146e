/**
 * Server: the commands as methods. Made of the specs in src/commands by `npm run docs`, and not to be edited.
 */

import {
  type AtMostOne,
  checkOptions,
  type Integer,
  type Many,
  type NotGiven,
  type PairOrPairs,
  type Pattern,
  pushPairOrPairs,
  restOf,
} from '../arguments.js';
import { reading, writing } from '../command.js';
import type { Argument, Mode, Result } from '../command-runner.js';
import type { Text } from '../reply.js';
import {
  type AccessRefusal,
  accessRefusal,
  asIs,
  asNumber,
  asString,
  type CommandDescription,
  type CommandDocumentation,
  commandDescription,
  commandDocumentation,
  listOf,
  type MemoryStatistic,
  mapOf,
  memoryStatistic,
  objectOf,
  recordOf,
  setOf,
  tupleOf,
  type UserDescription,
  userDescription,
} from '../shapes.js';
import { ConnectionCommands } from './connections.js';

const SWAPDB = writing('SWAPDB', asString);
const DBSIZE = reading('DBSIZE');
const FLUSHDB = writing('FLUSHDB', asString);
const FLUSHALL = writing('FLUSHALL', asString);
const TIME = reading('TIME', objectOf({ seconds: asNumber, microseconds: asNumber }));
const INFO = reading('INFO', asString);
const SAVE = writing('SAVE', asString);
const BGSAVE = writing('BGSAVE', asString);
const BGSAVE_OPTIONS: ReadonlySet<string> = new Set(['schedule']);
const LASTSAVE = reading('LASTSAVE');
const CONFIG_GET = reading('CONFIG GET', mapOf(asString, asString));
const CONFIG_SET = writing('CONFIG SET', asString);
const CONFIG_REWRITE = writing('CONFIG REWRITE', asString);
const CONFIG_RESETSTAT = writing('CONFIG RESETSTAT', asString);
const ACL_CAT = reading('ACL CAT', listOf(asString));
const ACL_DELUSER = writing('ACL DELUSER');
const ACL_DRYRUN = reading('ACL DRYRUN', asString);
const ACL_GENPASS = reading('ACL GENPASS', asString);
const ACL_GETUSER = reading('ACL GETUSER', userDescription);
const ACL_LIST = reading('ACL LIST', listOf(asString));
const ACL_LOAD = writing('ACL LOAD', asString);
const ACL_LOG = writing('ACL LOG', listOf(accessRefusal));
const ACL_LOG_RESET = writing('ACL LOG', asString);
const ACL_LOG_OPTIONS: ReadonlySet<string> = new Set(['reset']);
const ACL_SAVE = writing('ACL SAVE', asString);
const ACL_SETUSER = writing('ACL SETUSER', asString);
const ACL_USERS = reading('ACL USERS', listOf(asString));
const ACL_WHOAMI = reading('ACL WHOAMI', asString);
const COMMAND = reading('COMMAND', listOf(commandDescription));
const COMMAND_COUNT = reading('COMMAND COUNT');
const COMMAND_INFO = reading('COMMAND INFO', listOf(commandDescription));
const COMMAND_DOCS = reading('COMMAND DOCS', mapOf(asString, commandDocumentation));
const COMMAND_LIST = reading('COMMAND LIST', listOf(asString));
const COMMAND_LIST_OPTIONS: ReadonlySet<string> = new Set(['module', 'aclcat', 'pattern']);
const COMMAND_GETKEYS = reading('COMMAND GETKEYS');
const COMMAND_GETKEYSANDFLAGS = reading('COMMAND GETKEYSANDFLAGS', listOf(tupleOf(asIs, setOf(asString))));
const MEMORY_USAGE = reading('MEMORY USAGE');
const MEMORY_USAGE_OPTIONS: ReadonlySet<string> = new Set(['samples']);
const MEMORY_STATS = reading('MEMORY STATS', mapOf(asString, memoryStatistic));
const MEMORY_DOCTOR = reading('MEMORY DOCTOR', asString);
const MEMORY_MALLOC_STATS = reading('MEMORY MALLOC-STATS', asString);
const MEMORY_PURGE = writing('MEMORY PURGE', asString);
const SLOWLOG_GET = reading(
  'SLOWLOG GET',
  listOf(
    objectOf({
      id: asIs,
      timestamp: asIs,
      durationUs: asIs,
      arguments: asIs,
      address: asString,
      name: asString,
    }),
  ),
);
const SLOWLOG_LEN = reading('SLOWLOG LEN');
const SLOWLOG_RESET = writing('SLOWLOG RESET', asString);
const LATENCY_DOCTOR = reading('LATENCY DOCTOR', asString);
const LATENCY_GRAPH = reading('LATENCY GRAPH', asString);
const LATENCY_HISTORY = reading('LATENCY HISTORY', listOf(objectOf({ timestamp: asIs, latencyMs: asIs })));
const LATENCY_LATEST = reading(
  'LATENCY LATEST',
  listOf(objectOf({ event: asString, timestamp: asIs, latestMs: asIs, maxMs: asIs })),
);
const LATENCY_RESET = writing('LATENCY RESET');
const LATENCY_HISTOGRAM = reading(
  'LATENCY HISTOGRAM',
  mapOf(asString, recordOf({ calls: asIs, histogram_usec: mapOf(asIs, asIs) })),
);
const LOLWUT = reading('LOLWUT', asString);
const LOLWUT_OPTIONS: ReadonlySet<string> = new Set(['version']);

/** The options of BGSAVE. */
export interface BgsaveOptions {
  /** `SCHEDULE`, since 3.2.2 */
  readonly schedule?: boolean;
}

/** The options of ACL LOG. */
export interface AclLogOptions {
  /** `RESET` */
  readonly reset?: boolean;
}

/** The options of COMMAND LIST. */
export type CommandListOptions = AtMostOne<{
  /** `FILTERBY MODULE module-name` */
  readonly module: Argument;
  /** `FILTERBY ACLCAT category` */
  readonly aclcat: Argument;
  /** `FILTERBY PATTERN pattern` */
  readonly pattern: Pattern;
}>;

/** The options of MEMORY USAGE. */
export interface MemoryUsageOptions {
  /** `SAMPLES count` */
  readonly samples?: Integer;
}

/** The options of LOLWUT. */
export interface LolwutOptions {
  /** `VERSION version` */
  readonly version?: Integer;
}

/** The server: databases, configuration, snapshots, what it has to tell about itself. */
export abstract class ServerCommands<T extends Text, M extends Mode> extends ConnectionCommands<T, M> {
  /**
   * Has the keys of two databases change places.
   *
   * `SWAPDB index1 index2`
   *
   * Since 4.0.0. Cost: O(1).
   *
   * @returns `OK`
   */
  swapdb(index1: Integer, index2: Integer): Result<M, 'OK'> {
    return this.run(SWAPDB, [index1, index2]) as Result<M, 'OK'>;
  }

  /**
   * Returns the number of keys in the database.
   *
   * `DBSIZE`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns an integer
   */
  dbsize(): Result<M, number> {
    return this.run(DBSIZE, []) as Result<M, number>;
  }

  /**
   * Deletes all keys of the database.
   *
   * `FLUSHDB [ASYNC | SYNC]`
   *
   * Since 1.0.0. Cost: O(1); memory is freed in the background.
   *
   * @returns `OK`
   */
  flushdb(how?: 'async' | 'sync'): Result<M, 'OK'> {
    const args: Argument[] = [];
    if (how !== undefined) args.push(how);
    return this.run(FLUSHDB, args) as Result<M, 'OK'>;
  }

  /**
   * Deletes all keys of all databases.
   *
   * `FLUSHALL [ASYNC | SYNC]`
   *
   * Since 1.0.0. Cost: O(1); memory is freed in the background.
   *
   * @returns `OK`
   */
  flushall(how?: 'async' | 'sync'): Result<M, 'OK'> {
    const args: Argument[] = [];
    if (how !== undefined) args.push(how);
    return this.run(FLUSHALL, args) as Result<M, 'OK'>;
  }

  /**
   * Returns the server's time in Unix seconds and the microseconds of the current second.
   *
   * `TIME`
   *
   * Since 2.6.0. Cost: O(1).
   *
   * @returns an object with `seconds`, `microseconds`
   */
  time(): Result<M, { seconds: number; microseconds: number }> {
    return this.run(TIME, []) as Result<M, { seconds: number; microseconds: number }>;
  }

  /**
   * Returns figures and facts about the server.
   *
   * `INFO [section [section ...]]`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns a string
   */
  info(...sections: Many): Result<M, string> {
    return this.run(INFO, [...restOf(sections)]) as Result<M, string>;
  }

  /**
   * Takes a snapshot and replies when it is on disk. Other clients do not wait.
   *
   * `SAVE`
   *
   * Since 1.0.0. Cost: O(N) with the number of keys in all databases.
   *
   * @returns `OK`
   */
  save(): Result<M, 'OK'> {
    return this.run(SAVE, []) as Result<M, 'OK'>;
  }

  /**
   * Starts a snapshot.
   *
   * `BGSAVE [SCHEDULE]`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns a string
   */
  bgsave(options?: BgsaveOptions): Result<M, string> {
    if (options === undefined) return this.run(BGSAVE, []) as Result<M, string>;
    checkOptions(options, BGSAVE_OPTIONS, 'BGSAVE');
    const args: Argument[] = [];
    if (options.schedule) args.push('SCHEDULE');
    return this.run(BGSAVE, args) as Result<M, string>;
  }

  /**
   * Returns when the last good snapshot was taken, in Unix seconds.
   *
   * `LASTSAVE`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns an integer
   */
  lastsave(): Result<M, number> {
    return this.run(LASTSAVE, []) as Result<M, number>;
  }

  /**
   * Returns the directives that match patterns.
   *
   * `CONFIG GET parameter [parameter ...]`
   *
   * Since 2.0.0. Cost: O(N) with the number of directives and patterns.
   *
   * @returns a Map of strings and strings
   */
  configGet(...parameters: Many): Result<M, Map<string, string>> {
    return this.run(CONFIG_GET, [...restOf(parameters)]) as Result<M, Map<string, string>>;
  }

  /**
   * Changes directives, all or none of them.
   *
   * `CONFIG SET parameter value [parameter value ...]`
   *
   * Since 2.0.0. Cost: O(N) with the number of directives.
   *
   * @returns `OK`
   */
  configSet(...data: PairOrPairs): Result<M, 'OK'> {
    const args: Argument[] = [];
    pushPairOrPairs(args, data);
    return this.run(CONFIG_SET, args) as Result<M, 'OK'>;
  }

  /**
   * Writes the configuration to the file that the server was started with.
   *
   * `CONFIG REWRITE`
   *
   * Since 2.8.0. Cost: O(1).
   *
   * @returns `OK`
   */
  configRewrite(): Result<M, 'OK'> {
    return this.run(CONFIG_REWRITE, []) as Result<M, 'OK'>;
  }

  /**
   * Sets the statistics of INFO back to 0.
   *
   * `CONFIG RESETSTAT`
   *
   * Since 2.0.0. Cost: O(1).
   *
   * @returns `OK`
   */
  configResetstat(): Result<M, 'OK'> {
    return this.run(CONFIG_RESETSTAT, []) as Result<M, 'OK'>;
  }

  /**
   * Returns the categories of commands, or the commands of one.
   *
   * `ACL CAT [category]`
   *
   * Since 6.0.0. Cost: O(N) with the number of commands.
   *
   * @returns a list of strings
   */
  aclCat(category?: Argument): Result<M, string[]> {
    const args: Argument[] = [];
    if (category !== undefined) args.push(category);
    return this.run(ACL_CAT, args) as Result<M, string[]>;
  }

  /**
   * Deletes users, and closes their connections.
   *
   * `ACL DELUSER username [username ...]`
   *
   * Since 6.0.0. Cost: O(N) with the number of connections.
   *
   * @returns an integer
   */
  aclDeluser(...usernames: Many): Result<M, number> {
    return this.run(ACL_DELUSER, [...restOf(usernames)]) as Result<M, number>;
  }

  /**
   * Tells whether a user may run a command, which is not run.
   *
   * `ACL DRYRUN username command [arg [arg ...]]`
   *
   * Since 7.0.0. Cost: O(1).
   *
   * @returns a string
   */
  aclDryrun(username: Argument, command: Argument, ...words: Many): Result<M, string> {
    return this.run(ACL_DRYRUN, [username, command, ...restOf(words)]) as Result<M, string>;
  }

  /**
   * Returns a password that nobody can guess.
   *
   * `ACL GENPASS [bits]`
   *
   * Since 6.0.0. Cost: O(1).
   *
   * @returns a string
   */
  aclGenpass(bits?: Integer): Result<M, string> {
    const args: Argument[] = [];
    if (bits !== undefined) args.push(bits);
    return this.run(ACL_GENPASS, args) as Result<M, string>;
  }

  /**
   * Returns what a user is and may do.
   *
   * `ACL GETUSER username`
   *
   * Since 6.0.0. Cost: O(N) with the number of rules of the user.
   *
   * @returns a UserDescription, or undefined
   */
  aclGetuser(username: Argument): Result<M, UserDescription | undefined> {
    return this.run(ACL_GETUSER, [username]) as Result<M, UserDescription | undefined>;
  }

  /**
   * Returns all users as lines of a configuration file.
   *
   * `ACL LIST`
   *
   * Since 6.0.0. Cost: O(N) with the number of users.
   *
   * @returns a list of strings
   */
  aclList(): Result<M, string[]> {
    return this.run(ACL_LIST, []) as Result<M, string[]>;
  }

  /**
   * Takes the users from the ACL file, and closes the connections of all but the default user.
   *
   * `ACL LOAD`
   *
   * Since 6.0.0. Cost: O(N) with the number of users.
   *
   * @returns `OK`
   */
  aclLoad(): Result<M, 'OK'> {
    return this.run(ACL_LOAD, []) as Result<M, 'OK'>;
  }

  /**
   * Returns who was refused what, or forgets it.
   *
   * `ACL LOG [count] [RESET]`
   *
   * Since 6.0.0. Cost: O(N) with the number of entries.
   *
   * @returns a list of AccessRefusals; with `reset`: `OK`
   */
  aclLog(count?: Integer, options?: AclLogOptions & NotGiven<'reset'>): Result<M, AccessRefusal[]>;
  aclLog(count: Integer | undefined, options: AclLogOptions & { reset: true }): Result<M, 'OK'>;
  aclLog(count?: Integer, options?: AclLogOptions): Result<M, 'OK' | AccessRefusal[]>;
  aclLog(count?: Integer, options?: AclLogOptions): Result<M, unknown> {
    if (options !== undefined) checkOptions(options, ACL_LOG_OPTIONS, 'ACL LOG');
    const args: Argument[] = [];
    if (count !== undefined) args.push(count);
    if (options !== undefined) {
      if (options.reset) args.push('RESET');
    }
    return this.run(options?.reset ? ACL_LOG_RESET : ACL_LOG, args);
  }

  /**
   * Writes the users to the ACL file.
   *
   * `ACL SAVE`
   *
   * Since 6.0.0. Cost: O(N) with the number of users.
   *
   * @returns `OK`
   */
  aclSave(): Result<M, 'OK'> {
    return this.run(ACL_SAVE, []) as Result<M, 'OK'>;
  }

  /**
   * Makes a user, or changes one.
   *
   * `ACL SETUSER username [rule [rule ...]]`
   *
   * Since 6.0.0. Cost: O(N) with the number of rules.
   *
   * @returns `OK`
   */
  aclSetuser(username: Argument, ...rules: Many): Result<M, 'OK'> {
    return this.run(ACL_SETUSER, [username, ...restOf(rules)]) as Result<M, 'OK'>;
  }

  /**
   * Returns the names of all users.
   *
   * `ACL USERS`
   *
   * Since 6.0.0. Cost: O(N) with the number of users.
   *
   * @returns a list of strings
   */
  aclUsers(): Result<M, string[]> {
    return this.run(ACL_USERS, []) as Result<M, string[]>;
  }

  /**
   * Returns the name of the user of this connection.
   *
   * `ACL WHOAMI`
   *
   * Since 6.0.0. Cost: O(1).
   *
   * @returns a string
   */
  aclWhoami(): Result<M, string> {
    return this.run(ACL_WHOAMI, []) as Result<M, string>;
  }

  /**
   * Describes all commands.
   *
   * `COMMAND`
   *
   * Since 2.8.13. Cost: O(N) with the number of commands.
   *
   * @returns a list of CommandDescriptions
   */
  command(): Result<M, CommandDescription[]> {
    return this.run(COMMAND, []) as Result<M, CommandDescription[]>;
  }

  /**
   * Returns the number of commands.
   *
   * `COMMAND COUNT`
   *
   * Since 2.8.13. Cost: O(1).
   *
   * @returns an integer
   */
  commandCount(): Result<M, number> {
    return this.run(COMMAND_COUNT, []) as Result<M, number>;
  }

  /**
   * Describes some or all commands.
   *
   * `COMMAND INFO [command-name [command-name ...]]`
   *
   * Since 2.8.13. Cost: O(N) with the number of commands asked for.
   *
   * @returns a list of CommandDescriptions, undefined where there is none
   */
  commandInfo(...commandNames: Many): Result<M, (CommandDescription | undefined)[]> {
    return this.run(COMMAND_INFO, [...restOf(commandNames)]) as Result<M, (CommandDescription | undefined)[]>;
  }

  /**
   * Returns the documentation of some or all commands.
   *
   * `COMMAND DOCS [command-name [command-name ...]]`
   *
   * Since 7.0.0. Cost: O(N) with the number of commands asked for.
   *
   * @returns a Map of strings and CommandDocumentations
   */
  commandDocs(...commandNames: Many): Result<M, Map<string, CommandDocumentation>> {
    return this.run(COMMAND_DOCS, [...restOf(commandNames)]) as Result<M, Map<string, CommandDocumentation>>;
  }

  /**
   * Returns the names of some or all commands.
   *
   * `COMMAND LIST [FILTERBY MODULE module-name | ACLCAT category | PATTERN pattern]`
   *
   * Since 7.0.0. Cost: O(N) with the number of commands.
   *
   * @returns a list of strings
   */
  commandList(options?: CommandListOptions): Result<M, string[]> {
    if (options === undefined) return this.run(COMMAND_LIST, []) as Result<M, string[]>;
    checkOptions(options, COMMAND_LIST_OPTIONS, 'COMMAND LIST');
    const args: Argument[] = [];
    if (options.module !== undefined) args.push('FILTERBY', 'MODULE', options.module);
    if (options.aclcat !== undefined) args.push('FILTERBY', 'ACLCAT', options.aclcat);
    if (options.pattern !== undefined) args.push('FILTERBY', 'PATTERN', options.pattern);
    return this.run(COMMAND_LIST, args) as Result<M, string[]>;
  }

  /**
   * Returns the keys of a command with its arguments.
   *
   * `COMMAND GETKEYS command [arg [arg ...]]`
   *
   * Since 2.8.13. Cost: O(N) with the number of arguments.
   *
   * @returns a list of texts
   */
  commandGetkeys(name: Argument, ...words: Many): Result<M, T[]> {
    return this.run(COMMAND_GETKEYS, [name, ...restOf(words)]) as Result<M, T[]>;
  }

  /**
   * Returns the keys of a command with its arguments, and what it does with each.
   *
   * `COMMAND GETKEYSANDFLAGS command [arg [arg ...]]`
   *
   * Since 7.0.0. Cost: O(N) with the number of arguments.
   *
   * @returns a list of pairs
   */
  commandGetkeysandflags(name: Argument, ...words: Many): Result<M, [T, Set<string>][]> {
    return this.run(COMMAND_GETKEYSANDFLAGS, [name, ...restOf(words)]) as Result<M, [T, Set<string>][]>;
  }

  /**
   * Returns the bytes that a key takes, with its value and its place in the table.
   *
   * `MEMORY USAGE key [SAMPLES count]`
   *
   * Since 4.0.0. Cost: O(1).
   *
   * @returns an integer, or undefined
   */
  memoryUsage(key: Argument, options?: MemoryUsageOptions): Result<M, number | undefined> {
    if (options === undefined) return this.run(MEMORY_USAGE, [key]) as Result<M, number | undefined>;
    checkOptions(options, MEMORY_USAGE_OPTIONS, 'MEMORY USAGE');
    const args: Argument[] = [key];
    if (options.samples !== undefined) args.push('SAMPLES', options.samples);
    return this.run(MEMORY_USAGE, args) as Result<M, number | undefined>;
  }

  /**
   * Returns what memory is used for.
   *
   * `MEMORY STATS`
   *
   * Since 4.0.0. Cost: O(1).
   *
   * @returns a Map of strings and MemoryStatistics
   */
  memoryStats(): Result<M, Map<string, MemoryStatistic>> {
    return this.run(MEMORY_STATS, []) as Result<M, Map<string, MemoryStatistic>>;
  }

  /**
   * Looks for problems with memory and describes them.
   *
   * `MEMORY DOCTOR`
   *
   * Since 4.0.0. Cost: O(1).
   *
   * @returns a string
   */
  memoryDoctor(): Result<M, string> {
    return this.run(MEMORY_DOCTOR, []) as Result<M, string>;
  }

  /**
   * Returns the allocator's figures.
   *
   * `MEMORY MALLOC-STATS`
   *
   * Since 4.0.0. Cost: O(1).
   *
   * @returns a string
   */
  memoryMallocStats(): Result<M, string> {
    return this.run(MEMORY_MALLOC_STATS, []) as Result<M, string>;
  }

  /**
   * Gives unused memory back to the operating system. Linux only.
   *
   * `MEMORY PURGE`
   *
   * Since 4.0.0. Cost: O(N) with the amount of unused memory, in the background.
   *
   * @returns `OK`
   */
  memoryPurge(): Result<M, 'OK'> {
    return this.run(MEMORY_PURGE, []) as Result<M, 'OK'>;
  }

  /**
   * Returns the newest commands that took long.
   *
   * `SLOWLOG GET [count]`
   *
   * Since 2.2.12. Cost: O(N) with the number of entries returned.
   *
   * @returns a list of objects: `id`, `timestamp`, `durationUs`, `arguments`, `address`, `name`
   */
  slowlogGet(
    count?: Integer,
  ): Result<
    M,
    { id: number; timestamp: number; durationUs: number; arguments: T[]; address: string; name: string }[]
  > {
    const args: Argument[] = [];
    if (count !== undefined) args.push(count);
    return this.run(SLOWLOG_GET, args) as Result<
      M,
      { id: number; timestamp: number; durationUs: number; arguments: T[]; address: string; name: string }[]
    >;
  }

  /**
   * Returns the number of entries.
   *
   * `SLOWLOG LEN`
   *
   * Since 2.2.12. Cost: O(1).
   *
   * @returns an integer
   */
  slowlogLen(): Result<M, number> {
    return this.run(SLOWLOG_LEN, []) as Result<M, number>;
  }

  /**
   * Forgets all entries.
   *
   * `SLOWLOG RESET`
   *
   * Since 2.2.12. Cost: O(N) with the number of entries.
   *
   * @returns `OK`
   */
  slowlogReset(): Result<M, 'OK'> {
    return this.run(SLOWLOG_RESET, []) as Result<M, 'OK'>;
  }

  /**
   * Says what took long, and what can be done about it.
   *
   * `LATENCY DOCTOR`
   *
   * Since 2.8.13. Cost: O(1).
   *
   * @returns a string
   */
  latencyDoctor(): Result<M, string> {
    return this.run(LATENCY_DOCTOR, []) as Result<M, string>;
  }

  /**
   * Draws how long an event took.
   *
   * `LATENCY GRAPH event`
   *
   * Since 2.8.13. Cost: O(1).
   *
   * @returns a string
   */
  latencyGraph(event: Argument): Result<M, string> {
    return this.run(LATENCY_GRAPH, [event]) as Result<M, string>;
  }

  /**
   * Returns when an event took how long.
   *
   * `LATENCY HISTORY event`
   *
   * Since 2.8.13. Cost: O(1).
   *
   * @returns a list of objects: `timestamp`, `latencyMs`
   */
  latencyHistory(event: Argument): Result<M, { timestamp: number; latencyMs: number }[]> {
    return this.run(LATENCY_HISTORY, [event]) as Result<M, { timestamp: number; latencyMs: number }[]>;
  }

  /**
   * Returns how long each event took the last time.
   *
   * `LATENCY LATEST`
   *
   * Since 2.8.13. Cost: O(1).
   *
   * @returns a list of objects: `event`, `timestamp`, `latestMs`, `maxMs`
   */
  latencyLatest(): Result<M, { event: string; timestamp: number; latestMs: number; maxMs: number }[]> {
    return this.run(LATENCY_LATEST, []) as Result<
      M,
      { event: string; timestamp: number; latestMs: number; maxMs: number }[]
    >;
  }

  /**
   * Forgets some or all events.
   *
   * `LATENCY RESET [event [event ...]]`
   *
   * Since 2.8.13. Cost: O(1).
   *
   * @returns an integer
   */
  latencyReset(...events: Many): Result<M, number> {
    return this.run(LATENCY_RESET, [...restOf(events)]) as Result<M, number>;
  }

  /**
   * Returns how long commands take, as cumulative counts.
   *
   * `LATENCY HISTOGRAM [command [command ...]]`
   *
   * Since 7.0.0. Cost: O(N) with the number of commands asked for.
   *
   * @returns a Map of strings and objects: `calls`, `histogramUsec`
   */
  latencyHistogram(
    ...commands: Many
  ): Result<M, Map<string, { calls: number; histogramUsec: Map<number, number> }>> {
    return this.run(LATENCY_HISTOGRAM, [...restOf(commands)]) as Result<
      M,
      Map<string, { calls: number; histogramUsec: Map<number, number> }>
    >;
  }

  /**
   * Returns a picture that is another one each time, and the version.
   *
   * `LOLWUT [VERSION version]`
   *
   * Since 5.0.0. Cost: O(1).
   *
   * @returns a string
   */
  lolwut(options?: LolwutOptions): Result<M, string> {
    if (options === undefined) return this.run(LOLWUT, []) as Result<M, string>;
    checkOptions(options, LOLWUT_OPTIONS, 'LOLWUT');
    const args: Argument[] = [];
    if (options.version !== undefined) args.push('VERSION', options.version);
    return this.run(LOLWUT, args) as Result<M, string>;
  }
}

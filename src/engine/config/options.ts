/**
 * The option table: one row for every directive CrabKV knows.
 *
 * The command line, the configuration file, the environment, CONFIG GET/SET and `--help` all read this table
 * and nothing else, so a directive is added by adding a row. Names, types, units and defaults are Redis's
 * wherever Redis has the directive (redis.conf and config.c of Redis 7.0); rows that are CrabKV's own say so.
 *
 * `change` tells what CONFIG SET may do: `live` takes effect at once in every thread, `start` only at the
 * next start, `protected` is refused as Redis refuses it (a client must not choose the paths a server writes
 * to).
 */

import { DATABASE_COUNT_MAX } from '../../memory/layout.js';
import { BULK_BYTES_MAX } from '../parser.js';
import { THREAD_COUNT_MAX } from '../statistics.js';
import { ACCESS_OPTIONS } from './access-options.js';
import { COLLECTION_OPTIONS, OLD_NAMES } from './collection-options.js';
import { usableProcessors } from './processors.js';
import { TLS_OPTIONS } from './tls-options.js';

/**
 * One save rule: take a snapshot after `seconds` when at least `changes` writes happened since the last one.
 */
export interface SaveRule {
  readonly seconds: number;
  readonly changes: number;
}

/**
 * Limits of what may wait in one client's output buffer: bytes, and seconds above the soft limit; 0 means no
 * limit.
 */
export interface OutputLimit {
  readonly hardBytes: number;
  readonly softBytes: number;
  readonly softSeconds: number;
}

/** The limits of the three client classes, in Redis's order. `slave` is how Redis 7 prints `replica`. */
export interface OutputLimits {
  readonly normal: OutputLimit;
  readonly slave: OutputLimit;
  readonly pubsub: OutputLimit;
}

interface OptionRow {
  readonly name: string;
  readonly change: 'live' | 'start' | 'protected';
  /** One line for `--help` and the documentation. */
  readonly summary: string;
}

/** A whole number; `clamp` narrows an accepted value silently, as Redis does with `hz`. */
interface IntegerRow extends OptionRow {
  readonly kind: 'integer';
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly unit?: string;
  /** Written and read as an octal number. */
  readonly isOctal?: boolean;
  readonly clamp?: readonly [number, number];
  /** What `--help` prints instead of a default that depends on the machine. */
  readonly defaultText?: string;
}

/** Bytes, written with or without a unit. */
interface MemoryRow extends OptionRow {
  readonly kind: 'memory';
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  /** It may also be a percentage (of maxmemory), which is held as a negative number, as in Redis. */
  readonly takesPercent?: boolean;
}

interface FlagRow extends OptionRow {
  readonly kind: 'flag';
  readonly default: boolean;
}

/** One of a few words. */
interface ChoiceRow extends OptionRow {
  readonly kind: 'choice';
  readonly default: string;
  readonly choices: readonly string[];
}

/** Any text. `secret` values are never printed. */
interface TextRow extends OptionRow {
  readonly kind: 'text';
  readonly default: string;
  readonly secret?: boolean;
}

/** A list of words. */
interface WordsRow extends OptionRow {
  readonly kind: 'words';
  readonly default: readonly string[];
  readonly countMaximum: number;
}

/** Percentages, with or without a fraction. */
interface PercentilesRow extends OptionRow {
  readonly kind: 'percentiles';
  readonly default: readonly number[];
}

interface SaveRow extends OptionRow {
  readonly kind: 'save';
  readonly default: readonly SaveRule[];
}

interface OutputLimitsRow extends OptionRow {
  readonly kind: 'output-limits';
  readonly default: OutputLimits;
}

export type Option =
  | IntegerRow
  | MemoryRow
  | FlagRow
  | ChoiceRow
  | TextRow
  | WordsRow
  | PercentilesRow
  | SaveRow
  | OutputLimitsRow;

/** What an option can hold; plain data, so that it can be sent to another thread. */
export type OptionValue =
  | number
  | boolean
  | string
  | readonly string[]
  | readonly number[]
  | readonly SaveRule[]
  | OutputLimits;

const INT_MAX = 2 ** 31 - 1;
const MB = 2 ** 20;
const GB = 2 ** 30;
/** What Redis keeps in 64 bits: as large a value is accepted, and kept as the largest exact one. */
const LONG_MAX = 2 ** 63;

export const OPTIONS = [
  // Network
  {
    name: 'bind',
    kind: 'words',
    default: ['127.0.0.1', '-::1'],
    countMaximum: 16,
    change: 'start',
    summary: 'addresses to listen on; * and ::* mean all; one with a leading - may be unavailable',
  },
  {
    name: 'port',
    kind: 'integer',
    default: 3000,
    minimum: 0,
    maximum: 65535,
    change: 'start',
    summary: 'TCP port to listen on; 0 is none when there is a unixsocket, else lets the system choose one',
  },
  {
    name: 'unixsocket',
    kind: 'text',
    default: '',
    change: 'start',
    summary: 'path of a Unix socket to listen on, too',
  },
  {
    name: 'unixsocketperm',
    kind: 'integer',
    default: 0,
    minimum: 0,
    maximum: 0o777,
    isOctal: true,
    change: 'start',
    summary: 'permissions of the Unix socket; 0 leaves them as the umask has made them',
  },
  {
    name: 'tcp-backlog',
    kind: 'integer',
    default: 511,
    minimum: 0,
    maximum: INT_MAX,
    change: 'start',
    summary: 'connections that may wait to be accepted',
  },
  {
    name: 'tcp-keepalive',
    kind: 'integer',
    default: 300,
    minimum: 0,
    maximum: INT_MAX,
    unit: 'seconds',
    change: 'live',
    summary: 'silence after which a connection is probed; 0 turns probing off',
  },
  {
    name: 'timeout',
    kind: 'integer',
    default: 0,
    minimum: 0,
    maximum: INT_MAX,
    unit: 'seconds',
    change: 'live',
    summary: 'close a connection that was idle for so long; 0 never does',
  },
  {
    name: 'maxclients',
    kind: 'integer',
    default: 10000,
    minimum: 1,
    maximum: 2 ** 32 - 1,
    change: 'live',
    summary: 'connections at a time',
  },
  {
    name: 'maxmemory-clients',
    kind: 'memory',
    default: 0,
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    takesPercent: true,
    change: 'live',
    summary:
      "bytes in all clients' buffers, or percent of maxmemory, beyond which the largest are closed; 0 never does",
  },
  {
    name: 'requirepass',
    kind: 'text',
    default: '',
    secret: true,
    change: 'live',
    summary: 'password that clients must give with AUTH or HELLO; empty asks for none',
  },
  {
    name: 'inline-replies',
    kind: 'choice',
    default: 'text',
    choices: ['text', 'resp'],
    change: 'live',
    summary: 'how a connection that types plain lines is answered: bare text, or RESP as Redis does',
  },
  {
    name: 'proto-max-bulk-len',
    kind: 'memory',
    default: BULK_BYTES_MAX,
    minimum: MB,
    maximum: BULK_BYTES_MAX,
    change: 'live',
    summary: 'largest argument of a request',
  },
  {
    name: 'client-query-buffer-limit',
    kind: 'memory',
    default: GB,
    minimum: MB,
    maximum: Number.MAX_SAFE_INTEGER,
    change: 'live',
    summary: 'unread input of one connection at which it is closed',
  },
  {
    name: 'client-output-buffer-limit',
    kind: 'output-limits',
    default: {
      normal: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
      slave: { hardBytes: 256 * MB, softBytes: 64 * MB, softSeconds: 60 },
      pubsub: { hardBytes: 32 * MB, softBytes: 8 * MB, softSeconds: 60 },
    },
    change: 'live',
    summary: 'unsent output at which a connection is closed: <class> <hard> <soft> <soft seconds>',
  },

  // Threads
  {
    name: 'threads',
    kind: 'integer',
    default: Math.min(usableProcessors(), THREAD_COUNT_MAX),
    defaultText: 'one per processor that the process may use',
    minimum: 1,
    maximum: THREAD_COUNT_MAX,
    change: 'start',
    summary: 'reactor threads, each with its own connections',
  },
  {
    name: 'reactor',
    kind: 'choice',
    default: 'auto',
    choices: ['auto', 'uring', 'epoll', 'node'],
    change: 'start',
    summary: 'how the network is driven; auto takes the first that works here of uring, epoll and node',
  },
  {
    name: 'hz',
    kind: 'integer',
    default: 10,
    minimum: 0,
    maximum: INT_MAX,
    clamp: [1, 500],
    unit: 'times a second',
    change: 'live',
    summary: 'how often background work such as idle timeouts and save rules is looked at',
  },

  // Memory
  {
    name: 'maxmemory',
    kind: 'memory',
    default: 0,
    minimum: 0,
    maximum: 32 * GB,
    change: 'live',
    summary: "most memory that data may use; 0 means the machine's",
  },
  {
    name: 'huge-pages',
    kind: 'flag',
    default: true,
    change: 'start',
    summary:
      'ask the system for huge pages under the data (Linux): faster, and memory grows in steps of 2 MB',
  },
  {
    name: 'maxmemory-policy',
    kind: 'choice',
    default: 'noeviction',
    choices: [
      'volatile-lru',
      'volatile-lfu',
      'volatile-random',
      'volatile-ttl',
      'allkeys-lru',
      'allkeys-lfu',
      'allkeys-random',
      'noeviction',
    ],
    change: 'live',
    summary: 'which keys give way to a write when maxmemory is reached; with noeviction it is refused',
  },
  {
    name: 'maxmemory-samples',
    kind: 'integer',
    default: 5,
    minimum: 1,
    maximum: INT_MAX,
    change: 'live',
    summary: 'keys to look at, at least, for each one evicted; more is more precise, and slower',
  },
  {
    name: 'maxmemory-eviction-tenacity',
    kind: 'integer',
    default: 10,
    minimum: 0,
    maximum: 100,
    change: 'live',
    summary: 'how long one command may evict keys: 10 is half a millisecond, 100 as long as it takes',
  },
  {
    name: 'lfu-log-factor',
    kind: 'integer',
    default: 10,
    minimum: 0,
    maximum: INT_MAX,
    change: 'live',
    summary: 'how many more accesses each next step of an LFU counter takes',
  },
  {
    name: 'lfu-decay-time',
    kind: 'integer',
    default: 1,
    minimum: 0,
    maximum: INT_MAX,
    unit: 'minutes',
    change: 'live',
    summary: 'time without an access after which an LFU counter goes down by one; 0 is never',
  },
  {
    name: 'databases',
    kind: 'integer',
    default: 16,
    minimum: 1,
    maximum: DATABASE_COUNT_MAX,
    change: 'start',
    summary: 'databases that SELECT can choose from',
  },
  {
    name: 'hll-sparse-max-bytes',
    kind: 'memory',
    default: 3000,
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    change: 'live',
    summary: 'size up to which a HyperLogLog is kept sparse; it is dense beyond, which takes 12304 bytes',
  },

  // Persistence
  {
    name: 'dir',
    kind: 'text',
    default: './data',
    change: 'protected',
    summary:
      'directory of the log and the snapshot; created when it is missing; empty keeps all in memory only',
  },
  {
    name: 'appendonly',
    kind: 'flag',
    default: true,
    change: 'start',
    summary: 'write every change to the log; no keeps only what snapshots keep',
  },
  {
    name: 'appendfsync',
    kind: 'choice',
    default: 'always',
    choices: ['everysec', 'always', 'no'],
    change: 'live',
    summary: 'when a write is acknowledged: on disk (always), or before, with a sync every second or none',
  },
  {
    name: 'wal-segment-size',
    kind: 'memory',
    default: 256 * MB,
    minimum: MB,
    maximum: GB,
    change: 'start',
    summary: 'size at which a log file is followed by the next',
  },
  {
    name: 'save',
    kind: 'save',
    default: [
      { seconds: 3600, changes: 1 },
      { seconds: 300, changes: 100 },
      { seconds: 60, changes: 10000 },
    ],
    change: 'live',
    summary: 'snapshot after <seconds> with at least <changes>, several rules in a row; "" turns them off',
  },
  {
    name: 'auto-aof-rewrite-percentage',
    kind: 'integer',
    default: 100,
    minimum: 0,
    maximum: INT_MAX,
    unit: 'percent',
    change: 'live',
    summary: 'snapshot when the log since the last one is so large compared to it; 0 turns this off',
  },
  {
    name: 'auto-aof-rewrite-min-size',
    kind: 'memory',
    default: 64 * MB,
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    change: 'live',
    summary: 'log size below which auto-aof-rewrite-percentage does nothing',
  },

  // Administration
  {
    name: 'enable-debug-command',
    kind: 'choice',
    default: 'no',
    choices: ['no', 'yes', 'local'],
    change: 'start',
    summary: 'who may use DEBUG: nobody, everybody, or connections from this machine',
  },

  // Observation
  {
    name: 'slowlog-log-slower-than',
    kind: 'integer',
    default: 10000,
    minimum: -1,
    maximum: LONG_MAX,
    clamp: [-1, Number.MAX_SAFE_INTEGER],
    unit: 'microseconds',
    change: 'live',
    summary: 'commands that take so long are kept for SLOWLOG; 0 keeps all, -1 none',
  },
  {
    name: 'slowlog-max-len',
    kind: 'integer',
    default: 128,
    minimum: 0,
    maximum: LONG_MAX,
    clamp: [0, Number.MAX_SAFE_INTEGER],
    change: 'live',
    summary: 'commands that are kept for SLOWLOG',
  },
  {
    name: 'latency-monitor-threshold',
    kind: 'integer',
    default: 0,
    minimum: 0,
    maximum: LONG_MAX,
    clamp: [0, INT_MAX],
    unit: 'milliseconds',
    change: 'live',
    summary: 'events that take so long are kept for LATENCY; 0 keeps none',
  },
  {
    name: 'latency-tracking',
    kind: 'flag',
    default: true,
    change: 'live',
    summary: 'show how long commands take in INFO latencystats and LATENCY HISTOGRAM',
  },
  {
    name: 'latency-tracking-info-percentiles',
    kind: 'percentiles',
    default: [50, 99, 99.9],
    change: 'live',
    summary: 'percentiles that INFO latencystats shows',
  },

  ...COLLECTION_OPTIONS,

  ...ACCESS_OPTIONS,

  ...TLS_OPTIONS,

  // Console
  {
    name: 'loglevel',
    kind: 'choice',
    default: 'notice',
    choices: ['debug', 'verbose', 'notice', 'warning'],
    change: 'live',
    summary: 'least important messages that are logged',
  },
  {
    name: 'logfile',
    kind: 'text',
    default: '',
    change: 'start',
    summary: 'file that messages are appended to; empty means standard output',
  },
] as const satisfies readonly Option[];

type Row = (typeof OPTIONS)[number];

/** The name of any option. */
export type OptionName = Row['name'];
/** The names of the options of one kind, so that `config.integer('dir')` does not compile. */
export type OptionNameOf<Kind extends Option['kind']> = Extract<Row, { kind: Kind }>['name'];

const OPTION_BY_NAME: ReadonlyMap<string, Option & { readonly name: OptionName }> = new Map(
  OPTIONS.map((option) => [option.name, option]),
);

/** The row of the option called `name` in any case, also by a name that it had earlier, or undefined. */
export function findOption(name: string): (Option & { readonly name: OptionName }) | undefined {
  const known = name.toLowerCase();
  return OPTION_BY_NAME.get(OLD_NAMES.get(known) ?? known);
}

/**
 * What the generated client methods do not take from the command specs: which commands have none, names that read better, and
 * types that are narrower than the spec's.
 */

const CONNECTION = 'a state of the connection, which the client owns';
const INTERNAL = 'for work on the server itself';
const PEOPLE = 'a text for people at a console';

/** Commands without a method, and why. `send` runs them where that makes sense. */
export const WITHOUT_METHOD = {
  select: CONNECTION,
  auth: CONNECTION,
  hello: CONNECTION,
  quit: CONNECTION,
  reset: CONNECTION,
  monitor: CONNECTION,
  'client|setname': CONNECTION,
  'client|setinfo': CONNECTION,
  'client|reply': CONNECTION,
  'client|no-evict': CONNECTION,
  'client|no-touch': CONNECTION,
  'client|tracking': CONNECTION,
  'client|caching': CONNECTION,
  shutdown: 'its answer is the end of the connection',
  debug: INTERNAL,
  pfdebug: INTERNAL,
  pfselftest: INTERNAL,
  'object|help': PEOPLE,
  'config|help': PEOPLE,
  'command|help': PEOPLE,
  'memory|help': PEOPLE,
  'slowlog|help': PEOPLE,
  'latency|help': PEOPLE,
  'client|help': PEOPLE,
  'acl|help': PEOPLE,
};

/** Commands that change nothing although they do not have the flag `readonly`, which is about keys. */
export const READING = new Set([
  'ping',
  'echo',
  'time',
  'info',
  'lastsave',
  'config|get',
  'acl|cat',
  'acl|dryrun',
  'acl|genpass',
  'acl|getuser',
  'acl|list',
  'acl|users',
  'acl|whoami',
  'command',
  'command|count',
  'command|info',
  'command|docs',
  'command|list',
  'command|getkeys',
  'command|getkeysandflags',
  'memory|stats',
  'memory|doctor',
  'memory|malloc-stats',
  'slowlog|get',
  'slowlog|len',
  'latency|doctor',
  'latency|graph',
  'latency|history',
  'latency|latest',
  'latency|histogram',
  'client|id',
  'client|getname',
  'client|getredir',
  'client|info',
  'client|list',
  'client|trackinginfo',
]);

/** Commands that wait without the flag `blocking`; their timeout is the last argument, in milliseconds. */
export const WAITING_MS = new Set(['wait', 'waitaof']);

/** Optional choices that are a parameter, not options: they are a value, not a condition. */
export const CHOICES_AS_PARAMETERS = new Set(['unit', 'mode', 'unblock-type', 'flush-type']);

/** Names of parameters, by `argument` or `command.argument`. */
export const PARAMETER_NAMES = {
  'unix-time-seconds': 'time',
  'unix-time-milliseconds': 'time',
  'unblock-type': 'how',
  'flush-type': 'how',
  'serialized-value': 'serialized',
  arg: 'words',
  'command|getkeys.command': 'name',
  'command|getkeysandflags.command': 'name',
  'latency|histogram.command': 'commands',
  score_member: 'members',
  longitude_latitude_member: 'places',
};

/** Types of arguments, by `argument` or `command.argument`, where the spec's own type says too little or Redis takes more. */
export const ARGUMENT_TYPES = {
  'zcount.min': 'ScoreBound',
  'zcount.max': 'ScoreBound',
  'zrangebyscore.min': 'ScoreBound',
  'zrangebyscore.max': 'ScoreBound',
  'zrevrangebyscore.min': 'ScoreBound',
  'zrevrangebyscore.max': 'ScoreBound',
  'zremrangebyscore.min': 'ScoreBound',
  'zremrangebyscore.max': 'ScoreBound',
  'zincrby.increment': 'number',
  cursor: 'Argument',
  weight: 'number',
  'setbit.value': '0 | 1',
  'bitpos.bit': '0 | 1',
};

/** Blocks of several arguments that can be given many times: the type of all of them, and the function that sends them. */
export const BLOCKS = {
  data: { type: 'Pairs', push: 'pushPairs' },
  score_member: { type: 'Scores', push: 'pushScores' },
  longitude_latitude_member: { type: 'Places', push: 'pushPlaces' },
};

/** BITFIELD's list of operations has a type of its own. */
export const OPERATIONS = {
  bitfield: 'BitfieldOperation',
  bitfield_ro: 'BitfieldGet',
};

/** Generic over its flags: what is replied for a place follows from them. */
export const PLACE_FLAGS = { withdist: 'Dist', withhash: 'Hash', withcoord: 'Coord' };

/** Ranges that need not be given, and whose end and unit need not be given either. */
export const RANGES = {
  bitcount: 'BitRange',
  bitpos: 'OpenBitRange',
};

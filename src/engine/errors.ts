/**
 * The error lines of the wire, exactly as redis-server 7.0.15 words them, code included and without the leading `-`.
 *
 * One place, because clients match on these texts and several commands share each of them. Where a text shows a part of the
 * request, a builder takes its bytes and shows each as one character (U+0000..U+00FF), because what a client sent need not be
 * UTF-8; `ReplyWriter.error` turns the characters back into these bytes. Builders allocate, which an error may.
 */

import { byteText } from '../base/bytes.js';
import { formatFixed } from '../base/fixed-point.js';

/** As much of a name or of the arguments as an error line repeats, in bytes. */
const ECHO_BYTES_MAX = 128;
/** Redis repeats options whole; nobody reads a line longer than this. */
const SHOWN_BYTES_MAX = 1024;

// Protocol: the connection is closed after the reply.
export const PROTOCOL_ARRAY_SIZE = 'ERR Protocol error: invalid multibulk length';
export const PROTOCOL_BULK_SIZE = 'ERR Protocol error: invalid bulk length';
export const PROTOCOL_COUNT_TOO_LONG = 'ERR Protocol error: too big mbulk count string';
export const PROTOCOL_BULK_COUNT_TOO_LONG = 'ERR Protocol error: too big bulk count string';
export const PROTOCOL_INLINE_TOO_LONG = 'ERR Protocol error: too big inline request';
export const PROTOCOL_UNBALANCED_QUOTES = 'ERR Protocol error: unbalanced quotes in request';
export const PROTOCOL_UNAUTHENTICATED_ARRAY = 'ERR Protocol error: unauthenticated multibulk length';
export const PROTOCOL_UNAUTHENTICATED_BULK = 'ERR Protocol error: unauthenticated bulk length';
/** CrabKV's own: Redis closes such a connection without a word. */
export const PROTOCOL_REQUEST_SIZE = 'ERR Protocol error: request exceeds client-query-buffer-limit';

// Requests and arguments.
export const SYNTAX = 'ERR syntax error';
export const NOT_AN_INTEGER = 'ERR value is not an integer or out of range';
export const NOT_A_FLOAT = 'ERR value is not a valid float';
export const OUT_OF_RANGE = 'ERR value is out of range';
export const SORT_NOT_A_DOUBLE = "ERR One or more scores can't be converted into double";
export const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';
export const NO_SUCH_KEY = 'ERR no such key';
export const INVALID_CURSOR = 'ERR invalid cursor';
export const INT_RANGE = 'ERR value is out of range, value must between -2147483648 and 2147483647';
export const DATABASE_INDEX = 'ERR DB index is out of range';

// Strings and expiry.
export const INCREMENT_OVERFLOW = 'ERR increment or decrement would overflow';
export const DECREMENT_OVERFLOW = 'ERR decrement would overflow';
export const INCREMENT_NOT_FINITE = 'ERR increment would produce NaN or Infinity';
export const OFFSET_RANGE = 'ERR offset is out of range';
export const STRING_TOO_LONG = 'ERR string exceeds maximum allowed size (proto-max-bulk-len)';
export const EXPIRE_NX_WITH_OTHERS = 'ERR NX and XX, GT or LT options at the same time are not compatible';
export const EXPIRE_GT_WITH_LT = 'ERR GT and LT options at the same time are not compatible';

// Comparing, batches and LCS.
export const DIGEST_SIZE = 'ERR must be exactly 16 hexadecimal characters';
export const DELETE_CONDITION = 'ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE';
export const DELETE_CONDITION_TYPE = 'ERR Key should be of string type if conditions are specified';
export const KEY_COUNT_INVALID = 'ERR invalid numkeys value';
export const KEY_VALUE_PAIRS = 'ERR wrong number of key-value pairs';
export const LCS_NOT_STRINGS = 'ERR The specified keys must contain string values';
export const LCS_LENGTH_AND_INDEXES = 'ERR If you want both the length and indexes, please just use IDX.';
export const LCS_TOO_LARGE = 'ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len';
export const LCS_OUT_OF_MEMORY = 'ERR Insufficient memory, failed allocating transient memory for LCS';

// Hashes.
export const HASH_NOT_AN_INTEGER = 'ERR hash value is not an integer';
export const HASH_NOT_A_FLOAT = 'ERR hash value is not a float';
export const NOT_FINITE = 'ERR value is NaN or Infinity';
export const FIELDS_MISSING = 'ERR Mandatory argument FIELDS is missing or not at the right position';
export const FIELD_COUNT_POSITIVE = 'ERR Number of fields must be a positive integer';
export const FIELD_COUNT_ABOVE_ZERO = 'ERR Parameter `numFields` should be greater than 0';
export const FIELD_COUNT_INVALID = 'ERR invalid number of fields';
export const FIELD_COUNT_DIFFERS = 'ERR The `numfields` parameter must match the number of arguments';
export const EXPIRE_TIME_NEGATIVE = 'ERR invalid expire time, must be >= 0';
export const EXPIRE_TIME_MISSING = 'ERR missing expire time';
export const ONE_FIELD_CONDITION = 'ERR Only one of FXX or FNX arguments can be specified';
export const ONE_FIELD_EXPIRY = 'ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified';

// Keys.
export const SAME_OBJECT = 'ERR source and destination objects are the same';
export const INVALID_FIRST_DATABASE = 'ERR invalid first DB index';
export const INVALID_SECOND_DATABASE = 'ERR invalid second DB index';
export const LFU_SELECTED =
  'ERR An LFU maxmemory policy is selected, idle time not tracked. ' +
  'Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.';
export const LFU_NOT_SELECTED =
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. ' +
  'Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.';

// Waiting.
export const TIMEOUT_NOT_AN_INTEGER = 'ERR timeout is not an integer or out of range';
export const TIMEOUT_NOT_A_FLOAT = 'ERR timeout is not a float or out of range';
export const TIMEOUT_NEGATIVE = 'ERR timeout is negative';
export const UNBLOCKED = 'UNBLOCKED client unblocked via CLIENT UNBLOCK';
export const LOCAL_RANGE = 'ERR value is out of range, value must between 0 and 1';
export const MUST_BE_POSITIVE = 'ERR value is out of range, must be positive';
export const WAITAOF_WITHOUT_LOG =
  'ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.';

// Bitmaps.
export const BIT_OFFSET = 'ERR bit offset is not an integer or out of range';
export const BIT_VALUE = 'ERR bit is not an integer or out of range';
export const BIT_WANTED = 'ERR The bit argument must be 1 or 0.';
export const BITOP_NOT_SOURCES = 'ERR BITOP NOT must be called with a single source key.';
export const BITFIELD_TYPE =
  'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.';
export const BITFIELD_OVERFLOW = 'ERR Invalid OVERFLOW type specified';
export const BITFIELD_READ_ONLY = 'ERR BITFIELD_RO only supports the GET subcommand';

// Collections of several types.
export const KEY_COUNT_POSITIVE = 'ERR numkeys should be greater than 0';
export const KEY_COUNT_ARGUMENTS = "ERR Number of keys can't be greater than number of args";
export const COUNT_POSITIVE = 'ERR count should be greater than 0';
export const LIMIT_NEGATIVE = "ERR LIMIT can't be negative";
export const INT64_RANGE =
  'ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807';

// Geo.
export const GEO_UNIT = 'ERR unsupported unit provided. please use M, KM, FT, MI';
export const GEO_MEMBER = 'ERR could not decode requested zset member';
export const GEO_RADIUS = 'ERR need numeric radius';
export const GEO_RADIUS_NEGATIVE = 'ERR radius cannot be negative';
export const GEO_WIDTH = 'ERR need numeric width';
export const GEO_HEIGHT = 'ERR need numeric height';
export const GEO_BOX_NEGATIVE = 'ERR height or width cannot be negative';
export const GEO_COUNT = 'ERR COUNT must be > 0';
export const GEO_ANY_WITHOUT_COUNT = 'ERR the ANY argument requires COUNT argument';
export const GEOSEARCHSTORE_WITH =
  'ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options';
export const GEORADIUS_STORE_WITH =
  'ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options';

// Sorted sets.
export const SCORE_BOUND = 'ERR min or max is not a float';
export const LEX_BOUND = 'ERR min or max not valid string range item';
export const SCORE_NOT_A_NUMBER = 'ERR resulting score is not a number (NaN)';
export const ZADD_NX_WITH_XX = 'ERR XX and NX options at the same time are not compatible';
export const ZADD_COMPARISONS = 'ERR GT, LT, and/or NX options at the same time are not compatible';
export const ZADD_INCREMENT_PAIRS = 'ERR INCR option supports a single increment-element pair';
export const ZRANGE_LIMIT =
  'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX';
export const ZRANGE_LEX_SCORES = 'ERR syntax error, WITHSCORES not supported in combination with BYLEX';
export const WEIGHT_NOT_A_FLOAT = 'ERR weight value is not a float';

// Lists.
export const INDEX_RANGE = 'ERR index out of range';
export const RANK_ZERO =
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
  'or use negative to start from the end of the list';
export const COUNT_NEGATIVE = "ERR COUNT can't be negative";
export const MAXLEN_NEGATIVE = "ERR MAXLEN can't be negative";

// DUMP and RESTORE.
export const KEY_EXISTS = 'BUSYKEY Target key name already exists.';
export const NEGATIVE_TTL = 'ERR Invalid TTL value, must be >= 0';
export const BAD_PAYLOAD = 'ERR DUMP payload version or checksum are wrong';
export const BAD_FORMAT = 'ERR Bad data format';
export const INVALID_IDLE_TIME = 'ERR Invalid IDLETIME value, must be >= 0';
export const INVALID_FREQUENCY = 'ERR Invalid FREQ value, must be >= 0 and <= 255';

// COMMAND.
export const NO_SUCH_COMMAND = 'ERR Invalid command specified';
export const NO_KEY_ARGUMENTS = 'ERR The command has no key arguments';
export const INVALID_ARGUMENT_COUNT = 'ERR Invalid number of arguments specified for command';
export const INVALID_COMMAND_ARGUMENTS = 'ERR Invalid arguments specified for command';

// HyperLogLogs.
export const NOT_A_HYPERLOGLOG = 'WRONGTYPE Key is not a valid HyperLogLog string value.';
export const CORRUPT_HYPERLOGLOG = 'INVALIDOBJ Corrupted HLL object detected';
export const HYPERLOGLOG_NOT_SPARSE = 'ERR HLL encoding is not sparse';
export const KEY_DOES_NOT_EXIST = 'ERR The specified key does not exist';

// Connections.
export const AUTHENTICATION_REQUIRED = 'NOAUTH Authentication required.';
export const AUTHENTICATION_REQUIRED_HELLO =
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> ' +
  'option can be used to authenticate the client and select the RESP protocol version at the same time';
export const WRONG_PASSWORD = 'WRONGPASS invalid username-password pair or user is disabled.';
// Users and what they may do.
export const KEY_NOT_PERMITTED =
  'NOPERM this user has no permissions to access one of the keys used as arguments';
export const CHANNEL_NOT_PERMITTED =
  'NOPERM this user has no permissions to access one of the channels used as arguments';
export const SORT_BY_NOT_PERMITTED = 'ERR BY option of SORT denied due to insufficient ACL permissions.';
export const SORT_GET_NOT_PERMITTED = 'ERR GET option of SORT denied due to insufficient ACL permissions.';
export const USER_NAME = "ERR Usernames can't contain spaces or null characters";
export const NO_PASSWORD_SET =
  'ERR AUTH <password> called without any password configured for the default user. ' +
  'Are you sure your configuration is correct?';
export const DEFAULT_USER_STAYS = "ERR The 'default' user cannot be removed";
export const NO_ACL_FILE =
  'ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command ' +
  'and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the ' +
  'Redis configuration.';
export const ACL_NOT_SAVED =
  'ERR There was an error trying to save the ACLs. Please check the server logs for more information';
export const GENPASS_BITS =
  'ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096';
export const PROTOCOL_VERSION = 'NOPROTO unsupported protocol version';
export const PROTOCOL_VERSION_NOT_AN_INTEGER = 'ERR Protocol version is not an integer or out of range';
export const CLIENT_NAME = 'ERR Client names cannot contain spaces, newlines or special characters.';
export const NO_SUCH_CLIENT = 'ERR No such client';
export const CLIENT_ID_RANGE = 'ERR client-id should be greater than 0';
export const CLIENT_ID_INVALID = 'ERR Invalid client ID';
export const PAUSE_MODE = 'ERR CLIENT PAUSE mode must be WRITE or ALL';
export const TIMEOUT_RANGE = 'ERR timeout is out of range';
export const UNBLOCK_REASON = 'ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR';
export const CACHING_WITHOUT_TRACKING =
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled';
/** CrabKV's own. */
export const TRACKING_UNSUPPORTED = 'ERR CLIENT TRACKING is not supported yet';
export const TOO_MANY_CLIENTS = 'ERR max number of clients reached';

// SLOWLOG and LATENCY.
export const SLOWLOG_COUNT = 'ERR count should be greater than or equal to -1';

export const MONITOR_AND_DATA = "ERR Replica can't interact with the keyspace";

// DEBUG.
export const DEBUG_NOT_ALLOWED =
  'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local ' +
  'connection, otherwise you need to set this option in the configuration file, and then restart the server.';
export const RELOAD_OPTIONS = 'ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.';
export const RELOAD_CONFLICTS =
  'ERR DEBUG RELOAD NOFLUSH needs MERGE: every conflicting key would end the server';
export const RELOAD_LOGGED =
  'ERR DEBUG RELOAD NOSAVE needs appendonly no: the log would bring back what the snapshot does not hold';
export const RELOAD_FAILED = 'ERR Error trying to load the RDB dump';
export const PROTOCOL_TYPE =
  'ERR Wrong protocol type name. Please use one of the following: ' +
  'string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false';
export const NEEDS_RESP3 = 'ERR RESP2 is not supported by this command';

// The state of the server.
export const OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";
export const LOADING = 'LOADING Redis is loading the dataset in memory';
export const SAVE_IN_PROGRESS = 'ERR Background save already in progress';
export const IN_MEMORY_ONLY =
  "ERR this server keeps its data in memory only: it has no directory ('dir') to save to";
export const RELOAD_HERE =
  'ERR DEBUG RELOAD needs threads that can stand still: this server runs in a thread of the application';
export const SHUTDOWN_FAILED = 'ERR Errors trying to SHUTDOWN. Check logs.';
export const NO_SHUTDOWN = 'ERR No shutdown in progress.';

/** Writes are refused because the log cannot be written. */
export const LOG_FAILED = 'MISCONF Errors writing to the AOF file: see the server log for the reason';

/** A byte other than `$` where an element of an array had to start. */
export function protocolExpectedBulk(byte: number): string {
  return errorLine(`ERR Protocol error: expected '$', got '${String.fromCharCode(byte)}'`);
}

/** `name` is the command's full name in lower case, `config|get` for a subcommand. */
export function wrongArity(name: string): string {
  return `ERR wrong number of arguments for '${name}' command`;
}

/** `name` is the command's full name in lower case. */
export function commandNotPermitted(name: string): string {
  return `NOPERM this user has no permissions to run the '${name}' command`;
}

/** `problem` is what applyRule (acl/rules.ts) finds wrong with `rule`. */
export function userRule(rule: string, problem: string): string {
  return errorLine(`ERR Error in ACL SETUSER modifier '${rule}': ${problem}`);
}

/** `rule` begins a selector that nothing ends. */
export function unclosedSelector(rule: string): string {
  return errorLine(`ERR Unmatched parenthesis in acl selector starting at '${rule}'.`);
}

/** Degrees, as C's `%f` prints them. */
export function invalidCoordinates(longitude: number, latitude: number): string {
  return `ERR invalid longitude,latitude pair ${formatFixed(longitude, 6)},${formatFixed(latitude, 6)}`;
}

/** `command` is the name as the client has written it. */
export function geoCenterMissing(command: string): string {
  return `ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${command}`;
}

/** `command` is the name as the client has written it. */
export function geoShapeMissing(command: string): string {
  return `ERR exactly one of BYRADIUS and BYBOX can be specified for ${command}`;
}

/** `command` is the name in lower case. */
export function noInputKeys(command: string): string {
  return `ERR at least 1 input key is needed for '${command}' command`;
}

/** `command` is the name in lower case. */
export function invalidExpireTime(command: string): string {
  return `ERR invalid expire time in '${command}' command`;
}

/** DIFF and its kin without anything to be compared with; `operation` in upper case. */
export function bitopSources(operation: string): string {
  return `ERR BITOP ${operation} must be called with at least two source keys.`;
}

/** An option that HSETEX does not have. */
export function unknownArgument(bytes: Uint8Array, offset: number, size: number): string {
  return errorLine(`ERR unknown argument: ${shown(bytes, offset, size)}`);
}

/** An option that EXPIRE and its family do not have. */
export function unsupportedOption(bytes: Uint8Array, offset: number, size: number): string {
  return errorLine(`ERR Unsupported option ${shown(bytes, offset, size)}`);
}

export function unknownPfdebugSubcommand(bytes: Uint8Array, offset: number, size: number): string {
  return errorLine(`ERR Unknown PFDEBUG subcommand '${shown(bytes, offset, size)}'`);
}

/** What PFSELFTEST found. */
export function selfTestFailed(reason: string): string {
  return `TESTFAILED ${reason}`;
}

export function helloSyntax(bytes: Uint8Array, offset: number, size: number): string {
  return errorLine(`ERR Syntax error in HELLO option '${shown(bytes, offset, size)}'`);
}

export function unknownClientType(bytes: Uint8Array, offset: number, size: number): string {
  return errorLine(`ERR Unknown client type '${shown(bytes, offset, size)}'`);
}

/** `container` is the command's name; it is shown in UPPER CASE, as in `Try CONFIG HELP.` */
export function unknownSubcommand(
  bytes: Uint8Array,
  offset: number,
  size: number,
  container: string,
): string {
  const name = shown(bytes, offset, size).slice(0, ECHO_BYTES_MAX);
  return errorLine(`ERR unknown subcommand '${name}'. Try ${container.toUpperCase()} HELP.`);
}

/** Takes the whole request: offsets and sizes of its `count` arguments, the name first. */
export function unknownCommand(
  bytes: Uint8Array,
  offsets: Int32Array,
  sizes: Int32Array,
  count: number,
): string {
  const name = shown(bytes, offsets[0]!, sizes[0]!).slice(0, ECHO_BYTES_MAX);
  let beginning = '';
  for (let index = 1; index < count && beginning.length < ECHO_BYTES_MAX; index++) {
    const room = ECHO_BYTES_MAX - beginning.length;
    beginning += `'${shown(bytes, offsets[index]!, sizes[index]!).slice(0, room)}' `;
  }
  return errorLine(`ERR unknown command '${name}', with args beginning with: ${beginning}`);
}

/** A subcommand that exists, with arguments that it does not take. */
export function subcommandSyntax(bytes: Uint8Array, offset: number, size: number, container: string): string {
  const name = shown(bytes, offset, size).slice(0, ECHO_BYTES_MAX);
  return errorLine(
    `ERR unknown subcommand or wrong number of arguments for '${name}'. Try ${container.toUpperCase()} HELP.`,
  );
}

/** LATENCY GRAPH of an event that there was not. */
export function noLatencySamples(bytes: Uint8Array, offset: number, size: number): string {
  return errorLine(`ERR No samples available for event '${shown(bytes, offset, size)}'`);
}

export function configUnknown(name: string): string {
  return errorLine(`ERR Unknown option or number of arguments for CONFIG SET - '${name}'`);
}

export function configFailed(name: string, reason: string): string {
  return errorLine(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`);
}

/** Makes a text fit for one line of the protocol. */
export function errorLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ');
}

/** What a client sent as Redis shows it: up to the first zero byte, as C does. */
function shown(bytes: Uint8Array, offset: number, size: number): string {
  const text = byteText(bytes, offset, Math.min(size, SHOWN_BYTES_MAX));
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

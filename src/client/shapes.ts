/**
 * From replies as they come to what the methods promise: the same whether the connection speaks RESP2 or RESP3, and whether texts
 * are had as strings or as Buffers.
 *
 * What RESP3 has and RESP2 has not comes as something else there:
 *
 * | promised | RESP3 | RESP2 |
 * |---|---|---|
 * | number | double | text |
 * | Map | map | flat array: a, 1, b, 2 |
 * | Set | set | array |
 * | pairs | array of arrays of two | flat array |
 * | boolean | integer | integer |
 *
 * Nothing (undefined) is nothing in every shape. A conversion is put together once, when a command is defined; in it there is
 * only the loop. Errors never come here.
 */

import type { Reply, Text } from './reply.js';

/** What makes the promised value of a reply. */
export type Conversion = (reply: Reply) => unknown;

/** A place that GEOSEARCH has found, with what was asked for: `withdist`, `withhash`, `withcoord`. */
export type Place<T extends Text, Dist extends boolean, Hash extends boolean, Coord extends boolean> = {
  member: T;
} & (Dist extends true ? { distance: number } : unknown) &
  (Hash extends true ? { hash: number } : unknown) &
  (Coord extends true ? { longitude: number; latitude: number } : unknown);

/** What a search finds: members alone, or places where something was asked for. */
export type Found<
  T extends Text,
  Dist extends boolean,
  Hash extends boolean,
  Coord extends boolean,
> = Dist extends true
  ? Place<T, Dist, Hash, Coord>
  : Hash extends true
    ? Place<T, Dist, Hash, Coord>
    : Coord extends true
      ? Place<T, Dist, Hash, Coord>
      : T;

/** The flags by which a search is asked for more than members. */
export interface PlaceOptions<Dist extends boolean, Hash extends boolean, Coord extends boolean> {
  readonly withdist?: Dist;
  readonly withhash?: Hash;
  readonly withcoord?: Coord;
}

/** One command, as COMMAND INFO describes it. */
export interface CommandDescription {
  name: string;
  arity: number;
  flags: Set<string>;
  firstKey: number;
  lastKey: number;
  keyStep: number;
  categories: Set<string>;
  tips: string[];
  /** Redis's key specifications: how the keys are found. */
  keySpecifications: Map<string, unknown>[];
  subcommands: CommandDescription[];
}

/** One command, as COMMAND DOCS describes it: `summary`, `since`, `group`, `complexity`, `arguments` and others. */
export type CommandDocumentation = Map<string, unknown>;

/** A user, as ACL GETUSER describes it; what stands in texts is as rules have it. */
export interface UserDescription extends SelectorDescription {
  flags: Set<string>;
  /** SHA-256, in hexadecimal digits. */
  passwords: string[];
  /** Others than the root selector, which is described beside this. */
  selectors: SelectorDescription[];
}

/** What a selector of a user allows. */
export interface SelectorDescription {
  commands: string;
  keys: string;
  channels: string;
}

/** Something that a client was refused, as often as `count`: an entry of ACL LOG. */
export interface AccessRefusal {
  count: number;
  reason: string;
  context: string;
  object: string;
  username: string;
  ageSeconds: number;
  /** What CLIENT INFO said of the client. */
  clientInfo: string;
}

/** A figure of MEMORY STATS, or those of one database. */
export type MemoryStatistic = number | string | Map<string, number>;

export function asIs(reply: Reply): unknown {
  return reply;
}

/** Characters, although the texts around them may be bytes. */
export function asString(reply: Reply): unknown {
  return reply instanceof Uint8Array ? reply.toString() : reply;
}

export function asNumber(reply: Reply): unknown {
  if (typeof reply === 'number' || reply === undefined) return reply;
  const text = String(reply);
  switch (text) {
    case 'inf':
      return Number.POSITIVE_INFINITY;
    case '-inf':
      return Number.NEGATIVE_INFINITY;
    default:
      return Number(text);
  }
}

export function asBoolean(reply: Reply): unknown {
  return reply === 1 || reply === true;
}

/** An array, each element converted. */
export function listOf(item: Conversion): Conversion {
  return (reply) => (Array.isArray(reply) ? reply.map((element) => item(element)) : reply);
}

export function setOf(item: Conversion): Conversion {
  return (reply) => {
    if (reply instanceof Set && item === asIs) return reply;
    return isMany(reply) ? new Set(Array.from(reply, item)) : reply;
  };
}

export function mapOf(key: Conversion, value: Conversion): Conversion {
  return (reply) => {
    if (reply instanceof Map && key === asIs && value === asIs) return reply;
    if (reply === undefined) return reply;
    const map = new Map<unknown, unknown>();
    for (const [name, item] of entriesOf(reply)) map.set(key(name), value(item));
    return map;
  };
}

/** An array of pairs. They are converted where they are. */
export function pairsOf(first: Conversion, second: Conversion): Conversion {
  return (reply) => {
    if (!Array.isArray(reply)) return reply;
    if (!Array.isArray(reply[0])) return flatPairs(reply, first, second);
    for (const pair of reply as unknown[][]) {
      pair[0] = first(pair[0] as Reply);
      pair[1] = second(pair[1] as Reply);
    }
    return reply;
  };
}

/** An array of just these. An empty one is nothing. */
export function tupleOf(...items: readonly Conversion[]): Conversion {
  return (reply) => {
    if (!Array.isArray(reply)) return reply;
    return reply.length === 0 ? undefined : items.map((item, index) => item(reply[index]));
  };
}

/** An object of an array of just these. */
export function objectOf(fields: Readonly<Record<string, Conversion>>): Conversion {
  const entries = Object.entries(fields);
  return (reply) => {
    if (!Array.isArray(reply)) return reply;
    const object: Record<string, unknown> = {};
    for (let index = 0; index < entries.length; index++) {
      const [name, field] = entries[index]!;
      object[name] = field(reply[index]);
    }
    return object;
  };
}

/** An object of a map with these keys: its names in camelCase. Others, of later versions, are left out. */
export function recordOf(fields: Readonly<Record<string, Conversion>>): Conversion {
  const entries = Object.entries(fields);
  return (reply) => {
    if (reply === undefined) return reply;
    const found = new Map(Array.from(entriesOf(reply), ([name, item]) => [String(name), item]));
    const object: Record<string, unknown> = {};
    for (const [name, field] of entries) object[camelCase(name)] = field(found.get(name));
    return object;
  };
}

/** A place of GEOSEARCH. Its parts differ in kind: a distance is a text, a hash an integer, coordinates are an array. */
export function place(reply: Reply): unknown {
  const [member, ...details] = reply as Reply[];
  const found: Record<string, unknown> = { member };
  for (const detail of details) {
    if (Array.isArray(detail)) {
      found['longitude'] = asNumber(detail[0]);
      found['latitude'] = asNumber(detail[1]);
    } else if (typeof detail === 'number') found['hash'] = detail;
    else found['distance'] = asNumber(detail);
  }
  return found;
}

export function memoryStatistic(reply: Reply): unknown {
  if (reply instanceof Map || Array.isArray(reply)) return databaseStatistics(reply);
  const number = asNumber(reply);
  return Number.isNaN(number) ? asString(reply) : number;
}

const databaseStatistics = mapOf(asString, asNumber);

const SELECTOR = { commands: asString, keys: asString, channels: asString };

export function userDescription(reply: Reply): unknown {
  return describeUser(reply);
}

const describeUser = recordOf({
  flags: setOf(asString),
  passwords: listOf(asString),
  ...SELECTOR,
  selectors: listOf(recordOf(SELECTOR)),
});

export function accessRefusal(reply: Reply): unknown {
  return describeRefusal(reply);
}

const describeRefusal = recordOf({
  count: asNumber,
  reason: asString,
  context: asString,
  object: asString,
  username: asString,
  'age-seconds': asNumber,
  'client-info': asString,
});

export function commandDescription(reply: Reply): unknown {
  return describeCommand(reply);
}

const describeCommand = objectOf({
  name: asString,
  arity: asNumber,
  flags: setOf(asString),
  firstKey: asNumber,
  lastKey: asNumber,
  keyStep: asNumber,
  categories: setOf(asString),
  tips: (reply) => (isMany(reply) ? Array.from(reply, asString) : reply),
  keySpecifications: (reply) => (isMany(reply) ? Array.from(reply, keySpecification) : reply),
  subcommands: (reply) => (isMany(reply) ? Array.from(reply, commandDescription) : reply),
});

/** A key specification: maps in maps, `flags` being a set. */
function keySpecification(reply: Reply): Map<string, unknown> {
  return nested(reply, (name, item) => {
    if (name === 'flags') return setOf(asString)(item);
    return name === 'begin_search' || name === 'find_keys' || name === 'spec'
      ? keySpecification(item)
      : asString(item);
  });
}

export function commandDocumentation(reply: Reply): Map<string, unknown> {
  return nested(reply, (name, item) => {
    if (name === 'arguments' && Array.isArray(item)) return item.map(commandDocumentation);
    if (name === 'subcommands') return nested(item, (_, child) => commandDocumentation(child));
    if (name === 'history')
      return Array.isArray(item)
        ? item.map(listOf(asString))
        : Array.from(item as Set<Reply>, listOf(asString));
    if (name === 'flags' || name === 'doc_flags') return setOf(asString)(item);
    return asString(item);
  });
}

function nested(reply: Reply, convert: (name: string, item: Reply) => unknown): Map<string, unknown> {
  const map = new Map<string, unknown>();
  for (const [key, item] of entriesOf(reply)) map.set(String(key), convert(String(key), item));
  return map;
}

function flatPairs(items: readonly Reply[], first: Conversion, second: Conversion): unknown[] {
  const pairs: unknown[] = [];
  for (let index = 0; index + 1 < items.length; index += 2)
    pairs.push([first(items[index]), second(items[index + 1])]);
  return pairs;
}

function isMany(reply: Reply): reply is Reply[] | Set<Reply> {
  return Array.isArray(reply) || reply instanceof Set;
}

/** The entries of a map, in either form. */
function entriesOf(reply: Reply): Iterable<readonly [Reply, Reply]> {
  if (reply instanceof Map) return reply;
  return Array.isArray(reply) ? (flatPairs(reply, asIs, asIs) as [Reply, Reply][]) : [];
}

function camelCase(name: string): string {
  return name.replace(/[_.-]([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

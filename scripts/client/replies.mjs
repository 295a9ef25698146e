/**
 * Reads the notation of `reply` in the command specs (it is described at `ReplySpec` in src/engine/command.ts), and says what it
 * means: as a type of TypeScript, as a conversion of src/client/shapes.ts, and in English.
 */

/** `name` and what is between its brackets: { kind, items?, names?, isOptional }. */
export function parseReply(text) {
  let at = 0;
  const reply = parse();
  if (at !== text.length) fail();
  return reply;

  function parse() {
    const shape = parseShape();
    const isOptional = text[at] === '?';
    if (isOptional) at += 1;
    return { ...shape, isOptional };
  }

  function parseShape() {
    if (text[at] === '[') return { kind: 'tuple', items: list(']') };
    if (text[at] === '{') return { kind: 'object', ...named() };
    const name = /^[a-z-]+/.exec(text.slice(at))?.[0] ?? fail();
    at += name.length;
    if (text[at] === '<') return { kind: name, items: list('>') };
    if (name === 'map' && text[at] === '{') return { kind: 'record', ...named() };
    return { kind: name };
  }

  function list(end) {
    const items = [];
    do {
      at += 1;
      items.push(parse());
    } while (text[at] === ',');
    expect(end);
    return items;
  }

  function named() {
    const names = [];
    const items = [];
    do {
      at += 1;
      const name = /^\w+/.exec(text.slice(at))?.[0] ?? fail();
      at += name.length;
      expect(':');
      names.push(name);
      items.push(parse());
    } while (text[at] === ',');
    expect('}');
    return { names, items };
  }

  function expect(character) {
    if (text[at] !== character) fail();
    at += 1;
  }

  function fail() {
    throw new Error(`reply ${text}: can't be read from character ${at + 1} on`);
  }
}

const SIMPLE = {
  ok: { type: "'OK'", convert: 'asString', says: '`OK`' },
  string: { type: 'string', convert: 'asString', says: 'a string' },
  text: { type: 'T', convert: 'asIs', says: 'a text' },
  bytes: { type: 'Buffer', convert: 'asIs', says: 'bytes' },
  integer: { type: 'number', convert: 'asIs', says: 'an integer' },
  counter: { type: 'number | bigint', convert: 'asIs', says: 'an integer, a bigint beyond ±(2^53-1)' },
  flag: { type: 'boolean', convert: 'asBoolean', says: 'true or false' },
  double: { type: 'number', convert: 'asNumber', says: 'a number' },
  decimal: { type: 'number', convert: 'asNumber', says: 'a number' },
};

/** The type in TypeScript, texts being `T`. */
export function typeOf(reply) {
  const type = plainType(reply);
  return reply.isOptional ? `${type} | undefined` : type;
}

function plainType({ kind, items, names }) {
  switch (kind) {
    case 'array':
      return listType(typeOf(items[0]));
    case 'set':
      return `Set<${typeOf(items[0])}>`;
    case 'map':
      return `Map<${items.map(typeOf).join(', ')}>`;
    case 'pairs':
    case 'flat':
      return `[${items.map(typeOf).join(', ')}][]`;
    case 'tuple':
      return `[${items.map(typeOf).join(', ')}]`;
    case 'object':
    case 'record':
      return `{ ${items.map((item, index) => `${camelCase(names[index])}: ${typeOf(item)}`).join('; ')} }`;
    case 'place':
      return 'Found<T, Dist, Hash, Coord>';
    default:
      return SIMPLE[kind]?.type ?? pascalCase(kind);
  }
}

function listType(type) {
  return type.includes(' | ') && !type.startsWith('[') && !type.startsWith('{')
    ? `(${type})[]`
    : wrapUnion(type);
}

function wrapUnion(type) {
  return /[\]}] \| undefined$/.test(type) ? `(${type})[]` : `${type}[]`;
}

/** The conversion as an expression; `asIs` where none is needed. */
export function conversionOf({ kind, items, names }) {
  const parts = items?.map(conversionOf) ?? [];
  switch (kind) {
    case 'array':
      return parts[0] === 'asIs' ? 'asIs' : `listOf(${parts[0]})`;
    case 'set':
      return `setOf(${parts[0]})`;
    case 'map':
      return `mapOf(${parts.join(', ')})`;
    case 'pairs':
    case 'flat':
      return `pairsOf(${parts.join(', ')})`;
    case 'tuple':
      return `tupleOf(${parts.join(', ')})`;
    case 'object':
    case 'record':
      return `${kind}Of({ ${parts.map((part, index) => `${names[index]}: ${part}`).join(', ')} })`;
    default:
      return SIMPLE[kind]?.convert ?? camelCase(kind);
  }
}

/** In a few English words. */
export function describeReply(reply) {
  return reply.isOptional ? `${plainWords(reply)}, or undefined` : plainWords(reply);
}

function plainWords({ kind, items, names }) {
  switch (kind) {
    case 'array':
      return `a list of ${plural(items[0])}`;
    case 'set':
      return `a Set of ${plural(items[0])}`;
    case 'map':
      return `a Map of ${plural(items[0])} and ${plural(items[1])}`;
    case 'pairs':
    case 'flat':
      return `a list of pairs, each ${items.map(plainWords).join(' and ')}`;
    case 'tuple':
      return items.length === 2
        ? `a pair: ${items.map(plainWords).join(' and ')}`
        : items.map(plainWords).join(', ');
    case 'object':
    case 'record':
      return `an object with ${names.map((name) => `\`${camelCase(name)}\``).join(', ')}`;
    case 'place':
      return 'places with what was asked for';
    default:
      return SIMPLE[kind]?.says ?? `a ${pascalCase(kind)}`;
  }
}

function plural(item) {
  const words = {
    ok: '`OK`s',
    flag: 'booleans',
    integer: 'integers',
    counter: 'integers (bigints beyond ±(2^53-1))',
    text: 'texts',
    string: 'strings',
    double: 'numbers',
    decimal: 'numbers',
    tuple: 'pairs',
    object: `objects: ${plainWords(item).replace('an object with ', '')}`,
    record: `objects: ${plainWords(item).replace('an object with ', '')}`,
    place: 'places, each with what was asked for',
  };
  const word = words[item.kind] ?? `${pascalCase(item.kind)}s`;
  return item.isOptional ? `${word}, undefined where there is none` : word;
}

export function camelCase(name) {
  return name.replace(/[-_. |](\w)/g, (_, letter) => letter.toUpperCase());
}

export function pascalCase(name) {
  return camelCase(`-${name}`);
}

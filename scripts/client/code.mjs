/**
 * The TypeScript of the generated methods: one class a command group, each built on the one before it.
 *
 * Formatting is left to biome, which reads what is written here as any other source.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../setup.mjs';
import { PLACE_FLAGS, READING, WAITING_MS } from './decisions.mjs';
import { conversionOf, describeReply, typeOf } from './replies.mjs';

/** The classes in the order in which they are built on one another. `file` is the name of the module. */
export const GROUPS = [
  {
    group: 'string',
    file: 'strings',
    name: 'StringCommands',
    title: 'Strings',
    about: 'Strings: values as a whole, parts of them, numbers in them.',
  },
  {
    group: 'list',
    file: 'lists',
    name: 'ListCommands',
    title: 'Lists',
    about: 'Lists: elements in a row, put and taken at either end, and waited for.',
  },
  {
    group: 'set',
    file: 'sets',
    name: 'SetCommands',
    title: 'Sets',
    about: 'Sets: members without order, each one once.',
  },
  {
    group: 'sorted-set',
    file: 'sorted-sets',
    name: 'SortedSetCommands',
    title: 'Sorted sets',
    about: 'Sorted sets: members, each with a score, in the order of their scores.',
  },
  {
    group: 'hash',
    file: 'hashes',
    name: 'HashCommands',
    title: 'Hashes',
    about: 'Hashes: fields and values under one key; a field can expire.',
  },
  {
    group: 'geo',
    file: 'geo',
    name: 'GeoCommands',
    title: 'Geo',
    about: 'Places: sorted sets of members that have a longitude and a latitude.',
  },
  {
    group: 'bitmap',
    file: 'bitmaps',
    name: 'BitmapCommands',
    title: 'Bitmaps',
    about: 'Bits, and integers of any width, in strings.',
  },
  {
    group: 'hyperloglog',
    file: 'hyperloglogs',
    name: 'HyperLogLogCommands',
    title: 'HyperLogLogs',
    about: 'HyperLogLogs: how many different elements there were, in 12 KB and within a percent.',
  },
  {
    group: 'generic',
    file: 'keys',
    name: 'KeyCommands',
    title: 'Keys',
    about:
      'Keys, whatever their values: whether they are there, when they expire, their names, their copies.',
  },
  {
    group: 'connection',
    file: 'connections',
    name: 'ConnectionCommands',
    title: 'Connections',
    about: 'Connections: this one and those of other clients.',
  },
  {
    group: 'server',
    file: 'server',
    name: 'ServerCommands',
    title: 'Server',
    about: 'The server: databases, configuration, snapshots, what it has to tell about itself.',
  },
];

/** The width of a docstring's text. */
const DOCSTRING_COLUMNS = 120;

/** What the methods may need, by the module that has it. */
const MODULES = ['arguments', 'command', 'shapes'];

/** The module of one group. `position` is its place in GROUPS. */
export function groupModule(methods, position) {
  const { name, title, about } = GROUPS[position];
  const parent = GROUPS[position - 1];
  const base = parent === undefined ? 'CommandRunner<M>' : `${parent.name}<T, M>`;
  const body = [
    ...methods.flatMap((method) => [...commandConstants(method), ...optionNames(method)]),
    '',
    ...methods.flatMap((method) => (method.options === undefined ? [] : [optionsType(method), ''])),
    `/** ${about} */`,
    `export abstract class ${name}<T extends Text, M extends Mode> extends ${base} {`,
    methods.map(methodCode).join('\n\n'),
    '}',
  ].join('\n');
  return [
    '/**',
    ` * ${title}: the commands as methods. Made of the specs in src/commands by \`npm run docs\`, and not to be edited.`,
    ' */\n',
    importsOf(body, parent),
    '',
    body,
    '',
  ].join('\n');
}

/** The module of the class that has all commands. */
export function commandsModule() {
  const last = GROUPS.at(-1);
  return `/**
 * All commands as methods, and the types of their options. Made by \`npm run docs\`, and not to be edited.
 */

import type { Mode } from '../command-runner.js';
import type { Text } from '../reply.js';
import { ${last.name} } from './${last.file}.js';

${GROUPS.map(({ file }) => `export type * from './${file}.js';`).join('\n')}

/**
 * Every command that belongs to no connection, as a method: a class for each group of commands, one built on the other.
 *
 * What they all have in common:
 * - What Redis requires is a parameter, in Redis's order; lists know their own length. What is optional and has a word in Redis
 *   is an option of that name: \`set('k', 'v', { ex: 10, nx: true })\`.
 * - Of a list a single one will do, and at the end of the parameters they can be given one by one: \`del('a', 'b')\`.
 * - An integer that only ever says yes or no is a boolean. A missing key, an empty list to take from: \`undefined\`.
 */
export abstract class Commands<T extends Text, M extends Mode> extends ${last.name}<T, M> {}
`;
}

/** The imports of what the code uses; in which order is the formatter's business. */
function importsOf(body, parent) {
  const code = body.replace(/\/\*\*.*?\*\//gs, '');
  const used = (names) => names.filter((name) => new RegExp(`\\b${name}\\b`).test(code));
  const line = (names, module) =>
    names.length === 0 ? [] : [`import { ${names.join(', ')} } from '${module}';`];
  const typed = (names) => names.map((name) => (/^[A-Z]/.test(name) ? `type ${name}` : name));
  return [
    ...MODULES.flatMap((module) => line(typed(used(exportsOf(module))), `../${module}.js`)),
    ...line(
      [...typed(used(['Argument', 'Mode', 'Result'])), ...(parent === undefined ? ['CommandRunner'] : [])],
      '../command-runner.js',
    ),
    "import type { Text } from '../reply.js';",
    ...(parent === undefined ? [] : line([parent.name], `./${parent.file}.js`)),
  ].join('\n');
}

/** The names that a hand-written module of the client exports. */
function exportsOf(module) {
  const source = readFileSync(path.join(ROOT, 'src', 'client', `${module}.ts`), 'utf8');
  return Array.from(source.matchAll(/^export (?:type|interface|function) (\w+)/gm), ([, name]) => name);
}

/** One constant, or two where the reply has two forms. */
function commandConstants(method) {
  const variants = new Map([[method.constant, method.cases.at(-1).reply]]);
  const other = otherForm(method);
  if (other !== undefined) variants.set(other.constant, other.reply);
  return [...variants].map(([constant, reply]) => `const ${constant} = ${creation(method, reply)};`);
}

/** The constant with the names of the options, where there are some. */
function optionNames({ constant, options }) {
  if (options === undefined) return [];
  const names = options.groups.flatMap(({ fields }) => fields.map(({ name }) => `'${name}'`));
  return [`const ${constant}_OPTIONS: ReadonlySet<string> = new Set([${names.join(', ')}]);`];
}

function creation({ id, words, spec }, reply) {
  const conversion = conversionOf(reply);
  const converted = conversion === 'asIs' ? '' : `, ${conversion}`;
  if (reply.kind === 'bytes') return `readingBytes('${words}')`;
  const names = spec.arguments?.map(({ name }) => name) ?? [];
  if (WAITING_MS.has(id)) return `waiting('${words}', -1, 1${converted})`;
  if (spec.flags.includes('blocking'))
    return `waiting('${words}', ${names[0] === 'timeout' ? 0 : -1}, 1000${converted})`;
  const isReading = spec.flags.includes('readonly') || READING.has(id);
  return `${isReading ? 'reading' : 'writing'}('${words}'${converted})`;
}

/** The case whose reply needs another conversion than the usual one. There is at most one. */
function otherForm(method) {
  const usual = conversionOf(method.cases.at(-1).reply);
  const others = method.cases.filter(({ reply }) => conversionOf(reply) !== usual);
  if (others.length === 0) return undefined;
  if (others.length > 1) throw new Error(`${method.words} replies in more than two forms`);
  const [{ conditions, reply }] = others;
  return { constant: `${method.constant}_${commonStart(conditions)}`, conditions, reply };
}

function commonStart(conditions) {
  const [first, ...rest] = conditions.map(({ name }) => name.toUpperCase());
  let size = first.length;
  while (!rest.every((name) => name.startsWith(first.slice(0, size)))) size -= 1;
  return first.slice(0, size);
}

function optionsType({ options, words }) {
  const groups = options.groups.map(({ helper, fields }) => {
    const optional = helper === undefined ? '?' : '';
    const lines = fields.map(
      ({ name: field, text, since, type }) =>
        `/** \`${text}\`${since === '' ? '' : `, since ${since}`} */\nreadonly ${field}${optional}: ${type};`,
    );
    return { helper, body: `{\n${lines.join('\n')}\n}` };
  });
  const comment = `/** The options of ${words}. */`;
  if (groups.length === 1 && groups[0].helper === undefined)
    return `${comment}\nexport interface ${options.type} ${groups[0].body}`;
  const parts = groups.map(({ helper, body }) => (helper === undefined ? body : `${helper}<${body}>`));
  return `${comment}\nexport type ${options.type} = ${parts.join(' & ')};`;
}

function methodCode(method) {
  const signatures = signaturesOf(method);
  const lines = [docstring(method)];
  if (signatures.length > 1) {
    for (const { generics, parameters, result } of signatures)
      lines.push(`${method.name}${generics}(${parameters}): Result<M, ${result}>;`);
    lines.push(`${method.name}(${implementationParameters(method)}): Result<M, unknown> {`);
    lines.push(bodyOf(method, ''));
  } else {
    const [{ generics, parameters, result }] = signatures;
    lines.push(`${method.name}${generics}(${parameters}): Result<M, ${result}> {`);
    lines.push(bodyOf(method, ` as Result<M, ${result}>`));
  }
  lines.push('}');
  return lines.join('\n');
}

function docstring(method) {
  const { spec, cases } = method;
  const paragraphs = [
    spec.summary,
    `\`${syntaxOf(method)}\``,
    `Since ${spec.since}. Cost: ${spec.complexity.replace(/\.$/, '')}.`,
    `@returns ${describeCases(cases)}`,
  ];
  const lines = paragraphs.flatMap((paragraph) => ['', ...wrap(paragraph)]).slice(1);
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'].join('\n');
}

function wrap(text) {
  const lines = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > DOCSTRING_COLUMNS) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** The command as Redis's manual writes it. */
export function syntaxOf({ words, spec }) {
  return [words, ...(spec.arguments ?? []).map(argumentSyntax)].join(' ');
}

function argumentSyntax(argument) {
  let text = argument.name;
  if (argument.type === 'oneof') text = argument.arguments.map(argumentSyntax).join(' | ');
  if (argument.type === 'block') text = argument.arguments.map(argumentSyntax).join(' ');
  if (argument.type === 'pure-token') text = argument.token;
  else if (argument.token !== undefined) text = `${argument.token} ${text}`;
  if (argument.flags?.includes('multiple')) text = `${text} [${text} ...]`;
  if (argument.flags?.includes('optional')) return `[${text}]`;
  return argument.type === 'oneof' ? `<${text}>` : text;
}

export function describeCases(cases) {
  const usual = describeReply(cases.at(-1).reply);
  const others = cases
    .slice(0, -1)
    .map(
      ({ conditions, reply }) =>
        `with ${conditions.map(({ name }) => `\`${name}\``).join(', ')}: ${describeReply(reply)}`,
    );
  return [usual, ...others].join('; ');
}

/** All that a caller can write, the usual first, and last what holds when it is not known which options there are. */
export function signaturesOf(method) {
  const { cases, options } = method;
  const optional = options?.isRequired ? '' : '?';
  const results = cases.map(({ reply }) => typeOf(reply));
  if (cases.length === 1) return [signature(method, `options${optional}: ${options?.type}`, results[0])];
  if (method.parameters[0]?.isInsteadOfOptions)
    return [
      { generics: '', parameters: 'address: string', result: results[0] },
      { generics: '', parameters: `options: ${options.type}`, result: results[1] },
    ];
  const places = cases.findIndex(({ reply }) => typeOf(reply).startsWith('Found<'));
  if (places >= 0) return placeSignatures(method, places, optional);
  const excluded = (list) => {
    const names = list.flatMap(({ conditions }) => conditions).filter(({ isParameter }) => !isParameter);
    return names.length === 0 ? '' : ` & NotGiven<${names.map(({ name }) => `'${name}'`).join(' | ')}>`;
  };
  const usual = signature(
    method,
    `options${optional}: ${options?.type}${excluded(cases)}`,
    results.at(-1),
    'none',
  );
  if (cases[0].conditions[0].isParameter === true && options !== undefined) throw new Error(method.words);
  const special = cases.slice(0, -1).map(({ conditions }, index) => {
    const before = excluded(cases.slice(0, index));
    if (conditions[0].isParameter)
      return signature(method, `options?: ${options?.type}${before}`, results[index], 'all');
    const given =
      conditions.length === 1
        ? `{ ${conditions[0].name}: ${conditions[0].type === 'boolean' ? 'true' : conditions[0].type} }`
        : undefined;
    const result = given === undefined ? union([results[index], results.at(-1)]) : results[index];
    const mark = given === undefined ? optional : '';
    const type = `options${mark}: ${options.type}${given === undefined ? '' : ` & ${given}`}${before}`;
    return signature(method, type, result, 'all');
  });
  const general = signature(method, `options${optional}: ${options?.type}`, union(results));
  return [usual, ...special, general];
}

/** Of searches for places: what is found depends on three flags that can be combined. */
function placeSignatures(method, places, optional) {
  const { cases, options } = method;
  const generics = `<${Object.values(PLACE_FLAGS)
    .map((flag) => `${flag} extends boolean = false`)
    .join(', ')}>`;
  const before = cases.slice(0, places);
  const stores = before.map(({ conditions, reply }) => {
    const given = conditions.map(({ name, type }) => `${name}: ${type}`).join('; ');
    return signature(method, `options: ${options.type} & OneOf<{ ${given} }>`, typeOf(reply));
  });
  const names = before.flatMap(({ conditions }) => conditions.map(({ name }) => `'${name}'`));
  const none = names.length === 0 ? '' : ` & NotGiven<${names.join(' | ')}>`;
  const found = signature(
    method,
    `options${optional}: ${options.type} & PlaceOptions<Dist, Hash, Coord>${none}`,
    typeOf(cases[places].reply),
  );
  return [...stores, { ...found, generics }];
}

/** `optionals` says what becomes of optional parameters: `none` of them, `all` as required ones, or optional as they are. */
function signature(method, optionsParameter, result, optionals = '') {
  const isParameterCase = method.cases.some(({ conditions }) =>
    conditions.some(({ isParameter }) => isParameter),
  );
  const parameters = method.parameters
    .filter(({ isOptional }) => !(isOptional && optionals === 'none' && isParameterCase))
    .map((parameter) =>
      parameter.isOptional && optionals === 'all' && isParameterCase
        ? { ...parameter, isOptional: false }
        : parameter,
    )
    .map((parameter) =>
      // Nothing that may be left out can stand before what may not.
      parameter.isOptional && optionsParameter.startsWith('options:')
        ? { ...parameter, isOptional: false, type: `${parameter.type} | undefined` }
        : parameter,
    )
    .map(parameterText);
  const hasOptions = method.options !== undefined && !(optionals === 'none' && isParameterCase);
  return {
    generics: '',
    parameters: [...parameters, ...(hasOptions ? [optionsParameter] : [])].join(', '),
    result,
  };
}

function parameterText({ name, type, isOptional, isMany, isRest, isPairs, isRange }) {
  if (isRange) return `...${name}: ${type}`;
  if (isRest) return `...${name}: ${isPairs ? 'PairOrPairs' : many('Many', type)}`;
  if (isMany) return `${name}: ${many('OneOrMore', type)}`;
  return `${name}${isOptional ? '?' : ''}: ${type}`;
}

function many(helper, type) {
  return type === 'Argument' ? helper : `${helper}<${type}>`;
}

function implementationParameters(method) {
  const { parameters, options } = method;
  if (parameters[0]?.isInsteadOfOptions) return `options: string | ${options.type}`;
  const mark = options?.isRequired ? '' : '?';
  return [
    ...parameters.map(parameterText),
    ...(options === undefined ? [] : [`options${mark}: ${options.type}`]),
  ].join(', ');
}

function bodyOf(method, cast) {
  const { declarations, options, parameters } = method;
  const steps = method.steps.map((step) => (step.option === undefined ? resolved(step) : step));
  const lines = declarations.map((declaration) => declaration());
  if (parameters[0]?.isInsteadOfOptions) {
    lines.push(
      `if (typeof options === 'string') return this.run(${otherForm(method).constant}, [options])${cast};`,
    );
  }
  if (steps.every(({ values }) => values !== undefined)) {
    const list = steps.flatMap(({ values }) => values);
    return [...lines, `return this.run(${constantOf(method)}, [${list.join(', ')}])${cast};`].join('\n');
  }
  const first = steps.findIndex(({ values }) => values === undefined);
  const leading = steps.slice(0, first).flatMap(({ values }) => values);
  const isOptionsLast = steps.slice(first).every(({ option }) => option !== undefined);
  if (isOptionsLast && options !== undefined && !options.isRequired)
    lines.push(
      `if (options === undefined) return this.run(${method.constant}, [${leading.join(', ')}])${cast};`,
    );
  if (options !== undefined) {
    const check = `checkOptions(options, ${method.constant}_OPTIONS, '${method.words}');`;
    const isSure = isOptionsLast || options.isRequired;
    lines.push(isSure ? check : `if (options !== undefined) ${check}`);
  }
  lines.push(`const args: Argument[] = [${leading.join(', ')}];`);
  lines.push(...pushes(steps.slice(first), isOptionsLast || options?.isRequired));
  lines.push(`return this.run(${constantOf(method, isOptionsLast || options?.isRequired)}, args)${cast};`);
  return lines.join('\n');
}

function resolved({ values, code }) {
  return values === undefined ? { code: code() } : { values: values() };
}

/** The steps as statements: options within a question whether there are any, unless that is known. */
function pushes(steps, isGiven) {
  const lines = [];
  for (let index = 0; index < steps.length; index++) {
    const { values, code, option } = steps[index];
    if (values !== undefined) lines.push(...valuePushes(values));
    else if (code !== undefined) lines.push(code);
    else if (isGiven) lines.push(option);
    else {
      const group = [];
      while (steps[index]?.option !== undefined) group.push(steps[index++].option);
      index -= 1;
      lines.push(`if (options !== undefined) {\n${group.join('\n')}\n}`);
    }
  }
  return lines;
}

/** Lists may be long: they are not spread over the parameters of a call. */
function valuePushes(values) {
  const isList = (value) => value.startsWith('...');
  const single = values.filter((value) => !isList(value));
  return [
    ...(single.length === 0 ? [] : [`args.push(${single.join(', ')});`]),
    ...values.filter(isList).map((value) => `pushAll(args, ${value.slice(3)});`),
  ];
}

/** Which of the constants the call uses. */
function constantOf(method, isGiven = false) {
  const other = otherForm(method);
  if (other === undefined || method.parameters[0]?.isInsteadOfOptions) return method.constant;
  const asked = other.conditions.map(({ name, isParameter, type }) => {
    if (isParameter) return `${name} !== undefined`;
    const value = `options${isGiven ? '' : '?'}.${name}`;
    return type === 'boolean' ? value : `${value} !== undefined`;
  });
  return `${asked.join(' || ')} ? ${other.constant} : ${method.constant}`;
}

function union(types) {
  const parts = new Set(types.flatMap((type) => type.split(/ \| (?=[^\])}]*$)/)));
  const isOptional = parts.delete('undefined');
  return [...parts, ...(isOptional ? ['undefined'] : [])].join(' | ');
}

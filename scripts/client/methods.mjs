/**
 * From command specs to methods: which parameters and options a method has, and in which steps its arguments become the list that
 * is sent. What it all looks like in TypeScript is code.mjs's business.
 *
 * A method is
 *
 * ```
 *   { id, name, words, constant, spec,
 *     parameters: [{ name, type, isOptional?, isMany?, isPairs?, isRest?, isRange? }],
 *     options: { type, isRequired, groups: [{ helper?, fields: [{ name, type, text }] }] } | undefined,
 *     steps: [{ values } | { code } | { option }],     in the order of the wire; the last kind only with options
 *     declarations: [code],                            that come before all steps
 *     cases: [{ conditions, reply }] }                 the last one without conditions
 * ```
 *
 * The rules:
 * - What Redis requires is a parameter, in Redis's order. A count of what follows is not: the list has it.
 * - What is optional and has a word of its own is an option, called as the word is, in lower case. What has no word is an
 *   optional parameter.
 * - Of a choice with a word for each thing (`NX | XX`) the options are exclusive; a required choice of bare words is a parameter.
 * - What can be given many times is a list, or a single one; at the very end the rest of the parameters, too.
 */

import {
  ARGUMENT_TYPES,
  BLOCKS,
  CHOICES_AS_PARAMETERS,
  OPERATIONS,
  PARAMETER_NAMES,
  RANGES,
  WITHOUT_METHOD,
} from './decisions.mjs';
import { camelCase, parseReply, pascalCase } from './replies.mjs';

const TYPES = {
  key: 'Argument',
  string: 'Argument',
  integer: 'Integer',
  double: 'number',
  pattern: 'Pattern',
  'unix-time': 'Time',
};

/** The methods of all commands that have one, in the order of the specs. */
export function describeMethods(specs) {
  return specs
    .flatMap((spec) => [
      ...(spec.run === undefined ? [] : [[[spec.name], spec]]),
      ...(spec.subcommands ?? []).map((child) => [[spec.name, child.name], child]),
    ])
    .filter(([names]) => WITHOUT_METHOD[names.join('|')] === undefined)
    .map(([names, spec]) => describeMethod(names, spec));
}

function describeMethod(names, spec) {
  const words = names.join(' ').toUpperCase();
  const method = {
    id: names.join('|'),
    name: camelCase(names.join(' ')),
    words,
    constant: words.replace(/[ -]/g, '_'),
    spec,
    parameters: [],
    options: undefined,
    steps: [],
    declarations: [],
    cases: [],
  };
  if (OPERATIONS[method.id] === undefined) addAll(method, spec.arguments ?? []);
  else addOperations(method, spec);
  const last = method.parameters.at(-1);
  if (last !== undefined && (last.isMany || last.isPairs) && method.options === undefined) last.isRest = true;
  method.cases = describeCases(method, spec.reply);
  return method;
}

/** The arguments one after the other. One that only counts those behind it is left to them. */
function addAll(method, list) {
  for (const [index, argument] of list.entries()) {
    if (isCount(argument, list[index + 1])) continue;
    addArgument(method, argument, isCount(list[index - 1], argument));
  }
}

function isCount(argument, next) {
  return argument?.type === 'integer' && argument.name.startsWith('num') && has(next, 'multiple');
}

function addArgument(method, argument, isCounted) {
  if (has(argument, 'optional')) addOptional(method, argument);
  else if (argument.type === 'oneof') addChoice(method, argument);
  else if (argument.type === 'pure-token') method.steps.push({ values: () => [`'${argument.token}'`] });
  else if (argument.type === 'block') addBlock(method, argument, isCounted);
  else if (has(argument, 'multiple')) addList(method, argument, isCounted);
  else addParameter(method, argument);
}

function addParameter(method, argument) {
  const name = parameterName(method, argument);
  method.parameters.push({ name, type: typeFor(method, argument) });
  method.steps.push({ values: () => [argumentValue(argument, name)] });
}

function addList(method, argument, isCounted) {
  const parameter = { name: pluralName(method, argument), type: typeFor(method, argument), isMany: true };
  method.parameters.push(parameter);
  const list = () => `${parameter.isRest ? 'restOf' : 'toList'}(${parameter.name})`;
  if (!isCounted) {
    method.steps.push({ values: () => [`...${list()}`] });
    return;
  }
  method.declarations.push(() => `const list = ${list()};`);
  method.steps.push({ values: () => ['list.length', '...list'] });
}

/** A word and what comes behind it, or several arguments that can be given together many times. */
function addBlock(method, argument, isCounted) {
  if (!has(argument, 'multiple')) {
    if (argument.token !== undefined) method.steps.push({ values: () => [`'${argument.token}'`] });
    addAll(method, argument.arguments);
    return;
  }
  const { type, push } = BLOCKS[argument.name];
  const parameter = { name: parameterName(method, argument), type, isPairs: type === 'Pairs' };
  method.parameters.push(parameter);
  if (isCounted) method.steps.push({ values: () => [`countPairs(${parameter.name})`] });
  method.steps.push({
    code: () => `${parameter.isRest ? 'pushPairOrPairs' : push}(args, ${parameter.name});`,
  });
}

/** One of several, which there must be. */
function addChoice(method, argument) {
  if (argument.arguments.every((choice) => choice.type === 'pure-token')) {
    const name = parameterName(method, argument);
    method.parameters.push({ name, type: choiceType(argument) });
    method.steps.push({ values: () => [name] });
  } else if (argument.arguments[0].name === 'old-format') {
    method.parameters.push({ name: 'filter', type: 'string', isInsteadOfOptions: true });
    for (const filter of argument.arguments[1].arguments) addOptional(method, filter);
    method.options.isRequired = true;
  } else {
    addExclusiveOptions(method, argument, 'OneOf');
    method.options.isRequired = true;
  }
}

function addOptional(method, argument) {
  const { token, type } = argument;
  if (type === 'oneof' && token === undefined && !CHOICES_AS_PARAMETERS.has(argument.name))
    addExclusiveOptions(method, argument, 'AtMostOne');
  else if (type === 'oneof' && token !== undefined && argument.arguments[0].type !== 'pure-token')
    addExclusiveOptions(method, argument, 'AtMostOne');
  else if (token !== undefined) addOption(method, [optionOf(method, argument)]);
  else if (type === 'block') addOptionalBlock(method, argument);
  else if (has(argument, 'multiple')) addList(method, argument, false);
  else {
    const name = parameterName(method, argument);
    const choice = type === 'oneof' ? choiceType(argument) : typeFor(method, argument);
    method.parameters.push({ name, type: choice, isOptional: true });
    method.steps.push({
      code: () => `if (${name} !== undefined) args.push(${argumentValue(argument, name)});`,
    });
  }
}

/** `[count [WITHVALUES]]`, `[COUNT count [ANY]]`, `[start end [BYTE | BIT]]`: the last kind has no words of its own. */
function addOptionalBlock(method, argument) {
  if (argument.arguments.some((inner) => inner.token !== undefined)) {
    for (const inner of argument.arguments) addOptional(method, inner);
    return;
  }
  method.parameters.push({ name: 'range', type: RANGES[method.id], isRange: true });
  method.steps.push({ values: () => ['...range'] });
}

function addExclusiveOptions(method, argument, helper) {
  const fields = argument.arguments.map((choice) => optionOf(method, choice, argument.token));
  addOption(method, fields, helper);
}

function addOption(method, fields, helper) {
  method.options ??= { type: `${pascalCase(method.name)}Options`, isRequired: false, groups: [] };
  const previous = method.options.groups.at(-1);
  if (helper === undefined && previous !== undefined && previous.helper === undefined)
    previous.fields.push(...fields);
  else method.options.groups.push({ helper, fields });
  for (const field of fields) method.steps.push({ option: field.code });
}

/** An option: its name is that of its word. `lead` is a word before that, which all of a choice have in common. */
function optionOf(method, argument, lead) {
  const inner = argument.type === 'block' && argument.token === undefined ? argument.arguments[0] : argument;
  const { token } = inner;
  const name = camelCase(token.toLowerCase());
  const value = `options.${name}`;
  const words = [...(lead === undefined ? [] : [lead]), token].map((word) => `'${word}'`).join(', ');
  const text = wordsOf(argument, lead);
  const since = argument.since === undefined || argument.since <= method.spec.since ? '' : argument.since;
  const field = { name, text, since, token };
  if (argument.type === 'pure-token')
    return { ...field, type: 'boolean', code: `if (${value}) args.push(${words});` };
  const given = `if (${value} !== undefined)`;
  if (argument.type === 'block') {
    const parts = argument.arguments.map((part) => {
      return `${camelCase(part.name)}: ${part.type === 'oneof' ? choiceType(part) : typeFor(method, part)}`;
    });
    return {
      ...field,
      type: `readonly [${parts.join(', ')}]`,
      code: `${given} args.push(${words}, ...${value});`,
    };
  }
  if (argument.type === 'oneof')
    return { ...field, type: choiceType(argument), code: `${given} args.push(${words}, ${value});` };
  const type = typeFor(method, argument);
  if (has(argument, 'multiple_token'))
    return { ...field, type: `OneOrMore<${type}>`, code: `${given} pushEach(args, ${words}, ${value});` };
  if (has(argument, 'multiple'))
    return {
      ...field,
      type: `OneOrMore<${type}>`,
      code: `${given} pushList(args, ${words}, ${value});`,
    };
  return { ...field, type, code: `${given} args.push(${words}, ${argumentValue(argument, value)});` };
}

/** `LIMIT offset count`, as Redis's manual writes it. */
export function wordsOf(argument, lead) {
  const parts = lead === undefined ? [] : [lead];
  if (argument.token !== undefined) parts.push(argument.token);
  if (argument.type === 'block') parts.push(...argument.arguments.map((part) => wordsOf(part)));
  else if (argument.type === 'oneof') parts.push(argument.arguments.map((part) => wordsOf(part)).join(' | '));
  else if (argument.type !== 'pure-token') parts.push(argument.name);
  return parts.join(' ');
}

function addOperations(method, spec) {
  const [key] = spec.arguments;
  addParameter(method, key);
  method.parameters.push({ name: 'operations', type: OPERATIONS[method.id], isMany: true });
  method.steps.push({
    code: () => 'for (const operation of restOf(operations)) pushOperation(args, operation);',
  });
}

/** What is replied in which case. A condition is an option's name, or a parameter's with `isParameter`. */
function describeCases(method, reply) {
  if (typeof reply === 'string') return [{ conditions: [], reply: parseReply(reply) }];
  return Object.entries(reply).map(([words, notation]) => ({
    conditions: words === 'else' ? [] : words.split('|').map((word) => conditionOf(method, word)),
    reply: parseReply(notation),
  }));
}

function conditionOf(method, word) {
  const fields = method.options?.groups.flatMap((group) => group.fields) ?? [];
  const field = fields.find(({ token }) => token === word);
  if (field !== undefined) return field;
  const name = word === 'old-format' ? 'filter' : camelCase(word);
  const parameter = method.parameters.find((candidate) => candidate.name === name);
  if (parameter === undefined)
    throw new Error(`${method.words}: nothing is called ${word}, of which its reply speaks`);
  return { ...parameter, isParameter: true };
}

function choiceType(argument) {
  if (argument.name === 'unit') return 'GeoUnit';
  return argument.arguments.map(({ token }) => `'${token.toLowerCase()}'`).join(' | ');
}

function argumentValue(argument, value) {
  if (argument.type !== 'unix-time') return value;
  return `${argument.name.endsWith('milliseconds') ? 'millisecondsOf' : 'secondsOf'}(${value})`;
}

function typeFor(method, argument) {
  return (
    ARGUMENT_TYPES[`${method.id}.${argument.name}`] ?? ARGUMENT_TYPES[argument.name] ?? TYPES[argument.type]
  );
}

function parameterName(method, argument) {
  return (
    PARAMETER_NAMES[`${method.id}.${argument.name}`] ??
    PARAMETER_NAMES[argument.name] ??
    camelCase(argument.name)
  );
}

function pluralName(method, argument) {
  const name = parameterName(method, argument);
  return name.endsWith('s') ? name : `${name}s`;
}

function has(argument, flag) {
  return argument?.flags?.includes(flag) ?? false;
}

/**
 * Option values: from words to values (`parseValue`), back to Redis's CONFIG GET text (`formatValue`), and
 * what is allowed in one phrase for people (`describeAllowed`). The error texts are those of Redis 7.0's
 * config.c, because CONFIG SET passes them on to clients as they are.
 */

import { formatMemory, parseMemory } from './memory-units.js';
import type { Option, OptionValue, OutputLimit, OutputLimits, SaveRule } from './options.js';

export type Parsed = { readonly value: OptionValue } | { readonly error: string };

/** `save ""` and friends are short; a longer list is a mistake. */
const SAVE_RULES_MAX = 64;
const OUTPUT_CLASSES = ['normal', 'slave', 'pubsub'] as const;

/**
 * Reads the words given for an option. Options that hold one value want exactly one word; lists take as many
 * as they are given. `current` is what an option that is set piece by piece (client-output-buffer-limit)
 * keeps for the pieces not named.
 */
export function parseValue(option: Option, words: readonly string[], current: OptionValue): Parsed {
  switch (option.kind) {
    case 'words':
      return parseWords(words, option.countMaximum);
    case 'percentiles':
      return parsePercentiles(words);
    case 'save':
      return parseSaveRules(words);
    case 'output-limits':
      return parseOutputLimits(words, current as OutputLimits);
    default:
      return words.length === 1 ? parseSingle(option, words[0] as string) : fail('wrong number of arguments');
  }
}

/** The text that CONFIG GET answers: sizes in bytes, yes or no, lists joined by spaces. */
export function formatValue(option: Option, value: OptionValue): string {
  switch (option.kind) {
    case 'integer':
      return (value as number).toString(option.isOctal === true ? 8 : 10);
    case 'memory':
      return (value as number) < 0 ? `${-(value as number)}%` : String(value);
    case 'flag':
      return value === true ? 'yes' : 'no';
    case 'words':
      return (value as readonly string[]).join(' ');
    case 'percentiles':
      return (value as readonly number[]).map(formatPercentile).join(' ');
    case 'save':
      return (value as readonly SaveRule[]).map((rule) => `${rule.seconds} ${rule.changes}`).join(' ');
    case 'output-limits':
      return OUTPUT_CLASSES.map((name) => {
        const limit = (value as OutputLimits)[name];
        return `${name} ${limit.hardBytes} ${limit.softBytes} ${limit.softSeconds}`;
      }).join(' ');
    default:
      return String(value);
  }
}

/** With six decimals at most. */
export function formatPercentile(percentile: number): string {
  return String(Number(percentile.toFixed(6)));
}

/** What may be given for `option`, for `--help` and for the message about a bad value. */
export function describeAllowed(option: Option): string {
  switch (option.kind) {
    case 'integer':
      if (option.isOctal === true)
        return `an octal number from ${option.minimum} to ${option.maximum.toString(8)}`;
      return `a whole number from ${option.minimum} to ${option.maximum}${option.unit ? ` (${option.unit})` : ''}`;
    case 'memory': {
      const range =
        option.maximum === Number.MAX_SAFE_INTEGER
          ? `at least ${formatMemory(option.minimum)}`
          : `from ${formatMemory(option.minimum)} to ${formatMemory(option.maximum)}`;
      return `a size such as 512mb or 1gb, ${range}${option.takesPercent === true ? ', or a percentage such as 5%' : ''}`;
    }
    case 'flag':
      return 'yes or no';
    case 'choice':
      return option.choices.length === 1
        ? `${option.choices[0]}`
        : `${option.choices.slice(0, -1).join(', ')} or ${option.choices.at(-1)}`;
    case 'text':
      return 'any text';
    case 'words':
      return `1 to ${option.countMaximum} words`;
    case 'percentiles':
      return 'numbers from 0 to 100 such as 50 99 99.9, or ""';
    case 'save':
      return 'pairs of <seconds> <changes> such as 3600 1 300 100, or ""';
    case 'output-limits':
      return '<normal|replica|pubsub> <hard bytes> <soft bytes> <soft seconds>, one or more times';
  }
}

/** True for options that hold several words. */
export function isList(option: Option): boolean {
  return (
    option.kind === 'words' ||
    option.kind === 'percentiles' ||
    option.kind === 'save' ||
    option.kind === 'output-limits'
  );
}

/**
 * Splits the one text that CONFIG SET gives into words, for options that hold a list: at every single space,
 * as Redis.
 */
export function splitValue(option: Option, text: string): readonly string[] {
  if (!isList(option)) return [text];
  return text === '' ? [] : text.split(' ');
}

function parseSingle(
  option: Extract<Option, { kind: 'integer' | 'memory' | 'flag' | 'choice' | 'text' }>,
  word: string,
): Parsed {
  switch (option.kind) {
    case 'integer': {
      const number = option.isOctal === true ? parseOctal(word) : parseDecimal(word);
      if (number === undefined)
        return fail(
          `argument couldn't be parsed ${option.isOctal === true ? 'as an octal number' : 'into an integer'}`,
        );
      if (number < option.minimum || number > option.maximum)
        return failRange(option.minimum, option.maximum, option.isOctal === true ? 8 : 10);
      const [low, high] = option.clamp ?? [number, number];
      return { value: Math.min(Math.max(number, low), high) };
    }
    case 'memory': {
      if (option.takesPercent === true && /^\d+%$/.test(word)) return parsePercent(word);
      const bytes = parseMemory(word);
      if (bytes === undefined)
        return fail(`argument must be a memory ${option.takesPercent === true ? 'or percent ' : ''}value`);
      if (bytes < option.minimum || bytes > option.maximum) return failRange(option.minimum, option.maximum);
      return { value: bytes };
    }
    case 'flag': {
      const lower = word.toLowerCase();
      if (lower !== 'yes' && lower !== 'no') return fail("argument must be 'yes' or 'no'");
      return { value: lower === 'yes' };
    }
    case 'choice': {
      const lower = word.toLowerCase();
      if (option.choices.includes(lower)) return { value: lower };
      return fail(`argument(s) must be one of the following: ${option.choices.join(', ')}`);
    }
    case 'text':
      return { value: word };
  }
}

function parsePercent(word: string): Parsed {
  const percent = Number(word.slice(0, -1));
  if (percent > 100) return fail('percentage argument must be less or equal to 100');
  return { value: percent === 0 ? 0 : -percent };
}

function parseWords(words: readonly string[], countMaximum: number): Parsed {
  if (words.length === 0 || words.length > countMaximum) return fail('wrong number of arguments');
  return { value: words };
}

function parsePercentiles(words: readonly string[]): Parsed {
  const isEmpty = words.length === 1 && words[0] === '';
  const percentiles = isEmpty ? [] : words.map(Number);
  if (!isEmpty && words.some((word) => !/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(word))) {
    return fail('Invalid latency-tracking-info-percentiles parameters');
  }
  if (percentiles.some((percentile) => percentile < 0 || percentile > 100)) {
    return fail('latency-tracking-info-percentiles parameters should sit between [0.0,100.0]');
  }
  return { value: percentiles };
}

function parseSaveRules(words: readonly string[]): Parsed {
  if (words.length % 2 !== 0 || words.length > SAVE_RULES_MAX * 2) return fail('Invalid save parameters');
  const rules: SaveRule[] = [];
  for (let index = 0; index < words.length; index += 2) {
    const seconds = words[index] as string;
    const changes = words[index + 1] as string;
    if (!isInteger(seconds) || !isInteger(changes)) return fail('Invalid save parameters');
    if (Number(seconds) < 1 || Number(changes) < 0) return fail('Invalid save parameters');
    rules.push({ seconds: Number(seconds), changes: Number(changes) });
  }
  return { value: rules };
}

function parseOutputLimits(words: readonly string[], current: OutputLimits): Parsed {
  if (words.length % 4 !== 0) {
    return fail('Wrong number of arguments in buffer limit configuration.');
  }
  const limits: { -readonly [Name in keyof OutputLimits]: OutputLimit } = { ...current };
  for (let index = 0; index < words.length; index += 4) {
    const given = (words[index] as string).toLowerCase();
    const name = OUTPUT_CLASSES.find((known) => known === (given === 'replica' ? 'slave' : given));
    if (name === undefined) return fail('Invalid client class specified in buffer limit configuration.');
    const hardBytes = parseMemory(words[index + 1] as string);
    const softBytes = parseMemory(words[index + 2] as string);
    const softSeconds = words[index + 3] as string;
    if (
      hardBytes === undefined ||
      softBytes === undefined ||
      !isInteger(softSeconds) ||
      Number(softSeconds) < 0
    ) {
      return fail('Error in hard, soft or soft_seconds setting in buffer limit configuration.');
    }
    limits[name] = { hardBytes, softBytes, softSeconds: Number(softSeconds) };
  }
  return { value: limits };
}

/** Redis's `string2ll`: no plus sign, no leading zeros, no spaces. */
function isInteger(text: string): boolean {
  return /^(0|-?[1-9]\d{0,18})$/.test(text);
}

function parseDecimal(text: string): number | undefined {
  return isInteger(text) ? Number(text) : undefined;
}

/** What C's strtoll makes of base 8, but for leading spaces. */
function parseOctal(text: string): number | undefined {
  return /^[+-]?[0-7]{1,21}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

function fail(error: string): Parsed {
  return { error };
}

function failRange(minimum: number, maximum: number, base = 10): Parsed {
  const shownMaximum = maximum === 2 ** 63 ? '9223372036854775807' : maximum.toString(base);
  return fail(`argument must be between ${minimum.toString(base)} and ${shownMaximum} inclusive`);
}

/**
 * From the command line, the environment and configuration files to a `Config`.
 *
 * Everything that sets an option is first turned into a `Directive`: a name, words, and where it was written.
 * Directives are then applied by strength: defaults < configuration file < environment < command line. Within
 * one of these sources a later line replaces an earlier one, except `save` and `client-output-buffer-limit`,
 * whose lines add up as in Redis.
 *
 *     crabkv [<file> | -] [--<directive> <value> ... | --<directive>=<value>] ...
 *
 * Files have redis.conf's syntax: one directive a line, `#` comments, words in double quotes with escapes
 * (`"\n\x41"`) or in single quotes, and `include <path>`, whose path is relative to the including file and
 * may hold wildcards in its last part. Environment variables are the directive in capitals with underscores:
 * `CRABKV_PORT`. Users and renamed commands are lines of their own kind: access-lines.ts.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CrabError } from '../../base/errors.js';
import { isUserLine, toBytes } from './access-lines.js';
import { Config } from './config.js';
import { globMatchesText } from './glob-text.js';
import { formatMemory } from './memory-units.js';
import { findOption, OPTIONS, type Option, type OptionName } from './options.js';
import { describeAllowed, isList, parseValue } from './value.js';

/** `include` may nest so deeply; more is a file that includes itself. */
const INCLUDE_DEPTH_MAX = 16;
const ENVIRONMENT_PREFIX = 'CRABKV_';

/** An option as someone wrote it; `origin` is where, for messages. */
export interface Directive {
  readonly name: string;
  readonly words: readonly string[];
  readonly origin: string;
}

/** What the command line asks for. */
export interface CommandLine {
  /** Path of the configuration file, `-` for standard input, undefined for none. */
  readonly file: string | undefined;
  readonly directives: readonly Directive[];
}

/** A configuration, and sentences about what was noticed on the way and ignored. */
export interface LoadedConfig {
  readonly config: Config;
  readonly notices: readonly string[];
}

/**
 * The configuration that `argv` (without node and script), `environment` and the file they name describe.
 * Throws a `CrabError` for anything unknown, malformed or out of range.
 */
export function loadConfig(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): LoadedConfig {
  const line = parseCommandLine(argv);
  const fromEnvironment = parseEnvironment(environment);
  const config = new Config();
  if (line.file !== undefined) applyDirectives(config, readConfigFile(line.file));
  if (line.file !== undefined && line.file !== '-') config.file = resolve(line.file);
  applyDirectives(config, fromEnvironment.directives);
  applyDirectives(config, line.directives);
  return { config, notices: fromEnvironment.notices };
}

/** Splits a command line into a configuration file and directives. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const first = argv[0];
  const file = first !== undefined && !first.startsWith('--') ? first : undefined;
  if (file !== undefined && file !== '-' && file.startsWith('-')) {
    throw wrong(`unknown option '${file}'; options start with two dashes, run crabkv --help for a list`);
  }
  const directives: Directive[] = [];
  for (let index = file === undefined ? 0 : 1; index < argv.length; ) {
    const argument = argv[index++] as string;
    if (!argument.startsWith('--')) {
      throw wrong(`unexpected argument '${argument}'; run crabkv --help for what is allowed`);
    }
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument.slice(2) : argument.slice(2, equals);
    const words = equals < 0 ? [] : [argument.slice(equals + 1)];
    if (equals < 0) {
      while (index < argv.length && !(argv[index] as string).startsWith('--'))
        words.push(argv[index++] as string);
    }
    const given = isUserLine(name) ? words.map(toBytes) : words;
    directives.push({ name, words: given, origin: 'command line' });
  }
  return { file, directives };
}

/**
 * Directives from `CRABKV_*` variables. A variable that names no option is ignored with a notice, not
 * refused: container platforms add variables of their own for a service that is called crabkv
 * (`CRABKV_SERVICE_HOST`, `CRABKV_PORT=tcp://10.0.0.1:3000`).
 */
export function parseEnvironment(environment: Readonly<Record<string, string | undefined>>): {
  directives: Directive[];
  notices: string[];
} {
  const directives: Directive[] = [];
  const notices: string[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(ENVIRONMENT_PREFIX) || value === undefined) continue;
    const option = findOption(variable.slice(ENVIRONMENT_PREFIX.length).replaceAll('_', '-'));
    if (option === undefined || (option.name === 'port' && value.startsWith('tcp://'))) {
      notices.push(
        `ignoring the environment variable ${variable}: it names no option or holds a service address`,
      );
      continue;
    }
    directives.push({ name: option.name, words: [value], origin: `environment variable ${variable}` });
  }
  return { directives, notices };
}

/** Reads a configuration file, or standard input for `-`, with everything it includes. */
export function readConfigFile(path: string, depth = 0): Directive[] {
  if (depth > INCLUDE_DEPTH_MAX) throw wrong(`${path}: more than ${INCLUDE_DEPTH_MAX} nested includes`);
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (cause) {
    const reason =
      cause instanceof Error && 'code' in cause ? describeReadError(String(cause.code)) : String(cause);
    throw wrong(`can't read the configuration file ${path}: ${reason}`, cause);
  }
  return readConfigText(text, path, depth);
}

/** What `readConfigFile` makes of the file at `path` when it holds `text`. */
export function readConfigText(text: string, path: string, depth = 0): Directive[] {
  const directives: Directive[] = [];
  for (const directive of parseConfigText(text, path === '-' ? 'standard input' : path)) {
    if (directive.name.toLowerCase() !== 'include') {
      directives.push(directive);
      continue;
    }
    if (directive.words.length !== 1) throw wrong(`include wants one path (${directive.origin})`);
    const base = path === '-' ? '.' : dirname(path);
    for (const included of expandPath(resolve(base, directive.words[0] as string))) {
      // One by one: a file of hundreds of thousands of lines has more than a call may have arguments.
      for (const inner of readConfigFile(included, depth + 1)) directives.push(inner);
    }
  }
  return directives;
}

/**
 * The directives written in `text`, with `include` as an ordinary one. `source` is what messages call the
 * text.
 */
export function parseConfigText(text: string, source: string): Directive[] {
  const directives: Directive[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const words = splitQuoted(isUserLine(line) ? toBytes(line) : line);
    if (words === undefined) throw wrong(`unbalanced quotes (${source} line ${index + 1})`);
    const [name = '', ...rest] = words;
    directives.push({ name, words: rest, origin: `${source} line ${index + 1}` });
  }
  return directives;
}

/** Applies directives of one source in order; throws a `CrabError` at the first that is wrong. */
export function applyDirectives(config: Config, directives: readonly Directive[]): void {
  const started = new Set<OptionName>();
  for (const { name, words, origin } of directives) {
    if (config.lines.take(name, words, origin)) continue;
    const option = findOption(name);
    if (option === undefined) throw unknownOption(name, origin);
    const given = isList(option)
      ? words.flatMap((word) => word.split(/\s+/).filter((part) => part !== ''))
      : words;
    const earlier = config.value(option.name);
    const parsed = parseValue(option, given, earlier);
    if ('error' in parsed) throw badValue(option, words, origin);
    const addsUp = option.kind === 'save' && given.length > 0 && started.has(option.name);
    config.setAtStart(
      option.name,
      addsUp ? ([...(earlier as []), ...(parsed.value as [])] as typeof earlier) : parsed.value,
    );
    started.add(option.name);
  }
}

/**
 * Splits a line into words with Redis's quoting (`sdssplitargs`), or returns undefined when quotes don't
 * balance or a closing quote is not followed by a space.
 */
export function splitQuoted(line: string): string[] | undefined {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && isSpace(line[at] as string)) at++;
    if (at >= line.length) return words;
    let word = '';
    while (at < line.length && !isSpace(line[at] as string)) {
      const quote = line[at] as string;
      if (quote !== '"' && quote !== "'") {
        word += quote;
        at++;
        continue;
      }
      const quoted = readQuoted(line, at + 1, quote);
      if (quoted === undefined) return undefined;
      word += quoted.text;
      at = quoted.end;
      if (at < line.length && !isSpace(line[at] as string)) return undefined;
    }
    words.push(word);
  }
}

/** The `--help` text, made from the option table. */
export function helpText(version: string): string {
  const rows = OPTIONS.map((option: Option) => {
    const allowed = describeAllowed(option);
    const change = option.change === 'live' ? '; CONFIG SET changes it' : '';
    return `  --${option.name}\n      ${option.summary}\n      ${allowed}; default ${describeDefault(option)}${change}`;
  });
  return [
    `crabkv ${version}: a persistent, Redis-compatible in-memory key-value store`,
    '',
    'Usage:',
    '  crabkv [<config-file> | -] [--<option> <value> ...]   start a server; - reads the configuration from standard input',
    '  crabkv check [<dir>]                                  verify the log and the snapshot of a stopped server',
    '  crabkv wal [<dir>]                                    print the log of a stopped server as commands',
    '  crabkv --help | --version',
    '',
    'Options may also stand in a file in the syntax of redis.conf, or in the environment (CRABKV_PORT for --port).',
    'The command line wins over the environment, the environment over the file. A file and the command line may also have any',
    'number of user <name> <rule> ... and rename-command <command> <new name>; "" in its place removes the command.',
    '',
    'Options:',
    ...rows,
    '',
  ].join('\n');
}

/** The default as help pages show it. */
export function describeDefault(option: Option): string {
  if (option.kind === 'integer' && option.defaultText !== undefined) return option.defaultText;
  if (option.kind === 'memory') return formatMemory(option.default);
  if (option.name === 'dir') return String(option.default);
  const words = new Config().get(option.name as OptionName);
  return words === '' ? '""' : words;
}

function unknownOption(name: string, origin: string): CrabError {
  const near = OPTIONS.find((option) => isOneSlipAway(name.toLowerCase(), option.name));
  const hint = near === undefined ? 'run crabkv --help for a list' : `did you mean '${near.name}'?`;
  return wrong(`unknown option '${name}' (${origin}); ${hint}`);
}

function badValue(option: Option, words: readonly string[], origin: string): CrabError {
  if (words.length === 0)
    return wrong(`${option.name} needs a value (${origin}): ${describeAllowed(option)}`);
  const given = option.kind === 'text' && option.secret === true ? '(hidden)' : words.join(' ');
  return wrong(`bad value '${given}' for ${option.name} (${origin}): expected ${describeAllowed(option)}`);
}

/** One letter added, left out, changed, or two neighbours swapped. */
function isOneSlipAway(given: string, name: string): boolean {
  let start = 0;
  while (start < given.length && start < name.length && given[start] === name[start]) start++;
  const [a, b] = [given.slice(start), name.slice(start)];
  const swapped = a.length > 1 && b.startsWith(`${a[1]}${a[0]}`) && a.slice(2) === b.slice(2);
  return a.slice(1) === b.slice(1) || a === b.slice(1) || a.slice(1) === b || swapped;
}

/** A wrong configuration: the message is one line that names what was wrong and what is allowed. */
function wrong(message: string, cause?: unknown): CrabError {
  return new CrabError('CONFIG', message, cause);
}

function describeReadError(code: string): string {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  return code;
}

/** The files an include path names; `*` and `?` are understood in its last part. */
function expandPath(path: string): string[] {
  const pattern = basename(path);
  if (!/[*?]/.test(pattern)) return [path];
  try {
    const names = readdirSync(dirname(path)).filter(
      (name) => globMatchesText(pattern, name) && !name.startsWith('.'),
    );
    return names.sort().map((name) => join(dirname(path), name));
  } catch {
    return [];
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };

function readQuoted(line: string, from: number, quote: string): { text: string; end: number } | undefined {
  let text = '';
  for (let at = from; at < line.length; at++) {
    const letter = line[at] as string;
    if (letter === quote) return { text, end: at + 1 };
    const next = line[at + 1];
    if (letter !== '\\' || next === undefined || (quote === "'" && next !== "'")) {
      text += letter;
      continue;
    }
    const hex = quote === '"' && next === 'x' ? /^[0-9a-f]{2}/i.exec(line.slice(at + 2)) : null;
    text +=
      hex === null
        ? (ESCAPES[quote === '"' ? next : ''] ?? next)
        : String.fromCharCode(Number.parseInt(hex[0], 16));
    at += hex === null ? 1 : 3;
  }
  return undefined;
}

function isSpace(letter: string): boolean {
  return letter === ' ' || letter === '\t' || letter === '\n' || letter === '\r';
}

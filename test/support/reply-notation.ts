/**
 * Whether a value is what the `reply` of a command's spec promises, as the client's methods hand it on. The notation is that of
 * `ReplySpec` in src/engine/command.ts; it is read by the generator of the methods.
 */

import type { CommandSpec } from '../../src/engine/command.js';

interface ParsedReply {
  readonly kind: string;
  readonly items?: readonly ParsedReply[];
  readonly names?: readonly string[];
  readonly isOptional: boolean;
}

interface Notation {
  parseReply(text: string): ParsedReply;
  camelCase(name: string): string;
}

/** As seen from the compiled file. */
const READER = new URL('../../../scripts/client/replies.mjs', import.meta.url);
const { parseReply, camelCase } = (await import(READER.href)) as Notation;

/** The notation that holds for a request: `words` are the command's own, `args` come behind them. */
export function notationFor(spec: CommandSpec, words: readonly string[], args: readonly unknown[]): string {
  const { reply, arity } = spec;
  if (reply === undefined) throw new Error(`${words.join(' ')} has no reply`);
  if (typeof reply === 'string') return reply;
  const extra = words.length + args.length - Math.abs(arity);
  const holds = (condition: string): boolean => {
    if (condition === 'else') return true;
    if (condition === 'old-format') return extra === 0;
    return /[a-z]/.test(condition) ? extra > 0 : args.includes(condition);
  };
  const found = Object.entries(reply).find(([conditions]) => conditions.split('|').some(holds));
  if (found === undefined) throw new Error(`${words.join(' ')} has no last case`);
  return found[1];
}

/** What is wrong with the value; undefined if it is as the notation says. `isText` says what a text is. */
export function mismatch(
  value: unknown,
  notation: string,
  isText: (value: unknown) => boolean,
): string | undefined {
  return check(value, parseReply(notation), 'the reply');

  function check(part: unknown, reply: ParsedReply, place: string): string | undefined {
    if (part === undefined) return reply.isOptional ? undefined : `${place} is nothing`;
    const [first, second] = reply.items ?? [];
    switch (reply.kind) {
      case 'array':
        return Array.isArray(part) ? all(part, first!, place) : `${place} is no list`;
      case 'set':
        return part instanceof Set ? all(part, first!, place) : `${place} is no Set`;
      case 'map':
        if (!(part instanceof Map)) return `${place} is no Map`;
        return all(part.keys(), first!, `a key of ${place}`) ?? all(part.values(), second!, place);
      case 'pairs':
      case 'flat':
        if (!Array.isArray(part)) return `${place} is no list`;
        return firstProblem(part.map((pair) => checkTuple(pair, reply.items!, `a pair of ${place}`)));
      case 'tuple':
        return checkTuple(part, reply.items!, place);
      case 'object':
      case 'record':
        return checkFields(part, reply, place);
      default:
        return isSimple(part, reply.kind) ? undefined : `${place} is no ${reply.kind}`;
    }
  }

  function all(items: Iterable<unknown>, reply: ParsedReply, place: string): string | undefined {
    return firstProblem(Array.from(items, (item) => check(item, reply, `an item of ${place}`)));
  }

  function checkTuple(part: unknown, items: readonly ParsedReply[], place: string): string | undefined {
    if (!Array.isArray(part) || part.length !== items.length) return `${place} has not ${items.length} items`;
    return firstProblem(items.map((item, index) => check(part[index], item, `item ${index} of ${place}`)));
  }

  function checkFields(part: unknown, { names, items }: ParsedReply, place: string): string | undefined {
    const fields = names!.map(camelCase);
    if (typeof part !== 'object' || part === null || Object.keys(part).join() !== fields.join())
      return `${place} has not the fields ${fields.join(', ')}`;
    const values = part as Record<string, unknown>;
    return firstProblem(items!.map((item, index) => check(values[fields[index]!], item, fields[index]!)));
  }

  function isSimple(part: unknown, kind: string): boolean {
    switch (kind) {
      case 'ok':
        return part === 'OK';
      case 'string':
        return typeof part === 'string';
      case 'text':
        return isText(part);
      case 'bytes':
        return Buffer.isBuffer(part);
      case 'integer':
        return Number.isSafeInteger(part);
      case 'counter':
        return Number.isSafeInteger(part) || typeof part === 'bigint';
      case 'flag':
        return typeof part === 'boolean';
      case 'double':
      case 'decimal':
        return typeof part === 'number' && !Number.isNaN(part);
      case 'place':
        return isText((part as { member: unknown }).member);
      case 'memory-statistic':
        return typeof part === 'number' || typeof part === 'string' || part instanceof Map;
      case 'command-documentation':
        return part instanceof Map && typeof part.get('summary') === 'string';
      case 'command-description':
        return isDescription(part as Record<string, unknown>);
      case 'user-description':
        return isUser(part as Record<string, unknown>);
      case 'access-refusal':
        return isRefusal(part as Record<string, unknown>);
      default:
        throw new Error(`nobody knows what ${kind} is`);
    }
  }
}

function isDescription(part: Record<string, unknown>): boolean {
  return (
    typeof part['name'] === 'string' &&
    part['flags'] instanceof Set &&
    part['categories'] instanceof Set &&
    Array.isArray(part['subcommands']) &&
    (part['keySpecifications'] as unknown[]).every((specification) => specification instanceof Map)
  );
}

function isUser(part: Record<string, unknown>): boolean {
  return (
    part['flags'] instanceof Set &&
    Array.isArray(part['passwords']) &&
    Array.isArray(part['selectors']) &&
    ['commands', 'keys', 'channels'].every((name) => typeof part[name] === 'string')
  );
}

function isRefusal(part: Record<string, unknown>): boolean {
  const texts = ['reason', 'context', 'object', 'username', 'clientInfo'];
  const numbers = ['count', 'ageSeconds'];
  return (
    texts.every((name) => typeof part[name] === 'string') &&
    numbers.every((name) => typeof part[name] === 'number')
  );
}

function firstProblem(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}

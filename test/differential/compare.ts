/**
 * When two servers' replies to the same request count as the same.
 *
 * Byte for byte, except where a reply depends on the clock, on the process, or has no order: each such command has its own rule
 * here, as narrow as the command allows. An error is always compared byte by byte.
 */

import { viewOf } from '../../src/base/bytes.js';
import { isPayload, StringPayload } from '../../src/engine/rdb/payload.js';
import { type Frame, parseFrame } from '../support/resp.js';
import {
  sameHistogramCommands,
  sameInformation,
  sameRefusals,
  sameSlowCommands,
} from './observation-rules.js';
import { KnownEncodings, sortOrder } from './order-rules.js';

/** How far apart two servers' clocks may read one deadline: the time between their executions of the same command. */
const CLOCK_TOLERANCE_MS = 2000;

/** A request as latin1 text, one character a byte: command names upper case, arguments as they are. */
export type Words = readonly string[];

type Rule = (subject: Frame, reference: Frame, words: Words) => boolean;

/**
 * Whether the replies to `words` agree. What the runner follows step by step (steps.ts) is not judged here. `encodings` are those
 * that the requests directly before have asked for.
 */
export function repliesAgree(
  words: Words,
  subject: Buffer,
  reference: Buffer,
  encodings = new KnownEncodings(),
): boolean {
  if (subject.equals(reference)) return true;
  const rule = ruleFor(words);
  if (rule === undefined) return false;
  const subjectFrame = parseFrame(subject);
  const referenceFrame = parseFrame(reference);
  if (subjectFrame.type === '-' || referenceFrame.type === '-') return false;
  if (UNORDERED.has((words[0] ?? '').toUpperCase()) && encodings.areOrdered(words, referenceFrame))
    return false;
  return rule(subjectFrame, referenceFrame, words);
}

function ruleFor(words: Words): Rule | undefined {
  const name = (words[0] ?? '').toUpperCase();
  const second = (words[1] ?? '').toUpperCase();
  return RULES.get(`${name} ${second}`) ?? RULES.get(name);
}

/** Commands whose replies have an order only for some encodings. */
const UNORDERED = new Set('SMEMBERS SUNION SINTER SDIFF HKEYS HVALS HGETALL SORT SORT_RO'.split(' '));

const RULES = new Map<string, Rule>([
  ['TTL', near(CLOCK_TOLERANCE_MS / 1000)],
  ['EXPIRETIME', near(CLOCK_TOLERANCE_MS / 1000)],
  ['PTTL', near(CLOCK_TOLERANCE_MS)],
  ['PEXPIRETIME', near(CLOCK_TOLERANCE_MS)],
  ['KEYS', sameElements],
  ['RANDOMKEY', sameType],
  ['OBJECT IDLETIME', idleTime],
  ['SCAN', scanPage],
  ['HSCAN', scanPage],
  ['SSCAN', scanPage],
  ['ZSCAN', scanPage],
  ['SMEMBERS', sameElements],
  ['SUNION', sameElements],
  ['SINTER', sameElements],
  ['SDIFF', sameElements],
  ['HKEYS', sameElements],
  ['HVALS', sameElements],
  ['HGETALL', samePairs],
  ['SORT', sameSorted],
  ['SORT_RO', sameSorted],
  ['TIME', sameShape],
  ['LASTSAVE', sameShape],
  ['HELLO', hello],
  ['INFO', sameInformation],
  ['SLOWLOG GET', sameSlowCommands],
  ['ACL GENPASS', sameSize],
  ['ACL LOG', sameRefusals],
  ['LATENCY DOCTOR', sameType],
  ['LATENCY HISTOGRAM', sameHistogramCommands],
  ['CLIENT ID', sameType],
  ['CLIENT INFO', sameType],
  ['CLIENT LIST', sameType],
  ['CONFIG GET', samePairs],
  ['DEBUG OBJECT', debugObject],
  ['COMMAND COUNT', sameType],
  ['COMMAND LIST', sameType],
  ['COMMAND INFO', commandInfo],
  ['COMMAND DOCS', commandDocs],
  ['DUMP', samePayload],
  ['MEMORY USAGE', sameType],
  ['MEMORY STATS', sameType],
  ['MEMORY DOCTOR', sameType],
  ['MEMORY MALLOC-STATS', sameType],
  ['LOLWUT', sameType],
]);

/** Integers that differ by at most `tolerance`; -1 and -2 mean something else and must be equal. */
function near(tolerance: number): Rule {
  return (subject, reference) => {
    const a = Number(subject.text);
    const b = Number(reference.text);
    return subject.type === ':' && reference.type === ':' && a >= 0 && b >= 0 && Math.abs(a - b) <= tolerance;
  };
}

/** OBJECT IDLETIME: Redis keeps one object for each small integer, and one idle time for all keys that hold it. */
function idleTime(subject: Frame, reference: Frame, words: Words): boolean {
  const isFresh =
    subject.type === ':' && reference.type === ':' && Number(subject.text) <= CLOCK_TOLERANCE_MS / 1000;
  return isFresh || near(CLOCK_TOLERANCE_MS / 1000)(subject, reference, words);
}

function sameType(subject: Frame, reference: Frame): boolean {
  return subject.type === reference.type && subject.isNil === reference.isNil;
}

/** Texts of one length. */
function sameSize(subject: Frame, reference: Frame): boolean {
  return sameType(subject, reference) && subject.text.length === reference.text.length;
}

/** The same types all the way down, whatever the leaves hold. */
function sameShape(subject: Frame, reference: Frame): boolean {
  return (
    sameType(subject, reference) &&
    subject.items.length === reference.items.length &&
    subject.items.every((item, i) => sameShape(item, reference.items[i] as Frame))
  );
}

/** SCAN from somewhere in the middle: what such a page holds is each server's own affair. */
function scanPage(subject: Frame, reference: Frame): boolean {
  const types = (frame: Frame) => [frame, ...frame.items].map(({ type }) => type).join();
  return types(subject) === types(reference);
}

/** The same elements in any order. */
function sameElements(subject: Frame, reference: Frame): boolean {
  return sameType(subject, reference) && sorted(subject.items) === sorted(reference.items);
}

/** SORT: in order where there is one. */
function sameSorted(subject: Frame, reference: Frame, words: Words): boolean {
  const order = sortOrder(words);
  if (order === 'members') return sameElements(subject, reference);
  return order === 'count' && sameType(subject, reference) && subject.items.length === reference.items.length;
}

function sorted(items: readonly Frame[]): string {
  return JSON.stringify(items.map(canonical).sort());
}

/** A frame as a string that is equal for equal frames; sets have no order. */
function canonical(frame: Frame): string {
  const items = frame.items.map(canonical);
  if (frame.type === '~') items.sort();
  return JSON.stringify([frame.type, frame.isNil, frame.text, items]);
}

/** A map, or RESP2's flat form of one, with the same pairs in any order. */
function samePairs(subject: Frame, reference: Frame): boolean {
  return sameType(subject, reference) && sorted(pairs(subject)) === sorted(pairs(reference));
}

function pairs(frame: Frame): Frame[] {
  return Array.from({ length: frame.items.length / 2 }, (_, i) => ({
    type: 'pair',
    text: '',
    isNil: false,
    items: frame.items.slice(i * 2, i * 2 + 2),
  }));
}

/** HELLO: the same fields of the same types; who answers, in which version and with which id may differ. */
function hello(subject: Frame, reference: Frame): boolean {
  return (
    sameShape(subject, reference) &&
    subject.items.every((item, i) => {
      const field = subject.items[i - (i % 2)]?.text ?? '';
      const isValue = i % 2 === 1;
      if (isValue && ['server', 'version', 'id'].includes(field)) return true;
      return canonical(item) === canonical(reference.items[i] as Frame);
    })
  );
}

/** DEBUG OBJECT: the same references, encoding and size; where the value is, and when it was used, may differ. */
function debugObject(subject: Frame, reference: Frame): boolean {
  const common = ({ text }: Frame) => text.replace(/at:0x[0-9a-f]+|lru(_seconds_idle)?:\d+/g, '');
  return subject.type === '+' && reference.type === '+' && common(subject) === common(reference);
}

/** DUMP: the same value; Redis compresses long ones. */
function samePayload(subject: Frame, reference: Frame): boolean {
  return sameType(subject, reference) && !subject.isNil && payloadText(subject) === payloadText(reference);
}

/** The string in a payload, or undefined when it is damaged. */
function payloadText(frame: Frame): string | undefined {
  const bytes = Buffer.from(frame.text, 'latin1');
  const payload = new StringPayload();
  if (!isPayload(bytes, 0, bytes.length) || !payload.open(bytes, viewOf(bytes), 0, bytes.length))
    return undefined;
  const value = Buffer.alloc(payload.size);
  return payload.copy(value, viewOf(value), 0) ? value.toString('latin1') : undefined;
}

/** The parts of a COMMAND INFO entry that are compared by content: all up to the key specifications. */
const COMMAND_INFO_EXACT = 9;

/**
 * COMMAND INFO: for each command its name, arity, flags, key positions, ACL categories, tips and key specifications are
 * Redis's, and the reply has Redis's ten parts. Subcommands may be others; each has a row of its own.
 */
function commandInfo(subject: Frame, reference: Frame): boolean {
  return (
    sameType(subject, reference) &&
    subject.items.length === reference.items.length &&
    subject.items.every((command, i) => {
      const other = reference.items[i] as Frame;
      if (!sameType(command, other) || command.items.length !== other.items.length) return false;
      return command.items.every((part, k) => {
        const otherPart = other.items[k] as Frame;
        if (k >= COMMAND_INFO_EXACT) return sameType(part, otherPart);
        return part.items.length > 0
          ? sameElements(part, otherPart)
          : canonical(part) === canonical(otherPart);
      });
    })
  );
}

/** COMMAND DOCS: the same commands, each with at least a summary, and Redis's `since`, `group` and `complexity`. */
function commandDocs(subject: Frame, reference: Frame): boolean {
  if (!sameType(subject, reference) || subject.items.length !== reference.items.length) return false;
  return subject.items.every((item, i) => {
    const other = reference.items[i] as Frame;
    if (i % 2 === 0) return canonical(item) === canonical(other);
    return ['since', 'group'].every((field) => docsField(item, field) === docsField(other, field));
  });
}

function docsField(docs: Frame, field: string): string | undefined {
  const at = docs.items.findIndex((item, i) => i % 2 === 0 && item.text === field);
  return docs.items[at + 1]?.text;
}

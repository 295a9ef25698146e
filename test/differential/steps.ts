/**
 * Requests that are not compared by their reply alone: iterations, random choices, and payloads.
 *
 * - SCAN, HSCAN, SSCAN, ZSCAN from cursor 0: only what a whole iteration returns is comparable.
 * - SRANDMEMBER, HRANDFIELD, ZRANDMEMBER: as many as the reference answers, all of them its members, with their values.
 * - SPOP: the same, and then the reference loses what the subject has lost instead of its own choice.
 * - DUMP: each server restores the other's payload to an equal value.
 * - GEOSEARCHSTORE and GEORADIUS with STOREDIST: distances agree but for the last digits of the processors' sines. The result is
 *   deleted, so that they show nowhere else.
 */

import type { RespConnection } from '../support/connection.js';
import { type Frame, parseFrame, show } from '../support/resp.js';
import { repliesAgree, type Words } from './compare.js';

/** Calls of one iteration: more than any keyspace of a test needs. */
const SCAN_CALLS_MAX = 100_000;
/** Distances may differ by so much of themselves. */
const DISTANCE_TOLERANCE = 1e-9;
/** Redis makes a new set of what is left when a SPOP takes more than so many times that. */
const SPOP_REBUILD_RATIO = 5;

export type Ask = (connection: RespConnection, words: Words) => Promise<Buffer>;

/** Two servers, and how to ask them. */
export interface Sides {
  readonly subject: RespConnection;
  readonly reference: RespConnection;
  readonly ask: Ask;
}

/** What differs, as text; undefined when nothing does. `isDiverged`: the servers rightly hold different data from here on. */
export interface StepResult {
  readonly difference?: readonly [subject: string, reference: string];
  readonly isDiverged?: true;
}

type Step = (words: Words, sides: Sides) => Promise<StepResult>;

/** How this request is compared if it isn't by its reply alone. */
export function findStep(words: Words): Step | undefined {
  const name = (words[0] ?? '').toUpperCase();
  switch (name) {
    case 'SCAN':
      return words[1] === '0' ? iterate : undefined;
    case 'HSCAN':
    case 'SSCAN':
    case 'ZSCAN':
      return words[2] === '0' ? iterate : undefined;
    case 'SRANDMEMBER':
    case 'HRANDFIELD':
    case 'ZRANDMEMBER':
      return choose;
    case 'SPOP':
      return pop;
    case 'DUMP':
      return travel;
    case 'GEOSEARCHSTORE':
    case 'GEORADIUS':
    case 'GEORADIUSBYMEMBER':
      return words.some((word) => word.toUpperCase() === 'STOREDIST') ? storeDistances : undefined;
    default:
      return undefined;
  }
}

const AGREED: StepResult = {};
const differ = (subject: string, reference: string): StepResult => ({ difference: [subject, reference] });

async function askBoth({ subject, reference, ask }: Sides, words: Words): Promise<[Buffer, Buffer]> {
  return Promise.all([ask(subject, words), ask(reference, words)]);
}

/** Asks both; the replies must agree by the usual rules. */
async function mustAgree(sides: Sides, words: Words): Promise<StepResult> {
  const [a, b] = await askBoth(sides, words);
  return repliesAgree(words, a, b) ? AGREED : differ(`${words.join(' ')}: ${show(a)}`, show(b));
}

async function iterate(words: Words, { subject, reference, ask }: Sides): Promise<StepResult> {
  const [a, b] = await Promise.all([scanAll(subject, words, ask), scanAll(reference, words, ask)]);
  return a === b ? AGREED : differ(a, b);
}

/** Everything one iteration returns, sorted, without repetitions; or the error it got. */
async function scanAll(connection: RespConnection, words: Words, ask: Ask): Promise<string> {
  const name = (words[0] ?? '').toUpperCase();
  const cursorAt = name === 'SCAN' ? 1 : 2;
  const width = name === 'HSCAN' || name === 'ZSCAN' ? 2 : 1;
  const found = new Set<string>();
  let cursor = '0';
  for (let calls = 0; calls < SCAN_CALLS_MAX; calls++) {
    const reply = await ask(connection, words.with(cursorAt, cursor));
    const frame = parseFrame(reply);
    const [next, elements] = frame.items;
    if (frame.type !== '*' || next === undefined || elements === undefined) return show(reply);
    for (let i = 0; i < elements.items.length; i += width) {
      found.add(JSON.stringify(elements.items.slice(i, i + width).map(({ text }) => text)));
    }
    cursor = next.text;
    if (cursor === '0') return JSON.stringify([...found].sort());
  }
  return `an iteration that does not end within ${SCAN_CALLS_MAX} calls`;
}

/** Types and lengths all the way down. */
function shape(frame: Frame): string {
  return `${frame.type}${frame.isNil ? '-' : ''}(${frame.items.map(shape).join('')})`;
}

/** The leaves of a frame, in order. */
function leaves(frame: Frame): string[] {
  return frame.items.length > 0 ? frame.items.flatMap(leaves) : [frame.text];
}

/** The command that tells of each member whether it is there, and the reply's parts for members that are. */
const LOOKUPS: Readonly<Record<string, string>> = {
  SRANDMEMBER: 'SMISMEMBER',
  SPOP: 'SMISMEMBER',
  HRANDFIELD: 'HMGET',
  ZRANDMEMBER: 'ZMSCORE',
};

async function choose(words: Words, sides: Sides): Promise<StepResult> {
  const [a, b] = await askBoth(sides, words);
  if (a.equals(b)) return AGREED;
  const [subject, reference] = [parseFrame(a), parseFrame(b)];
  const unlike = differ(show(a), show(b));
  if (subject.type === '-' || shape(subject) !== shape(reference)) return unlike;
  if (subject.isNil || (subject.type === '*' && subject.items.length === 0)) return unlike;
  const name = (words[0] ?? '').toUpperCase();
  const width = words.length > 3 ? 2 : 1;
  const parts = leaves(subject);
  const members = parts.filter((_, i) => i % width === 0);
  const isDistinct = words.length > 2 && Number(words[2]) > 0;
  if (isDistinct && new Set(members).size !== members.length) return unlike;
  const lookup: Words = [LOOKUPS[name] ?? '', words[1] ?? '', ...members];
  const found = parseFrame(await sides.ask(sides.reference, lookup)).items;
  const isThere = found.every((value, i) => {
    if (value.isNil || (lookup[0] === 'SMISMEMBER' && value.text !== '1')) return false;
    return width === 1 || value.text === parts[i * 2 + 1];
  });
  return isThere ? AGREED : unlike;
}

async function pop(words: Words, sides: Sides): Promise<StepResult> {
  const [a, b] = await askBoth(sides, words);
  if (a.equals(b)) return AGREED;
  const [subject, reference] = [parseFrame(a), parseFrame(b)];
  const unlike = differ(show(a), show(b));
  if (subject.type === '-' || shape(subject) !== shape(reference)) return unlike;
  if (subject.isNil || (subject.items.length === 0 && subject.type !== '$')) return unlike;
  const [gone, kept] = [leaves(subject), leaves(reference)];
  if (new Set(gone).size !== gone.length) return unlike;
  const key = words[1] ?? '';
  const back = kept.filter((member) => !gone.includes(member));
  const out = gone.filter((member) => !kept.includes(member));
  if (back.length > 0) {
    const added = parseFrame(await sides.ask(sides.reference, ['SADD', key, ...back]));
    const removed = parseFrame(await sides.ask(sides.reference, ['SREM', key, ...out]));
    if (added.text !== String(back.length) || removed.text !== String(out.length)) return unlike;
  }
  const left = await askBoth(sides, ['SCARD', key]);
  if (!left[0].equals(left[1])) return differ(`SCARD: ${show(left[0])}`, show(left[1]));
  const isRebuilt = Number(parseFrame(left[1]).text) * SPOP_REBUILD_RATIO <= gone.length;
  const encoding = await mustAgree(sides, ['OBJECT', 'ENCODING', key]);
  // What is left decides how a new set is held, and it was not the same on both.
  return encoding.difference !== undefined && isRebuilt ? { isDiverged: true } : encoding;
}

/** A key that no program uses. */
const TRAVEL_KEY = '\0travel';

async function travel(words: Words, sides: Sides): Promise<StepResult> {
  const [a, b] = await askBoth(sides, words);
  const [subject, reference] = [parseFrame(a), parseFrame(b)];
  const isPayload = [subject, reference].every(({ type, isNil }) => type === '$' && !isNil);
  const isString = [subject, reference].every(({ text }) => text.startsWith('\0'));
  if (!isPayload || isString) return repliesAgree(words, a, b) ? AGREED : differ(show(a), show(b));
  const digest: Words = ['DEBUG', 'DIGEST-VALUE', words[1] ?? '', TRAVEL_KEY];
  // The digest says of a deadline only that there is one.
  const left = parseFrame(await sides.ask(sides.reference, ['PTTL', words[1] ?? '']));
  const lifetime = left.text === '-1' ? '0' : '1000000';
  for (const [side, payload] of [
    [sides.subject, reference.text],
    [sides.reference, subject.text],
  ] as const) {
    const restored = await sides.ask(side, ['RESTORE', TRAVEL_KEY, lifetime, payload, 'REPLACE']);
    const [own, other] = parseFrame(await sides.ask(side, digest)).items;
    await sides.ask(side, ['DEL', TRAVEL_KEY]);
    if (own?.text === other?.text && restored.toString() === '+OK\r\n') continue;
    const target = side === sides.subject ? 'subject' : 'reference';
    return differ(`${show(a)}, restored by the ${target}: ${show(restored)}`, show(b));
  }
  return AGREED;
}

async function storeDistances(words: Words, sides: Sides): Promise<StepResult> {
  const [a, b] = await askBoth(sides, words);
  if (!a.equals(b)) return differ(show(a), show(b));
  if (parseFrame(a).type !== ':') return AGREED;
  const isSearch = words[0]?.toUpperCase() === 'GEOSEARCHSTORE';
  const storeAt = words.findLastIndex((word, at) => at < words.length - 1 && /^STORE(DIST)?$/i.test(word));
  const target = (isSearch ? words[1] : words[storeAt + 1]) ?? '';
  const [left, right] = await askBoth(sides, ['ZRANGE', target, '0', '-1', 'WITHSCORES']);
  const encoding = await mustAgree(sides, ['OBJECT', 'ENCODING', target]);
  await askBoth(sides, ['DEL', target]);
  const [x, y] = [leaves(parseFrame(left)), leaves(parseFrame(right))];
  const isNear = (i: number) =>
    Math.abs(Number(x[i]) - Number(y[i])) <= Math.abs(Number(y[i])) * DISTANCE_TOLERANCE;
  const isSame = x.length === y.length && x.every((text, i) => text === y[i] || (i % 2 === 1 && isNear(i)));
  return isSame ? encoding : differ(`${target}: ${show(left)}`, show(right));
}

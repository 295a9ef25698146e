/**
 * Where CrabKV means to answer differently from Redis 7.0, each with its reason.
 *
 * `docs/differences.md` tells the same to users; a row here without one there is a mistake. A row is as narrow as it can
 * be: it sees the request and both replies, and forgives only the difference it names.
 */

import type { Words } from './compare.js';

export interface Deviation {
  readonly title: string;
  readonly reason: string;
  /** Whether this difference, and no other, explains the two replies to the request. */
  readonly explains: (words: Words, subject: Buffer, reference: Buffer) => boolean;
  /** The servers hold different data from here on: the rest of the program proves nothing. */
  readonly endsProgram?: true;
}

/** The latest deadline, in milliseconds since 1970 (the year 287396). */
const DEADLINE_MS_MAX = 2 ** 53;

const isError = (reply: Buffer, text: string) => reply.toString('latin1').startsWith(`-${text}`);
const isCommand = (words: Words, ...names: string[]) =>
  names.every((name, i) => words[i]?.toUpperCase() === name.toUpperCase());

/** A reply in which no zero has a sign. */
const withoutSigns = (reply: Buffer) =>
  reply.toString('latin1').replaceAll('$2\r\n-0\r\n', '$1\r\n0\r\n').replaceAll(',-0\r\n', ',0\r\n');

export const DEVIATIONS: readonly Deviation[] = [
  {
    title: 'deadlines after the year 287396 are refused',
    reason: 'a deadline is a float of whole milliseconds, exact up to 2^53; Redis keeps 64-bit integers',
    explains: (words, subject, reference) =>
      isError(subject, 'ERR invalid expire time in') &&
      !isError(reference, '') &&
      words.some((word) => /^\d+$/.test(word) && Number(word) * 1000 + Date.now() > DEADLINE_MS_MAX),
    endsProgram: true,
  },
  {
    title: 'OBJECT REFCOUNT: a copy of a small integer counts as shared',
    reason:
      'nothing is shared here; the reply follows from the value, and Redis shares all small integers but copies',
    explains: (words, subject, reference) =>
      isCommand(words, 'OBJECT', 'REFCOUNT') &&
      subject.toString() === ':2147483647\r\n' &&
      reference.toString() === ':1\r\n',
  },
  {
    title: 'CONFIG SET: the port cannot be changed while the server runs',
    reason: 'the listener belongs to the reactor threads from their start',
    explains: (words, subject) =>
      isCommand(words, 'CONFIG', 'SET', 'port') &&
      isError(
        subject,
        "ERR CONFIG SET failed (possibly related to argument 'port') - can't set immutable config",
      ),
  },
  {
    title: 'CONFIG SET: proto-max-bulk-len is at most 512 MB',
    reason: "a request lies in one buffer, whose size the runtime limits; 512 MB is Redis's default",
    explains: (words, subject, reference) =>
      isCommand(words, 'CONFIG', 'SET', 'proto-max-bulk-len') &&
      isError(subject, 'ERR CONFIG SET failed') &&
      reference.toString().replace('9223372036854775807', '536870912') === subject.toString(),
  },
  {
    title: 'BITFIELD: the number of a field beyond every value is an error, however large it is',
    reason:
      'Redis multiplies it by the width and takes what is left of the product in 64 bits: some other field',
    explains: (words, subject, reference) =>
      isCommand(words, 'BITFIELD') &&
      isError(subject, 'ERR bit offset is not an integer or out of range') &&
      !isError(reference, '') &&
      words.some((word) => word.startsWith('#') && Number(word.slice(1)) * 64 >= 2 ** 63),
    endsProgram: true,
  },
  {
    title: 'ZRANK and ZREVRANK: WITHSCORE exists',
    reason: 'Redis has it since 7.2; before, a third argument is one too many',
    explains: (words, _subject, reference) =>
      (isCommand(words, 'ZRANK') || isCommand(words, 'ZREVRANK')) &&
      words.length === 4 &&
      isError(reference, 'ERR wrong number of arguments'),
  },
  {
    title: 'a range of members among different scores may be another one',
    reason: 'it has no meaning, and what Redis finds depends on the random levels of its skip list',
    explains: (words) => {
      const key = isCommand(words, 'ZRANGESTORE') ? words[2] : words[1];
      const isByMember =
        /LEX/i.test(words[0] ?? '') || words.slice(3).some((word) => word.toUpperCase() === 'BYLEX');
      return isByMember && /^Z/i.test(words[0] ?? '') && key?.startsWith('lex:') === false;
    },
    endsProgram: true,
  },
  {
    title: 'ZRANGESTORE keeps the sign of a zero score',
    reason: 'Redis loses it for the members before the first one that its small form has no room for',
    explains: (_words, subject, reference) =>
      withoutSigns(subject) !== subject.toString('latin1') &&
      withoutSigns(subject) === withoutSigns(reference),
  },
  {
    title: 'timeouts of 2^63 ms and more are out of range',
    reason: 'Redis 7.0 converts them without a check, and finds a negative number',
    explains: (_words, subject, reference) =>
      isError(subject, 'ERR timeout is out of range') && isError(reference, 'ERR timeout is negative'),
  },
  {
    title: 'CLIENT SETINFO exists',
    reason: 'clients of today send it when they connect; Redis has it since 7.2',
    explains: (words, _subject, reference) =>
      isCommand(words, 'CLIENT', 'SETINFO') && isError(reference, "ERR unknown subcommand 'SETINFO'"),
  },
];

/** The row that explains the difference, or undefined. */
export function findDeviation(words: Words, subject: Buffer, reference: Buffer): Deviation | undefined {
  return DEVIATIONS.find((deviation) => deviation.explains(words, subject, reference));
}

/**
 * The same requests to two servers: CrabKV (the subject) and redis-server (the reference).
 *
 * A program is a list of requests that runs from an empty keyspace on a fresh connection. Requests are pipelined to both servers
 * in one write, so the generator's batches are also a test of pipelining; only what has to be followed step by step (steps.ts),
 * such as SCAN through its cursors, goes alone.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { type Exchange, exchange, type RespConnection } from '../support/connection.js';
import { encodeRequest, parseFrame, show } from '../support/resp.js';
import { type Server, startCrabkv, startRedis } from '../support/server.js';
import { repliesAgree, type Words } from './compare.js';
import { findDeviation } from './deviations.js';
import { KnownEncodings } from './order-rules.js';
import { findStep } from './steps.js';

/** A reply that takes longer counts as missing. */
const REPLY_MS = 10_000;

export interface Mismatch {
  /** Index of the request in its program. */
  readonly index: number;
  readonly words: Words;
  readonly subject: string;
  readonly reference: string;
}

export class Pair {
  readonly subject: Server;
  readonly reference: Server;
  /** Titles of the known deviations that were met. */
  readonly deviationsMet = new Set<string>();

  private constructor(subject: Server, reference: Server) {
    this.subject = subject;
    this.reference = reference;
  }

  /** Starts both servers without persistence; inline requests are answered in RESP by both. */
  static async start(): Promise<Pair> {
    const directives = { appendonly: 'no', appendfsync: 'everysec', 'enable-debug-command': 'yes' };
    // Programs guess passwords all day.
    const own = { threads: '2', 'inline-replies': 'resp', 'auth-delay': '0' };
    const [subject, reference] = await Promise.all([
      startCrabkv({ directives: { ...directives, ...own } }),
      startRedis({ directives }),
    ]);
    return new Pair(subject, reference);
  }

  async stop(): Promise<void> {
    await Promise.all([this.subject.stop(), this.reference.stop()]);
  }

  /** Runs a program on both servers; returns the first difference, or undefined when there is none. */
  async run(program: readonly Words[]): Promise<Mismatch | undefined> {
    const subject = await this.subject.connect();
    const reference = await this.reference.connect();
    try {
      await subject.request('FLUSHALL');
      await reference.request('FLUSHALL');
      let first = 0;
      while (first < program.length) {
        let end = first;
        while (end < program.length && findStep(program[end] as Words) === undefined) end++;
        const mismatch =
          end > first
            ? await this.#compareBatch(program, first, end, subject, reference)
            : await this.#compareStep(program[end++] as Words, first, subject, reference);
        if (mismatch === 'diverged') return undefined;
        if (mismatch !== undefined) return mismatch;
        first = end;
      }
      return await this.#compareData(program, subject, reference);
    } finally {
      subject.close();
      reference.close();
    }
  }

  /** Sends the same raw bytes to both, each on a connection of its own. */
  exchange(bytes: Buffer): Promise<[subject: Exchange, reference: Exchange]> {
    return Promise.all([exchange(this.subject.port, bytes), exchange(this.reference.port, bytes)]);
  }

  /** What the program has left behind: every database, key, value, and whether there is a deadline. */
  async #compareData(
    program: readonly Words[],
    subject: RespConnection,
    reference: RespConnection,
  ): Promise<Mismatch | undefined> {
    if (program.some(setsInThePast)) return undefined;
    const words = ['DEBUG', 'DIGEST'];
    subject.send(encodeWords(words));
    reference.send(encodeWords(words));
    const [a, b] = await Promise.all([replyOf(subject), replyOf(reference)]);
    if (showReply(a) === showReply(b)) return undefined;
    return { index: program.length - 1, words, subject: showReply(a), reference: showReply(b) };
  }

  async #compareBatch(
    program: readonly Words[],
    first: number,
    end: number,
    subject: RespConnection,
    reference: RespConnection,
  ): Promise<Mismatch | 'diverged' | undefined> {
    const bytes = Buffer.concat(program.slice(first, end).map(encodeWords));
    subject.send(bytes);
    reference.send(bytes);
    // SET with a deadline in the past leaves a key that nobody can read but DBSIZE counts until the server gets round to it.
    let mayHoldExpired = program.slice(0, first).some(setsInThePast);
    const encodings = new KnownEncodings();
    let found: Mismatch | undefined;
    let isDiverged = false;
    for (let index = first; index < end; index++) {
      const words = program[index] as Words;
      const [a, b] = await Promise.all([replyOf(subject), replyOf(reference)]);
      mayHoldExpired ||= setsInThePast(words);
      const mismatch = { index, words, subject: showReply(a), reference: showReply(b) };
      if (typeof a === 'string' || typeof b === 'string') return found ?? mismatch;
      // The rest of the batch is under way: it is read to its end, or it would run into the next program.
      const isAgreed = repliesAgree(words, a, b, encodings);
      encodings.note(words, parseFrame(b));
      if (isDiverged || found !== undefined || isAgreed) continue;
      if (mayHoldExpired && words[0]?.toUpperCase() === 'DBSIZE') continue;
      const deviation = findDeviation(words, a, b);
      if (deviation === undefined) found = mismatch;
      else this.deviationsMet.add(deviation.title);
      isDiverged ||= deviation?.endsProgram === true;
    }
    return found ?? (isDiverged ? 'diverged' : undefined);
  }

  /** A request that is compared by more than its reply. */
  async #compareStep(
    words: Words,
    index: number,
    subject: RespConnection,
    reference: RespConnection,
  ): Promise<Mismatch | 'diverged' | undefined> {
    const ask = async (connection: RespConnection, question: Words) => {
      connection.send(encodeWords(question));
      const reply = await replyOf(connection);
      return typeof reply === 'string' ? Buffer.from(`-${reply}\r\n`) : reply;
    };
    const result = await findStep(words)?.(words, { subject, reference, ask });
    if (result?.isDiverged) return 'diverged';
    if (result?.difference === undefined) return undefined;
    return { index, words, subject: result.difference[0], reference: result.difference[1] };
  }
}

/** A mismatch as a message: the request, both replies, and the program up to it. */
export function describeMismatch(mismatch: Mismatch, program: readonly Words[]): string {
  const lines = program.slice(0, mismatch.index + 1).map((words) => `    ${words.map(showWord).join(' ')}`);
  return [
    `replies differ at: ${mismatch.words.map(showWord).join(' ')}`,
    `  crabkv: ${mismatch.subject}`,
    `  redis:  ${mismatch.reference}`,
    '  after:',
    ...lines,
  ].join('\n');
}

export function encodeWords(words: Words): Buffer {
  return encodeRequest(words.map((word) => Buffer.from(word, 'latin1')));
}

function showWord(word: string): string {
  const cut = word.length > 100 ? `${word.slice(0, 60)}...(${word.length} bytes)` : word;
  return /^[\w:.*?+-]+$/.test(cut) ? cut : JSON.stringify(cut);
}

/** The next reply, or a sentence when there is none. */
function replyOf(connection: RespConnection): Promise<Buffer | string> {
  const abort = new AbortController();
  const late = delay(REPLY_MS, `no reply within ${REPLY_MS} ms`, { signal: abort.signal }).catch(() => '');
  const reply = connection.frame().catch((error: Error) => error.message);
  return Promise.race([reply, late]).finally(() => abort.abort());
}

function showReply(reply: Buffer | string): string {
  return typeof reply === 'string' ? reply : show(reply);
}

function setsInThePast(words: Words): boolean {
  return words[0]?.toUpperCase() === 'SET' && words.some((word) => /^(EXAT|PXAT)$/i.test(word));
}

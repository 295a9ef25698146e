/**
 * Hashes, lists, sets and sorted sets of any size, laid fast: many elements in a request, several requests under way.
 *
 * Names have the numbers of redis-benchmark, 12 digits with leading zeros, so that its `__rand_int__` finds them.
 */

import type { Server } from '../test/support/server.js';

/** The words of a request; ASCII. */
export type Request = readonly string[];

const ELEMENTS_PER_REQUEST = 500;
const REQUESTS_UNDER_WAY = 8;
const DIGITS = 12;
const MINUS = 0x2d;

/** `element:000000000042`: what `element:__rand_int__` draws. */
export function numbered(name: string, number: number): string {
  return `${name}:${String(number).padStart(DIGITS, '0')}`;
}

/** A number below 2^32 that follows from `number`, no two the same: scores in no order. It is MurmurHash3's last step. */
export function scrambled(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Requests that add the elements 0 to `count - 1` to one key. `wordsOf` gives an element's words: one, or two for pairs. */
export function* additions(
  command: string,
  key: string,
  count: number,
  wordsOf: (number: number) => Request,
): Generator<Request> {
  for (let first = 0; first < count; first += ELEMENTS_PER_REQUEST) {
    const words = [command, key];
    for (let i = first; i < Math.min(first + ELEMENTS_PER_REQUEST, count); i++) words.push(...wordsOf(i));
    yield words;
  }
}

/** Sends all requests over one connection. Throws at the first that is refused. */
export async function sendAll(server: Server, requests: Iterable<Request>): Promise<void> {
  const connection = await server.connect();
  const receive = async () => {
    const reply = await connection.frame();
    if (reply[0] === MINUS) throw new Error(`${server.name} refused: ${reply.toString('latin1', 1, 200)}`);
  };
  try {
    let underWay = 0;
    for (const request of requests) {
      if (underWay === REQUESTS_UNDER_WAY) await receive();
      else underWay++;
      connection.send(encode(request));
    }
    for (; underWay > 0; underWay--) await receive();
  } finally {
    connection.close();
  }
}

/** As text in one piece: a buffer for each word would take longer than the server does. */
function encode(request: Request): string {
  let text = `*${request.length}\r\n`;
  for (const word of request) text += `$${word.length}\r\n${word}\r\n`;
  return text;
}

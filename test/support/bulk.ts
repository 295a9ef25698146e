/**
 * Many keys, fast: numbered keys of 11 bytes with values of 64 bytes, whose contents follow from the number, so that any of them
 * can be checked without being remembered.
 *
 *     key    k:000000042
 *     value  v:000000042:<version>:xxxxxxxx...      64 bytes
 */

import type { RespConnection } from './connection.js';
import { openSocket } from './connection.js';
import { encodeRequest, parseFrame } from './resp.js';
import type { Server } from './server.js';

export const KEY_BYTES = 11;
export const VALUE_BYTES = 64;

/** Requests in one write unless told otherwise, and how many such writes may wait for their replies. */
const BATCH = 1000;
const BATCHES_UNDER_WAY = 4;
const OK_BYTES = '+OK\r\n'.length;

export function bulkKey(number: number): string {
  return `k:${String(number).padStart(9, '0')}`;
}

/** @param version one digit */
export function bulkValue(number: number, version = 1): string {
  return `v:${String(number).padStart(9, '0')}:${version}:`.padEnd(VALUE_BYTES, 'x');
}

export interface FillOptions {
  /** The first number. */
  readonly from?: number;
  readonly count: number;
  /** One digit that goes into the values. */
  readonly version?: number;
  /** A deadline for all keys, in Unix milliseconds. */
  readonly deadlineMs?: number;
  /** Requests in one write: small for a load that leaves others room, large for speed. */
  readonly batch?: number;
  /** Looked at between batches: true ends the filling early. */
  readonly isEnough?: () => boolean;
}

/** SETs numbered keys in order over one connection. Resolves with how many were acknowledged. */
export async function fill(server: Server, options: FillOptions): Promise<number> {
  const { from = 0, count, version = 1, deadlineMs, batch = BATCH, isEnough = () => false } = options;
  const socket = await openSocket(server.port);
  const end = from + count;
  let next = from;
  let sent = 0;
  let receivedBytes = 0;
  return new Promise((done, failed) => {
    const send = () => {
      while (next < end && sent - receivedBytes / OK_BYTES <= batch * (BATCHES_UNDER_WAY - 1)) {
        if (isEnough()) next = end;
        else {
          const size = Math.min(batch, end - next);
          socket.write(fillBatch(next, size, version, deadlineMs));
          next += size;
          sent += size;
        }
      }
      if (next >= end && receivedBytes === sent * OK_BYTES) {
        socket.destroy();
        done(sent);
      }
    };
    socket.on('data', (chunk: Buffer) => {
      if (chunk.includes('-')) {
        socket.destroy();
        failed(new Error(`a write was refused: ${chunk.toString('latin1', 0, 200)}`));
        return;
      }
      receivedBytes += chunk.length;
      send();
    });
    socket.on('close', () => failed(new Error('the connection was closed')));
    send();
  });
}

/** `size` SET requests as one buffer: one request is built and its digits are changed in copies of it. */
function fillBatch(first: number, size: number, version: number, deadlineMs: number | undefined): Buffer {
  const args = ['SET', bulkKey(first), bulkValue(first, version)];
  if (deadlineMs !== undefined) args.push('PXAT', String(deadlineMs));
  const request = encodeRequest(args);
  const keyAt = request.indexOf('k:') + 2;
  const valueAt = request.indexOf('v:') + 2;
  const batch = Buffer.allocUnsafe(request.length * size);
  for (let i = 0; i < size; i++) {
    const at = i * request.length;
    request.copy(batch, at);
    let rest = first + i;
    for (let digit = 8; digit >= 0; digit--) {
      const code = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
      batch[at + keyAt + digit] = code;
      batch[at + valueAt + digit] = code;
    }
  }
  return batch;
}

/** Reads keys by number and returns those whose value is not `expected(number)`. */
export async function findWrongValues(
  connection: RespConnection,
  numbers: readonly number[],
  expected: (number: number) => string,
): Promise<string[]> {
  const wrong: string[] = [];
  for (let first = 0; first < numbers.length; first += BATCH) {
    const batch = numbers.slice(first, first + BATCH);
    const frames = await connection.pipeline(batch.map((number) => ['GET', bulkKey(number)]));
    frames.forEach((frame, i) => {
      const number = batch[i] as number;
      const { text, isNil } = parseFrame(frame);
      if (isNil || text !== expected(number)) wrong.push(`${bulkKey(number)} is ${isNil ? 'missing' : text}`);
    });
  }
  return wrong;
}

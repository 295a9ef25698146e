/** Servers that live as long as a test file, or as one test. */

import { after, before, type TestContext } from 'node:test';
import type { RespConnection, TextConnection } from './connection.js';
import { type Server, type StartOptions, startCrabkv } from './server.js';

/** One server for all tests of a file; started before the first and ended after the last. Returns how to get at it. */
export function sharedServer(options: StartOptions = {}): () => Server {
  let server: Server | undefined;
  before(async () => {
    server = await startCrabkv(options);
  });
  after(async () => {
    await server?.stop();
  });
  return () => {
    if (server === undefined) throw new Error('the server has not been started yet');
    return server;
  };
}

/** A server for one test. */
export async function serverFor(t: Pick<TestContext, 'after'>, options: StartOptions = {}): Promise<Server> {
  const server = await startCrabkv(options);
  t.after(() => server.stop());
  return server;
}

/** A connection for one test. */
export async function connectionFor(t: TestContext, server: Server): Promise<RespConnection> {
  const connection = await server.connect();
  t.after(() => connection.close());
  return connection;
}

/** A text connection for one test. */
export async function textConnectionFor(t: TestContext, server: Server): Promise<TextConnection> {
  const connection = await server.connectText();
  t.after(() => connection.close());
  return connection;
}

/** A machine under load may let a process wait for seconds: nothing that should happen soon is given up before. */
const PATIENCE_MS_MIN = 30_000;

/**
 * Calls `look` until it returns true; throws after `limitMs`, or PATIENCE_MS_MIN if that is longer. For what has no event to
 * wait for, such as a deadline that passes inside the server.
 */
export async function until(
  what: string,
  limitMs: number,
  look: () => Promise<boolean> | boolean,
): Promise<void> {
  const patienceMs = Math.max(limitMs, PATIENCE_MS_MIN);
  const endMs = performance.now() + patienceMs;
  while (!(await look())) {
    if (performance.now() > endMs) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 2));
  }
}

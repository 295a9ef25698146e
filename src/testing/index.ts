/**
 * `crabkv/testing`: a real server for tests, started in a moment, thrown away at the end, with a clock that tests can move.
 *
 * ```ts run
 * import { startTestServer } from 'crabkv/testing';
 * import { Redis } from 'ioredis';
 *
 * await using server = await startTestServer();
 * const redis = new Redis(server.url); // or node-redis, or the client of crabkv: any client
 * await redis.set('session', 'alice', 'EX', 60);
 * await server.clock.advance('61s'); // no waiting
 * await redis.get('session'); // -> null
 * await server.flush(); // all keys, between tests
 * redis.disconnect();
 * ```
 *
 * It is the server itself, in the thread of the test, in memory only, on a free port of 127.0.0.1. Several may run at once. None
 * of them keeps the process alive: a `stop` that was forgotten does no harm.
 */

export { CrabError } from '../base/errors.js';
export type { ServerDirectives } from '../engine/config/directives.js';
export type { Logger } from '../server/console.js';
export type { Duration } from './duration.js';
export { startTestServer, type TestClock, TestServer, type TestServerOptions } from './test-server.js';

/**
 * A throw-away server for tests, in memory only, in the thread of the test itself: see index.ts.
 */

import { CrabError } from '../base/errors.js';
import { OpenedStore } from '../embedded/store.js';
import { Client } from '../engine/client.js';
import { Config } from '../engine/config/config.js';
import { configure, type ServerDirectives } from '../engine/config/directives.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import { type Logger, SILENT } from '../server/console.js';
import { type EmbeddedServer, keepInMemory, startEmbedded } from '../server/embedded-server.js';
import type { ServerThread } from '../server/thread.js';
import { type Duration, toMs } from './duration.js';

const HOST_DEFAULT = '127.0.0.1';
/** The least there is: a segment. Who needs more says so with `maxmemory`. */
const MEMORY_BYTES = 1024 ** 3;
const FLUSHALL = Buffer.from('FLUSHALL');

/** And any directive of the server. There is 1 GiB of memory, or `maxmemory` if that is more. */
export interface TestServerOptions extends ServerDirectives {
  /** The address to listen on; 127.0.0.1 when not given. */
  readonly host?: string;
  /** The port to listen on. 0, the default, lets the system choose a free one. */
  readonly port?: number;
  /** Clients have to give it. */
  readonly password?: string;
  /** How many databases there are, 1 to 64; 16 when not given. */
  readonly databases?: number;
  /** Where log lines go; nowhere when it is not given. */
  readonly logger?: Logger;
}

/** The clock of a test server: the machine's, and as much more as it was moved. */
export interface TestClock {
  /**
   * Moves the clock forward: `1500` (ms), `'10s'`, `'1m 30s'`, `'2h'`. Everything that commands see of time moves with it: TTL,
   * TIME, the idle times of keys and clients, commands that block with a timeout, CLIENT PAUSE. Meanwhile real time goes on, too.
   *
   * Resolves when what is due then is done: keys and hash fields whose time is over are deleted, not only hidden, and replies of
   * commands whose timeout is over have been sent.
   *
   * Throws a `CrabError` with code `DURATION` when it is none, or negative.
   */
  advance(duration: Duration): Promise<void>;
  /** The server's time, in Unix ms. */
  now(): number;
}

/** A server for a test, made by `startTestServer`. */
export class TestServer implements AsyncDisposable {
  /** The server's time, which can be moved. */
  readonly clock: TestClock;
  /** The address that it listens on. */
  readonly host: string;
  /** The port that it listens on. */
  readonly port: number;
  /** `redis://127.0.0.1:40123`, with the password if there is one: what clients take. */
  readonly url: string;
  readonly #server: EmbeddedServer;
  #kv: OpenedStore | undefined;

  /** @param port where `server` listens */
  constructor(server: EmbeddedServer, host: string, port: number, password: string) {
    this.#server = server;
    this.host = host;
    this.port = port;
    const user = password === '' ? '' : `:${encodeURIComponent(password)}@`;
    this.url = `redis://${user}${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.clock = {
      advance: async (duration) => server.moveClock(toMs(duration)),
      now: () => server.thread.clock.nowMs(),
    };
  }

  /**
   * The same data without a connection: every command as a method, `await server.kv.get('a')` or `server.kv.sync.get('a')`. It
   * ends with the server.
   */
  get kv(): OpenedStore {
    this.#kv ??= new OpenedStore(this.#server, 0, throwUncaught);
    return this.#kv;
  }

  /** Deletes all keys of all databases: between tests. Connections, the configuration and the clock stay as they are. */
  async flush(): Promise<void> {
    flushAll(this.#server.thread);
  }

  /** Ends the server: connections are closed, its memory is given back. Does nothing more when it has ended. */
  async stop(): Promise<void> {
    await this.#server.shutdown({ save: false, force: true });
  }

  /** `await using`: as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Starts a server for a test: in memory only, in this thread. Resolves when it accepts connections, after some ms.
 *
 * Throws a `CrabError` when a directive is unknown or has a value that is not allowed, or when the address can't be listened on.
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { host = HOST_DEFAULT, port = 0, password = '', logger = SILENT, ...directives } = options;
  const config = new Config();
  keepInMemory(config);
  // Huge pages are for much data; to ask for them takes longer than the rest of the start.
  configure(config, { 'huge-pages': false, requirepass: password, ...directives }, 'startTestServer');
  const server = await startEmbedded(
    config,
    logger,
    { onFatal: throwUncaught },
    { memoryBytes: MEMORY_BYTES },
  );
  try {
    const chosen = await server.listen({ host, port, background: true });
    return new TestServer(server, host, chosen, config.text('requirepass'));
  } catch (error) {
    await server.shutdown();
    throw error;
  }
}

/** FLUSHALL, as a client of its own would run it. */
function flushAll(thread: ServerThread): void {
  const { executor, reactor, reply, statistics } = thread;
  reactor.enterTurn(); // at its end the log is told
  const client = new Client(statistics.nextClientId(), '', '', reactor.nowMs, PROTOCOL_RESP3, true);
  const mark = reply.mark();
  const request = {
    argumentCount: 1,
    argumentOffset: Int32Array.of(0),
    argumentSize: Int32Array.of(FLUSHALL.length),
  };
  executor.execute(client, request, FLUSHALL);
  reply.rewind(mark);
}

/** Nobody can go on with a store whose memory can't be trusted: it ends the process. */
function throwUncaught(error: Error): void {
  setImmediate(() => {
    throw new CrabError('BROKEN', `the test server has met a broken invariant: ${error.message}`, error);
  });
}

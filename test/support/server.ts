/**
 * Servers under test: a CrabKV or a redis-server process on a free local port with a directory of its own.
 *
 * A process is always ended by its id and has ended when `stop`, `kill` or `terminate` resolve; what a failing test leaves
 * behind is ended when the test process exits. `TEST_SUBJECT=redis` puts redis-server in CrabKV's place: a test that then
 * fails is wrong itself (as far as it does not test what Redis has not).
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RespConnection, TextConnection } from './connection.js';
import { decode, ErrorReply } from './resp.js';
import { makeTemporaryDirectory, removeTemporaryDirectories, removeTemporaryDirectory } from './temporary.js';

/** The program under test, as built beside this file. */
export const MAIN_PATH = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** How long a server may take until it answers. Loading millions of keys is given more by the caller. */
const READY_MS = 15_000;
/** How long a server may take to end after SIGTERM before it is killed and the test fails. */
const STOP_MS = 15_000;
/** Below the kernel's range for outgoing connections, which would race for the same numbers. */
const PORT_FIRST = 15_000;
const PORT_COUNT = 16_000;
const PORT_ATTEMPTS = 50;

export interface StartOptions {
  /** Directives without their dashes, as in `{ appendfsync: 'no' }`; `dir` and `port` are chosen when absent. */
  readonly directives?: Readonly<Record<string, string>>;
  /** A directory to start in, kept afterwards. Without it: a temporary one, removed at the end. */
  readonly directory?: string;
  readonly port?: number;
  readonly readyMs?: number;
  /** A configuration file, named before the directives. */
  readonly configurationFile?: string;
  /** A program that takes the same directives, in place of the one under test. */
  readonly program?: string;
  /** Limits of the process, as arguments of the shell's `ulimit`, such as `-n 64`. */
  readonly ulimit?: string;
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  removeTemporaryDirectories();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** A port on 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < PORT_ATTEMPTS; i++) {
    const port = PORT_FIRST + Math.floor(Math.random() * PORT_COUNT);
    const isFree = await new Promise<boolean>((done) => {
      const probe = createServer();
      probe.once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
    });
    if (isFree) return port;
  }
  throw new Error('found no free port');
}

/** A running server. */
export class Server {
  readonly name: string;
  readonly port: number;
  /** Where to connect: the port, or the path of the Unix socket of a server that has no port. */
  readonly target: number | string;
  readonly directory: string;
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ending>;
  /** From the start of the process to its first answer. */
  readyMs = Number.NaN;
  #output = '';
  readonly #isTemporary: boolean;
  #ending: Ending | undefined;

  constructor(
    name: string,
    command: string,
    args: readonly string[],
    port: number,
    directory: string,
    options: StartOptions,
  ) {
    this.name = name;
    this.port = port;
    this.target = port === 0 ? (options.directives?.['unixsocket'] ?? 0) : port;
    this.directory = directory;
    this.#isTemporary = options.directory === undefined;
    const env = { ...process.env, ...options.environment };
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    this.child = child;
    this.pid = child.pid ?? 0;
    running.add(child);
    const collect = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-65_536);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    this.ended = new Promise((done) => {
      child.once('error', (error) => {
        this.#output += String(error);
        running.delete(child);
        this.#ending = { code: null, signal: null };
        done(this.#ending);
      });
      child.once('close', (code, signal) => {
        running.delete(child);
        this.#ending = { code, signal };
        done(this.#ending);
      });
    });
  }

  /** The last 64 KiB of what the process printed. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#ending === undefined;
  }

  /** Resolves when the server answers PING with PONG; a server that is loading is waited for. */
  async ready(limitMs: number): Promise<void> {
    const startMs = performance.now();
    while (performance.now() - startMs < limitMs) {
      if (!this.isRunning) throw new Error(`${this.name} ended at once:\n${this.#output}`);
      if (await this.#answers()) {
        this.readyMs = performance.now() - startMs;
        return;
      }
      await Promise.race([this.ended, delay(5)]);
    }
    await this.kill();
    throw new Error(`${this.name} was not ready after ${limitMs} ms:\n${this.#output}`);
  }

  async #answers(): Promise<boolean> {
    let connection: RespConnection | undefined;
    try {
      connection = await RespConnection.open(this.target);
      const reply = decode(await connection.request('PING'));
      // Without a password is not allowed to ping, but there all the same.
      return reply === 'PONG' || (reply instanceof ErrorReply && reply.text.startsWith('NOAUTH'));
    } catch {
      return false;
    } finally {
      connection?.close();
    }
  }

  connect(): Promise<RespConnection> {
    return RespConnection.open(this.target);
  }

  connectText(): Promise<TextConnection> {
    return TextConnection.open(this.port);
  }

  /** The pull power plug, as far as the process is concerned: SIGKILL. */
  async kill(): Promise<void> {
    if (this.isRunning) this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Asks the process to end and returns how it did; kills it and throws when it does not end in time. */
  async terminate(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    if (this.isRunning) this.child.kill(signal);
    const isLate = await Promise.race([this.ended.then(() => false), delay(STOP_MS, true, { ref: false })]);
    if (isLate) {
      await this.kill();
      throw new Error(`${this.name} did not end within ${STOP_MS} ms of ${signal}:\n${this.#output}`);
    }
    return this.ended;
  }

  /** Ends the process without ceremony and removes its directory if it was temporary. */
  async stop(): Promise<void> {
    await this.kill();
    if (this.#isTemporary) removeTemporaryDirectory(this.directory);
  }

  /** One field of INFO. */
  async info(field: string): Promise<string> {
    const connection = await this.connect();
    try {
      const text = String(await connection.call('INFO', 'everything'));
      const match = new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(text);
      if (match === null) throw new Error(`INFO has no field ${field}`);
      return match[1]!;
    } finally {
      connection.close();
    }
  }
}

/** Directives as a command line; an empty value stays an argument of its own. */
function commandLine(directives: Readonly<Record<string, string>>): string[] {
  return Object.entries(directives).flatMap(([name, value]) => [`--${name}`, value]);
}

async function startServer(
  name: string,
  command: string,
  before: readonly string[],
  defaults: Readonly<Record<string, string>>,
  options: StartOptions,
): Promise<Server> {
  const directory = options.directory ?? makeTemporaryDirectory();
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const directives = { ...defaults, ...options.directives, dir: directory, port: String(port) };
    const file = options.configurationFile === undefined ? [] : [options.configurationFile];
    const args = [...before, ...file, ...commandLine(directives)];
    const server = new Server(name, command, args, port, directory, options);
    try {
      await server.ready(options.readyMs ?? READY_MS);
      return server;
    } catch (error) {
      await server.kill();
      // Somebody took the port between the look and the start.
      const isTaken = options.port === undefined && /in use/i.test(server.output);
      if (isTaken && attempt < 3) continue;
      if (options.directory === undefined) removeTemporaryDirectory(directory);
      throw error;
    }
  }
}

/** Starts the program under test. No snapshots by rule and one thread, unless `directives` say otherwise. */
export function startCrabkv(options: StartOptions = {}): Promise<Server> {
  if (process.env['TEST_SUBJECT'] === 'redis') return startRedis(withoutOwnDirectives(options));
  const defaults = { bind: '127.0.0.1', save: '', threads: '1' };
  const program = options.program ?? MAIN_PATH;
  const { ulimit } = options;
  if (ulimit === undefined) return startServer('crabkv', process.execPath, [program], defaults, options);
  const script = `ulimit ${ulimit} && exec "$0" "$@"`; // the shell becomes the server
  return startServer('crabkv', '/bin/sh', ['-c', script, process.execPath, program], defaults, options);
}

/** Starts redis-server without persistence, unless `directives` say otherwise. */
export function startRedis(options: StartOptions = {}): Promise<Server> {
  return startServer('redis', 'redis-server', [], { bind: '127.0.0.1', save: '', appendonly: 'no' }, options);
}

function withoutOwnDirectives(options: StartOptions): StartOptions {
  const own = new Set(['threads', 'inline-replies', 'wal-segment-size', 'reactor']);
  const directives = Object.fromEntries(
    Object.entries(options.directives ?? {}).filter(([name]) => !own.has(name)),
  );
  return { ...options, directives: { appendonly: 'yes', appendfsync: 'always', ...directives } };
}

/** What a program that ran to its end left. */
export interface Finished extends Ending {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; kills it after `limitMs`. `input` is its standard input. */
export function run(
  command: string,
  args: readonly string[],
  {
    limitMs = 30_000,
    input = '',
    env = {},
  }: { limitMs?: number; input?: string; env?: Record<string, string> } = {},
): Promise<Finished> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    running.add(child);
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      running.delete(child);
      failed(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      done({ code, signal, stdout, stderr });
    });
    child.stdin.on('error', () => {}); // it may end before it has read everything
    child.stdin.end(input);
  });
}

/** Runs the program under test to its end with a command line of the test's own. */
export function runCrabkv(
  args: readonly string[],
  options: { limitMs?: number; env?: Record<string, string> } = {},
): Promise<Finished> {
  return run(process.execPath, [MAIN_PATH, ...args], options);
}

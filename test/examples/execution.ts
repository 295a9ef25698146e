/**
 * Runs compiled examples: programs as processes of their own, fragments in this one, each with an empty server.
 */

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { freePort, type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';
import type { Door } from './blocks.js';
import { Expectations } from './expectation.js';
import { listensItself } from './program.js';
import type { CompiledProgram } from './project.js';

/** An example that takes longer hangs. */
const RUN_MS_MAX = 20_000;
/** Where the examples' 3000 means a port: behind a host's name, and where they listen or connect. */
const PORT = /((?:localhost|127\.0\.0\.1|\[::1\]):|\bport: ?|\b(?:Redis|listen)\()3000\b/g;

/** A fragment's module. */
type Fragment = (kv: AsyncDisposable, expectations: Expectations) => Promise<void>;

/** Opens what a fragment is given as `kv`; `port` is that of an empty server. */
export type OpenDoor = (port: number) => Promise<AsyncDisposable>;

/** Servers that examples use one after the other; emptied in between, so that as many start as run at once. */
export class ServerPool {
  readonly #idle: Server[] = [];
  readonly #all: Server[] = [];

  async take(): Promise<Server> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const server = await startCrabkv({ directives: { appendonly: 'no' } });
    this.#all.push(server);
    return server;
  }

  async give(server: Server): Promise<void> {
    const connection = await server.connect();
    await connection.call('FLUSHALL');
    connection.close();
    this.#idle.push(server);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((server) => server.stop()));
  }
}

/** Runs an example; rejects with what was wrong. One that only compiles is done at once. */
export async function execute(
  program: CompiledProgram,
  servers: ServerPool,
  doors: Readonly<Record<Door, OpenDoor>>,
): Promise<void> {
  if (program.errors.length > 0) throw new Error(program.errors.join('\n'));
  if (program.block.kind === 'check') return;
  if (!needsServer(program)) return run(program, await freePort(), doors);
  const server = await servers.take();
  try {
    await run(program, server.port, doors);
  } finally {
    await servers.give(server);
  }
}

/** Whether a server has to listen on the example's port. One that itself listens there must find it free. */
function needsServer({ block, door }: CompiledProgram): boolean {
  return door === 'client' || (block.code.search(PORT) >= 0 && !listensItself(block));
}

function run(program: CompiledProgram, port: number, doors: Readonly<Record<Door, OpenDoor>>): Promise<void> {
  const code = readFileSync(program.modulePath, 'utf8');
  writeFileSync(program.modulePath, code.replace(PORT, `$1${port}`));
  return program.door === undefined ? runProgram(program) : runFragment(program, port, doors[program.door]);
}

/** As `node example.js` in a fresh directory; it must end by itself, and well. */
async function runProgram(program: CompiledProgram): Promise<void> {
  const cwd = makeTemporaryDirectory();
  const child = spawn(process.execPath, [program.modulePath], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_MS_MAX,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const ending = await new Promise<string>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) =>
      done(signal === null ? `ended with code ${code}` : `did not end within ${RUN_MS_MAX / 1000} s`),
    );
  });
  removeTemporaryDirectory(cwd);
  if (ending !== 'ended with code 0') throw new Error(`the example ${ending}:\n${output}`);
}

async function runFragment(program: CompiledProgram, port: number, open: OpenDoor): Promise<void> {
  const { default: example } = (await import(pathToFileURL(program.modulePath).href)) as {
    default: Fragment;
  };
  const expectations = new Expectations(program.block.file, program.expectationLines);
  await using kv = await open(port);
  await example(kv, expectations);
  expectations.complete();
}

/**
 * The machine's own noise: a server that does nothing but answer PING, in a process of its own, asked by a probe like that of
 * the server under test, at the same time. What both wait for more than before is the machine's doing, and not the server's.
 *
 * The campaign holds a `NoiseMeter`; the process is this file, too.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { SoakProbe } from './soak-probe.js';

const OWN_PATH = fileURLToPath(import.meta.url);
const ROLE = 'answer-pings';

export class NoiseMeter {
  readonly #child: ChildProcess;
  readonly #probe: SoakProbe;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#probe = new SoakProbe(port);
  }

  static async start(): Promise<NoiseMeter> {
    const child = fork(OWN_PATH, [ROLE], { execArgv: [] });
    process.once('exit', () => child.kill('SIGKILL'));
    const [port] = (await once(child, 'message')) as [number];
    return new NoiseMeter(child, port);
  }

  /** Waits since the last call, in milliseconds. */
  takeWaits(): number[] {
    return this.#probe.takeWaits();
  }

  async stop(): Promise<void> {
    await this.#probe.stop();
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

function answerPings(): void {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write('+PONG\r\n'));
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.(typeof address === 'object' ? address?.port : undefined);
  });
}

if (process.argv[2] === ROLE && process.argv[1] === OWN_PATH) answerPings();

/**
 * Connections of the soak campaign that check every reply, byte by byte and in order, while they behave in all the ways that
 * a correct client may: pipelines, requests in pieces, one byte at a time, replies that are read late, ends of many kinds.
 *
 * A verifier keeps its keys over its connections: it leaves one only when all replies are there.
 */

import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { RespConnection, TextConnection } from '../support/connection.js';
import { encodeRequest } from '../support/resp.js';
import type { LoadContext } from './soak-context.js';
import { judge, OwnKeys, type Step } from './soak-model.js';
import { abbreviate, type Protocol } from './soak-reply.js';

/** Verifiers at a time. */
const VERIFIER_COUNT = 24;
/** Batches on one connection before the next one. */
const BATCHES_MAX = 40;
const PIPELINE_MAX = 64;
/** A request in two pieces: the second one follows after at most so long. */
const STALL_MS_MAX = 300;
/** Who reads late sends so many requests before it reads. */
const FLOOD_STEPS_MIN = 200;
const FLOOD_STEPS_RANGE = 800;
const FLOOD_VALUE_BYTES_MAX = 16_384;
/** ... and reads after at most so long: well within the soft limit that the campaign sets for output. */
const LATE_MS_MAX = 1500;
/** The server has so long to close a connection whose client has said goodbye. */
const CLOSE_MS_MAX = 60_000;

/** A connection in either protocol. */
interface Wire {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  /** The next reply, one character a byte; lines of text all end in LF. */
  reply(lineCount: number): Promise<string>;
  close(): void;
}

/** How a batch is sent. */
type Manner = 'together' | 'in two pieces' | 'byte by byte' | 'reading late' | 'ending its side';

/** Runs all verifiers until the load is to end. */
export async function verify(context: LoadContext): Promise<void> {
  const verifiers = Array.from({ length: VERIFIER_COUNT }, async (_, i) => {
    // A verifier of the text protocol keeps to it: its keys hold only what a line can show.
    const isText = i % 4 === 3;
    for (let generation = 0; !context.isStopped; generation++) {
      const verifier = new Verifier(context, `v${i}.${generation}`, isText);
      try {
        while (!context.isStopped) await verifier.connection();
      } catch (error) {
        // What its keys hold is unknown now: the next generation has others.
        context.problem(`${verifier.describe()}: ${(error as Error).message}`);
        await context.pause(1000);
      }
    }
  });
  await Promise.all(verifiers);
}

class Verifier {
  readonly #context: LoadContext;
  readonly #name: string;
  readonly #isText: boolean;
  readonly #keys: OwnKeys;
  #protocol: Protocol = 'resp2';
  #manner: Manner = 'together';

  constructor(context: LoadContext, name: string, isText: boolean) {
    this.#context = context;
    this.#name = name;
    this.#isText = isText;
    this.#keys = new OwnKeys(name, context.random);
  }

  describe(): string {
    return `verifier ${this.#name} (${this.#protocol}, ${this.#manner})`;
  }

  /** One connection from beginning to end. Throws at the first thing that is wrong. */
  async connection(): Promise<void> {
    const { random } = this.#context;
    this.#manner = 'together';
    this.#protocol = this.#isText ? 'text' : random.below(2) === 0 ? 'resp2' : 'resp3';
    const wire = this.#isText ? await textWire(this.#context.port) : await respWire(this.#context.port);
    this.#context.count('verifying connections');
    try {
      if (this.#protocol === 'resp3') await startResp3(wire);
      const batches = 1 + random.below(BATCHES_MAX);
      for (let i = 0; i < batches && !this.#context.isStopped; i++) await this.#batch(wire, this.#choose());
      await this.#leave(wire);
    } finally {
      wire.close();
    }
  }

  #choose(): Manner {
    const dice = this.#context.random.below(100);
    if (dice < 3) return 'byte by byte';
    if (dice < 6) return 'reading late';
    return dice < 16 ? 'in two pieces' : 'together';
  }

  #steps(manner: Manner): Step[] {
    const { random } = this.#context;
    if (manner === 'byte by byte')
      return Array.from({ length: 1 + random.below(4) }, () => this.#keys.small());
    if (manner !== 'reading late') {
      return Array.from({ length: 1 + random.below(PIPELINE_MAX) }, () => this.#keys.any(this.#protocol));
    }
    const write = this.#keys.setLarge(64 + random.below(FLOOD_VALUE_BYTES_MAX));
    const count = FLOOD_STEPS_MIN + random.below(FLOOD_STEPS_RANGE);
    const reads = Array.from({ length: count }, (_, i) =>
      i % 10 === 9 ? this.#keys.any(this.#protocol) : this.#keys.getLarge(),
    );
    return [write, ...reads];
  }

  /** Sends a batch and judges its replies. */
  async #batch(wire: Wire, manner: Manner): Promise<void> {
    this.#manner = manner;
    const steps = this.#steps(manner);
    const bytes = Buffer.concat(steps.map((step) => encode(step, this.#protocol)));
    const sentMs = Date.now();
    const sending = this.#send(wire, bytes, manner);
    // A connection that fails while it is being sent to is reported by who waits for its replies.
    sending.catch(() => {});
    for (const [i, step] of steps.entries()) {
      const raw = await wire.reply(step.lineCount);
      const wrong = judge(step, raw, this.#protocol, sentMs, Date.now());
      if (wrong !== undefined) throw new Error(`request ${i + 1} of ${steps.length}: ${wrong}`);
    }
    await sending;
    this.#context.count('verified replies', steps.length);
  }

  async #send(wire: Wire, bytes: Buffer, manner: Manner): Promise<void> {
    const { socket } = wire;
    const { random } = this.#context;
    switch (manner) {
      case 'byte by byte':
        for (const byte of bytes) {
          socket.write(Buffer.of(byte));
          await turn();
        }
        break;
      case 'in two pieces': {
        const cut = random.below(bytes.length);
        socket.write(bytes.subarray(0, cut));
        await this.#context.pause(random.below(STALL_MS_MAX));
        socket.write(bytes.subarray(cut));
        break;
      }
      case 'reading late':
        socket.pause();
        socket.write(bytes);
        await this.#context.pause(random.below(LATE_MS_MAX));
        socket.resume();
        break;
      case 'ending its side':
        socket.end(bytes);
        break;
      default:
        socket.write(bytes);
    }
  }

  /** Ends the connection in one of the ways there are. All replies have been read. */
  async #leave(wire: Wire): Promise<void> {
    const dice = this.#context.random.below(5);
    if (dice === 0) wire.close();
    else if (dice === 1) wire.socket.resetAndDestroy();
    else if (dice === 2) wire.socket.end();
    else if (dice === 3) await this.#batch(wire, 'ending its side');
    else {
      this.#manner = 'together';
      wire.socket.write(this.#protocol === 'text' ? 'QUIT\n' : '*1\r\n$4\r\nQUIT\r\n');
      const raw = await wire.reply(1);
      if (raw !== '+OK\r\n' && raw !== 'OK\n') throw new Error(`QUIT: got ${abbreviate(raw)}`);
    }
    if (!(await comesWithin(wire.closed, CLOSE_MS_MAX))) {
      throw new Error(`not closed ${CLOSE_MS_MAX} ms after the client had ended its side (way ${dice})`);
    }
  }
}

function encode(step: Step, protocol: Protocol): Buffer {
  if (protocol !== 'text') return encodeRequest(step.args);
  return Buffer.from(`${step.args.join(' ')}\n`);
}

async function startResp3(wire: Wire): Promise<void> {
  wire.socket.write(encodeRequest(['HELLO', 3]));
  const raw = await wire.reply(1);
  if (!raw.startsWith('%')) throw new Error(`HELLO 3: got ${abbreviate(raw)}`);
}

async function respWire(port: number): Promise<Wire> {
  const connection = await RespConnection.open(port);
  return {
    socket: connection.socket,
    closed: connection.closed,
    reply: async () => (await connection.frame()).toString('latin1'),
    close: () => connection.close(),
  };
}

async function textWire(port: number): Promise<Wire> {
  const connection = await TextConnection.open(port);
  return {
    socket: connection.socket,
    closed: connection.closed,
    reply: async (lineCount) => {
      let lines = '';
      for (let i = 0; i < lineCount; i++) lines += `${await connection.line()}\n`;
      return lines;
    },
    close: () => connection.close(),
  };
}

/** Whether `event` comes in time. */
export async function comesWithin(event: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((done) => {
    timer = setTimeout(() => done(false), limitMs);
  });
  const isIn = await Promise.race([event.then(() => true), late]);
  clearTimeout(timer);
  return isIn;
}

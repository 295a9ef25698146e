/** What tests of the client share: clients that are gone with their test, failures by class, events as they come. */

import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { TestContext } from 'node:test';
import { type Client, type ClientError, type ConnectOptions, connect } from '../../src/client/index.js';
import { FaultyProxy } from './faulty-proxy.js';
import { type Script, ScriptedServer } from './scripted-server.js';
import { type Server, type StartOptions, startCrabkv, startRedis } from './server.js';
import { skipWithout } from './tools.js';

/** Tests lose connections on purpose and have no time to wait for the next one. */
const QUICK: ConnectOptions = { host: '127.0.0.1', reconnectMsMin: 1, reconnectMsMax: 10 };

/** A server that a test is run against. */
export interface Subject {
  readonly name: string;
  readonly start: (options?: StartOptions) => Promise<Server>;
  /** For node:test: a reason when it can't run here. */
  readonly skip: string | false;
}

/** Every server that the client is made for, as far as it is installed. */
export function subjects(what: string): Subject[] {
  return [
    { name: 'crabkv', start: startCrabkv, skip: false },
    { name: 'redis', start: startRedis, skip: skipWithout(`${what} with redis-server`, 'redis-server') },
  ];
}

/** A client for one test, which connects again quickly. */
export async function clientFor(
  t: TestContext,
  target: number | string,
  options: ConnectOptions = {},
): Promise<Client> {
  const where = typeof target === 'string' ? { path: target } : { port: target };
  const kv = await connect({ ...QUICK, ...where, ...options });
  t.after(() => kv.destroy());
  return kv;
}

/** A proxy for one test. */
export async function proxyFor(t: TestContext, target: number | string): Promise<FaultyProxy> {
  const proxy = await FaultyProxy.start(target);
  t.after(() => proxy.stop());
  return proxy;
}

/** A scripted server for one test. */
export async function scriptFor(
  t: TestContext,
  script: Script,
  options: { handshake?: boolean } = {},
): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(script, options);
  t.after(() => server.stop());
  return server;
}

/** The error that a promise rejects with, which must be of this class and no other. */
export async function failureOf<E extends ClientError>(
  promise: Promise<unknown>,
  kind: new (...args: never[]) => E,
  code?: string,
): Promise<E> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    assert.ok(error instanceof Error, `rejected with ${String(error)}, which is no Error`);
    assert.equal(error.constructor, kind, `rejected with ${error.name}: ${error.message}`);
    if (code !== undefined) assert.equal((error as E).code, code, error.message);
    return error as E;
  }
  assert.fail(`fulfilled with ${JSON.stringify(value)} where ${kind.name} was expected`);
}

/** What a channel of the client has told since, and a way to wait for more. */
export class EventLog<E> {
  readonly events: E[] = [];
  #wake: () => void = () => {};
  readonly #name: string;
  readonly #listener = (message: unknown): void => {
    this.events.push(message as E);
    this.#wake();
  };

  /** @param event as in `connect` for the channel `crabkv:client:connect` */
  constructor(t: TestContext, event: string) {
    this.#name = `crabkv:client:${event}`;
    subscribe(this.#name, this.#listener);
    t.after(() => unsubscribe(this.#name, this.#listener));
  }

  /** Resolves when there have been `count` events. */
  async reach(count: number): Promise<void> {
    while (this.events.length < count) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }
}

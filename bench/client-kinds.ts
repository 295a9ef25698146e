/**
 * The clients that are compared, each connected with the settings with which it is fastest and still does what its users know.
 *
 * All have `get` and `set` under these names, and the load calls theirs: nothing stands between that would cost the same for all
 * and so hide a difference. A process loads the one client only that it measures.
 */

/** What the load needs of a client. */
export interface BenchClient {
  get(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
}

const HOST = '127.0.0.1';

/** By name: how each connects to a server on this machine. */
export const CLIENT_KINDS = {
  crabkv: connectOwn,
  ioredis: (port: number) => connectIoredis(port, false),
  'ioredis, enableAutoPipelining': (port: number) => connectIoredis(port, true),
  'node-redis, timeout: 0': connectNodeRedis,
} as const satisfies Record<string, (port: number) => Promise<BenchClient>>;

export type ClientKind = keyof typeof CLIENT_KINDS;

export const RIVALS: readonly ClientKind[] = [
  'ioredis',
  'ioredis, enableAutoPipelining',
  'node-redis, timeout: 0',
];

async function connectOwn(port: number): Promise<BenchClient> {
  const { connect } = await import('../src/client/index.js');
  return connect({ host: HOST, port });
}

async function connectIoredis(port: number, enableAutoPipelining: boolean): Promise<BenchClient> {
  const { Redis } = await import('ioredis');
  const client = new Redis({ host: HOST, port, enableAutoPipelining, lazyConnect: true });
  await client.connect();
  return client;
}

/**
 * It always sends what is asked for in one turn together. Without its time limit for every command, which costs it more than
 * half of its throughput (an AbortSignal each). RESP 3 is its default, and no slower than RESP 2.
 */
async function connectNodeRedis(port: number): Promise<BenchClient> {
  const { createClient } = await import('redis');
  const client = createClient({ socket: { host: HOST, port }, commandOptions: { timeout: 0 } });
  // It has no default listener: an error would end the process without a word to the one who asked.
  client.on('error', () => {});
  await client.connect();
  return client as unknown as BenchClient;
}

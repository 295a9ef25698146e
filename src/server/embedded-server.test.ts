import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Redis } from 'ioredis';
import { Config } from '../engine/config/config.js';
import { configure, type ServerDirectives } from '../engine/config/directives.js';
import { SILENT } from './console.js';
import { type EmbeddedServer, keepInMemory, startEmbedded } from './embedded-server.js';

const root = mkdtempSync(join(tmpdir(), 'crabkv-embedded-'));
after(() => rmSync(root, { recursive: true }));

const HOOKS = {
  onFatal(error: Error): never {
    throw error;
  },
};
const LOOPBACK = '127.0.0.1';
const KEY_COUNT = 2_000;
/** A process that hangs is given up. */
const PROCESS_MS_MAX = 30_000;
/** A process that nothing keeps alive ends at once; so much is for the machine to be slow. */
const EXIT_MS_MAX = 10_000;

/** In memory only, unless `directives` have a directory. */
function start(directives: ServerDirectives = {}): Promise<EmbeddedServer> {
  const config = new Config();
  if (directives.dir === undefined) keepInMemory(config);
  configure(config, { bind: LOOPBACK, ...directives }, 'test');
  return startEmbedded(config, SILENT, HOOKS);
}

async function withRedis(port: number, run: (redis: Redis) => Promise<void>): Promise<void> {
  const redis = new Redis(port);
  try {
    await run(redis);
  } finally {
    redis.disconnect();
  }
}

function field(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]);
}

/** Resolves when `condition` holds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(5);
}

describe('a server in the calling thread', () => {
  it('makes no directory when it is in memory only, and says so to who wants a snapshot', async () => {
    const before = readdirSync('.');
    const server = await start();
    const port = await server.listen({ port: 0 });
    await withRedis(port, async (redis) => {
      for (const words of [['SAVE'], ['BGSAVE'], ['SHUTDOWN', 'SAVE']] as const) {
        const [command, ...rest] = words;
        await assert.rejects(redis.call(command, ...rest), /this server keeps its data in memory only/);
      }
      await assert.rejects(redis.config('SET', 'save', '60 1'), /no data directory to save to/);
      assert.equal(await redis.config('SET', 'save', ''), 'OK');
      assert.equal(await redis.set('a', '1'), 'OK', 'it goes on');
    });
    assert.equal(await server.shutdown(), undefined);
    assert.deepEqual(readdirSync('.'), before);
  });

  it('refuses a log without a directory', async () => {
    await assert.rejects(start({ dir: '' }), { code: 'CONFIG', message: /appendonly yes needs a directory/ });
  });

  it('keeps what it was given in its directory, also when nobody has ended it in order', async () => {
    const dir = join(root, 'kept');
    for (let round = 0; round < 3; round++) {
      const server = await start({ dir, appendfsync: 'everysec' });
      await withRedis(await server.listen({ port: 0 }), async (redis) => {
        assert.equal(await redis.dbsize(), round);
        await redis.set(`key:${round}`, 'x');
        if (round === 1) assert.equal(await redis.save(), 'OK');
      });
      assert.equal(await server.shutdown(), undefined);
    }
    const { thread } = await start({ dir: join(root, 'other') });
    assert.equal(thread.config.directory(), join(root, 'other'));
  });

  it('has the directory for itself', async () => {
    const dir = join(root, 'once');
    const server = await start({ dir });
    await assert.rejects(start({ dir }), { code: 'DIRECTORY_IN_USE' });
    await server.shutdown();
    const next = await start({ dir });
    await next.shutdown();
  });

  it('loads much data in threads for that purpose, and little by itself', async () => {
    const dir = join(root, 'much');
    const server = await start({ dir, appendfsync: 'no', 'auto-aof-rewrite-percentage': 0 });
    await withRedis(await server.listen({ port: 0 }), async (redis) => {
      const value = 'x'.repeat(10_000);
      await redis.mset(Object.fromEntries(Array.from({ length: KEY_COUNT }, (_, n) => [`key:${n}`, value])));
      await redis.save();
      await redis.mset(Object.fromEntries(Array.from({ length: KEY_COUNT }, (_, n) => [`log:${n}`, value])));
    });
    await server.shutdown({ save: false, force: false });
    const again = await start({ dir, appendfsync: 'no' });
    await withRedis(await again.listen({ port: 0 }), async (redis) => {
      assert.equal(await redis.dbsize(), 2 * KEY_COUNT);
      assert.equal((await redis.get('log:7'))?.length, 10_000);
      assert.equal(field(await redis.info('server'), 'reactor_threads'), 1, 'the others are gone');
    });
    await again.shutdown({ save: false, force: false });
  });

  it('listens with threads of its own, which then do the maintenance', async () => {
    const server = await start();
    const port = await server.listen({ port: 0, threads: 2, background: true });
    const here = await server.listen({ port: 0, background: true });
    assert.deepEqual(server.addresses, [`${LOOPBACK}:${port}`, `${LOOPBACK}:${here}`]);
    assert.equal(server.port, port);
    await withRedis(port, async (redis) => {
      await withRedis(here, async (other) => {
        const threads = field(await redis.info('server'), 'reactor_threads');
        assert.ok(threads === 3 || threads === 2, `${threads}: two where a port can be shared`);
        await redis.set('a', '1');
        assert.equal(await other.get('a'), '1');
        const lines = (await other.client('LIST')) as string;
        assert.equal(lines.trim().split('\n').length, 2, 'clients of all threads are known');
        assert.equal(await other.config('SET', 'slowlog-max-len', '77'), 'OK');
        assert.deepEqual(await redis.config('GET', 'slowlog-max-len'), ['slowlog-max-len', '77']);
        await redis.mset(Object.fromEntries(Array.from({ length: KEY_COUNT }, (_, n) => [`key:${n}`, 'x'])));
        const deadlines = redis.pipeline();
        for (let n = 0; n < KEY_COUNT; n++) deadlines.pexpire(`key:${n}`, 60_000);
        await deadlines.exec();
        const popped = redis.blpop('nothing', 30);
        await until(async () => field(await other.info('clients'), 'blocked_clients') === 1);
        await server.moveClock(60_000);
        assert.equal(await popped, null, 'the clock was moved in every thread');
        assert.equal(await other.dbsize(), 1);
        assert.equal(await redis.dbsize(), 1);
        const commands = await other.info('commandstats');
        assert.match(commands, new RegExp(`cmdstat_pexpire:calls=${KEY_COUNT},`), 'counted over all threads');
      });
    });
    assert.equal(await server.shutdown(), undefined);
  });

  it('ends when a client says so, and its promise tells', async () => {
    const server = await start();
    const redis = new Redis(await server.listen({ port: 0, threads: 1 }), { retryStrategy: () => null });
    redis.on('error', () => {});
    await assert.rejects(redis.shutdown());
    await server.ended;
    redis.disconnect();
  });

  it('says which address can not be had, and can listen on another one then', async () => {
    const server = await start();
    const port = await server.listen({ port: 0, background: true });
    await assert.rejects(server.listen({ port }), { code: 'LISTEN', message: /the port is in use/ });
    const path = join(root, 'socket');
    assert.equal(await server.listen({ unixsocket: path, background: true }), 0);
    assert.ok(existsSync(path));
    const redis = new Redis(path);
    assert.equal(await redis.ping(), 'PONG');
    redis.disconnect();
    await server.shutdown();
    assert.ok(!existsSync(path));
  });
});

describe('the process of a server', () => {
  const modules = {
    embedded: new URL('./embedded-server.js', import.meta.url).href,
    main: new URL('../index.js', import.meta.url).href,
    config: new URL('../engine/config/config.js', import.meta.url).href,
  };
  const SETUP = `
    const { startEmbedded, keepInMemory } = await import('${modules.embedded}');
    const { createServer } = await import('${modules.main}');
    const { Config } = await import('${modules.config}');
    const log = { debug() {}, verbose() {}, notice() {}, warning() {} };
    const embedded = () => {
      const config = new Config();
      keepInMemory(config);
      config.setAtStart('bind', ['127.0.0.1']);
      return startEmbedded(config, log, { onFatal: console.error });
    };
    const says = () => console.log(Date.now());
    const later = (work, ms) => setTimeout(work, ms);`;

  /** Runs `program`, which calls `says()` last, in a process of its own. Tells its exit code and how long it took from there. */
  function run(program: string): { code: number | null; ms: number; errors: string } {
    const words = ['--input-type=module', '-e', `${SETUP}\n${program}`];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      encoding: 'utf8',
      timeout: PROCESS_MS_MAX,
    });
    return { code: status, ms: Date.now() - Number(stdout.trim()), errors: stderr };
  }

  it('ends by itself when nothing but the server is left, also while that listens in the background', () => {
    for (const program of [
      'await embedded(); says();',
      'await (await embedded()).listen({ port: 0, background: true }); says();',
      'await (await embedded()).listen({ port: 0, threads: 2, background: true }); says();',
    ]) {
      const { code, ms, errors } = run(program);
      assert.equal(errors, '', program);
      assert.equal(code, 0, program);
      assert.ok(ms < EXIT_MS_MAX, `${ms} ms: ${program}`);
    }
  });

  it('is kept alive by listening', () => {
    const { code, errors } = run(`
      const server = await embedded();
      await server.listen({ port: 0 });
      later(() => { says(); process.exit(4); }, 300).unref();`);
    assert.equal(errors, '');
    assert.equal(code, 4);
  });

  it('does not hang in process.exit() while threads sleep in the kernel', () => {
    for (const reactor of ['auto', 'node']) {
      const dir = join(root, `exit-${reactor}`);
      const options = JSON.stringify({ port: 0, threads: 2, dir, reactor });
      const { code, ms, errors } = run(`
        const server = createServer(${options});
        await server.start();
        later(() => { says(); process.exit(5); }, 500);`);
      assert.equal(errors, '');
      assert.equal(code, 5);
      assert.ok(ms < EXIT_MS_MAX, `${ms} ms with ${reactor}`);
    }
    const { code, ms } = run(`
      await (await embedded()).listen({ port: 0, threads: 2 });
      later(() => { says(); process.exit(6); }, 500);`);
    assert.equal(code, 6);
    assert.ok(ms < EXIT_MS_MAX, `${ms} ms`);
  });
});

describe('another thread of the application', () => {
  it('can join, is asked like all others, and may leave', async () => {
    const server = await start();
    const port = await server.listen({ port: 0, background: true });
    const state = server.share();
    const worker = new Worker(new URL('./embedded-joins.case.js', import.meta.url), {
      workerData: state,
      transferList: [state.port],
    });
    const left = new Promise((resolve) => worker.once('exit', resolve));
    await withRedis(port, async (redis) => {
      await until(async () => field(await redis.info('server'), 'reactor_threads') === 2);
      assert.equal(await redis.config('SET', 'slowlog-max-len', '3'), 'OK', 'the call is answered by both');
      await server.moveClock(1000);
      worker.postMessage('leave');
      await left;
      await until(async () => field(await redis.info('server'), 'reactor_threads') === 1);
      assert.equal(await redis.config('SET', 'slowlog-max-len', '4'), 'OK');
    });
    await server.shutdown();
  });

  it('hears what was changed before it has come', async () => {
    const server = await start();
    const port = await server.listen({ port: 0, background: true });
    const state = server.share();
    await withRedis(port, async (redis) => {
      await redis.config('SET', 'slowlog-max-len', '7', 'requirepass', 'x');
      await redis.acl('SETUSER', 'eve', 'on', '~a', '+get');
      const lines = await redis.acl('LIST');
      const worker = new Worker(new URL('./embedded-joins.case.js', import.meta.url), {
        workerData: state,
        transferList: [state.port],
      });
      const left = once(worker, 'exit');
      await until(async () => field(await redis.info('server'), 'reactor_threads') === 2);
      await server.moveClock(0); // it has answered that: all before it is done
      worker.postMessage('what');
      assert.deepEqual((await once(worker, 'message'))[0], ['7', lines]);
      worker.postMessage('leave');
      await left;
    });
    await server.shutdown();
  });

  it('is refused when there are too many', async () => {
    const server = await start();
    const states = Array.from({ length: 62 }, () => server.share());
    assert.equal(new Set(states.map(({ threadIndex }) => threadIndex)).size, 62);
    assert.throws(() => server.share(), { code: 'THREADS' });
    states[0]?.port.close();
    await until(async () => {
      try {
        server.share().port.close();
        return true;
      } catch {
        return false;
      }
    });
    await server.shutdown();
  });
});

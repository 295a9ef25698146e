import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createServer, type ServerOptions } from './index.js';

const root = mkdtempSync(join(tmpdir(), 'crabkv-library-'));
after(() => rmSync(root, { recursive: true }));

function options(more: ServerOptions = {}): ServerOptions {
  return { port: 0, bind: '127.0.0.1', threads: 1, save: '', dir: join(root, 'data'), ...more };
}

/** Sends one line of the text protocol and resolves to the first line of the answer. */
function ask(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\r\n`));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.includes('\n')) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text.split(/\r?\n/)[0] ?? ''));
  });
}

test('a server in this process keeps what it was given, from the log and from a snapshot', async () => {
  const dir = join(root, 'kept');
  const first = createServer(options({ dir }));
  await first.start();
  assert.equal(await ask(first.port, 'SET language rust'), 'OK');
  await first.stop();
  await first.ended;
  assert.equal(first.port, 0);
  assert.ok(!existsSync(join(dir, 'snapshot.json')), 'no save rules, no snapshot');

  const second = createServer(options({ dir, save: ['3600', '1'], threads: 2 }));
  await second.start();
  assert.equal(await ask(second.port, 'GET language'), 'rust');
  assert.equal(await ask(second.port, 'SET language typescript'), 'OK');
  await second.stop();
  assert.ok(existsSync(join(dir, 'snapshot.json')), 'save rules, snapshot at the end');

  const third = createServer(options({ dir }));
  await third.start();
  assert.equal(await ask(third.port, 'GET language'), 'typescript');
  await third.stop();
  assert.ok(!readdirSync(dir).includes('crabkv.lock'));
});

test('a client may end the server, and a configuration change reaches every thread', async () => {
  const server = createServer(options({ dir: join(root, 'client'), threads: 2 }));
  await server.start();
  assert.equal(await ask(server.port, 'CONFIG SET timeout 77 appendfsync everysec'), 'OK');
  const seen = await Promise.all(Array.from({ length: 8 }, () => ask(server.port, 'CONFIG GET timeout')));
  assert.deepEqual(new Set(seen), new Set(['timeout']));
  assert.match(
    await ask(server.port, 'CONFIG SET port 1'),
    /^ERR CONFIG SET failed .* can't set immutable config$/,
  );
  void ask(server.port, 'SHUTDOWN NOSAVE');
  await server.ended;
});

test('what does not allow a start rejects it with a sentence, and leaves nothing behind', async () => {
  const dir = join(root, 'busy');
  const server = createServer(options({ dir }));
  await server.start();
  await assert.rejects(createServer(options({ dir })).start(), {
    code: 'DIRECTORY_IN_USE',
    message: `another CrabKV (pid ${process.pid}) is using ${dir}`,
  });
  const other = join(root, 'other');
  await assert.rejects(createServer(options({ dir: other, port: server.port })).start(), {
    code: 'LISTEN',
    message: /the port is in use/,
  });
  assert.deepEqual(readdirSync(other), []);
  await server.stop();
  await assert.rejects(server.start(), { code: 'SERVER_STARTED' });
});

test('wrong options are refused before anything is started', () => {
  assert.throws(() => createServer({ port: 'abc' }), { code: 'CONFIG', message: /bad value 'abc' for port/ });
  assert.throws(() => createServer({ prot: 1 } as ServerOptions), { message: /did you mean 'port'/ });
});

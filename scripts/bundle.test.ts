/**
 * The package's entries as they are put together (bundle.mjs): the same as in `dist/src`, and one that can be loaded alone.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const DIST = new URL('../', import.meta.url);
const lib = (entry: string): string => new URL(`lib/${entry}`, DIST).href;

/** Runs a program in a process of its own; gives what it has said. */
function run(program: string, ...words: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...words, '--input-type=module', '-e', program],
    { encoding: 'utf8', timeout: 60_000 },
  );
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout.trim();
}

test('an entry exports what its source does', async () => {
  for (const entry of ['index.js', 'client/index.js', 'testing/index.js']) {
    const bundled = (await import(lib(entry))) as object;
    const source = (await import(new URL(`src/${entry}`, DIST).href)) as object;
    assert.deepEqual(Object.keys(bundled).sort(), Object.keys(source).sort(), entry);
  }
});

test('classes are the same in all entries', async () => {
  const { CrabError } = (await import(lib('index.js'))) as { CrabError: new () => Error };
  const { ConnectionError } = (await import(lib('client/index.js'))) as { ConnectionError: object };
  const testing = (await import(lib('testing/index.js'))) as { CrabError: object };
  assert.equal(testing.CrabError, CrabError);
  assert.ok(Object.create((ConnectionError as { prototype: object }).prototype) instanceof CrabError);
});

/** The files that an entry loads, itself among them. */
function filesOf(entry: string, found = new Set<string>()): Set<string> {
  const file = new URL(lib(entry));
  if (found.has(file.href)) return found;
  found.add(file.href);
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import) ?"(\.[^"]+)"/g)) {
    filesOf(new URL(name, file).href.slice(lib('').length), found);
  }
  return found;
}

test('the client is loaded without the server', () => {
  const hasServer = (entry: string): boolean =>
    [...filesOf(entry)].some((file) => /\bKeyspace ?=/.test(readFileSync(new URL(file), 'utf8')));
  assert.equal(hasServer('client/index.js'), false);
  assert.equal(hasServer('index.js'), true);
});

test('threads start from the bundle: reactors, log and snapshot', () => {
  const dir = mkdtempSync(join(tmpdir(), 'crabkv-bundle-'));
  try {
    const answer = run(`
      const { createServer } = await import('${lib('index.js')}');
      const { connect } = await import('${lib('client/index.js')}');
      const server = createServer({ port: 0, dir: ${JSON.stringify(dir)}, threads: 2 });
      await server.start();
      const kv = await connect('redis://127.0.0.1:' + server.port);
      await kv.set('a', 'b');
      const saved = await kv.save();
      console.log(await kv.get('a'), saved);
      await kv.close();
      await server.stop();`);
    assert.equal(answer, 'b OK');
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('stack traces name the sources', () => {
  const stack = run(
    `
    const { startTestServer } = await import('${lib('testing/index.js')}');
    const server = await startTestServer();
    await server.clock.advance('soon').catch((error) => console.log(error.stack));`,
    '--enable-source-maps',
  );
  assert.match(stack, /src\/testing\/duration\.ts:\d+/);
});

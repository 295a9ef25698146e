import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { CrabError } from '../base/errors.js';
import { Users } from '../engine/acl/users.js';
import { CommandTable } from '../engine/command.js';
import { Config } from '../engine/config/config.js';
import { applyDirectives, parseCommandLine } from '../engine/config/parse.js';
import { createStatisticsShared } from '../engine/statistics.js';
import { createLogShared } from '../engine/wal/log-control.js';
import { type Logger, SILENT } from './console.js';
import { type CommonState, Reactors } from './reactors.js';
import { startServer } from './supervisor.js';

const root = mkdtempSync(join(tmpdir(), 'crabkv-supervisor-'));
after(() => rmSync(root, { recursive: true }));

const HOOKS = {
  onFatal(error: Error): never {
    throw error;
  },
};

function configured(...words: string[]): Config {
  const config = new Config();
  applyDirectives(
    config,
    parseCommandLine(['--port', '0', '--bind', '127.0.0.1', '--threads', '1', ...words]).directives,
  );
  return config;
}

test('a data directory that cannot be used is named in one sentence', async () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  for (const [dir, reason] of [
    [file, 'it is not a directory'],
    [join(file, 'below'), 'ENOTDIR'],
    ...(process.platform === 'linux' ? [['/proc/crabkv', 'ENOENT'] as const] : []),
  ] as const) {
    await assert.rejects(startServer(configured('--dir', dir), SILENT, HOOKS), (error: CrabError) => {
      assert.equal(error.code, 'DIRECTORY');
      assert.ok(error.message.startsWith("can't use the data directory (check --dir): "), error.message);
      assert.ok(error.message.includes(reason), error.message);
      return true;
    });
  }
});

test('a damaged snapshot stops the start with file and offset, and the directory is free again', async () => {
  const dir = join(root, 'damaged');
  const first = await startServer(configured('--dir', dir), SILENT, HOOKS);
  assert.equal(await first.shutdown({ save: true, force: false }), undefined);
  truncateSync(join(dir, 'snapshot.json'), 60);
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(startServer(configured('--dir', dir), SILENT, HOOKS), {
      code: 'SNAPSHOT_DAMAGED',
      message: /snapshot\.json at offset \d+: /,
    });
  }
});

test('the console says what was started, from where, and that it has ended', async () => {
  const lines: string[] = [];
  const logger: Logger = {
    ...SILENT,
    notice: (text) => lines.push(text),
    warning: (text) => lines.push(`# ${text}`),
  };
  const dir = join(root, 'lines');
  const server = await startServer(
    configured('--dir', dir, '--appendonly', 'no', '--save', ''),
    logger,
    HOOKS,
  );
  assert.equal(await server.shutdown(), undefined);
  await server.ended;
  assert.match(lines[0] ?? '', new RegExp(`^CrabKV .* one reactor thread \\(\\w+\\), data in ${dir}$`));
  assert.match(lines[1] ?? '', /^# appendonly is no: a crash loses everything since the last snapshot$/);
  assert.equal(lines[2], `Ready to accept connections on 127.0.0.1:${server.port}`);
  assert.deepEqual(lines.slice(-2), ['Shutting down', 'Bye']);
});

test('a reactor that ends by itself is reported as a crash', async () => {
  const crashes: Error[] = [];
  const statistics = createStatisticsShared();
  const broken = { threadCount: 1, log: createLogShared(), statistics } as CommonState;
  const reactors = new Reactors({
    common: broken,
    config: new Config(),
    users: new Users(new CommandTable([])),
    calls: {} as never,
    onCrash: (error) => crashes.push(error),
    onLeft: () => {},
  });
  await assert.rejects(reactors.startWorkers(1, 'node'));
  assert.ok(crashes.length > 0);
});

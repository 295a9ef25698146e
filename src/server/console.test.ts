import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Console, formatLine } from './console.js';

const directory = mkdtempSync(join(tmpdir(), 'crabkv-console-'));
after(() => rmSync(directory, { recursive: true }));

test('a line has the format of redis-server, and stays one line', () => {
  const when = new Date(2026, 10, 3, 4, 5, 6, 7);
  assert.equal(formatLine('notice', 'Ready', when), `${process.pid}:M 03 Nov 2026 04:05:06.007 * Ready\n`);
  assert.equal(formatLine('warning', 'a\nb', when), `${process.pid}:M 03 Nov 2026 04:05:06.007 # a\\nb\n`);
});

test('lines below the level are left out, and the level can change', () => {
  const file = join(directory, 'a.log');
  const console = new Console('notice', file);
  console.debug('one');
  console.verbose('two');
  console.notice('three');
  console.setLevel('debug');
  console.debug('four');
  console.setLevel('warning');
  console.notice('five');
  console.warning('six');
  console.close();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.slice(line.lastIndexOf(' ') + 1)),
    ['three', 'four', 'six'],
  );
});

test('a log file that cannot be opened is an error that names it', () => {
  assert.throws(() => new Console('notice', join(directory, 'none', 'a.log')), {
    code: 'LOGFILE',
    message: /can't open the log file: .*a\.log: ENOENT/,
  });
});

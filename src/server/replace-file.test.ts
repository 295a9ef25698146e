import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { replaceFile } from './replace-file.js';

const directory = mkdtempSync(join(tmpdir(), 'crabkv-replace-file-'));
after(() => rmSync(directory, { recursive: true }));

test('a new file has the permissions that are asked for, an old one keeps its own', () => {
  const path = join(directory, 'file');
  replaceFile(path, { data: 'one', mode: 0o600, like: undefined });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, 'two', { mode: 0o640 });
  replaceFile(path, { data: 'three', mode: 0o666, like: statSync(path) });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(path, 'utf8'), 'three');
});

test('a file that cannot be written stays as it is, and leaves nothing beside it', () => {
  const missing = join(directory, 'missing', 'file');
  assert.throws(() => replaceFile(missing, { data: '', mode: 0o600, like: undefined }), { code: 'ENOENT' });
  assert.ok(!readdirSync(directory).includes('missing'));
});

test('what a process with the same number has left behind is no hindrance, and no link is followed', () => {
  const path = join(directory, 'container');
  const victim = join(directory, 'victim');
  writeFileSync(victim, 'untouched');
  symlinkSync(victim, `${path}.${process.pid}.tmp`);
  replaceFile(path, { data: 'new', mode: 0o600, like: undefined });
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.equal(readFileSync(victim, 'utf8'), 'untouched');
});

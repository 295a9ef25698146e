import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CrabError, SystemError } from './errors.js';

test('an error has a stable code and keeps its cause', () => {
  const cause = new Error('below');
  const error = new CrabError('CONFIG_UNKNOWN_OPTION', "unknown option 'prot'", cause);
  assert.equal(error.code, 'CONFIG_UNKNOWN_OPTION');
  assert.equal(error.cause, cause);
  assert.ok(error instanceof Error);
  assert.ok(!('cause' in new CrabError('X', 'no cause')));
});

test('a system error names the call, its error, the file and the offset', () => {
  let cause: unknown;
  try {
    readFileSync('/no/such/file');
  } catch (error) {
    cause = error;
  }
  const error = new SystemError('WAL_READ', 'cannot read the log', 'wal.log', 4096, cause);
  assert.equal(error.systemCall, 'open');
  assert.equal(error.systemCode, 'ENOENT');
  assert.ok(error.errno < 0);
  assert.match(error.message, /^cannot read the log: wal\.log at offset 4096: ENOENT/);
  assert.ok(error instanceof CrabError);
});

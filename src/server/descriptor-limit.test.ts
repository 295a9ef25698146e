import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientsMax, descriptorUse } from './descriptor-limit.js';

test('clients get what the limit of open files leaves them, and no more', () => {
  assert.equal(clientsMax(10_000, { limit: 65_536, open: 40 }), 10_000);
  assert.equal(clientsMax(10_000, { limit: 1024, open: 40 }), 1024 - 40 - 32);
  assert.equal(clientsMax(10, { limit: 83, open: 40 }), 10);
  assert.equal(clientsMax(10_000, undefined), 10_000, 'a system that does not tell');
  assert.throws(() => clientsMax(10_000, { limit: 72, open: 40 }), /ulimit -n.* is 72.*raise it to 10072/);
});

test('a process knows its limit and what it has open', { skip: process.platform !== 'linux' }, () => {
  const use = descriptorUse();
  assert.ok(use !== undefined && use.open > 2 && use.limit > use.open, JSON.stringify(use));
});

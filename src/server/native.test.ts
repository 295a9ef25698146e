import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameErrors } from './native.js';

test('an error with several names has its usual one', () => {
  const names = nameErrors({ EAGAIN: 11, EWOULDBLOCK: 11, EINTR: 4, ENOTSUP: 95, EOPNOTSUPP: 95 });
  assert.equal(names.get(11), 'EAGAIN');
  assert.equal(names.get(95), 'EOPNOTSUPP');
  assert.equal(names.get(4), 'EINTR');
});

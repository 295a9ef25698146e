import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AuthFailures,
  createAuthFailuresShared,
  FAILURES_FREE,
  FORGOTTEN_AFTER_SECONDS,
  networkOf,
} from './auth-failures.js';

const START_MS = 1_700_000_000_000;
const FORGOTTEN_MS = (FORGOTTEN_AFTER_SECONDS + 1) * 1000;

function fail(failures: AuthFailures, address: string, times: number, nowMs = START_MS): void {
  for (let time = 0; time < times; time++) failures.note(address, nowMs);
}

describe('failures of an address', () => {
  it('are many from the tenth on, whatever the port, in every thread', () => {
    const shared = createAuthFailuresShared();
    const failures = new AuthFailures(shared);
    fail(failures, '10.0.0.1:1', FAILURES_FREE - 1);
    assert.equal(failures.areMany('10.0.0.1:2', START_MS), false);
    fail(failures, '10.0.0.1:3', 1);
    assert.equal(new AuthFailures(shared).areMany('10.0.0.1:2', START_MS), true);
    assert.equal(failures.areMany('10.0.0.2:2', START_MS), false);
  });

  it('are forgotten when a minute passes without one, but not while they go on', () => {
    const failures = new AuthFailures(createAuthFailuresShared());
    fail(failures, 'a:1', FAILURES_FREE);
    const laterMs = START_MS + FORGOTTEN_AFTER_SECONDS * 1000;
    assert.equal(failures.areMany('a:1', laterMs), true);
    failures.note('a:1', laterMs);
    assert.equal(failures.areMany('a:1', laterMs + FORGOTTEN_MS - 2000), true);
    assert.equal(failures.areMany('a:1', laterMs + FORGOTTEN_MS), false);
    failures.note('a:1', laterMs + FORGOTTEN_MS);
    assert.equal(failures.areMany('a:1', laterMs + FORGOTTEN_MS), false, 'it counts anew');
  });

  it('are forgotten when the clock is set back', () => {
    const failures = new AuthFailures(createAuthFailuresShared());
    fail(failures, 'a:1', FAILURES_FREE);
    assert.equal(failures.areMany('a:1', START_MS - 3_600_000), false);
  });

  it('take no more memory for any number of addresses, and the latest are known', () => {
    const failures = new AuthFailures(createAuthFailuresShared());
    for (let host = 0; host < 20_000; host++)
      failures.note(`10.0.${host >> 8}.${host & 255}:1`, START_MS + host);
    const nowMs = START_MS + 30_000;
    fail(failures, '10.9.9.9:1', FAILURES_FREE, nowMs);
    assert.equal(failures.areMany('10.9.9.9:1', nowMs), true);
  });
});

describe('who is one address', () => {
  it('is a host, a network of IPv6, or a Unix socket', () => {
    assert.equal(networkOf('127.0.0.1:50112'), '127.0.0.1');
    assert.equal(networkOf('[::ffff:10.1.2.3]:5'), '10.1.2.3');
    assert.equal(networkOf('/run/crab.sock:0'), '/run/crab.sock');
    assert.equal(networkOf('[2001:db8:1:2:3:4:5:6]:7'), '2001:db8:1:2');
    assert.equal(networkOf('[2001:db8::6]:7'), '2001:db8:0:0');
    assert.equal(networkOf('[2001:db8:1:2::]:7'), '2001:db8:1:2');
    assert.equal(networkOf('[::1]:7'), '0:0:0:0');
    assert.equal(networkOf('[fe80::1%eth0]:7'), 'fe80:0:0:0');
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INT64_MAX, INT64_MIN, WIDE_INTEGER } from '../base/integer.js';
import { DEADLINE_MS_MAX, deadlineFrom, INVALID_DEADLINE, wideDeadline } from './deadline.js';

test('deadlineFrom adds an amount in its unit, and keeps within what a deadline can be', () => {
  const now = 1_700_000_000_000;
  const table: [amount: number, unitMs: number, fromMs: number, deadline: number][] = [
    [10, 1000, now, now + 10_000],
    [10, 1, now, now + 10],
    [5, 1000, 0, 5000],
    [0, 1000, now, now],
    [0, 1, 0, 1],
    [-5, 1, 0, 1],
    [-now, 1, now, 1],
    [DEADLINE_MS_MAX, 1, 0, DEADLINE_MS_MAX],
    [DEADLINE_MS_MAX, 1, 1, INVALID_DEADLINE],
    [DEADLINE_MS_MAX, 1000, 0, INVALID_DEADLINE],
    [-DEADLINE_MS_MAX, 1000, now, 1],
    [WIDE_INTEGER, 1, 0, INVALID_DEADLINE],
  ];
  for (const [amount, unitMs, fromMs, deadline] of table) {
    assert.equal(deadlineFrom(amount, unitMs, fromMs), deadline, `${amount} x ${unitMs} + ${fromMs}`);
  }
});

test('wideDeadline takes what lies far in the past, as long as it has 64 bits in milliseconds', () => {
  const table: [amount: bigint, unitMs: number, deadline: number][] = [
    [INT64_MIN, 1, 1],
    [INT64_MIN, 1000, INVALID_DEADLINE],
    [INT64_MIN / 1000n, 1000, 1],
    [INT64_MIN / 1000n - 1n, 1000, INVALID_DEADLINE],
    [INT64_MAX, 1, INVALID_DEADLINE],
  ];
  for (const [amount, unitMs, deadline] of table) assert.equal(wideDeadline(amount, unitMs), deadline);
});

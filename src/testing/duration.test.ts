import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toMs } from './duration.js';

test('a duration is ms, or numbers with units', () => {
  const cases: readonly (readonly [number | string, number])[] = [
    [0, 0],
    [1500, 1500],
    [1.4, 1],
    ['10s', 10_000],
    ['250ms', 250],
    ['2h', 7_200_000],
    ['1m 30s', 90_000],
    ['1m30s', 90_000],
    [' 1.5 d ', 129_600_000],
    ['0s', 0],
  ];
  for (const [duration, ms] of cases) assert.equal(toMs(duration), ms, String(duration));
});

test('what is malformed, negative or endless is refused, and the message shows it', () => {
  for (const duration of [
    '',
    'soon',
    '10',
    '10 seconds',
    '1s 2',
    's',
    '1e3s',
    Number.NaN,
    1e300,
    '9999999d',
  ]) {
    assert.throws(
      () => toMs(duration),
      { code: 'DURATION', message: /that is no duration/ },
      String(duration),
    );
  }
  for (const duration of [-1, '-1s', ' - 5m']) {
    assert.throws(
      () => toMs(duration),
      { code: 'DURATION', message: /time does not go back/ },
      String(duration),
    );
  }
});

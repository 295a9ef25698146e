import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countReactorCollections, parseTrace } from './gc-trace.js';

const MU = '(average mu = 1.000, current mu = 1.000)';
/** What a server prints until it is ready: its main thread collects by itself, its reactor once on demand. */
const START = [
  `[21938:0x39261eb0]       43 ms: Scavenge 4.6 (4.7) -> 4.1 (5.7) MB, 0.98 / 0.01 ms  ${MU} allocation failure; `,
  '21938:M 23 Nov 2026 14:32:15.903 * CrabKV 0.1.0 on Node 20.20.2, one reactor thread',
  `[21938:0x7f7338001030]       81 ms: Mark-Compact 4.8 (8.7) -> 3.4 (9.0) MB, 7.36 / 0.00 ms  ${MU} testing; ` +
    'GC in old space requested',
].join('\n');

test('collections are read from lines of several versions of Node', () => {
  const lines = [
    `[1:0xa]       52 ms: Scavenge 4.4 (5.7) -> 4.2 (6.2) MB, 1.10 / 0.00 ms  ${MU} task; `,
    `[1:0xa]       90 ms: Scavenge 8.2 (11.3) -> 6.9 (11.3) MB, pooled: 0 MB, 0.62 / 0.00 ms  ${MU} allocation failure; `,
    `[1:0xb:0]     21 ms: Mark-Compact (reduce) 4.8 (5.6) -> 4.3 (5.6) MB, pooled: 0.0 MB, 5.74 / 0.00 ms ${MU} task; `,
    `[1:0xb]     21 ms: Minor Mark-Sweep 4.8 (5.6) -> 4.3 (5.6) MB, pooled: 0.0 MB, 5.74 / 0.00 ms ${MU} task; `,
  ];
  assert.deepEqual(
    parseTrace(lines.join('\n')).map(({ isolate, isMajor }) => [isolate, isMajor]),
    [
      ['0xa', false],
      ['0xa', false],
      ['0xb', true],
      ['0xb', false],
    ],
  );
  assert.deepEqual(
    parseTrace(START).map(({ isOnDemand }) => isOnDemand),
    [false, true],
  );
});

test('only collections of the threads that were marked as reactors count', () => {
  const during = [
    `[21938:0x39261eb0]      300 ms: Mark-Compact 7.2 (9.6) -> 6.2 (9.9) MB, 0.94 / 0.03 ms  ${MU} task; `,
    `[21938:0x7f7338001030]      310 ms: Scavenge 7.2 (9.6) -> 6.2 (9.9) MB, 0.94 / 0.03 ms  ${MU} task; `,
    `[21938:0x7f7338001030]      320 ms: Scavenge 7.2 (9.6) -> 6.2 (9.9) MB, 0.94 / 0.03 ms  ${MU} task; `,
    `[21938:0x7f7338001030]      330 ms: Mark-Compact 7.2 (9.6) -> 6.2 (9.9) MB, 0.94 / 0.03 ms  ${MU} task; `,
  ].join('\n');
  assert.deepEqual(countReactorCollections(START, during), { major: 1, minor: 2 });
  assert.deepEqual(countReactorCollections(START, ''), { major: 0, minor: 0 });
});

test('a trace in which no thread is marked is refused, not counted as free of garbage', () => {
  assert.throws(() => countReactorCollections('no trace at all', ''), /names no reactor/);
});

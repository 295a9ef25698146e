import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median } from './contest.js';
import { alone, type Section } from './figure.js';
import { atLeast, atMost, isMet, verdict } from './goal.js';
import type { LoadRow } from './loads.js';
import { losses, renderReport } from './report.js';
import { describeCommand, readSettings } from './settings.js';

const even = { crabkv: 1, redis: 1 };
const row: LoadRow = {
  what: 'GET, no persistence, P=1',
  figures: {
    cpuMicros: { crabkv: 9, redis: 10 },
    throughput: { crabkv: 90_000, redis: 100_000 },
    p50: even,
    p99: even,
    p999: even,
  },
  goals: { cpuMicros: atMost(0.85), p99: atMost(1) },
};
const section: Section = {
  title: 'Threads',
  text: ['A sentence.'],
  figures: [
    {
      what: 'two threads',
      unit: 'x',
      better: 'lower',
      digits: 2,
      values: alone(1.05),
      goal: { of: 'value', goal: atMost(1.1) },
    },
    {
      what: 'load',
      unit: 'M keys/s',
      better: 'higher',
      digits: 2,
      values: { crabkv: 3, redis: 4 },
      goal: { of: 'ratio', goal: atLeast(1) },
    },
  ],
};

const beside: Section = {
  title: 'Clients',
  text: [],
  peer: 'the others',
  figures: [
    {
      what: 'requests',
      unit: 'k/s',
      better: 'higher',
      digits: 0,
      values: { crabkv: 150, redis: 100 },
      goal: { of: 'ratio', goal: atLeast(2) },
    },
    { what: 'p99', unit: 'ms', better: 'lower', digits: 1, values: { crabkv: 3, redis: 2 } },
  ],
  table: { columns: ['client', 'k/s'], rows: [['ours', '150']] },
};

function render(): string {
  return renderReport({
    machine: ['- one machine'],
    reactor: '`node` (INFO: multiplexing_api:node), the default here',
    command: 'npm run bench',
    date: '2026-01-02',
    repeats: 5,
    loads: [{ title: 'SET and GET', text: ['Of 64 bytes.'], rows: [row] }],
    variants: [
      {
        title: 'Reactors',
        columns: ['SET P=1'],
        rows: [
          { name: 'node', micros: [6] },
          { name: 'redis-server', micros: [5] },
        ],
        notes: ['`--reactor epoll` is not measured: unknown.'],
      },
    ],
    sections: [section, beside],
  });
}

test('every goal stands beside its figure, and the missed ones are listed', () => {
  const page = render();
  assert.match(
    page,
    /^\| GET, no persistence, P=1 \| 9\.00 \| 10\.00 \| 0\.90 \| <= 0\.85, \*\*missed\*\* \| 90\.0 \|/m,
  );
  assert.match(page, /^\| two threads \| x \| 1\.05 \| - \| - \| lower \| <= 1\.10, met \|$/m);
  assert.match(
    page,
    /^\| load \| M keys\/s \| 3\.00 \| 4\.00 \| 0\.75 \| higher \| ratio >= 1\.00, \*\*missed\*\* \|$/m,
  );
  assert.match(page, /2 of 5 are met; missed are:/);
  assert.match(
    page,
    /^- CPU time per operation, GET, no persistence, P=1, ratio to Redis: 0\.90, goal <= 0\.85$/m,
  );
  assert.match(page, /^- load, ratio to Redis: 0\.75, goal >= 1\.00$/m);
});

test('loads stand under the heading of their group, with what must be known about them', () => {
  const page = render();
  assert.match(page, /^## SET and GET: CPU time per operation, and throughput\n\nOf 64 bytes\.$/m);
  assert.match(page, /^## SET and GET: latency, in milliseconds/m);
});

test('variants stand beside Redis, and what could not be measured is said', () => {
  const page = render();
  assert.match(page, /^\| node \| 6\.00 \(1\.20\) \|$/m);
  assert.match(page, /^\| redis-server \| 5\.00 \(1\.00\) \|$/m);
  assert.match(page, /`--reactor epoll` is not measured/);
});

test('the page names the reactor that it is about', () => {
  assert.match(
    render(),
    /CrabKV's reactor, where nothing else is said: `node` \(INFO: multiplexing_api:node\)/,
  );
});

test('losses are figures in which Redis is ahead, never those it does not have', () => {
  assert.deepEqual(losses([row], [section]), [
    '- throughput, GET, no persistence, P=1: 90000 /s against 100000 /s, ratio 0.90',
    '- load: 3.00 M keys/s against 4.00 M keys/s, ratio 0.75',
  ]);
});

test('a section may stand beside somebody else than Redis, with a table of its own', () => {
  const page = render();
  assert.match(page, /^\| what \| unit \| CrabKV \| the others \| ratio \|/m);
  assert.match(page, /^- requests, ratio to the others: 1\.50, goal >= 2\.00$/m);
  assert.match(page, /^\| client \| k\/s \|\n\|---\|--:\|\n\| ours \| 150 \|$/m);
  assert.deepEqual(losses([], [beside]), ['- p99, beside the others: 3.0 ms against 2.0 ms, ratio 1.50']);
});

test('a goal judges a figure as it is printed, and nothing that was not measured', () => {
  assert.equal(isMet(atMost(0, 1), 0.04), true);
  assert.equal(isMet(atMost(0, 1), 0.06), false);
  assert.equal(isMet(atLeast(1.3), 1.296), true);
  assert.equal(isMet(atLeast(1.3), 1.29), false);
  assert.equal(isMet(atMost(1), Number.NaN), false);
  assert.equal(verdict(atMost(1), Number.NaN), '<= 1.00, not measured');
  assert.equal(verdict(undefined, 1), '');
});

test('the median of an even number of turns is between the middle two', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([9, 1, 5, 3]), 4);
});

test('options are read, and a group that does not exist is refused', () => {
  const settings = readSettings(['--quick', '--only', 'idle,loads', '--node', '/a,/b', '--reactor', 'uring']);
  assert.deepEqual(settings.only, ['idle', 'loads']);
  assert.deepEqual(settings.nodePaths, ['/a', '/b']);
  assert.equal(settings.reactor, 'uring');
  assert.equal(settings.repeats, 1);
  assert.equal(readSettings([]).repeats, 5);
  assert.equal(readSettings(['--members', '2_000_000']).memberCount, 2_000_000);
  assert.throws(() => readSettings(['--only', 'everything']), /there is no group 'everything'/);
});

test('the page names the command without the paths of the machine', () => {
  assert.equal(describeCommand([]), 'npm run bench');
  assert.equal(
    describeCommand(['--node', '/a/node', '--repeats', '7']),
    'npm run bench -- --node ... --repeats 7',
  );
});

import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import { EVENT_COMMAND, EVENT_FAST_COMMAND, EVENT_LOG_SYNC } from '../engine/latency.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import { latencyGraph } from './latency-graph.js';

const START_S = START_MS / 1000;

/** An engine whose latency monitor has seen some events; the clock stands 10 s after the first. */
function watchedEngine(): TestEngine {
  mock.timers.reset();
  mock.timers.enable({ apis: ['Date'], now: START_MS });
  const engine = new TestEngine();
  engine.config.apply([['latency-monitor-threshold', '10']]);
  const { latency } = engine.instruments;
  latency.add(EVENT_COMMAND, 100);
  latency.add(EVENT_LOG_SYNC, 33);
  mock.timers.setTime(START_MS + 10_000);
  latency.add(EVENT_COMMAND, 50);
  engine.now = START_MS + 10_000;
  return engine;
}

/** A text reply without its size. */
function textOf(reply: string): string {
  return reply.slice(reply.indexOf('\r\n') + 2, -2);
}

describe('LATENCY', () => {
  it('LATEST and HISTORY show what took long', () => {
    const engine = watchedEngine();
    const second = START_S + 10;
    engine.talk([
      ['LATENCY LATEST', `*2 *4 $7 command :${second} :50 :100 *4 $16 aof-fsync-always :${START_S} :33 :33`],
      ['LATENCY HISTORY command', `*2 *2 :${START_S} :100 *2 :${second} :50`],
      ['LATENCY HISTORY COMMAND', '*0'],
      ['LATENCY HISTORY nosuch', '*0'],
      ['LATENCY HISTORY fast-command', '*0'],
      ['LATENCY HISTORY', "-ERR wrong number of arguments for 'latency|history' command"],
    ]);
  });

  it('RESET forgets some or all events', () => {
    const engine = watchedEngine();
    engine.talk([
      ['LATENCY RESET nosuch fast-command', ':0'],
      ['LATENCY RESET COMMAND command', ':1'],
      ['LATENCY HISTORY command', '*0'],
      ['LATENCY RESET', ':1'],
      ['LATENCY RESET', ':0'],
      ['LATENCY LATEST', '*0'],
    ]);
  });

  it('notes commands that take long, by whether they should be fast', () => {
    mock.timers.reset();
    const engine = new TestEngine({ logs: true });
    engine.config.apply([['latency-monitor-threshold', '3']]);
    const log = engine.log;
    log.hasRoom = () => false;
    log.waitForRoom = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    engine.say('GET a');
    const { latency } = engine.instruments;
    assert.ok(latency.series(EVENT_FAST_COMMAND)!.longestMs >= 4);
    assert.equal(latency.series(EVENT_COMMAND), undefined);
    engine.say('SET a b');
    assert.ok(latency.series(EVENT_COMMAND)!.longestMs >= 4);
  });

  it('GRAPH draws an event', () => {
    const engine = watchedEngine();
    const graph = textOf(engine.run('LATENCY', 'GRAPH', 'command'));
    assert.equal(
      graph,
      [
        'command - high 100 ms, low 50 ms (all time high 100 ms)',
        '-'.repeat(80),
        '# ',
        '| ',
        '| ',
        '|_',
        '  ',
        '10',
        '0s',
        's ',
        '',
      ].join('\n'),
    );
    engine.talk([
      ['LATENCY GRAPH nosuch', "-ERR No samples available for event 'nosuch'"],
      ['LATENCY GRAPH fast-command', "-ERR No samples available for event 'fast-command'"],
    ]);
  });

  it('GRAPH has each third of a row, all units of time, and as many lines of 80 as are needed', () => {
    const ages = [200_000, 7300, 130, 5];
    const samples = ages.map((age, index) => ({ unixSeconds: START_S - age, ms: 10 + index * 10 }));
    assert.equal(
      latencyGraph('command', { samples, longestMs: 99 }, START_MS).split('\n').slice(2).join('\n'),
      '   #\n  #|\n o||\n_|||\n    \n2225\ndhms\n',
    );
    const many = Array.from({ length: 81 }, () => ({ unixSeconds: START_S, ms: 7 }));
    const rows = latencyGraph('command', { samples: many, longestMs: 7 }, START_MS).split('\n');
    assert.equal(rows[5], '_'.repeat(80));
    assert.deepEqual(rows.slice(9), ['', ' ', ' ', ' ', '_', ' ', '0', 's', '']);
  });

  it('DOCTOR says what it has seen and what can be done', () => {
    const silent = new TestEngine();
    assert.match(silent.run('LATENCY', 'DOCTOR'), /monitor is off/);
    silent.config.apply([['latency-monitor-threshold', '10']]);
    assert.match(silent.run('LATENCY', 'DOCTOR'), /All is well/);
    const engine = watchedEngine();
    const report = textOf(engine.run('LATENCY', 'DOCTOR'));
    assert.match(
      report,
      /^1\. command: 2 latency spikes \(average 75ms, mean deviation 25ms, period 5\.00 sec\)\. Worst all time event 100ms\.$/m,
    );
    assert.match(report, /^2\. aof-fsync-always: 1 latency spike \(/m);
    assert.match(report, /appendfsync is always/);
    assert.doesNotMatch(report, /slow log is off/i);
    engine.config.apply([
      ['slowlog-log-slower-than', '-1'],
      ['appendfsync', 'no'],
    ]);
    const other = textOf(engine.run('LATENCY', 'DOCTOR'));
    assert.match(other, /The slow log is off: "CONFIG SET slowlog-log-slower-than 10000"/);
    assert.doesNotMatch(other, /appendfsync is always/);
  });

  it('HISTOGRAM shows how long commands take, in maps', () => {
    const engine = new TestEngine();
    for (const line of ['SET a 1', 'SET a 2', 'GET a', 'CONFIG GET timeout']) engine.say(line);
    const set = engine.say('LATENCY HISTOGRAM set nosuch strlen');
    assert.match(set, /^\*2 \$3 set \*4 \$5 calls :2 \$14 histogram_usec \*\d+( :\d+ :[12])+$/);
    assert.match(engine.say('LATENCY HISTOGRAM CONFIG'), /^\*2 \$10 config\|get \*4 /);
    assert.match(engine.say('LATENCY HISTOGRAM config|get get'), /^\*4 \$10 config\|get .* \$3 get /);
    engine.client.protocol = PROTOCOL_RESP3;
    assert.match(
      engine.say('LATENCY HISTOGRAM get'),
      /^%1 \$3 get %2 \$5 calls :1 \$14 histogram_usec %1 :\d+ :1$/,
    );
    assert.match(engine.say('LATENCY HISTOGRAM'), /^%[45] /);
    engine.instruments.reset();
    assert.equal(engine.say('LATENCY HISTOGRAM get'), '%0');
  });
});

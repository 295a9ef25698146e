import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '../engine/client.js';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { ARGUMENT_BYTES_MAX } from '../engine/monitor-lines.js';
import { PROTOCOL_RESP2, PROTOCOL_RESP3 } from '../engine/reply.js';

/** The lines that clients in MONITOR mode would have been shown, without time, address and line end. */
function shown(engine: TestEngine): string[] {
  const text = Buffer.from(engine.monitors.lines.take()).toString('latin1');
  return text
    .split('\r\n')
    .slice(0, -1)
    .map((line) => {
      const [, database, command] =
        /^\+1700000000\.000000 \[(\d+) 127\.0\.0\.1:\d+\] (.*)$/s.exec(line) ?? [];
      return `${database} ${command}`;
    });
}

describe('MONITOR', () => {
  it('shows the commands of all clients, as they were sent', () => {
    const engine = new TestEngine();
    const watcher = engine.connect();
    assert.equal(engine.runAs(watcher, 'MONITOR'), '+OK\r\n');
    engine.say('set a 1');
    engine.say('SELECT 1');
    engine.run('SET', 'a', 'x\r\n\t"\\\x07\b\0\xff'.replace('\xff', 'ÿ'));
    engine.run('GET', '');
    assert.deepEqual(shown(engine), [
      '0 "set" "a" "1"',
      '1 "SELECT" "1"',
      '1 "SET" "a" "x\\r\\n\\t\\"\\\\\\a\\b\\x00\\xc3\\xbf"',
      '1 "GET" ""',
    ]);
  });

  it('leaves out what is refused before it runs, what administrators do, and secrets', () => {
    const engine = new TestEngine();
    engine.runAs(engine.connect(), 'MONITOR');
    for (const line of [
      'NOSUCH 1',
      'GET',
      'CONFIG GET port',
      'DEBUG SLEEP 0',
      'AUTH secret',
      'AUTH me secret',
    ])
      engine.say(line);
    engine.say('HELLO 3 AUTH me secret SETNAME x');
    engine.say('SETEX a 0 v');
    engine.breakLog();
    engine.say('SET a 1');
    assert.deepEqual(shown(engine), [
      '0 "AUTH" "(redacted)"',
      '0 "AUTH" "(redacted)" "(redacted)"',
      '0 "HELLO" "3" "AUTH" "(redacted)" "(redacted)" "SETNAME" "x"',
      '0 "SETEX" "a" "0" "v"',
    ]);
  });

  it('shows who is connected to the Unix socket by its path', () => {
    const engine = new TestEngine();
    engine.runAs(engine.connect(), 'MONITOR');
    const path = '/tmp/crab ü.sock:0';
    engine.runAs(new Client(9, path, path, START_MS, PROTOCOL_RESP2, true), 'PING');
    assert.equal(
      Buffer.from(engine.monitors.lines.take()).toString(),
      '+1700000000.000000 [0 unix:/tmp/crab ü.sock] "PING"\r\n',
    );
  });

  it('shows only the beginning of a huge argument', () => {
    const engine = new TestEngine();
    engine.runAs(engine.connect(), 'MONITOR');
    engine.run('ECHO', Buffer.alloc(ARGUMENT_BYTES_MAX + 5, 'a'));
    const line = Buffer.from(engine.monitors.lines.take()).toString('latin1');
    assert.equal(line.length, ARGUMENT_BYTES_MAX + line.indexOf('"aaa') + '"... (5 more bytes)"\r\n'.length);
    assert.ok(line.endsWith('aaa... (5 more bytes)"\r\n'));
  });

  it('has no reply to a second MONITOR, and no business with the data', () => {
    const engine = new TestEngine();
    engine.client.protocol = PROTOCOL_RESP3;
    assert.equal(engine.say('MONITOR'), '+OK');
    assert.equal(engine.say('MONITOR'), '');
    for (const line of ['GET a', 'SET a 1', 'DBSIZE', 'KEYS *', 'FLUSHALL', 'TYPE a', 'SCAN 0']) {
      assert.equal(engine.say(line), `-${errors.MONITOR_AND_DATA}`, line);
    }
    assert.equal(engine.say('PING'), '+PONG');
    assert.match(engine.say('CONFIG GET port'), /3000/);
    assert.deepEqual(shown(engine), ['0 "PING"']);
    assert.equal(engine.attention.monitorCount(), 1);
    engine.monitors.remove(engine.client);
    assert.equal(engine.attention.monitorCount(), 0);
    assert.equal(engine.say('SET a 1'), '+OK');
    assert.deepEqual(shown(engine), []);
  });
});

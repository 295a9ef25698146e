import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '../engine/client.js';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP2, PROTOCOL_RESP3, PROTOCOL_TEXT } from '../engine/reply.js';

const UNKNOWN = (name: string) =>
  `-ERR unknown subcommand or wrong number of arguments for '${name}'. Try DEBUG HELP.`;

function allowed(options: ConstructorParameters<typeof TestEngine>[0] = {}): TestEngine {
  const engine = new TestEngine(options);
  engine.config.setAtStart('enable-debug-command', 'yes');
  return engine;
}

describe('DEBUG', () => {
  it('is for those whom the configuration allows', () => {
    const engine = new TestEngine();
    const refusal = `-${errors.DEBUG_NOT_ALLOWED}\r\n`;
    const remote = new Client(7, '10.0.0.1:5000', '10.0.0.2:3000', START_MS, PROTOCOL_RESP2, true);
    const path = '/tmp/s:0';
    const local = new Client(8, path, path, START_MS, PROTOCOL_RESP2, true);
    assert.equal(engine.run('DEBUG', 'SLEEP', '0'), refusal);
    engine.config.setAtStart('enable-debug-command', 'local');
    assert.equal(engine.run('DEBUG', 'SLEEP', '0'), '+OK\r\n');
    assert.equal(engine.runAs(local, 'DEBUG', 'SLEEP', '0'), '+OK\r\n');
    assert.equal(engine.runAs(remote, 'DEBUG', 'SLEEP', '0'), refusal);
    engine.config.setAtStart('enable-debug-command', 'yes');
    assert.equal(engine.runAs(remote, 'DEBUG', 'SLEEP', '0'), '+OK\r\n');
  });

  it('answers an error to what it does not know', () => {
    allowed().talk([
      ['DEBUG', "-ERR wrong number of arguments for 'debug' command"],
      ['DEBUG JMAP', UNKNOWN('JMAP')],
      ['DEBUG CHANGE-REPL-ID', UNKNOWN('CHANGE-REPL-ID')],
      ['DEBUG QUICKLIST-PACKED-THRESHOLD 100b', UNKNOWN('QUICKLIST-PACKED-THRESHOLD')],
      ['DEBUG sleep', UNKNOWN('sleep')],
      ['DEBUG SLEEP 1 2', UNKNOWN('SLEEP')],
      ['DEBUG ERROR', UNKNOWN('ERROR')],
      ['DEBUG HELP x', UNKNOWN('HELP')],
    ]);
  });

  it('SLEEP holds every baton, and gives it back', () => {
    const engine = allowed();
    const startMs = performance.now();
    engine.talk([
      ['DEBUG SLEEP 0.05', '+OK'],
      ['DEBUG SLEEP -1', '+OK'],
      ['DEBUG SLEEP abc', '+OK'],
    ]);
    assert.ok(performance.now() - startMs >= 50);
    engine.batons.takeAll();
    engine.batons.giveAll();
  });

  it('ERROR replies with an error of one line, LOG has a line written', () => {
    const engine = allowed();
    assert.equal(engine.run('DEBUG', 'ERROR', 'CODE a\r\nb'), '-CODE a  b\r\n');
    assert.equal(engine.run('DEBUG', 'LOG', 'hello world'), '+OK\r\n');
    assert.deepEqual(engine.control.calls, [['warning', 'DEBUG LOG: hello world']]);
  });

  it('SET-ACTIVE-EXPIRE and RELOAD ask the server', async () => {
    const engine = allowed();
    for (const word of ['0', '1', 'abc', '2']) {
      assert.equal(await engine.sayLater(`DEBUG SET-ACTIVE-EXPIRE ${word}`), '+OK');
    }
    assert.deepEqual(
      engine.control.calls.splice(0).map(([, isOn]) => isOn),
      [false, true, false, true],
    );
    assert.equal(await engine.sayLater('DEBUG RELOAD'), '+OK');
    assert.equal(await engine.sayLater('DEBUG RELOAD nosave NOFLUSH MERGE'), '+OK');
    assert.deepEqual(engine.control.calls, [
      ['reload', { saves: true, flushes: true, merges: false }],
      ['reload', { saves: false, flushes: false, merges: true }],
    ]);
    assert.equal(engine.say('DEBUG RELOAD MERGE nope'), `-${errors.RELOAD_OPTIONS}`);
    engine.control.answer = errors.RELOAD_FAILED;
    assert.equal(await engine.sayLater('DEBUG RELOAD'), `-${errors.RELOAD_FAILED}`);
  });

  it('STRINGMATCH-LEN matches as KEYS does', () => {
    allowed().talk([
      ['DEBUG STRINGMATCH-LEN a*c abbbc', ':1'],
      ['DEBUG STRINGMATCH-LEN a*c abbb', ':0'],
      ['DEBUG STRINGMATCH-LEN A a', ':0'],
      ['DEBUG STRINGMATCH-LEN a', UNKNOWN('STRINGMATCH-LEN')],
    ]);
  });

  it('OBJECT describes a value in the line of Redis, expired or not', () => {
    const engine = allowed();
    engine.say('SET s hello');
    engine.say('SET n 12345 PX 1');
    engine.say('SET small 12');
    engine.now += 5000;
    const pattern = (rest: string) =>
      new RegExp(`^\\+Value at:0x[0-9a-f]{12} ${rest} lru:\\d+ lru_seconds_idle:5$`);
    assert.match(engine.say('DEBUG OBJECT s'), pattern('refcount:1 encoding:embstr serializedlength:6'));
    assert.match(engine.say('DEBUG OBJECT n'), pattern('refcount:1 encoding:int serializedlength:3'));
    assert.match(
      engine.say('DEBUG OBJECT small'),
      pattern('refcount:2147483647 encoding:int serializedlength:2'),
    );
    assert.equal(engine.say('DEBUG OBJECT nope'), `-${errors.NO_SUCH_KEY}`);
  });

  it('DIGEST is that of Redis, and does not depend on the order', () => {
    const engine = allowed({ shardCount: 64, databaseCount: 16 });
    assert.equal(engine.say('DEBUG DIGEST'), `+${'0'.repeat(40)}`);
    engine.say('SET s hello');
    engine.say('SET t x EX 1000');
    engine.say('SELECT 3');
    engine.say('SET z 1');
    engine.say('SELECT 0');
    // What redis-server 7.0.15 answers to the same.
    assert.equal(engine.say('DEBUG DIGEST'), '+2f607da36dc75a71555bb58f06cd81743bc6c19b');
    assert.equal(engine.say('DEBUG POPULATE 100'), '+OK');
    assert.equal(engine.say('DEBUG DIGEST'), '+1fd2580d4805760e2eccf5b441adcc23d06b6d06');
    assert.equal(
      engine.say('DEBUG DIGEST-VALUE s nope s'),
      `*3 +36b23a1456b2dce2c3ed252c456761301dba8060 +${'0'.repeat(40)} +36b23a1456b2dce2c3ed252c456761301dba8060`,
    );
    assert.equal(engine.say('DEBUG DIGEST-VALUE'), '*0');
    engine.batons.takeAll();
    engine.batons.giveAll();
  });

  it('DIGEST of collections is that of Redis', () => {
    const engine = allowed({});
    engine.run('RPUSH', 'l', 'a', '1', '', '-70000', 'a');
    engine.run('SADD', 'si', '3', '-1', '200000');
    engine.run('SADD', 's', '3', 'two', '');
    engine.run('ZADD', 'z', ...['3', 'a', '-1.5', 'b', 'inf', '17', '0.1', '', '1e20', 'big', '-0', 'zero']);
    engine.run('HSET', 'h', 'field', 'value', '12', '', '', '-5');
    engine.run('SET', 'str', 'x');
    engine.run('PEXPIRE', 'h', '100000000');
    // What redis-server 7.0.15 answers to the same.
    assert.deepEqual(engine.say('DEBUG DIGEST-VALUE l si s z h str').split(' +').slice(1), [
      '800af6c18cbf00d64ac0ebefc049e9e6ca3da2ca',
      '642e6cebb01441dd96a78051057fc0328b30caea',
      'b2262c006062e2ff62114b375f176100a1abdf3f',
      '1ac1f1108cbe563c409e5ac8c1bf3b973f0a0d8c',
      '3db5fb3dc57a952832bd333b5b8393469a434975',
      'e1c099d36d86ec50b7f83540e7e59065055be33d',
    ]);
    assert.equal(engine.say('DEBUG DIGEST'), '+d3a1e876597e43654defe342e6c5e8eb491eba8d');
    assert.match(engine.say('DEBUG OBJECT l'), /encoding:quicklist serializedlength:25 /);
  });

  it('POPULATE adds keys that are not there, with values of the size asked for', () => {
    const engine = allowed({ logs: true });
    engine.say('SET key:1 mine');
    engine.talk([
      ['DEBUG POPULATE 3', '+OK'],
      ['MGET key:0 key:1 key:2', '*3 $7 value:0 $4 mine $7 value:2'],
      ['DEBUG POPULATE 2 p 10', '+OK'],
      ['GET p:1', '$10 value:1\0\0\0'],
      ['DEBUG POPULATE 2 q 3', '+OK'],
      ['GET q:1', '$3 val'],
      ['DBSIZE', ':7'],
      ['DEBUG POPULATE abc', `-${errors.MUST_BE_POSITIVE}`],
      ['DEBUG POPULATE -1', `-${errors.MUST_BE_POSITIVE}`],
      ['DEBUG POPULATE 99999999999999999999', `-${errors.MUST_BE_POSITIVE}`],
      ['DEBUG POPULATE 1 p -1', `-${errors.MUST_BE_POSITIVE}`],
      ['DEBUG POPULATE 1 p 9007199254740991', `-${errors.STRING_TOO_LONG}`],
      ['DEBUG POPULATE 1 p 1 1', UNKNOWN('POPULATE')],
    ]);
    assert.ok(engine.client.waitLsn > 0, 'its reply waits for the log');
    engine.memory.fails = () => true;
    assert.equal(engine.say('DEBUG POPULATE 2 r 100000'), `-${errors.OUT_OF_MEMORY}`);
    engine.memory.fails = () => false;
    engine.breakLog();
    assert.equal(engine.say('DEBUG POPULATE 2 s'), `-${errors.LOG_FAILED}`);
  });

  it('PROTOCOL has a value of each type, spelled for each protocol', () => {
    const engine = allowed();
    const replies: readonly (readonly [type: string, resp2: string, resp3: string, text: string])[] = [
      ['string', '$11 Hello World', '$11 Hello World', 'Hello World'],
      ['integer', ':12345', ':12345', '12345'],
      ['double', '$5 3.141', ',3.141', '3.141'],
      ['null', '$-1', '_', '(nil)'],
      ['array', '*3 :0 :1 :2', '*3 :0 :1 :2', '0 1 2'],
      ['set', '*3 :0 :1 :2', '~3 :0 :1 :2', '0 1 2'],
      ['map', '*6 :0 :0 :1 :1 :2 :0', '%3 :0 #f :1 #t :2 #f', '0 false 1 true 2 false'],
      [
        'attrib',
        '$39 Some real reply following the attribute',
        '|1 $14 key-popularity *2 $7 key:123 :90 $39 Some real reply following the attribute',
        'Some real reply following the attribute',
      ],
      [
        'push',
        `-${errors.NEEDS_RESP3}`,
        '>2 $16 server-cpu-usage :42 $40 Some real reply following the push reply',
        errors.NEEDS_RESP3,
      ],
      [
        'verbatim',
        '$25 This is a verbatim\nstring',
        '=29 txt:This is a verbatim\nstring',
        'This is a verbatim\nstring',
      ],
      ['true', ':1', '#t', 'true'],
      ['false', ':0', '#f', 'false'],
      [
        'bignum',
        '$37 1234567999999999999999999999999999999',
        '(1234567999999999999999999999999999999',
        '1234567999999999999999999999999999999',
      ],
    ];
    for (const [type, ...wanted] of replies) {
      for (const [index, protocol] of [PROTOCOL_RESP2, PROTOCOL_RESP3, PROTOCOL_TEXT].entries()) {
        engine.client.protocol = protocol as typeof PROTOCOL_RESP2;
        assert.equal(engine.say(`DEBUG PROTOCOL ${type}`), wanted[index], type);
      }
    }
    engine.client.protocol = PROTOCOL_RESP2;
    assert.equal(engine.say('DEBUG PROTOCOL nope'), `-${errors.PROTOCOL_TYPE}`);
    assert.match(engine.say('debug help'), /^\*\d+ \+DEBUG <subcommand>/);
  });
});

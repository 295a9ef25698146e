import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import { mergeEntries, type SlowlogEntry } from '../engine/slowlog.js';

function slowEngine(...config: [string, string][]): TestEngine {
  const engine = new TestEngine();
  engine.config.apply([['slowlog-log-slower-than', '0'], ...config]);
  return engine;
}

/** The arguments of all entries, the newest first. */
function entries(engine: TestEngine): (readonly string[])[] {
  return engine.instruments.slowlog.newest(1000).map((entry) => entry.arguments);
}

describe('SLOWLOG', () => {
  it('shows commands, the newest first, with all that is known of them', async () => {
    const engine = slowEngine();
    engine.client.name = 'me';
    const before = Math.floor(Date.now() / 1000);
    engine.say('SET key value');
    engine.say('GET key');
    const reply = await engine.sayLater('SLOWLOG GET 2');
    const entry = (id: number, words: string) =>
      `\\*6 :${id} :(\\d+) :(\\d+) ${words} \\$15 127\\.0\\.0\\.1:40001 \\$2 me`;
    const shape = new RegExp(
      `^\\*2 ${entry(1, '\\*2 \\$3 GET \\$3 key')} ${entry(0, '\\*3 \\$3 SET \\$3 key \\$5 value')}$`,
    );
    const [, unixSeconds, usec] = shape.exec(reply) ?? assert.fail(reply);
    assert.ok(Number(unixSeconds) >= before && Number(unixSeconds) <= before + 60);
    assert.ok(Number(usec) < 1e6);
    assert.equal(await engine.sayLater('SLOWLOG LEN'), ':3', 'the GET of the log itself, too');
    assert.equal(await engine.sayLater('SLOWLOG RESET'), '+OK');
    assert.equal(await engine.sayLater('SLOWLOG LEN'), ':1', 'RESET itself');
  });

  it('shows ten when it is not told how many, and all for -1', async () => {
    const engine = slowEngine();
    for (let number = 0; number < 15; number++) engine.say(`GET ${number}`);
    assert.match(await engine.sayLater('SLOWLOG GET'), /^\*10 \*6 :14 /);
    assert.match(await engine.sayLater('SLOWLOG GET -1'), /^\*16 /);
    assert.match(await engine.sayLater('SLOWLOG GET 3'), /^\*3 \*6 :16 /);
    assert.equal(await engine.sayLater('SLOWLOG GET 0'), '*0');
  });

  it('keeps only so many, and none when it is off', async () => {
    const engine = slowEngine(['slowlog-max-len', '3']);
    for (let number = 0; number < 9; number++) engine.say(`GET ${number}`);
    assert.deepEqual(entries(engine), [
      ['GET', '8'],
      ['GET', '7'],
      ['GET', '6'],
    ]);
    engine.config.apply([['slowlog-max-len', '1']]);
    assert.equal(entries(engine).length, 1);
    engine.config.apply([
      ['slowlog-max-len', '9'],
      ['slowlog-log-slower-than', '-1'],
    ]);
    engine.say('GET a');
    engine.config.apply([['slowlog-log-slower-than', '1000000000']]);
    engine.say('GET b');
    engine.config.apply([
      ['slowlog-max-len', '0'],
      ['slowlog-log-slower-than', '0'],
    ]);
    engine.say('GET c');
    assert.deepEqual(entries(engine), []);
  });

  it('cuts long arguments and many of them as Redis does', () => {
    const engine = slowEngine();
    engine.run('SET', '\xff', 'v'.repeat(128));
    engine.run('SET', 'k', 'v'.repeat(130));
    engine.run('EXISTS', ...Array.from({ length: 31 }, (_, index) => `${index}`));
    engine.run('EXISTS', ...Array.from({ length: 40 }, (_, index) => `${index}`));
    const [many, all, cut, whole] = entries(engine);
    assert.deepEqual(whole, ['SET', Buffer.from('\xff').toString('latin1'), 'v'.repeat(128)]);
    assert.deepEqual(cut, ['SET', 'k', `${'v'.repeat(128)}... (2 more bytes)`]);
    assert.equal(all?.length, 32);
    assert.equal(all?.[31], '30');
    assert.equal(many?.length, 32);
    assert.equal(many?.[30], '29');
    assert.equal(many?.[31], '... (10 more arguments)');
  });

  it('shows no secrets', async () => {
    const engine = slowEngine();
    engine.say('AUTH user word');
    engine.say('AUTH word');
    engine.say('HELLO 2 AUTH default word SETNAME me');
    await engine.sayLater('CONFIG SET timeout 5 requirepass word');
    await engine.sayLater('CONFIG SET requirepass word nosuch x');
    const hidden = '(redacted)';
    assert.deepEqual(entries(engine), [
      ['CONFIG', 'SET', 'requirepass', hidden, 'nosuch', hidden],
      ['CONFIG', 'SET', 'timeout', '5', 'requirepass', hidden],
      ['HELLO', '2', 'AUTH', hidden, hidden, 'SETNAME', 'me'],
      ['AUTH', hidden],
      ['AUTH', hidden, hidden],
    ]);
  });

  it('leaves out what never ran', () => {
    const engine = slowEngine();
    for (const line of ['NOSUCH', 'GET', 'CONFIG NOSUCH', 'SLOWLOG LEN x']) engine.say(line);
    assert.deepEqual(entries(engine), []);
  });

  it('finds a cheap command that had to wait, though it is not timed', () => {
    const engine = new TestEngine({ logs: true });
    engine.config.apply([['slowlog-log-slower-than', '1000']]);
    for (let number = 0; number < 300; number++) engine.say('GET key');
    const log = engine.log;
    let waits = 0;
    log.hasRoom = () => waits > 0;
    log.waitForRoom = () => {
      waits += 1;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    };
    engine.say('GET slow');
    assert.equal(waits, 1);
    assert.deepEqual(entries(engine), [['GET', 'slow']]);
    assert.ok(engine.instruments.slowlog.newest(1)[0]!.usec >= 4000);
  });

  it('refuses counts and arguments as Redis does', () => {
    new TestEngine().talk([
      ['SLOWLOG GET x', '-ERR count should be greater than or equal to -1'],
      ['SLOWLOG GET -2', '-ERR count should be greater than or equal to -1'],
      [
        'SLOWLOG GET 1 2',
        "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.",
      ],
      ['SLOWLOG NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try SLOWLOG HELP."],
      ['SLOWLOG', "-ERR wrong number of arguments for 'slowlog' command"],
      ['SLOWLOG RESET x', "-ERR wrong number of arguments for 'slowlog|reset' command"],
    ]);
  });

  it('merges what threads have by id', () => {
    const entry = (id: number): SlowlogEntry => ({
      id,
      unixSeconds: 0,
      usec: 0,
      arguments: [],
      clientAddress: '',
      clientName: '',
    });
    const threads = [[entry(9), entry(4)], [], [entry(7), entry(6)]];
    assert.deepEqual(
      mergeEntries(threads, 3).map(({ id }) => id),
      [9, 7, 6],
    );
  });
});

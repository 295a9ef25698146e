import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IN_PROCESS_USER } from './acl/user.js';
import { RESTRICTED, setUser } from './attention.js';
import { Client } from './client.js';
import { TestEngine } from './engine.case.js';
import * as errors from './errors.js';
import { BLOCKED, DONE } from './executor.js';
import { PROTOCOL_RESP2 } from './reply.js';

/** An engine whose client is a user made of these rules. */
function engineWith(rules: string): TestEngine {
  const engine = new TestEngine();
  engine.users.set('u', ['on', 'nopass', ...rules.split(' ')]);
  setUser(engine.client, engine.users.find('u')!);
  return engine;
}

/** Changes the user, as the threads of a server do. */
function change(engine: TestEngine, ...rules: string[]): void {
  engine.users.set('u', rules);
  setUser(engine.client, engine.client.user);
}

const key = `-${errors.KEY_NOT_PERMITTED}`;
const command = (name: string): string => `-${errors.commandNotPermitted(name)}`;

describe('A client whose user may not do everything', () => {
  it('is refused commands, keys and subcommands that are not allowed, and nothing is done', () => {
    const engine = engineWith('~a* %R~r +@all -flushall -config|set');
    engine.talk([
      ['SET a 1', '+OK'],
      ['GET a', '$1 1'],
      ['SET b 1', key],
      ['SET r 1', key],
      ['GET r', '$-1'],
      ['MSET a 2 b 2', key],
      ['GET a', '$1 1'],
      ['FLUSHALL', command('flushall')],
      ['CONFIG SET maxmemory 1mb', command('config|set')],
      ['CONFIG GET nosuch', '*0'],
      ['RENAME a b', key],
      ['DBSIZE', ':1'],
    ]);
  });

  it('hears first that a command does not exist or is wrong, as in Redis', () => {
    const engine = engineWith('-@all');
    engine.talk([
      ['NOPE', "-ERR unknown command 'NOPE', with args beginning with: "],
      ['GET', "-ERR wrong number of arguments for 'get' command"],
      ['CONFIG NOPE', "-ERR unknown subcommand 'NOPE'. Try CONFIG HELP."],
      ['GET a', command('get')],
    ]);
  });

  it('has to authenticate first', () => {
    const engine = engineWith('-@all');
    engine.users.set('default', ['off']);
    engine.client.authenticated = false;
    assert.equal(engine.say('GET a'), `-${errors.AUTHENTICATION_REQUIRED}`);
    engine.client.authenticated = true;
    assert.equal(engine.say('GET a'), command('get'));
  });

  it('may do at once what has been allowed, and no more what has not', () => {
    const engine = engineWith('~a +get');
    assert.equal(engine.say('SET a 1'), command('set'));
    change(engine, '+set');
    assert.equal(engine.say('SET a 1'), '+OK');
    change(engine, '-get');
    assert.equal(engine.say('GET a'), command('get'));
    change(engine, '+@all', '~*', '&*');
    assert.equal(engine.client.attention & RESTRICTED, 0, 'nothing is asked any more');
    assert.equal(engine.say('GET b'), '$-1');
    change(engine, 'resetkeys');
    assert.equal(engine.client.attention & RESTRICTED, RESTRICTED);
    assert.equal(engine.say('GET b'), key);
  });

  it('keeps what else is special about it', () => {
    const engine = engineWith('~a +@all -get');
    engine.say('CLIENT NO-TOUCH ON');
    engine.say('CLIENT REPLY OFF');
    assert.equal(engine.say('GET a'), '', 'nor are errors sent');
    change(engine, '+@all', '~*', '&*');
    assert.equal(engine.say('GET a'), '');
    assert.equal(engine.say('CLIENT REPLY ON'), '+OK');
  });

  it('is refused even in a pause, in which others wait', () => {
    const engine = engineWith('~a +@all -get');
    engine.say('CLIENT PAUSE 10000 ALL');
    assert.equal(engine.execute(engine.client, ['GET', 'a']), DONE);
    assert.equal(engine.takeReply(), `${command('get')}\r\n`);
  });

  it('is counted and logged when it is refused', () => {
    const engine = engineWith('~a +@all -config|set');
    engine.say('GET b');
    engine.say('GET b');
    engine.say('CONFIG SET a b');
    engine.say('GET a');
    const logged = engine.accessLog
      .newest(10)
      .map(({ reason, object, username, count }) => [reason, object, username, count]);
    assert.deepEqual(logged, [
      ['command', 'config|set', 'u', 1],
      ['key', 'b', 'u', 2],
    ]);
    const statistics = engine.run('INFO', 'commandstats');
    assert.match(statistics, /cmdstat_get:calls=1,.*rejected_calls=2,failed_calls=0/);
    assert.match(statistics, /cmdstat_config\|set:calls=0,.*rejected_calls=1,failed_calls=0/);
    assert.match(engine.run('INFO', 'errorstats'), /errorstat_NOPERM:count=3/);
  });

  it('is refused keys that SORT takes from patterns unless it may read all', () => {
    const engine = engineWith('~a %W~* +@all');
    engine.talk([
      ['SORT a BY w_*', `-${errors.SORT_BY_NOT_PERMITTED}`],
      ['SORT_RO a BY w_*', `-${errors.SORT_BY_NOT_PERMITTED}`],
      ['SORT a GET x', `-${errors.SORT_GET_NOT_PERMITTED}`],
      ['SORT a GET #', `-${errors.SORT_GET_NOT_PERMITTED}`],
      ['SORT a BY nosort', '*0'],
      ['SORT a STORE b', ':0'],
      ['SORT b', key],
    ]);
    change(engine, '%R~*');
    engine.talk([
      ['SORT a BY w_* GET # GET v_*', '*0'],
      ['SORT_RO b BY w_*', '*0'],
    ]);
  });

  it('gets nothing that it has waited for if it may not have it any more', () => {
    const engine = engineWith('~a +@all');
    const other = engine.connect();
    assert.equal(engine.execute(engine.client, ['BLPOP', 'a', '0']), BLOCKED);
    change(engine, '-blpop');
    assert.equal(engine.runAs(other, 'RPUSH', 'a', 'secret'), ':1\r\n');
    const [finished] = engine.executor.blocking.finished.splice(0);
    assert.equal(Buffer.from(finished?.reply ?? []).toString(), `${command('blpop')}\r\n`);
    assert.equal(
      engine.runAs(other, 'LRANGE', 'a', '0', '-1'),
      '*1\r\n$6\r\nsecret\r\n',
      'and it is still there',
    );
  });

  it('leaves it to the next who waits', () => {
    const engine = engineWith('~a +@all');
    const next = engine.connect();
    engine.execute(engine.client, ['BLPOP', 'a', '0']);
    engine.execute(next, ['BLPOP', 'a', '0']);
    change(engine, 'resetkeys');
    engine.runAs(engine.connect(), 'RPUSH', 'a', 'x');
    const replies = engine.executor.blocking.finished
      .splice(0)
      .map(({ client, reply }) => [client, Buffer.from(reply).toString()]);
    assert.deepEqual(replies, [
      [engine.client, `${key}\r\n`],
      [next, '*2\r\n$1\r\na\r\n$1\r\nx\r\n'],
    ]);
  });
});

describe('A client of this very process', () => {
  it('may do everything, whatever the default user may', () => {
    const engine = new TestEngine();
    engine.users.set('default', ['-@all', 'resetkeys', 'off']);
    const client = new Client(99, '', '', engine.now, PROTOCOL_RESP2, true);
    assert.equal(client.user, IN_PROCESS_USER);
    assert.equal(client.attention, 0);
    assert.equal(engine.runAs(client, 'SET', 'a', '1'), '+OK\r\n');
  });
});

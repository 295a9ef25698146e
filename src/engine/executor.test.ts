import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeRequest, FailingMemory, START_MS, TestEngine } from './engine.case.js';
import * as errors from './errors.js';
import { CLOSE, DONE, SUSPENDED } from './executor.js';
import { Parser } from './parser.js';
import { PROTOCOL_RESP3 } from './reply.js';

const MIB = 2 ** 20;

describe('Executor', () => {
  it('finds commands and subcommands in any case, and says when there is none', () => {
    const engine = new TestEngine();
    engine.talk([
      ['PING', '+PONG'],
      ['pInG', '+PONG'],
      ['client ID', ':1'],
      ['CLIENT id', ':1'],
      ['NOPE a b', "-ERR unknown command 'NOPE', with args beginning with: 'a' 'b' "],
      ['CLIENT NOPE', "-ERR unknown subcommand 'NOPE'. Try CLIENT HELP."],
      ['config nope x', "-ERR unknown subcommand 'nope'. Try CONFIG HELP."],
    ]);
  });

  it('checks the number of arguments and names the command that wants another', () => {
    const engine = new TestEngine();
    const wrong = (name: string): string => `-ERR wrong number of arguments for '${name}' command`;
    engine.talk([
      ['GET', wrong('get')],
      ['GET a b', wrong('get')],
      ['SET a', wrong('set')],
      ['CLIENT', wrong('client')],
      ['CONFIG', wrong('config')],
      ['CONFIG GET', wrong('config|get')],
      ['client setname', wrong('client|setname')],
    ]);
  });

  it('asks for a password before anything but greeting and leaving', () => {
    const engine = new TestEngine();
    engine.config.apply([['requirepass', 'secret']]);
    engine.client.authenticated = false;
    engine.talk([
      ['GET a', `-${errors.AUTHENTICATION_REQUIRED}`],
      ['CLIENT ID', `-${errors.AUTHENTICATION_REQUIRED}`],
      ['NOPE', "-ERR unknown command 'NOPE', with args beginning with: "],
      ['GET', "-ERR wrong number of arguments for 'get' command"],
      ['AUTH secret', '+OK'],
      ['GET a', '$-1'],
    ]);
    engine.config.apply([['requirepass', '']]);
    engine.client.authenticated = false;
    assert.equal(engine.say('GET a'), '$-1', 'without a password nobody has to authenticate');
  });

  it('closes the connection after QUIT, and when a browser calls', () => {
    const engine = new TestEngine();
    assert.equal(engine.execute(engine.client, ['QUIT']), CLOSE);
    assert.equal(engine.takeReply(), '+OK\r\n');
    assert.equal(engine.execute(engine.client, ['POST', '/', 'HTTP/1.1']), CLOSE);
    assert.equal(engine.takeReply(), '');
    assert.equal(engine.execute(engine.client, ['PING']), DONE);
  });

  it('suspends a command that another thread answers', async () => {
    const engine = new TestEngine();
    assert.equal(engine.execute(engine.client, ['SAVE']), SUSPENDED);
    assert.equal(await engine.ask('SAVE'), '+OK\r\n');
    assert.equal(engine.say('PING'), '+PONG');
  });

  it('leaves expired keys to others while the log has no room, and does not show them', (t) => {
    const engine = new TestEngine();
    engine.talk([
      ['SET a 1 PX 10', '+OK'],
      ['SET b 1 PX 10', '+OK'],
    ]);
    engine.now = START_MS + 10;
    const hasRoom = t.mock.method(engine.keyspace.log, 'hasRoom', () => false);
    t.mock.method(engine.keyspace.log, 'waitForRoom', () => {});
    engine.talk([
      ['EXISTS a b', ':0'],
      ['DBSIZE', ':2'],
    ]);
    hasRoom.mock.restore();
    engine.talk([
      ['EXISTS a b', ':0'],
      ['DBSIZE', ':0'],
    ]);
  });

  it('refuses writes that need memory above maxmemory, and lets reading and deleting go on', () => {
    const engine = new TestEngine();
    engine.say('SET a 1');
    for (let number = 0; number < 3; number++) engine.run('SET', `large:${number}`, Buffer.alloc(500_000));
    engine.config.apply([['maxmemory', '1mb']]);
    engine.talk([
      ['SET b 1', `-${errors.OUT_OF_MEMORY}`],
      ['INCR a', `-${errors.OUT_OF_MEMORY}`],
      ['MSET a 2 b 2', `-${errors.OUT_OF_MEMORY}`],
      ['GET a', '$1 1'],
      ['EXPIRE a 100', ':1'],
      ['DEL large:0 large:1', ':2'],
      ['SET b 1', '+OK'],
    ]);
    engine.say('FLUSHALL');
    engine.assertEmpty();
  });

  it('refuses writes when memory is all but exhausted, and keeps a reserve', () => {
    const engine = new TestEngine();
    const { memory } = engine;
    const pages: number[] = [];
    for (const bytes of [512 * MIB, 256 * MIB, 128 * MIB, 64 * MIB, 32 * MIB, 16 * MIB])
      pages.push(memory.allocatePages(bytes));
    assert.ok(pages.every((pointer) => pointer !== 0));
    engine.talk([
      ['SET a 1', `-${errors.OUT_OF_MEMORY}`],
      ['GET a', '$-1'],
    ]);
    for (const pointer of pages) memory.freePages(pointer);
    assert.equal(engine.say('SET a 1'), '+OK');
    engine.say('DEL a');
    engine.assertEmpty();
  });

  it('refuses writes when the log is broken; reading goes on', () => {
    const engine = new TestEngine({ logs: true });
    engine.say('SET a 1');
    engine.breakLog();
    engine.talk([
      ['SET a 2', `-${errors.LOG_FAILED}`],
      ['DEL a', `-${errors.LOG_FAILED}`],
      ['FLUSHALL', `-${errors.LOG_FAILED}`],
      ['GET a', '$1 1'],
      ['MGET a b', '*2 $1 1 $-1'],
    ]);
  });

  it('raises what a reply waits for to the last change of all shards that it shows or changes', () => {
    const engine = new TestEngine({ logs: true });
    const reader = engine.connect();
    const [first, second, third] = [0, 1, 2].map((shard) => engine.keyIn(shard)) as [string, string, string];
    const waits = (...words: string[]): number => {
      reader.waitLsn = 0;
      engine.runAs(reader, ...words);
      return reader.waitLsn;
    };
    assert.equal(waits('GET', first), 0);
    engine.run('SET', first, '1');
    const afterFirst = engine.log.tail();
    assert.equal(engine.client.waitLsn, afterFirst);
    engine.run('MSET', second, '1', third, '1');
    const afterBoth = engine.log.tail();
    assert.equal(engine.client.waitLsn, afterBoth);
    assert.equal(waits('GET', first), afterFirst);
    assert.equal(waits('GET', second), afterBoth);
    assert.equal(waits('EXISTS', first, third), afterBoth);
    assert.equal(waits('GET', engine.keyIn(3)), 0, 'a miss shows that shard only');
    assert.equal(waits('PING'), 0);
    assert.equal(waits('DBSIZE'), afterBoth);
    assert.equal(
      waits('DEL', 'nothing:1'),
      engine.memory.shardF64[engine.memory.lastLsnAt(engine.shardOf('nothing:1'))],
    );
    engine.say('FLUSHALL');
    assert.equal(waits('GET', engine.keyIn(3)), engine.log.tail());
    engine.drainLog({ record: () => {} });
  });

  it('gives all batons back, whatever a command on many keys does', () => {
    const engine = new TestEngine({ shardCount: 64 });
    const keys = Array.from({ length: 64 }, (_, shard) => engine.keyIn(shard));
    engine.run('MSET', ...keys.flatMap((key) => [key, key]));
    assert.equal(engine.run('MGET', ...keys.toReversed(), ...keys).split('\r\n').length, 1 + 2 * 128 + 1);
    assert.equal(engine.run('DEL', ...keys, ...keys), ':64\r\n');
    engine.batons.takeAll(); // would wait for ever
    engine.batons.giveAll();
    engine.assertEmpty();
  });

  it('keeps keys of one command apart from those of a shorter one after it', () => {
    const engine = new TestEngine();
    const keys = Array.from({ length: 1000 }, (_, number) => `key:${number}`);
    engine.run('MSET', ...keys.flatMap((key) => [key, '1']));
    engine.talk([
      ['EXISTS key:1 nothing key:999', ':2'],
      ['MGET nothing key:0', '*2 $-1 $1 1'],
    ]);
    assert.equal(engine.run('DEL', ...keys), ':1000\r\n');
    engine.assertEmpty();
  });

  it('makes room for the records of a large command before it changes anything', () => {
    const engine = new TestEngine({ logs: true });
    const keys = Array.from({ length: 1500 }, (_, number) => `key:${number}`);
    for (const key of keys) engine.run('SET', key, 'value');
    engine.drainLog({ record: () => {} });
    // The arguments fit the ring, their records might not: pages are taken first, and here there are none.
    engine.memory.fails = (bytes) => bytes > 65_536;
    assert.equal(engine.run('DEL', ...keys), `-${errors.OUT_OF_MEMORY}\r\n`);
    engine.memory.fails = () => false;
    assert.equal(engine.log.failed(), false);
    assert.equal(engine.contents().size, keys.length);
    assert.equal(engine.run('DEL', ...keys), ':1500\r\n');
    engine.drainLog({ record: () => {} });
    engine.assertEmpty();
  });

  it('counts commands, and remembers what the client did last', () => {
    const engine = new TestEngine();
    engine.now = START_MS + 77;
    engine.talk([
      ['PING', '+PONG'],
      ['CLIENT ID', ':1'],
    ]);
    assert.equal(engine.client.commands, 2);
    assert.equal(engine.client.lastCommand, 'client|id');
    assert.equal(engine.client.lastInteractionMs, START_MS + 77);
  });

  it('spells replies for the protocol of each client', () => {
    const engine = new TestEngine();
    assert.equal(engine.runAs(engine.connect(PROTOCOL_RESP3), 'GET', 'a'), '_\r\n');
    assert.equal(engine.runAs(engine.connect(0), 'GET', 'a'), '(nil)\r\n');
    assert.equal(engine.runAs(engine.connect(2), 'GET', 'a'), '$-1\r\n');
  });

  it('runs commands of a request that begins anywhere in a buffer', () => {
    const engine = new TestEngine();
    const request = Buffer.concat([
      Buffer.from('junk'),
      encodeRequest(['SET', 'key', 'value']),
      encodeRequest(['GET', 'key']),
    ]);
    const parser = new Parser();
    for (let from = 4; from < request.length; from = parser.next) {
      parser.parse(request, from, request.length);
      engine.executor.execute(engine.client, parser, request);
    }
    assert.equal(engine.takeReply(), '+OK\r\n$5\r\nvalue\r\n');
  });

  it('works on pointers beyond 2^31', () => {
    const engine = new TestEngine();
    assert.ok(engine.memory instanceof FailingMemory);
    engine.say('SET a 1');
    assert.ok(engine.pointers(engine.shardOf('a'), 0)[0]! > 2 ** 31);
  });
});

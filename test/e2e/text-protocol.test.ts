/** The text protocol, as someone with `nc` or `telnet` meets it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionFor, sharedServer, textConnectionFor } from '../support/fixture.js';

const server = sharedServer();

test('holds the session of the README, word for word', async (t) => {
  const nc = await textConnectionFor(t, server());
  assert.equal(await nc.ask('SET user:1 rustacean'), 'OK');
  assert.equal(await nc.ask('GET user:1'), 'rustacean');
  assert.equal(await nc.ask('SETEX session active 10'), 'OK');
  assert.match(await nc.ask('TTL session'), /^(9|10)$/);
  assert.equal(await nc.ask('GET session'), 'active');
});

test('prints every kind of reply bare', async (t) => {
  const nc = await textConnectionFor(t, server());
  assert.equal(await nc.ask('PING'), 'PONG');
  assert.equal(await nc.ask('DEL text:n text:list'), '0');
  assert.equal(await nc.ask('GET text:n'), '(nil)');
  assert.equal(await nc.ask('INCR text:n'), '1');
  assert.equal(await nc.ask('DECRBY text:n 5'), '-4');
  assert.equal(await nc.ask('TYPE text:n'), 'string');
  nc.send('MGET text:n text:missing text:n\n');
  assert.deepEqual([await nc.line(), await nc.line(), await nc.line()], ['-4', '(nil)', '-4']);
  assert.equal(await nc.ask('KEYS text:none*'), '(empty array)');
  assert.equal(await nc.ask('TTL text:n'), '-1');
  assert.equal(await nc.ask('ECHO "two words"'), 'two words');
});

test('prints errors bare and goes on', async (t) => {
  const nc = await textConnectionFor(t, server());
  assert.equal(await nc.ask('GET'), "ERR wrong number of arguments for 'get' command");
  assert.equal(await nc.ask('NOSUCH a'), "ERR unknown command 'NOSUCH', with args beginning with: 'a' ");
  assert.equal(await nc.ask('SET text:s abc'), 'OK');
  assert.equal(await nc.ask('INCR text:s'), 'ERR value is not an integer or out of range');
  assert.equal(await nc.ask('SETEX session active 0'), "ERR invalid expire time in 'setex' command");
  assert.equal(await nc.ask('SETEX session active abc'), 'ERR value is not an integer or out of range');
  assert.equal(await nc.ask('PING'), 'PONG');
});

test('takes quoted arguments as redis-cli does', async (t) => {
  const nc = await textConnectionFor(t, server());
  const resp = await connectionFor(t, server());
  assert.equal(await nc.ask('SET text:q "a b\\n\\x00\\xff\\"c"'), 'OK');
  assert.deepEqual(await resp.request('GET', 'text:q'), Buffer.from('$8\r\na b\n\0\xff"c\r\n', 'latin1'));
  assert.equal(await nc.ask("SET text:q 'it\\'s \\n'"), 'OK');
  assert.equal(await resp.call('GET', 'text:q'), "it's \\n");
  assert.equal(await nc.ask('SET text:q ""'), 'OK');
  assert.equal(await resp.call('STRLEN', 'text:q'), 0);
});

test('refuses unbalanced quotes and hangs up', async (t) => {
  const nc = await textConnectionFor(t, server());
  nc.send('SET text:u "abc\nPING\n');
  assert.match(await nc.rest(), /^ERR Protocol error: unbalanced quotes in request\r?\n$/);
});

test('answers blank lines with nothing and takes CR LF, LF, tabs and many blanks', async (t) => {
  const nc = await textConnectionFor(t, server());
  nc.send('\n\r\n   \n');
  assert.equal(await nc.ask('PING\r'), 'PONG');
  assert.equal(await nc.ask('  SET\t text:w    v  '), 'OK');
  assert.equal(await nc.ask('GET text:w'), 'v');
});

test('survives binary zeros', async (t) => {
  const nc = await textConnectionFor(t, server());
  nc.send('SET text:z a\0b\n');
  assert.match(await nc.line(), /^(OK|ERR .*)$/);
  nc.send('\0\0\0\n');
  assert.match(await nc.line(), /^ERR unknown command/);
  assert.equal(await nc.ask('PING'), 'PONG');
});

test('takes a line that arrives one byte at a time', async (t) => {
  const nc = await textConnectionFor(t, server());
  for (const byte of 'SET text:slow "v w"\r\nGET text:slow\r\n') {
    nc.send(byte);
    await new Promise((done) => setImmediate(done));
  }
  assert.equal(await nc.line(), 'OK');
  assert.equal(await nc.line(), 'v w');
});

test('refuses a line that does not end', async (t) => {
  const nc = await textConnectionFor(t, server());
  nc.send('x'.repeat(70_000));
  assert.match(await nc.rest(), /^ERR Protocol error: too big inline request\r?\n$/);
});

test('answers everything before it closes when the client has sent its last line', async (t) => {
  const nc = await textConnectionFor(t, server());
  nc.socket.end('SET text:h 1\nINCR text:h\nGET text:h\n');
  assert.equal((await nc.rest()).replaceAll('\r', ''), 'OK\n2\n2\n');
});

test('QUIT says OK and hangs up', async (t) => {
  const nc = await textConnectionFor(t, server());
  nc.send('QUIT\nPING\n');
  assert.match(await nc.rest(), /^OK\r?\n$/);
});

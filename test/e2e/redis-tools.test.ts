/** Redis's own command line tools against CrabKV. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedServer } from '../support/fixture.js';
import { encodeRequest } from '../support/resp.js';
import { run } from '../support/server.js';
import { skipWithout } from '../support/tools.js';

const server = sharedServer();
const skipCli = skipWithout('the redis-cli tests', 'redis-cli');
const skipBenchmark = skipWithout('the redis-benchmark tests', 'redis-benchmark');

async function cli(...args: string[]): Promise<string> {
  const { stdout, code } = await run('redis-cli', ['-p', String(server().port), ...args]);
  assert.equal(code, 0);
  return stdout;
}

test('redis-cli: single commands', { skip: skipCli }, async () => {
  assert.equal(await cli('SET', 'cli:a', 'hello world'), 'OK\n');
  assert.equal(await cli('GET', 'cli:a'), 'hello world\n');
  assert.equal(await cli('-3', 'GET', 'cli:none'), '\n');
  assert.equal(await cli('--no-raw', 'GET', 'cli:none'), '(nil)\n');
  assert.equal(await cli('--no-raw', 'INCR', 'cli:n'), '(integer) 1\n');
  assert.match(await cli('INFO', 'server'), /redis_version:/);
  assert.match(await cli('NOSUCH'), /^ERR unknown command/);
});

test('redis-cli: a session on standard input, in RESP2 and RESP3', { skip: skipCli }, async () => {
  for (const options of [[], ['-3']]) {
    const input = 'SET cli:s 1\nINCR cli:s\nMGET cli:s cli:none\nSELECT 2\nDBSIZE\n';
    const { stdout } = await run('redis-cli', ['-p', String(server().port), '--no-raw', ...options], {
      input,
    });
    assert.equal(stdout, 'OK\n(integer) 2\n1) "2"\n2) (nil)\nOK\n(integer) 0\n');
  }
});

test('redis-cli: --pipe and --scan', { skip: skipCli }, async () => {
  const requests = Array.from({ length: 1000 }, (_, i) => encodeRequest(['SET', `clis:${i}`, i])).join('');
  const piped = await run('redis-cli', ['-p', String(server().port), '--pipe'], { input: requests });
  assert.match(piped.stdout, /errors: 0, replies: 1000/);
  const scanned = await cli('--scan', '--pattern', 'clis:*');
  assert.equal(new Set(scanned.trim().split('\n')).size, 1000);
});

test('redis-benchmark: SET and GET, single and pipelined', { skip: skipBenchmark }, async () => {
  for (const pipeline of ['1', '16']) {
    const args = [
      '-p',
      String(server().port),
      '-t',
      'set,get,incr,mset,ping_mbulk',
      '-n',
      '20000',
      '-r',
      '1000',
    ];
    const { stdout, stderr, code } = await run('redis-benchmark', [...args, '-P', pipeline, '--csv']);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout + stderr, /error/i);
    for (const name of ['SET', 'GET', 'INCR', 'MSET']) assert.match(stdout, new RegExp(`^"${name}[" ]`, 'm'));
  }
});

test('redis-benchmark: inline PING with inline-replies resp', { skip: skipBenchmark }, async () => {
  const connection = await server().connect();
  assert.equal(await connection.call('CONFIG', 'SET', 'inline-replies', 'resp'), 'OK');
  const args = ['-p', String(server().port), '-t', 'ping_inline', '-n', '5000', '--csv'];
  const { stdout, code } = await run('redis-benchmark', args);
  assert.equal(await connection.call('CONFIG', 'SET', 'inline-replies', 'text'), 'OK');
  connection.close();
  assert.equal(code, 0);
  assert.match(stdout, /PING_INLINE/);
});

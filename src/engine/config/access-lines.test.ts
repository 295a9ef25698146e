import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quoteUserLine } from './access-lines.js';
import { Config } from './config.js';
import { applyDirectives, parseCommandLine, parseConfigText } from './parse.js';

function read(text: string): Config {
  const config = new Config();
  applyDirectives(config, parseConfigText(text, 'crab.conf'));
  return config;
}

describe('users and renamed commands in a configuration', () => {
  it('are taken with where they stand, beside options', () => {
    const config = read('user eve on >secret ~a +get\nport 4\nUSER adam\nrename-command FLUSHALL ""\n');
    assert.deepEqual(config.lines.users, [
      { name: 'eve', rules: ['on', '>secret', '~a', '+get'], origin: 'crab.conf line 1' },
      { name: 'adam', rules: [], origin: 'crab.conf line 3' },
    ]);
    assert.deepEqual(config.lines.renames, [['FLUSHALL', '']]);
    assert.equal(config.integer('port'), 4);
  });

  it('add up with those of the command line', () => {
    const config = read('user eve on');
    const argv = ['--user', 'adam', 'on', '-@all', '--user', 'é', '--rename-command', 'get', 'fetch'];
    applyDirectives(config, parseCommandLine(argv).directives);
    assert.deepEqual(
      config.lines.users.map(({ name, rules }) => [name, ...rules]),
      [['eve', 'on'], ['adam', 'on', '-@all'], ['\xc3\xa9']],
    );
    assert.deepEqual(config.lines.renames, [['get', 'fetch']]);
  });

  it('are refused with too few or too many words, without a word of them', () => {
    assert.throws(() => read('\nuser'), { code: 'CONFIG', message: 'user wants a name (crab.conf line 2)' });
    for (const line of ['rename-command', 'rename-command a', 'rename-command a b c']) {
      assert.throws(() => read(line), {
        code: 'CONFIG',
        message: 'rename-command wants a command and its new name (crab.conf line 1)',
      });
    }
  });

  it('are bytes: characters of a file as they stand there, escapes as they say', () => {
    const [line] = read('user "é\\xff\\"" ">two words" ~a').lines.users;
    assert.equal(line?.name, '\xc3\xa9\xff"');
    assert.deepEqual(line?.rules, ['>two words', '~a']);
  });

  it('are read again as they were written, whatever the bytes', () => {
    const name = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
      .join('')
      .replace(/[\s\0]/g, '');
    for (const text of [`user ${name} on ~* (~a +get)`, 'user default on nopass ~* &* +@all']) {
      const [line] = read(quoteUserLine(text)).lines.users;
      assert.equal(['user', line?.name, ...(line?.rules ?? [])].join(' '), text);
    }
    assert.equal(quoteUserLine('user eve on ~a'), 'user eve on ~a');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMANDS } from '../../commands/table.js';
import { CommandTable } from '../command.js';
import { Users } from './users.js';

const TABLE = new CommandTable(COMMANDS);
const SECRET = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b'; // SHA-256 of "secret"

/** What rules make of a new user, as ACL LIST describes it; a rule after the other, so that each can be seen. */
function made(...rules: readonly string[]): string {
  const users = new Users(TABLE);
  users.set('u', rules);
  return users
    .lines()
    .find((line) => line.startsWith('user u '))!
    .slice('user u '.length);
}

/** The error line for rules, without what comes before the modifier. */
function problem(...rules: readonly string[]): string {
  const users = new Users(TABLE);
  return (users.check('u', rules) ?? 'none').replace('ERR Error in ACL SETUSER modifier ', '');
}

describe('Rules', () => {
  it('make a user who is off, has no password and may do nothing when there are none', () => {
    assert.equal(made(), 'off resetchannels -@all');
    assert.equal(made('', 'on', 'off', ''), 'off resetchannels -@all');
  });

  it('turn users on, and keep passwords as hashes', () => {
    assert.equal(made('on', '>secret'), `on #${SECRET} resetchannels -@all`);
    assert.equal(made('ON', `#${SECRET}`, '>secret'), `on #${SECRET} resetchannels -@all`);
    assert.equal(made('>secret', '>other', '<other'), `off #${SECRET} resetchannels -@all`);
    assert.equal(made('>secret', `!${SECRET}`), 'off resetchannels -@all');
    assert.equal(made('>secret', 'nopass'), 'off nopass resetchannels -@all');
    assert.equal(made('nopass', '>secret'), `off #${SECRET} resetchannels -@all`);
    assert.equal(made('>secret', 'resetpass'), 'off resetchannels -@all');
    assert.equal(made('nopass', 'resetpass'), 'off resetchannels -@all');
    assert.equal(
      made('>'),
      'off #e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 resetchannels -@all',
    );
  });

  it('say whether payloads are looked through', () => {
    assert.equal(made('sanitize-payload'), 'off sanitize-payload resetchannels -@all');
    assert.equal(
      made('sanitize-payload', 'Skip-Sanitize-Payload'),
      'off skip-sanitize-payload resetchannels -@all',
    );
  });

  it('take patterns of keys, for reading, writing or both', () => {
    assert.equal(
      made('~a*', '%R~b', '%w~c', '%RW~d', '%wr~e'),
      'off ~a* %R~b %W~c ~d ~e resetchannels -@all',
    );
    assert.equal(made('%R~a', '%W~a', '~b', '~b'), 'off ~a ~b resetchannels -@all');
    assert.equal(made('~', '%R'), 'off ~ resetchannels -@all');
    assert.equal(made('~a', 'allkeys'), 'off ~* resetchannels -@all');
    assert.equal(made('~a', '~*'), 'off ~* resetchannels -@all');
    assert.equal(made('~*', 'resetkeys', '%R~*'), 'off %R~* resetchannels -@all');
    assert.equal(made('~\xff\x01'), 'off ~\xff\x01 resetchannels -@all');
  });

  it('take patterns of channels', () => {
    assert.equal(made('&a*', '&b', '&a*'), 'off resetchannels &a* &b -@all');
    assert.equal(made('&a', 'allchannels'), 'off &* -@all');
    assert.equal(made('&*', 'resetchannels'), 'off resetchannels -@all');
  });

  it('allow and forbid commands, subcommands and categories', () => {
    assert.equal(made('+get'), 'off resetchannels -@all +get');
    assert.equal(made('+GET', '-Get'), 'off resetchannels -@all');
    assert.equal(made('+client|id', '+CONFIG|get'), 'off resetchannels -@all +client|id +config|get');
    assert.equal(
      made('+config', '-config|set', '-config|rewrite'),
      'off resetchannels -@all +config -config|set -config|rewrite',
    );
    assert.equal(made('+@hyperloglog'), 'off resetchannels -@all +@hyperloglog');
    assert.equal(made('allcommands', '-@Dangerous'), 'off resetchannels +@all -@dangerous');
    assert.equal(made('allcommands', 'nocommands'), 'off resetchannels -@all');
    assert.equal(made('+@all', '-get'), 'off resetchannels +@all -get');
  });

  it('allow a command with certain first arguments', () => {
    assert.equal(made('+select|0', '+select|1', '+SELECT|1'), 'off resetchannels -@all +select|0 +select|1');
    assert.equal(made('+set|X', '+set|x'), 'off resetchannels -@all +set|X');
    assert.equal(made('+select|0', '-select'), 'off resetchannels -@all');
    assert.equal(made('+select|0', '+select'), 'off resetchannels -@all +select');
    assert.equal(made('+select|0', '-@connection'), 'off resetchannels -@all');
    assert.equal(made('+@all', '+select|0', '-@all'), 'off resetchannels -@all');
  });

  it('tell letters of other alphabets from each other, as C does', () => {
    assert.equal(made('+set|\xe4', '+set|\xc4'), 'off resetchannels -@all +set|\xe4 +set|\xc4');
  });

  it('make more selectors, whose words may be quoted', () => {
    assert.equal(
      made('(~a +get)', '()'),
      'off resetchannels -@all (~a resetchannels -@all +get) (resetchannels -@all)',
    );
    assert.equal(made('(~a', '+get', ')', '~b'), 'off ~b resetchannels -@all (~a resetchannels -@all +get)');
    assert.equal(made('(~"a\\x41")'), 'off resetchannels -@all (~aA resetchannels -@all)');
    assert.equal(made('(~a)', 'clearselectors'), 'off resetchannels -@all');
    assert.equal(
      made('(~a"b)'),
      'off resetchannels -@all (resetchannels -@all)',
      'unbalanced quotes are nothing',
    );
  });

  it('make a user new again', () => {
    assert.equal(
      made('on', '>a', '~a', '&a', '+get', '+select|0', '(~b)', 'reset'),
      'off sanitize-payload resetchannels -@all',
    );
  });

  it("say what is wrong in Redis's words", () => {
    const unknown = (rule: string): string => `'${rule}': Unknown command or category name in ACL`;
    const syntax = (rule: string): string => `'${rule}': Syntax error`;
    for (const rule of [
      '+foo',
      '-foo',
      '+',
      '-',
      '+@',
      '+@foo',
      '-config|foo',
      '+config|foo',
      '-get|x',
      '+foo|bar',
    ]) {
      assert.equal(problem('on', rule), unknown(rule));
    }
    for (const rule of [
      'xx',
      '%X~a',
      '%~a',
      '%',
      '%RR~a',
      '%RWR~a',
      '~a b',
      '&a\t',
      '~a\0',
      '+get|',
      '+client|',
      '(on)',
      '(~a "")',
      '+set|a b',
      ')(',
    ]) {
      assert.equal(problem('on', rule), syntax(rule));
    }
    assert.equal(
      problem('+config|get|x'),
      "'+config|get|x': Allowing first-arg of a subcommand is not supported",
    );
    assert.equal(problem('<no'), "'<no': The password you are trying to remove from the user does not exist");
    const hash =
      'The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters';
    for (const rule of ['#abc', '!abc', '#', `#${SECRET.toUpperCase()}`])
      assert.equal(problem(rule), `'${rule}': ${hash}`);
    assert.equal(
      problem('~*', '~a'),
      "'~a': Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. " +
        "Try 'resetkeys' to start with an empty list of patterns",
    );
    assert.equal(
      problem('&*', '&a'),
      "'&a': Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. " +
        "Try 'resetchannels' to start with an empty list of channels",
    );
    assert.equal(problem('(~a', '+get'), "ERR Unmatched parenthesis in acl selector starting at '(~a'.");
    assert.equal(problem('(~a +foo)'), unknown('(~a +foo)'));
    assert.equal(problem('a\r\nb'), syntax('a  b'));
  });

  it('never take a word of JavaScript for one of theirs', () => {
    for (const rule of ['constructor', '__proto__', 'toString'])
      assert.equal(problem(rule), `'${rule}': Syntax error`);
    assert.equal(problem('+@constructor'), "'+@constructor': Unknown command or category name in ACL");
    assert.equal(problem('+__proto__'), "'+__proto__': Unknown command or category name in ACL");
  });
});

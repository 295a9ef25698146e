import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMANDS } from '../../commands/table.js';
import { CommandTable } from '../command.js';
import { hashPassword } from './user.js';
import { Users } from './users.js';

const TABLE = new CommandTable(COMMANDS);

describe('Users', () => {
  it('are at first the default user, who may do everything without a password', () => {
    const users = new Users(TABLE);
    assert.deepEqual(users.names(), ['default']);
    assert.equal(users.defaultUser.isUnrestricted, true);
    assert.equal(users.needPassword, false);
    assert.equal(users.find('default'), users.defaultUser);
    assert.equal(users.find('nobody'), undefined);
  });

  it('need a password when the default user has one, or is off', () => {
    const users = new Users(TABLE);
    users.set('default', ['>secret']);
    assert.equal(users.needPassword, true);
    users.set('default', ['nopass']);
    assert.equal(users.needPassword, false);
    users.set('default', ['off']);
    assert.equal(users.needPassword, true);
  });

  it('accept their passwords, and only while they are on', () => {
    const users = new Users(TABLE);
    users.set('u', ['on', '>one', '>two\xff']);
    const user = users.find('u')!;
    assert.equal(user.accepts(hashPassword('one')), true);
    assert.equal(user.accepts(hashPassword('two\xff')), true);
    assert.equal(user.accepts(hashPassword('three')), false);
    assert.equal(user.accepts(hashPassword('')), false);
    users.set('u', ['<one', 'off']);
    assert.equal(user.accepts(hashPassword('two\xff')), false);
    users.set('u', ['on']);
    assert.equal(user.accepts(hashPassword('one')), false);
    users.set('u', ['resetpass']);
    assert.equal(user.accepts(hashPassword('two\xff')), false, 'no password is right without nopass');
    users.set('u', ['nopass']);
    assert.equal(user.accepts(hashPassword('anything')), true);
    users.set('u', ['off']);
    assert.equal(user.accepts(hashPassword('anything')), false);
  });

  it('are changed in place, by all rules or by none', () => {
    const users = new Users(TABLE);
    users.set('u', ['on', '~a']);
    const user = users.find('u');
    const before = users.lines();
    assert.match(users.check('u', ['~b', '+get', '+nosuch']) ?? '', /'\+nosuch': Unknown command/);
    assert.deepEqual(users.lines(), before);
    assert.throws(() => users.set('u', ['~b', '+nosuch']), /Unknown command/);
    assert.deepEqual(users.lines(), before);
    assert.equal(users.check('u', ['~b', '+get']), undefined);
    assert.deepEqual(users.lines(), before, 'a check changes nothing');
    assert.match(users.check('v', ['+nosuch']) ?? '', /Unknown/);
    assert.equal(users.find('v'), undefined);
    users.set('u', ['~b', '+get']);
    assert.equal(users.find('u'), user);
    assert.deepEqual(users.lines()[1], 'user u on ~a ~b resetchannels -@all +get');
  });

  it('share nothing with what they were copied from', () => {
    const users = new Users(TABLE);
    users.set('u', ['>a', '~a', '%R~b', '&a', '+select|0', '(%W~b)']);
    const before = users.lines();
    users.check('u', ['>b', '%R~c', '%W~b', '&b', '+select|1', '+get', '(~c)', 'on']);
    assert.deepEqual(users.lines(), before);
  });

  it('have names of any bytes but spaces and zeros', () => {
    const users = new Users(TABLE);
    for (const name of ['a b', 'a\0', '\n', 'a\t']) {
      assert.equal(users.check(name, []), "ERR Usernames can't contain spaces or null characters");
    }
    for (const name of ['\xff', 'z', '(', 'constructor', '__proto__', '']) users.set(name, []);
    assert.deepEqual(users.names(), ['', '(', '__proto__', 'constructor', 'default', 'z', '\xff']);
    const others = new Users(TABLE);
    assert.equal(others.load(users.lines()), undefined);
    assert.deepEqual(others.lines(), users.lines());
  });

  it('can be deleted', () => {
    const users = new Users(TABLE);
    users.set('u', ['on']);
    assert.equal(users.delete('u'), true);
    assert.equal(users.delete('u'), false);
    assert.deepEqual(users.names(), ['default']);
  });

  it('are replaced by those that are loaded, or by none of them', () => {
    const users = new Users(TABLE);
    users.set('kept', ['on', '~a']);
    users.set('gone', ['on']);
    users.set('default', ['off', '-get']);
    const { defaultUser } = users;
    const kept = users.find('kept');
    const before = users.lines();
    assert.match(users.load(['user new on', 'user kept +nosuch']) ?? '', /Unknown command/);
    assert.deepEqual(users.lines(), before);
    assert.equal(users.load(['user kept nopass (~x +get) ', 'user new on']), undefined);
    assert.deepEqual(users.lines(), [
      'user default on nopass ~* &* +@all',
      'user kept off nopass resetchannels -@all (~x resetchannels -@all +get)',
      'user new on resetchannels -@all',
    ]);
    assert.equal(users.find('kept'), kept);
    assert.equal(users.defaultUser, defaultUser);
    assert.equal(defaultUser.isUnrestricted, true);
    users.load(['user default on nopass']);
    assert.deepEqual(
      users.lines(),
      ['user default on nopass resetchannels -@all'],
      'what is not said is not so',
    );
    assert.equal(defaultUser.isUnrestricted, false);
  });

  it('may use all channels from the start if that is configured', () => {
    const users = new Users(TABLE);
    users.set('before', []);
    users.grantChannels = true;
    users.set('after', ['(~a)']);
    users.set('before', ['on']);
    users.set('fresh', ['resetchannels', 'reset']);
    assert.deepEqual(users.lines(), [
      'user after off &* -@all (~a &* -@all)',
      'user before on resetchannels -@all',
      'user default on nopass ~* &* +@all',
      'user fresh off sanitize-payload &* -@all',
    ]);
    const others = new Users(TABLE);
    others.grantChannels = true;
    others.load(users.lines());
    assert.deepEqual(others.lines(), users.lines());
  });

  it('know commands by their own names when these are renamed', () => {
    const renamed = new Users(
      new CommandTable(COMMANDS, [
        ['get', 'fetch'],
        ['flushall', ''],
      ]),
    );
    assert.equal(renamed.check('u', ['+get', '-flushall', '+@dangerous']), undefined);
    assert.match(renamed.check('u', ['+fetch']) ?? '', /Unknown command/);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COMMANDS } from '../commands/table.js';
import { hashPassword } from './acl/user.js';
import { Users } from './acl/users.js';
import { CommandTable } from './command.js';
import { Config } from './config/config.js';
import { applyUsersChange, followConfig, setDefaultPassword } from './users-changes.js';

const commands = new CommandTable(COMMANDS);
const OPEN = 'user default on nopass ~* &* +@all';

function closed(...passwords: readonly string[]): string {
  return `user default on ${passwords.map((password) => `#${hashPassword(password)} `).join('')}~* &* +@all`;
}

describe('a change of users', () => {
  it('makes, changes and deletes users, and replaces all of them', () => {
    const users = new Users(commands);
    applyUsersChange(users, { kind: 'set', name: 'eve', rules: ['on', '+get'] });
    applyUsersChange(users, { kind: 'set', name: 'eve', rules: ['~a'] });
    applyUsersChange(users, { kind: 'set', name: 'adam', rules: [] });
    assert.deepEqual(users.lines(), [
      'user adam off resetchannels -@all',
      OPEN,
      'user eve on ~a resetchannels -@all +get',
    ]);
    applyUsersChange(users, { kind: 'delete', names: ['adam'] });
    const lines = users.lines();
    const copy = new Users(commands);
    applyUsersChange(copy, { kind: 'set', name: 'other', rules: [] });
    applyUsersChange(copy, { kind: 'load', lines });
    assert.deepEqual(copy.lines(), lines);
  });
});

describe('requirepass', () => {
  it('is the one password of the default user, or none is needed', () => {
    const [users, config] = [new Users(commands), new Config()];
    followConfig(users, config);
    config.apply([['requirepass', 'one']]);
    assert.deepEqual(users.lines(), [closed('one')]);
    config.apply([['requirepass', 'two']]);
    assert.deepEqual(users.lines(), [closed('two')]);
    config.apply([['requirepass', '']]);
    assert.deepEqual(users.lines(), [OPEN]);
  });

  it('leaves alone what ACL SETUSER has done when it is set to what it is', () => {
    const [users, config] = [new Users(commands), new Config()];
    followConfig(users, config);
    config.apply([['requirepass', 'one']]);
    users.set('default', ['>two']);
    config.apply([['requirepass', 'one']]);
    config.apply([['timeout', '5']]);
    assert.deepEqual(users.lines(), [closed('one', 'two')]);
    config.apply([['requirepass', 'three']]);
    assert.deepEqual(users.lines(), [closed('three')]);
  });

  it('is bytes, as a client sends them', () => {
    const [users, config] = [new Users(commands), new Config()];
    config.setAtStart('requirepass', 'pässword');
    setDefaultPassword(users, config);
    const sent = Buffer.from('pässword').toString('latin1');
    assert.equal(users.defaultUser.accepts(hashPassword(sent)), true);
  });
});

describe('acl-pubsub-default', () => {
  it('is what new users may do with channels', () => {
    const [users, config] = [new Users(commands), new Config()];
    followConfig(users, config);
    users.set('before', []);
    config.apply([['acl-pubsub-default', 'allchannels']]);
    users.set('after', []);
    assert.deepEqual(users.lines(), ['user after off &* -@all', 'user before off resetchannels -@all', OPEN]);
  });
});

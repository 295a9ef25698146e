import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { COMMANDS } from '../../commands/table.js';
import { CommandTable } from '../command.js';
import { describeChannels, describeCommands, describeFlags, describeKeys } from './describe.js';
import { anyRule } from './rules.case.js';
import type { User } from './user.js';
import { Users } from './users.js';

const TABLE = new CommandTable(COMMANDS);

/** All that a user may do, and with which passwords, apart from how it is described. */
function facts({
  isOn,
  hasNoPassword,
  passwords,
  sanitizesPayload,
  selectors,
  isUnrestricted,
}: User): unknown {
  return {
    flags: [isOn, hasNoPassword, sanitizesPayload, isUnrestricted],
    passwords: [...passwords],
    selectors: selectors.map((selector) => ({
      keys: selector.keys.map(({ text, permissions }) => [text, permissions]),
      channels: selector.channels.map(({ text }) => text),
      all: [selector.allowsAllKeys, selector.allowsAllChannels, selector.allowsFuture],
      commands: TABLE.indexed.map(({ index }) => selector.allows(index)),
      // Words count only as long as the command is not allowed as a whole.
      words: TABLE.indexed.map(({ index }) =>
        selector.allows(index) ? [] : selector.firstArgumentsOf(index).map(({ word }) => word),
      ),
    })),
  };
}

describe('Descriptions of users', () => {
  it('show the default user as Redis does', () => {
    assert.deepEqual(new Users(TABLE).lines(), ['user default on nopass ~* &* +@all']);
  });

  it('find the categories that have made a set of commands', () => {
    const users = new Users(TABLE);
    const commandsOf = (...rules: string[]): string => {
      users.set('u', ['reset', ...rules]);
      return describeCommands(users.find('u')!.root, users.vocabulary).join(' ');
    };
    for (const { name } of users.vocabulary.categories) {
      const { commands } = users.vocabulary.category(name)!;
      if (commands.length === 0) assert.equal(commandsOf(`+@${name}`), '-@all');
      else assert.notEqual(commandsOf(`+@${name}`), '-@all');
    }
    assert.equal(
      commandsOf('+@all', '-@dangerous', '+keys'),
      '+@all -@admin -swapdb -sort -sort_ro -flushdb -flushall -info -restore',
    );
    assert.equal(commandsOf('+@connection', '-select', '+select|1'), '-@all +@connection -select +select|1');
  });

  it('give the parts that ACL GETUSER shows', () => {
    const users = new Users(TABLE);
    users.set('u', ['on', 'nopass', 'sanitize-payload', '~a', '%R~b', '&c', '+get']);
    const user = users.find('u')!;
    assert.deepEqual(describeFlags(user), ['on', 'nopass', 'sanitize-payload']);
    assert.deepEqual(describeKeys(user.root), ['~a', '%R~b']);
    assert.deepEqual(describeChannels(user.root), ['&c']);
    assert.deepEqual(describeCommands(user.root, users.vocabulary), ['-@all', '+get']);
    assert.deepEqual(describeKeys(users.defaultUser.root), ['~*']);
    assert.deepEqual(describeChannels(users.defaultUser.root), ['&*']);
  });

  it('can always be read again, whatever the rules were', () => {
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 12 }), (rules) => {
        const users = new Users(TABLE);
        const right = rules.filter((rule) => {
          if (users.check('u', [rule]) !== undefined) return false;
          users.set('u', [rule]);
          return true;
        });
        fc.pre(users.find('u') !== undefined && right.length > 0);
        const others = new Users(TABLE);
        assert.equal(others.load(users.lines()), undefined, users.lines().join('\n'));
        assert.deepEqual(facts(others.find('u')!), facts(users.find('u')!), users.lines().join('\n'));
        assert.deepEqual(others.lines(), users.lines());
      }),
      { numRuns: 100 },
    );
  });

  it('can be read again when a selector has parentheses and quotes in it', () => {
    const users = new Users(TABLE);
    users.set('u', ['(~x) ~(y ~"\\"q\\"" +select|a))', '~"a', "~b'", '(%R~"it\'s" &"\\")")']);
    const others = new Users(TABLE);
    assert.equal(others.load(users.lines()), undefined);
    assert.deepEqual(facts(others.find('u')!), facts(users.find('u')!));
    const [, first, second] = users.find('u')!.selectors;
    assert.deepEqual(first && describeKeys(first), ['~x)', '~(y', '~"q"']);
    assert.deepEqual(second && describeKeys(second), ["%R~it's"]);
  });
});

/**
 * Rules of users: from ACL SETUSER, from lines of an ACL file, and from what one thread tells another. Any text is either a user
 * or an error for people, and nothing in between: a rule that is refused has changed nothing. What a user is told to be is told
 * again by ACL LIST.
 *
 *     input: lines; each is the rules of the same user, one after the other
 */

import assert from 'node:assert/strict';
import { COMMANDS } from '../../../src/commands/table.js';
import { Users } from '../../../src/engine/acl/users.js';
import { CommandTable } from '../../../src/engine/command.js';
import { linearSteps, type Target, texts } from '../target.js';

const NAME = 'fuzz';
/** A category is some hundred commands. */
const STEPS_PER_BYTE = 4096;

export function makeAclTarget(): Target {
  const commands = new CommandTable(COMMANDS);
  return {
    modules: ['src/engine/acl/'],
    seeds: texts(
      'on >password ~key:* &channel:* +@all -@dangerous +config|get',
      'on nopass allkeys allchannels allcommands\nresetkeys %R~a* %W~b* %RW~c*',
      '(+get ~a) (+set %W~b)\nclearselectors\nreset',
      '+select|0 -select +client|list -client|kill +@read',
      `#${'0'.repeat(64)} !${'0'.repeat(64)} <password resetpass off`,
    ),
    words: texts(
      'on ',
      'off ',
      'nopass ',
      '~',
      '&',
      '+',
      '-',
      '@all',
      '@read',
      '(',
      ')',
      '%R~',
      '%RW~',
      'reset',
      '|',
      ' ',
      '\n',
      '#',
      '!',
      '>',
      '<',
      'config|get',
      'client',
      'select',
      '*',
    ),
    bytesMax: 512,
    stepsMax: linearSteps(STEPS_PER_BYTE, 2 ** 20),
    run(input) {
      const users = new Users(commands);
      for (const line of Buffer.from(input).toString('latin1').split('\n')) {
        const rules = line.split(' ').filter((rule) => rule !== '');
        const before = users.lines();
        const problem = users.check(NAME, rules);
        assert.deepEqual(users.lines(), before, 'looking changes nothing');
        if (problem === undefined) users.set(NAME, rules);
        else assert.match(problem, /^ERR [^\r\n]*$/);
      }
      const lines = users.lines();
      const again = new Users(commands);
      assert.equal(again.load(lines), undefined, 'what ACL LIST says can be loaded');
      assert.deepEqual(again.lines(), lines);
    },
  };
}

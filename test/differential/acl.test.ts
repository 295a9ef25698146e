/**
 * Users of CrabKV against those of redis-server: what rules make of them, how they are described, what they may do. TEST_SEED=X
 * repeats a run.
 *
 * Redis describes a set of commands by categories, as we do, and other commands than ours are in these. So descriptions are
 * compared twice: word for word with Redis's own table of commands in the place of ours, and, between the servers, by what they
 * allow of the commands that both have.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { COMMANDS } from '../../src/commands/table.js';
import { describeCommands } from '../../src/engine/acl/describe.js';
import { selectorRule } from '../../src/engine/acl/rules.case.js';
import { Users } from '../../src/engine/acl/users.js';
import { type CommandFlag, type CommandSpec, CommandTable } from '../../src/engine/command.js';
import type { RespConnection } from '../support/connection.js';
import { chooseSeed } from '../support/random.js';
import { type Frame, parseFrame, show } from '../support/resp.js';
import { skipWithout } from '../support/tools.js';
import type { Words } from './compare.js';
import { anyRequest, someRules } from './families/acl.js';
import { encodeWords, Pair } from './pair.js';

const DESCRIPTIONS = 100;
const ROUNDS = 100;
/** Requests that each user is asked for. */
const REQUESTS_MAX = 60;
const USER = 'someone';

const skip = skipWithout('the comparison of users with those of Redis', 'redis-server');

let pair: Pair;
let subject: RespConnection;
let reference: RespConnection;
/** Names of commands and subcommands that both servers have. */
let common: Set<string>;

before(async () => {
  if (skip !== false) return;
  pair = await Pair.start();
  subject = await pair.subject.connect();
  reference = await pair.reference.connect();
  const theirs = new CommandTable(await redisCommands());
  common = new Set(new CommandTable(COMMANDS).indexed.map(({ fullName }) => fullName));
  for (const name of common) if (theirs.named(name) === undefined) common.delete(name);
});
after(async () => {
  await pair?.stop();
});

async function ask(connection: RespConnection, requests: readonly Words[]): Promise<Buffer[]> {
  connection.send(Buffer.concat(requests.map(encodeWords)));
  return connection.frames(requests.length);
}

/** The same requests to both, with the reply of each. */
async function askBoth(
  requests: readonly Words[],
): Promise<{ words: Words; ours: Buffer; theirs: Buffer }[]> {
  const [ours, theirs] = await Promise.all([ask(subject, requests), ask(reference, requests)]);
  return requests.map((words, i) => ({ words, ours: ours[i]!, theirs: theirs[i]! }));
}

/** Redis's commands, with no more of each than rules look at. */
async function redisCommands(): Promise<CommandSpec[]> {
  const [reply] = await ask(reference, [['COMMAND']]);
  return parseFrame(reply!).items.map(toSpec);
}

function toSpec({ items }: Frame): CommandSpec {
  const texts = (frame: Frame | undefined): string[] => frame?.items.map(({ text }) => text) ?? [];
  const categories = texts(items[6]);
  const flags: CommandFlag[] = categories.includes('@fast') ? ['fast'] : [];
  const name = (items[0]?.text ?? '').replace(/^.*\|/, '');
  const subcommands = items[9]?.items.map(toSpec) ?? [];
  return {
    name,
    arity: -1,
    flags,
    group: 'server',
    since: '',
    summary: '',
    complexity: '',
    categories,
    subcommands,
  };
}

/** ACL GETUSER's reply as a plain object. */
function fieldsOf(reply: Buffer): Map<string, Frame> {
  const { items } = parseFrame(reply);
  return new Map(items.flatMap(({ text }, i) => (i % 2 === 0 ? [[text, items[i + 1]!] as const] : [])));
}

test('commands are described as Redis describes them', { skip }, async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  const users = new Users(new CommandTable(await redisCommands()));
  const property = fc.asyncProperty(fc.array(selectorRule, { maxLength: 12 }), async (rules) => {
    const right = ['reset'];
    for (const rule of rules) if (users.check(USER, [...right, rule]) === undefined) right.push(rule);
    users.set(USER, right);
    const [outcome, described] = await ask(reference, [
      ['ACL', 'SETUSER', USER, ...right],
      ['ACL', 'GETUSER', USER],
    ]);
    assert.equal(outcome?.toString(), '+OK\r\n', right.join(' '));
    const ours = describeCommands(users.find(USER)!.root, users.vocabulary);
    const theirs = fieldsOf(described!).get('commands')?.text.split(' ') ?? [];
    // Categories are in order; after them come single commands, in the order of Redis's table, which is another in each process.
    const sorted = (words: string[]): string[] => [
      ...words.filter((word) => word[1] === '@'),
      ...words.filter((word) => word[1] !== '@').sort(),
    ];
    assert.deepEqual(sorted(ours), sorted(theirs), right.join(' '));
  });
  await fc.assert(property, { seed, numRuns: DESCRIPTIONS });
});

test('rules make the same users as in Redis, who may do the same', { skip }, async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  const met = { allowed: 0, command: 0, key: 0, error: 0 };
  const property = fc.asyncProperty(
    fc.array(someRules, { minLength: 1, maxLength: 3 }),
    fc.array(anyRequest, { minLength: 1, maxLength: REQUESTS_MAX }),
    async (changes, requests) => {
      const setting = await askBoth([
        ['ACL', 'DELUSER', USER],
        ...changes.map((rules): Words => ['ACL', 'SETUSER', USER, ...rules]),
      ]);
      for (const { words, ours, theirs } of setting.slice(1))
        assert.equal(show(ours), show(theirs), words.join(' '));
      const [user] = await askBoth([['ACL', 'GETUSER', USER]]);
      sameUser(user!.ours, user!.theirs);
      // DRYRUN shows a key as far as its first zero byte there.
      const known = requests.filter((words) => isCommon(words) && !words.join().includes('\0'));
      const trials = await askBoth(known.map((words) => ['ACL', 'DRYRUN', USER, ...words]));
      for (const { words, ours, theirs } of trials) {
        met[outcomeOf(theirs)] += 1;
        if (!ours.equals(theirs))
          assert.equal(show(ours), show(theirs), words.map((word) => JSON.stringify(word)).join(' '));
      }
    },
  );
  await fc.assert(property, { seed, numRuns: ROUNDS });
  t.diagnostic(JSON.stringify(met));
  assert.ok(met.allowed > 0 && met.command > 0 && met.key > 0, 'a comparison of nothing');
});

/** What DRYRUN has said. */
function outcomeOf(reply: Buffer): 'allowed' | 'command' | 'key' | 'error' {
  const text = reply.toString('latin1');
  if (text.startsWith('-')) return 'error';
  if (text.startsWith('+')) return 'allowed';
  return text.includes(' key\r\n') ? 'key' : 'command';
}

test('a client is refused what Redis refuses it, in the same words', { skip }, async (t) => {
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`seed ${seed}`);
  let refused = 0;
  const property = fc.asyncProperty(
    someRules,
    fc.array(anyRequest, { minLength: 1, maxLength: REQUESTS_MAX }),
    async (rules, requests) => {
      const right = ['reset', 'on', 'nopass'];
      const users = new Users(new CommandTable(COMMANDS));
      // Nobody may authenticate as another one meanwhile, wait, or stop the server for others.
      for (const rule of [...rules, 'on', 'nopass', '-@blocking', '-@admin', '-@connection'])
        if (users.check(USER, [...right, rule]) === undefined) right.push(rule);
      await askBoth([['ACL', 'SETUSER', USER, ...right]]);
      const known = requests.filter(
        (words) => isCommon(words) && !/^(auth|hello|reset|quit)$/i.test(words[0]!),
      );
      const answers = await askBoth([['AUTH', USER, ''], ...known, ['AUTH', 'default', '']]);
      for (const { words, ours, theirs } of answers) {
        const texts = [ours, theirs].map((reply) => reply.toString('latin1'));
        if (!texts.some((text) => text.startsWith('-NOPERM'))) continue;
        refused += 1;
        assert.equal(texts[0], texts[1], `${JSON.stringify(right)} ${JSON.stringify(words)}`);
      }
    },
  );
  await fc.assert(property, { seed, numRuns: ROUNDS });
  t.diagnostic(`${refused} refused`);
  assert.ok(refused > 0);
});

function isCommon([name = '', child = '']: Words): boolean {
  const lower = name.toLowerCase();
  return common.has(lower) && (common.has(`${lower}|${child.toLowerCase()}`) || !isContainer(lower));
}

function isContainer(name: string): boolean {
  return [...common].some((each) => each.startsWith(`${name}|`));
}

/** Everything that ACL GETUSER shows is the same, but for how the commands are put. */
function sameUser(ours: Buffer, theirs: Buffer): void {
  const parts = (reply: Buffer): unknown[] => {
    const fields = fieldsOf(reply);
    const texts = (name: string): string[] => fields.get(name)?.items.map(({ text }) => text) ?? [];
    const root = ['commands', 'keys', 'channels'].flatMap((name) => [name, fields.get(name)?.text ?? '']);
    const more = fields.get('selectors')?.items.map(({ items }) => items.map(({ text }) => text)) ?? [];
    return [texts('flags'), texts('passwords'), ...[root, ...more].map(selectorParts)];
  };
  assert.deepEqual(parts(ours), parts(theirs), `${show(ours)}\n${show(theirs)}`);
}

/** Names and values of a selector. A pattern of all keys is shown as another rule in Redis than the one that has made it. */
function selectorParts(words: readonly string[]): unknown[] {
  return words.map((text, i) => {
    if (words[i - 1] === 'commands') return allowed(text);
    return words[i - 1] === 'keys' ? text.replace(/(?<=^| )%RW~\*(?= |$)/, '~*') : text;
  });
}

/** What a description of commands allows of those that both servers have. */
function allowed(rules: string): string[] {
  const users = new Users(new CommandTable(COMMANDS));
  for (const rule of rules.split(' ')) if (users.check(USER, [rule]) === undefined) users.set(USER, [rule]);
  const root = users.find(USER)?.root;
  return users.vocabulary.commands.flatMap(({ fullName, index }) => {
    if (!common.has(fullName) || root === undefined) return [];
    const words = root.firstArgumentsOf(index).map(({ text }) => `${fullName}|${text}`);
    return root.allows(index) ? [fullName] : words;
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { COMMANDS } from '../../commands/table.js';
import { type Command, type CommandSpec, CommandTable } from '../command.js';
import {
  ALLOWED,
  check,
  DENIED_CHANNEL,
  DENIED_COMMAND,
  DENIED_KEY,
  denial,
  mayReadAnyKey,
} from './permission.js';
import { TestRequest } from './request.case.js';
import { selectorRule } from './rules.case.js';
import { Users } from './users.js';

/** Commands that use channels: there are none yet. */
const CHANNEL_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'publish',
    arity: 3,
    flags: ['fast'],
    group: 'server',
    since: '',
    summary: '',
    complexity: '',
    channels: { first: 1, last: 1, step: 1, arePatterns: false },
    run: () => {},
  },
  {
    name: 'psubscribe',
    arity: -2,
    flags: [],
    group: 'server',
    since: '',
    summary: '',
    complexity: '',
    channels: { first: 1, last: -1, step: 1, arePatterns: true },
    run: () => {},
  },
];
const TABLE = new CommandTable([...COMMANDS, ...CHANNEL_COMMANDS]);

function commandOf(words: readonly string[]): Command {
  const [name = '', child = ''] = words;
  return TABLE.named(`${name}|${child}`) ?? TABLE.named(name)!;
}

/** Asks for one request after the other: `outcome argument` of each. */
function outcomes(rules: readonly string[], requests: readonly string[]): string[] {
  const users = new Users(TABLE);
  users.set('u', rules);
  return requests.map((line) => {
    const words = line.split(' ');
    const outcome = check(users.find('u')!, commandOf(words), new TestRequest(words));
    return outcome === ALLOWED ? 'allowed' : `${DENIALS[outcome]} ${words[denial.argument]}`;
  });
}

const DENIALS: Readonly<Record<number, string>> = {
  [DENIED_COMMAND]: 'command',
  [DENIED_KEY]: 'key',
  [DENIED_CHANNEL]: 'channel',
};

/** Rules, and what must come of requests. */
function expect(rules: string, exchanges: Readonly<Record<string, string>>): void {
  assert.deepEqual(outcomes(rules.split(' '), Object.keys(exchanges)), Object.values(exchanges));
}

describe('A user', () => {
  it('may do everything with all commands, keys and channels', () => {
    const users = new Users(TABLE);
    users.set('u', ['+@all', '~*', '&*']);
    assert.equal(users.find('u')?.isUnrestricted, true);
    users.set('u', ['-get', '+get']);
    assert.equal(users.find('u')?.isUnrestricted, true);
    for (const rule of ['-get', 'resetkeys', 'resetchannels', '-@all']) {
      users.set('v', ['+@all', '~*', '&*', rule]);
      assert.equal(users.find('v')?.isUnrestricted, false, rule);
    }
    users.set('v', ['-@all', 'resetkeys', '(+@all allkeys allchannels)']);
    assert.equal(users.find('v')?.isUnrestricted, true, 'by a selector that is not the root');
    expect('+@all ~* &*', { 'GET a': 'allowed', 'PUBLISH c x': 'allowed', 'CONFIG SET a b': 'allowed' });
  });

  it('may greet, authenticate and leave, whatever the rules', () => {
    expect('-@all', {
      'AUTH x': 'allowed',
      'HELLO 3': 'allowed',
      QUIT: 'allowed',
      RESET: 'allowed',
      PING: 'command PING',
    });
  });

  it('may run commands and subcommands that are allowed', () => {
    expect('~* +get +config|get -@dangerous +config|get', {
      'GET a': 'allowed',
      'SET a b': 'command SET',
      'CONFIG GET x': 'allowed',
      'CONFIG SET x y': 'command CONFIG',
      'CLIENT ID': 'command CLIENT',
    });
    expect('~* +@all -client|kill', { 'CLIENT KILL x': 'command CLIENT', 'CLIENT ID': 'allowed' });
  });

  it('may run a command with the first arguments that are allowed, in any case', () => {
    expect('~* +select|0 +get|Key', {
      'SELECT 0': 'allowed',
      'SELECT 1': 'command SELECT',
      SELECT: 'command SELECT',
      'GET KEY': 'allowed',
      'GET kEy': 'allowed',
      'GET keys': 'command GET',
    });
  });

  it('may use keys as their patterns allow', () => {
    expect('+@all ~a* %R~r* %W~w*', {
      'GET abc': 'allowed',
      'GET b': 'key b',
      'SET abc 1': 'allowed',
      'GET r1': 'allowed',
      'SET r1 1': 'key r1',
      'SET w1 1': 'allowed',
      'GET w1': 'key w1',
      'SET w1 1 GET': 'key w1',
      'SET w1 1 ifeq 2': 'key w1',
      'SET a1 1 GET': 'allowed',
      'INCR w1': 'key w1',
      'DEL w1': 'allowed',
      'DEL r1': 'key r1',
      'MGET a r b': 'key b',
      'MSET a 1 w 2 r 3': 'key r',
      'MSET a 1 w': 'allowed', // the command itself will say that this is wrong
    });
  });

  it('needs no more than any pattern for a key that is only asked about', () => {
    expect('+@all %W~w %R~r', {
      'EXISTS w r': 'allowed',
      'STRLEN w': 'allowed',
      'TYPE r': 'allowed',
      'EXISTS w x': 'key x',
      'TTL w': 'key w',
    });
  });

  it('needs to read and to write in one pattern', () => {
    expect('+@all %R~* %W~a', { 'INCR a': 'key a', 'GET a': 'allowed', 'SET a 1': 'allowed' });
  });

  it('is asked for each key of a request, wherever it is', () => {
    expect('+@all ~d %R~r*', {
      'ZUNIONSTORE d 2 r1 r2': 'allowed',
      'ZUNIONSTORE d 2 r1 x': 'key x',
      'ZUNIONSTORE r 2 r1 r2': 'key r',
      'ZUNIONSTORE d 3 r1 x': 'allowed', // states a number of keys that there are not: the command will say so
      'ZINTER 2 r1 x': 'key x',
      'COPY r1 d': 'allowed',
      'COPY d r1': 'key r1',
      'RENAME r1 d': 'key r1',
      'SORT r STORE d': 'allowed',
      'SORT r STORE x': 'key x',
      'SORT r limit 0 1 ASC store x': 'key x',
      'LMPOP 1 r left': 'key r',
      'BLMPOP 0 1 d left': 'allowed',
      'BLPOP d r 0': 'key r',
      'PFMERGE d': 'allowed',
      'PFMERGE r': 'key r', // even without anything to merge
      'BITOP AND d r1 r2': 'allowed',
      'BITOP AND r1 d': 'key r1',
      'OBJECT ENCODING x': 'key x',
      'MEMORY USAGE x': 'key x',
      'GEORADIUS r 0 0 1 km': 'allowed',
    });
  });

  it('can not hide a key that is written behind another one', () => {
    expect('+@all ~d ~g* ~by', {
      'GEORADIUS g 0 0 1 km STORE d STORE x': 'key x',
      'GEORADIUS g 0 0 1 km STORE d STOREDIST x': 'key x',
      'GEORADIUS g 0 0 1 km STOREDIST x STORE d': 'key x',
      'GEORADIUSBYMEMBER g m 1 km STORE d STORE x': 'key x',
      'GEORADIUS g 0 0 1 km STORE d': 'allowed',
      'SORT g STORE d STORE x': 'key x',
      'SORT g STORE by STORE x': 'key x',
      'SORT g BY STORE STORE x': 'key x',
      'SORT g LIMIT 0 1 STORE d': 'allowed',
    });
  });

  it('may do with BITFIELD what it does', () => {
    expect('+@all %R~r %W~w ~a', {
      'BITFIELD r GET u8 0': 'allowed',
      'BITFIELD r GET u8 0 SET u8 0 1': 'key r',
      'BITFIELD r OVERFLOW sat GET u8 0': 'allowed',
      'BITFIELD_RO r GET u8 0': 'allowed',
      'BITFIELD w SET u8 0 1': 'key w',
      'BITFIELD a INCRBY u8 0 1': 'allowed',
    });
  });

  it('may use channels as their patterns allow', () => {
    expect('+@all &news:* &[ab]', {
      'PUBLISH news:1 x': 'allowed',
      'PUBLISH a x': 'allowed',
      'PUBLISH c x': 'channel c',
      'PSUBSCRIBE news:*': 'allowed',
      'PSUBSCRIBE news:1': 'channel news:1',
      'PSUBSCRIBE [ab] *': 'channel *',
    });
    expect('+@all allchannels', { 'PUBLISH c x': 'allowed', 'PSUBSCRIBE *': 'allowed', 'GET a': 'key a' });
  });

  it('may do what one of the selectors allows, and none allows a part', () => {
    const rules = ['+get', '~a', '(+set ~b)', '(+get +set %R~c)'];
    assert.deepEqual(outcomes(rules, ['GET a', 'SET b 1', 'GET b', 'SET a 1', 'GET c', 'SET c 1', 'DEL a']), [
      'allowed',
      'allowed',
      'key b',
      'key a',
      'allowed',
      'key c',
      'command DEL',
    ]);
  });

  it('is told the last key that no selector could match', () => {
    assert.deepEqual(outcomes(['+mget', '~a', '(+mget ~a ~b)', '(+mget ~x)'], ['MGET a b c d']), ['key c']);
    assert.deepEqual(outcomes(['+publish', '(+publish ~* &a)'], ['PUBLISH b x']), ['channel b']);
  });

  it('may read any key that a pattern names only if it may read all', () => {
    const may = (...rules: string[]): boolean => {
      const users = new Users(TABLE);
      users.set('u', rules);
      const words = ['SORT_RO', 'a', 'BY', 'w_*'];
      return mayReadAnyKey(users.find('u')!, commandOf(words), new TestRequest(words));
    };
    assert.equal(may('+@all', '~*'), true);
    assert.equal(may('+@all', '~*', '&*'), true);
    assert.equal(may('+sort_ro', '%R~*'), true);
    assert.equal(may('+sort_ro', '%RW~*'), true);
    assert.equal(may('+sort_ro', '~a'), false);
    assert.equal(may('+sort_ro', '%W~*', '~a'), false);
    assert.equal(
      may('+sort_ro', '~a', '(~* +get)'),
      false,
      'the selector that reads all must allow the command',
    );
    assert.equal(may('+sort_ro', '~a', '(%R~* +sort_ro)'), true);
    assert.equal(may('+sort_ro', '%R~?*'), false);
  });

  it('finds the keys of more requests than there was room for', () => {
    const keys = Array.from({ length: 100 }, (_, index) => `k${index}`);
    assert.deepEqual(outcomes(['+mget', '~k*'], [`MGET ${keys.join(' ')}`]), ['allowed']);
    assert.deepEqual(outcomes(['+mget', '~k*'], [`MGET ${keys.join(' ')} x`]), ['key x']);
  });
});

/** What a selector is, told one rule after the other: slow, plain, and written without a look at the real thing. */
class SelectorModel {
  private readonly allowed = new Set<string>();
  private readonly words = new Map<string, Set<string>>();
  private keys: { text: string; reads: boolean; writes: boolean }[] | 'all' = [];
  private channels: string[] | 'all' = [];

  /** False when the rule is not one. */
  apply(rule: string): boolean {
    const lower = rule.toLowerCase();
    if (lower === 'allcommands' || lower === '+@all') return this.each(() => true, true);
    if (lower === 'nocommands' || lower === '-@all') return this.each(() => true, false);
    if (lower === 'allkeys' || rule === '~*') this.keys = 'all';
    else if (lower === 'resetkeys') this.keys = [];
    else if (lower === 'allchannels' || rule === '&*') this.channels = 'all';
    else if (lower === 'resetchannels') this.channels = [];
    else if (/^[+-]@/.test(rule)) return this.category(lower.slice(2), rule[0] === '+');
    else if (/^[+-]/.test(rule)) return this.command(rule, lower.slice(1));
    else if (rule.startsWith('&')) {
      if (this.channels === 'all') return false;
      this.channels.push(rule.slice(1));
    } else return this.key(rule);
    return true;
  }

  /** Outcome and argument. */
  check(command: Command, words: readonly string[], uses: readonly KeyUse[]): [number, number] {
    const isAllowed =
      this.allowed.has(command.fullName) ||
      (words.length > 1 && this.words.get(command.fullName)?.has(words[1]!.toUpperCase()) === true);
    if (!isAllowed) return [DENIED_COMMAND, 0];
    for (const [at, reads, writes] of uses) {
      const { keys } = this;
      if (keys === 'all') break;
      if (
        !keys.some((key) => (key.reads || !reads) && (key.writes || !writes) && matches(key.text, words[at]!))
      )
        return [DENIED_KEY, at];
    }
    if (command.spec.channels !== undefined && this.channels !== 'all') {
      if (!this.channels.some((text) => matches(text, words[1]!))) return [DENIED_CHANNEL, 1];
    }
    return [ALLOWED, 0];
  }

  private key(rule: string): boolean {
    const [, letters = '', text = ''] = /^(?:~|%([RWrw]+)(?:~|$))(.*)$/s.exec(rule) ?? [];
    if (this.keys === 'all') return false;
    const all = rule.startsWith('~');
    const [reads, writes] = [all || /r/i.test(letters), all || /w/i.test(letters)];
    if (!reads && !writes) return false;
    const known = this.keys.find((key) => key.text === text);
    if (known === undefined) this.keys.push({ text, reads, writes });
    else [known.reads, known.writes] = [known.reads || reads, known.writes || writes];
    return true;
  }

  private category(name: string, isAllowed: boolean): boolean {
    const category = new Users(TABLE).vocabulary.category(name);
    if (category === undefined) return false;
    return this.each(
      ({ fullName }) =>
        category.commands.some(
          (each) => each.fullName === fullName || fullName.startsWith(`${each.fullName}|`),
        ),
      isAllowed,
    );
  }

  private command(rule: string, name: string): boolean {
    if (TABLE.named(name) !== undefined) {
      return this.each(
        ({ fullName }) => fullName === name || fullName.startsWith(`${name}|`),
        rule[0] === '+',
      );
    }
    const [parent = '', word = '', ...rest] = rule.slice(1).split('|');
    const command = TABLE.named(parent);
    if (
      rule[0] === '-' ||
      command === undefined ||
      command.subcommands.length > 0 ||
      rest.length > 0 ||
      word === ''
    )
      return false;
    const words = this.words.get(command.fullName) ?? new Set();
    this.words.set(command.fullName, words.add(word.toUpperCase()));
    return true;
  }

  private each(isMeant: (command: Command) => boolean, isAllowed: boolean): true {
    for (const command of TABLE.indexed) {
      if (!isMeant(command)) continue;
      if (isAllowed) this.allowed.add(command.fullName);
      else this.allowed.delete(command.fullName);
      this.words.delete(command.fullName);
    }
    return true;
  }
}

/** A glob of `*`, `?`, classes and escapes, as a regular expression. */
function matches(pattern: string, text: string): boolean {
  if (text === '') return pattern === '';
  const source = pattern.replace(/\\?.|\\$/gs, (part) => {
    if (part === '*') return '[^]*';
    if (part === '?') return '[^]';
    if (part === '[' || part === ']') return part;
    return part.replace(/^\\(?=.)/s, '').replace(/[\\^$.*+?()|{}/-]/g, '\\$&');
  });
  return new RegExp(`^${source}$`).test(text);
}

/** An argument that is a key, and whether it is read and written. */
type KeyUse = readonly [at: number, reads: boolean, writes: boolean];

/** A request, and what it does with which of its arguments, told by hand. */
interface ModelRequest {
  readonly words: readonly string[];
  readonly uses: readonly KeyUse[];
}

const KEYS = ['a', 'ab', 'b', 'key:1', 'x)', '"q"', '*', '', 'c'];
const reads = (at: number): KeyUse => [at, true, false];
const writes = (at: number): KeyUse => [at, false, true];
const FORMS: readonly ((a: string, b: string, c: string) => ModelRequest)[] = [
  (a) => ({ words: ['get', a], uses: [reads(1)] }),
  (a) => ({ words: ['set', a, 'v'], uses: [writes(1)] }),
  (a) => ({ words: ['set', a, 'v', 'get'], uses: [[1, true, true]] }),
  (a) => ({ words: ['exists', a], uses: [[1, false, false]] }),
  (a, b) => ({ words: ['del', a, b], uses: [writes(1), writes(2)] }),
  (a, b, c) => ({ words: ['mget', a, b, c], uses: [reads(1), reads(2), reads(3)] }),
  (a, b, c) => ({ words: ['zunionstore', a, '2', b, c], uses: [writes(1), reads(3), reads(4)] }),
  (a, b) => ({ words: ['sort', a, 'store', b], uses: [reads(1), writes(3)] }),
  (a) => ({ words: ['publish', a, 'x'], uses: [] }),
  () => ({ words: ['select', '0'], uses: [] }),
  () => ({ words: ['select', '1'], uses: [] }),
  () => ({ words: ['ping'], uses: [] }),
  () => ({ words: ['client', 'id'], uses: [] }),
  () => ({ words: ['client', 'list'], uses: [] }),
  () => ({ words: ['config', 'get', 'x'], uses: [] }),
];
const key = fc.constantFrom(...KEYS);
const anyRequest = fc
  .tuple(fc.constantFrom(...FORMS), key, key, key)
  .map(([form, a, b, c]): ModelRequest => form(a, b, c));

describe('Any rules and requests', () => {
  it('come out as a plain model says', () => {
    const groups = fc.array(fc.array(selectorRule, { maxLength: 10 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(groups, fc.array(anyRequest, { minLength: 1, maxLength: 20 }), (selectors, requests) => {
        const users = new Users(TABLE);
        users.set('u', []);
        const models = selectors.map((rules, index) => {
          const model = new SelectorModel();
          const right = rules.filter((rule) => model.apply(rule));
          users.set('u', index === 0 ? right : [`(${right.map(quoted).join(' ')})`]);
          return model;
        });
        const user = users.find('u')!;
        for (const { words, uses } of requests) {
          const command = commandOf(words);
          const found = models.map((model) => model.check(command, words, uses));
          const [outcome, argument] = found.some(([each]) => each === ALLOWED)
            ? [ALLOWED, 0]
            : found.reduce((worst, each) =>
                each[0] > worst[0] || (each[0] === worst[0] && each[1] > worst[1]) ? each : worst,
              );
          const context = `${JSON.stringify(selectors)} ${JSON.stringify(words)}`;
          assert.equal(check(user, command, new TestRequest(words)), outcome, context);
          if (outcome !== ALLOWED) assert.equal(denial.argument, argument, context);
        }
      }),
      { numRuns: 100 },
    );
  });
});

function quoted(rule: string): string {
  return `"${rule.replace(/["\\]/g, (character) => `\\${character}`)}"`;
}

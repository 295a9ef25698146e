import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aclCategories } from '../engine/acl/categories.js';
import { CommandTable } from '../engine/command.js';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { COMMANDS } from './table.js';

type Reply = string | number | undefined | Reply[];

/** A RESP2 reply as arrays of strings and numbers. */
function parse(text: string): Reply {
  let at = 0;
  const line = (): string => {
    const end = text.indexOf('\r\n', at);
    const found = text.slice(at, end);
    at = end + 2;
    return found;
  };
  const next = (): Reply => {
    const head = line();
    const rest = head.slice(1);
    if (head[0] === '*') return rest === '-1' ? undefined : Array.from({ length: Number(rest) }, next);
    if (head[0] === ':') return Number(rest);
    if (head[0] === '+') return rest;
    assert.equal(head[0], '$', head);
    if (rest === '-1') return undefined;
    const found = text.slice(at, at + Number(rest));
    at += Number(rest) + 2;
    return found;
  };
  const reply = next();
  assert.equal(at, text.length);
  return reply;
}

function ask(...words: string[]): Reply {
  return parse(new TestEngine().run(...words));
}

/** Pairs of a flattened map. */
function toMap(reply: Reply): Map<Reply, Reply> {
  assert.ok(Array.isArray(reply) && reply.length % 2 === 0);
  const map = new Map<Reply, Reply>();
  for (let index = 0; index < reply.length; index += 2) map.set(reply[index], reply[index + 1]);
  return map;
}

describe('COMMAND', () => {
  it('describes a command as Redis 7.0 does', () => {
    assert.deepEqual(ask('COMMAND', 'INFO', 'GET', 'nope', 'mset'), [
      [
        'get',
        2,
        ['readonly', 'fast'],
        1,
        1,
        1,
        ['@read', '@string', '@fast'],
        [],
        [
          [
            'flags',
            ['RO', 'access'],
            'begin_search',
            ['type', 'index', 'spec', ['index', 1]],
            'find_keys',
            ['type', 'range', 'spec', ['lastkey', 0, 'keystep', 1, 'limit', 0]],
          ],
        ],
        [],
      ],
      undefined,
      [
        'mset',
        -3,
        ['write', 'denyoom'],
        1,
        -1,
        2,
        ['@write', '@string', '@slow'],
        ['request_policy:multi_shard', 'response_policy:all_succeeded'],
        [
          [
            'flags',
            ['OW', 'update'],
            'begin_search',
            ['type', 'index', 'spec', ['index', 1]],
            'find_keys',
            ['type', 'range', 'spec', ['lastkey', -1, 'keystep', 2, 'limit', 0]],
          ],
        ],
        [],
      ],
    ]);
  });

  it('describes every command, with ten fields each, and subcommands inside their container', () => {
    const all = ask('COMMAND') as Reply[][];
    assert.equal(all.length, COMMANDS.length);
    assert.equal(ask('COMMAND', 'COUNT'), COMMANDS.length);
    assert.deepEqual(ask('COMMAND', 'INFO'), all);
    for (const fields of all) assert.equal(fields.length, 10);
    const client = all.find((fields) => fields[0] === 'client');
    const subcommands = client?.[9] as Reply[][];
    assert.ok(subcommands.some((fields) => fields[0] === 'client|list' && fields.length === 10));
    assert.deepEqual(
      (ask('COMMAND', 'INFO', 'client|list') as Reply[][])[0],
      subcommands.find((fields) => fields[0] === 'client|list'),
    );
  });

  it('documents commands, their arguments and subcommands', () => {
    const docs = toMap(ask('COMMAND', 'DOCS', 'set', 'nope', 'config'));
    assert.deepEqual([...docs.keys()], ['set', 'config']);
    const set = toMap(docs.get('set'));
    assert.deepEqual([...set.keys()], ['summary', 'since', 'group', 'complexity', 'arguments']);
    const argumentsOfSet = set.get('arguments') as Reply[];
    assert.deepEqual(argumentsOfSet[0], ['name', 'key', 'type', 'key', 'key_spec_index', 0]);
    assert.deepEqual(toMap(argumentsOfSet[2]).get('flags'), ['optional']);
    const subcommands = toMap(toMap(docs.get('config')).get('subcommands'));
    assert.ok(subcommands.has('config|get'));
    assert.equal(toMap(ask('COMMAND', 'DOCS')).size, COMMANDS.length);
  });

  it('lists names, filtered or not', () => {
    const all = ask('COMMAND', 'LIST') as string[];
    assert.ok(all.includes('get') && all.includes('config|get'));
    assert.equal(new Set(all).size, all.length);
    assert.deepEqual(ask('COMMAND', 'LIST', 'FILTERBY', 'PATTERN', 'P*EX*'), [
      'psetex',
      'pexpire',
      'pexpireat',
      'pexpiretime',
    ]);
    assert.deepEqual(ask('COMMAND', 'LIST', 'FILTERBY', 'MODULE', 'json'), []);
    const strings = ask('COMMAND', 'LIST', 'FILTERBY', 'ACLCAT', 'string') as string[];
    assert.ok(strings.includes('append') && !strings.includes('del'));
    for (const words of [['FILTERBY'], ['FILTERBY', 'nope', 'x'], ['nope', 'PATTERN', 'x']]) {
      assert.equal(new TestEngine().run('COMMAND', 'LIST', ...words), '-ERR syntax error\r\n');
    }
  });

  it('helps', () => {
    assert.ok((ask('COMMAND', 'HELP') as string[])[0]?.startsWith('COMMAND <subcommand>'));
  });
});

describe('The command specs', () => {
  it('have names of their own and belong to categories', () => {
    const { commands } = new CommandTable(COMMANDS);
    const all = commands.flatMap((command) => [command, ...command.subcommands]);
    assert.equal(new Set(all.map((command) => command.fullName)).size, all.length);
    for (const { fullName, spec } of all) {
      assert.match(spec.name, /^[a-z]+([-_][a-z]+)*$/, fullName);
      assert.ok(spec.summary.endsWith('.'), fullName);
      assert.ok(spec.run !== undefined || (spec.subcommands ?? []).length > 0, fullName);
      const categories = aclCategories(spec);
      assert.ok(categories.includes('@fast') !== categories.includes('@slow'), fullName);
    }
  });

  it('are found by name, whatever the case, and nothing else is', () => {
    const table = new CommandTable(COMMANDS);
    const find = (name: string) => table.find(Buffer.from(name), 0, name.length);
    for (const { name } of COMMANDS) {
      assert.equal(find(name)?.spec.name, name);
      assert.equal(find(name.toUpperCase())?.spec.name, name);
      assert.equal(find(`${name}!`), undefined);
      assert.equal(find(name.slice(0, -1))?.spec.name === name, false);
    }
    assert.equal(find(''), undefined);
    assert.equal(find('G\u0005T'), undefined);
    assert.equal(find('\u0007ET'), undefined, 'a control character is not a letter');
  });

  it('GETKEYS finds the keys of any request', () => {
    assert.deepEqual(ask('COMMAND', 'GETKEYS', 'mset', 'a', '1', 'b', '2'), ['a', 'b']);
    assert.deepEqual(ask('COMMAND', 'GETKEYS', 'GET', 'a'), ['a']);
    assert.deepEqual(ask('COMMAND', 'GETKEYS', 'memory', 'USAGE', 'a'), ['a']);
    assert.deepEqual(ask('COMMAND', 'GETKEYS', 'msetex', '2', 'a', '1', 'b', '2', 'NX'), ['a', 'b']);
    assert.deepEqual(ask('COMMAND', 'GETKEYSANDFLAGS', 'del', 'a', 'b'), [
      ['a', ['RM', 'delete']],
      ['b', ['RM', 'delete']],
    ]);
    assert.deepEqual(ask('COMMAND', 'GETKEYSANDFLAGS', 'copy', 'a', 'b', 'REPLACE'), [
      ['a', ['RO', 'access']],
      ['b', ['OW', 'update']],
    ]);
    assert.deepEqual(ask('COMMAND', 'GETKEYSANDFLAGS', 'set', 'k', 'v'), [['k', ['OW', 'update']]]);
    assert.deepEqual(ask('COMMAND', 'GETKEYSANDFLAGS', 'set', 'k', 'v', 'get'), [
      ['k', ['RW', 'access', 'update']],
    ]);
  });

  it('GETKEYS says why there are none', () => {
    const engine = new TestEngine();
    engine.talk([
      ['COMMAND GETKEYS nope a', `-${errors.NO_SUCH_COMMAND}`],
      ['COMMAND GETKEYS ping a', `-${errors.NO_KEY_ARGUMENTS}`],
      ['COMMAND GETKEYS get a b', `-${errors.INVALID_ARGUMENT_COUNT}`],
      ['COMMAND GETKEYS msetex 3 a 1 b 2', `-${errors.INVALID_COMMAND_ARGUMENTS}`],
      ['COMMAND GETKEYS msetex 0 a 1 b 2', `-${errors.INVALID_COMMAND_ARGUMENTS}`],
      ['COMMAND GETKEYS msetex x a 1 b 2', `-${errors.INVALID_COMMAND_ARGUMENTS}`],
    ]);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from '../commands/table.js';
import { CommandTable } from './command.js';

function found(table: CommandTable, name: string): string | undefined {
  const bytes = Buffer.from(name, 'latin1');
  return table.find(bytes, 0, bytes.length)?.fullName;
}

test('a renamed command is found by its new name only, in any case, and is what it was', () => {
  const table = new CommandTable(COMMANDS, [
    ['GET', 'Fetch\xff'],
    ['config', 'c0nfig'],
  ]);
  assert.equal(found(table, 'get'), undefined);
  assert.equal(found(table, 'FETCH\xff'), 'get');
  assert.equal(table.named('c0nfig|GET')?.fullName, 'config|get');
  assert.equal(table.named('config|get'), undefined);
  assert.equal(table.commands.length, COMMANDS.length);
});

test('a command without a name can not be called, and keeps its number', () => {
  const plain = new CommandTable(COMMANDS);
  const table = new CommandTable(COMMANDS, [['flushall', '']]);
  assert.equal(found(table, 'flushall'), undefined);
  assert.equal(found(table, ''), undefined);
  assert.equal(table.commands.length, COMMANDS.length - 1);
  assert.deepEqual(
    table.indexed.map(({ fullName }) => fullName),
    plain.indexed.map(({ fullName }) => fullName),
  );
});

test('names may be swapped, one after the other', () => {
  const table = new CommandTable(COMMANDS, [
    ['get', 'x'],
    ['set', 'get'],
    ['x', 'set'],
  ]);
  assert.deepEqual([found(table, 'GET'), found(table, 'SET'), found(table, 'x')], ['set', 'get', undefined]);
});

test('what is no command can not be renamed, nor one be called what another is', () => {
  for (const [name, newName, problem] of [
    ['nope', 'x', 'No such command in rename-command'],
    ['config|get', 'x', 'No such command in rename-command'],
    ['get', 'SET', 'Target command name already exists'],
  ] as const) {
    assert.throws(() => new CommandTable(COMMANDS, [[name, newName]]), {
      name: 'RangeError',
      message: `rename-command ${name} ${newName}: ${problem}`,
    });
  }
});

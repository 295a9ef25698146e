import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Config } from '../engine/config/config.js';
import { SaveRules } from './save-rules.js';

const MIB = 2 ** 20;

function rules(save: string): SaveRules {
  const config = new Config();
  config.apply([['save', save]]);
  return new SaveRules(config, 0);
}

test('a snapshot is due when enough changed for long enough, by any of the rules', () => {
  const saves = rules('3600 1 60 100');
  assert.equal(saves.due(3_600_001, { dirty: 0, logTail: 0, logBytes: 0 }), undefined, 'nothing changed');
  assert.equal(
    saves.due(60_000, { dirty: 100, logTail: 0, logBytes: 0 }),
    undefined,
    'not for longer than 60 seconds',
  );
  assert.equal(saves.due(60_001, { dirty: 99, logTail: 0, logBytes: 0 }), undefined);
  assert.equal(saves.due(60_001, { dirty: 100, logTail: 0, logBytes: 0 }), '100 changes in 60 seconds');
  assert.equal(saves.due(3_600_001, { dirty: 1, logTail: 0, logBytes: 0 }), '1 changes in 3600 seconds');
});

test('a good snapshot starts the count again from where it began', () => {
  const saves = rules('60 100');
  saves.succeeded(100_000, { dirty: 150, logTail: 0 }, 10);
  assert.equal(saves.unsaved(260), 110);
  assert.equal(saves.due(160_000, { dirty: 260, logTail: 0, logBytes: 0 }), undefined);
  assert.equal(saves.due(160_001, { dirty: 249, logTail: 0, logBytes: 0 }), undefined);
  assert.notEqual(saves.due(160_001, { dirty: 250, logTail: 0, logBytes: 0 }), undefined);
});

test('after a failure the next attempt waits five seconds', () => {
  const saves = rules('1 1');
  saves.failed(10_000);
  assert.equal(saves.due(14_999, { dirty: 5, logTail: 0, logBytes: 0 }), undefined);
  assert.notEqual(saves.due(15_000, { dirty: 5, logTail: 0, logBytes: 0 }), undefined);
});

test('a log that outgrew the last snapshot makes one due, but not a small one, and not when turned off', () => {
  const config = new Config();
  config.apply([['save', '']]);
  const saves = new SaveRules(config, 0);
  saves.begin(0, { dirty: 0, logTail: 0 }, 0, 200 * MIB);
  const at = (mib: number) => saves.due(1, { dirty: 0, logTail: 0, logBytes: mib * MIB });
  assert.equal(at(199), undefined);
  assert.equal(at(200), 'the log grew to 200 MiB');
  saves.succeeded(5, { dirty: 0, logTail: 0 }, 10);
  assert.equal(at(64), undefined, 'not above 64 MiB yet');
  assert.notEqual(at(65), undefined);
  config.apply([['auto-aof-rewrite-percentage', '0']]);
  assert.equal(at(9999), undefined);
});

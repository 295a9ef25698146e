import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Config } from '../engine/config/config.js';
import { type OutputLimit, OutputWatch, readOutputLimits } from './output-limit.js';

const MB = 2 ** 20;

function limits(...settings: string[]): { asking: OutputLimit; told: OutputLimit } {
  const config = new Config();
  config.apply(settings.map((value) => ['client-output-buffer-limit', value] as const));
  return readOutputLimits(config);
}

test('who only asks has no limit by default; who is told without asking has that of the class pubsub', () => {
  const { asking, told } = limits();
  assert.deepEqual(asking, { hardBytes: 0, softBytes: 0, softSeconds: 0 });
  assert.deepEqual(told, { hardBytes: 32 * MB, softBytes: 8 * MB, softSeconds: 60 });
});

test('of two limits the stricter one holds for who is told without asking', () => {
  assert.equal(limits('normal 1mb 0 0').told.hardBytes, MB);
  assert.equal(limits('normal 64mb 0 0').told.hardBytes, 32 * MB);
  assert.equal(limits('normal 64mb 0 0 pubsub 0 0 0').told.hardBytes, 64 * MB);
  assert.equal(limits('pubsub 0 0 0').told.hardBytes, 0);
  assert.deepEqual(limits('normal 0 1mb 5').told, { hardBytes: 32 * MB, softBytes: MB, softSeconds: 5 });
});

test('the hard limit holds at once, the soft one after its time without a break', () => {
  const watch = new OutputWatch();
  const limit = { hardBytes: 100, softBytes: 10, softSeconds: 2 };
  assert.equal(watch.isOver(100, limit, 1000), true);
  assert.equal(watch.isOver(99, limit, 1000), false);
  assert.equal(watch.isOver(10, limit, 3000), false);
  assert.equal(watch.isOver(10, limit, 3001), true);
  assert.equal(watch.isOver(9, limit, 3002), false, 'a break');
  assert.equal(watch.isOver(10, limit, 9000), false);
  assert.equal(watch.isOver(10, limit, 11_000), false);
  assert.equal(watch.isOver(10, limit, 11_001), true);
  assert.equal(watch.isOver(1e9, { hardBytes: 0, softBytes: 0, softSeconds: 0 }, 1e9), false);
});

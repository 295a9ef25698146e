import assert from 'node:assert/strict';
import { test } from 'node:test';
import { additions, numbered, scrambled } from './collection-data.js';

test('additions name every element once, in requests of limited size', () => {
  const requests = [...additions('HSET', 'hash', 1001, (i) => [numbered('field', i), String(i)])];
  assert.deepEqual(
    requests.map((words) => words.length),
    [1002, 1002, 4],
  );
  assert.deepEqual(requests[2], ['HSET', 'hash', 'field:000000001000', '1000']);
  const fields = requests.flatMap((words) => words.slice(2).filter((_, i) => i % 2 === 0));
  assert.equal(new Set(fields).size, 1001);
});

test('scrambled numbers are whole, differ and come in no order', () => {
  const scores = Array.from({ length: 10_000 }, (_, i) => scrambled(i));
  assert.equal(new Set(scores).size, scores.length);
  assert.ok(scores.every((score) => Number.isInteger(score) && score >= 0 && score < 2 ** 32));
  const rises = scores.filter((score, i) => i > 0 && score > (scores[i - 1] ?? 0)).length;
  assert.ok(rises > 4500 && rises < 5500, `${rises} of ${scores.length} rise`);
});

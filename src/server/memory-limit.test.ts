import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MemoryGiven, memoryLimit } from './memory-limit.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** What the system says of a control group without a limit. */
const NO_LIMIT = 2 ** 63;

test('data may take all of a machine, and of a container what it leaves beside the process', () => {
  const machine: MemoryGiven = { machineBytes: 8 * GIB, containerBytes: 0, chosenBytes: 0, threadCount: 1 };
  const inContainer = (containerBytes: number, threadCount = 1) =>
    memoryLimit({ ...machine, containerBytes, threadCount });
  const all = { bytes: 8 * GIB, dataBytes: undefined };
  assert.deepEqual(memoryLimit(machine), all);
  assert.deepEqual(inContainer(NO_LIMIT), all);
  assert.deepEqual(inContainer(4 * GIB), { bytes: 4 * GIB, dataBytes: 3 * GIB });
  assert.deepEqual(inContainer(512 * MIB), { bytes: 512 * MIB, dataBytes: 320 * MIB });
  assert.deepEqual(inContainer(512 * MIB, 4), { bytes: 512 * MIB, dataBytes: 224 * MIB });
  assert.deepEqual(
    inContainer(128 * MIB),
    { bytes: 128 * MIB, dataBytes: 32 * MIB },
    'less than a server needs',
  );
});

test('maxmemory says otherwise', () => {
  const limit = memoryLimit({
    machineBytes: 8 * GIB,
    containerBytes: 2 * GIB,
    chosenBytes: 1.9 * GIB,
    threadCount: 1,
  });
  assert.deepEqual(limit, { bytes: 2 * GIB, dataBytes: undefined });
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { loadNative, type Native } from '../native.js';
import * as abi from './abi.js';
import { probeUring } from './probe.js';
import { Ring, RingError } from './ring.js';
import { refusing, refusingSetups } from './ring-fakes.case.js';

const native = await loadNative();
const reason = native === undefined ? 'koffi is missing' : probeUring(native);
const options = reason === undefined ? {} : { skip: `IO_URING CAN'T RUN HERE: ${reason}` };

/** An operation that completes at once and does nothing. */
const OP_NOP = 0;

/** A ring that is closed after the test. */
function makeRing(t: TestContext, calls: Native = native!, submissions?: number, completions?: number): Ring {
  const ring = new Ring(calls, submissions, completions);
  t.after(() => ring.close());
  return ring;
}

/** Takes all completions there are and gives their user data. */
function take(ring: Ring): number[] {
  const taken: number[] = [];
  for (let index = ring.head; index !== ring.tail; index = (index + 1) | 0) taken.push(ring.userData(index));
  ring.consume();
  return taken;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test('completions come in the order of submissions, with their user data', options, (t) => {
  const ring = makeRing(t);
  for (const number of numbers(500)) ring.prepare(OP_NOP, 0, 0, -1, number);
  assert.equal(ring.prepared(), 500);
  ring.enter(500, 1000);
  assert.equal(ring.prepared(), 0);
  assert.deepEqual(take(ring), numbers(500));
  ring.enter(0, 0);
  assert.deepEqual(take(ring), []);
  ring.prepare(OP_NOP, 0, 0, -1, 0xffff_ff01);
  ring.enter(1, 1000);
  assert.deepEqual(take(ring), [0xffff_ff01]);
});

test('what a full queue has no room for is handed over in portions', options, (t) => {
  const ring = makeRing(t, native!, 4, 64);
  const enters = ring.enters;
  for (const number of numbers(50)) ring.prepare(OP_NOP, 0, 0, -1, number);
  assert.ok(ring.prepared() <= 4);
  assert.ok(ring.enters > enters);
  ring.enter(50, 1000);
  assert.deepEqual(take(ring), numbers(50));
});

test('completions without room are kept, and come in order as room is made', options, (t) => {
  const ring = makeRing(t, native!, 16, 16);
  for (const number of numbers(100)) ring.prepare(OP_NOP, 0, 0, -1, number);
  ring.enter(1, 1000);
  assert.equal(ring.hasOverflow(), true);
  const taken: number[] = [];
  while (taken.length < 100) {
    const some = take(ring);
    assert.ok(some.length > 0 && some.length <= 16, `${some.length} at once`);
    taken.push(...some);
    ring.enter(0, 0);
  }
  assert.deepEqual(taken, numbers(100));
  assert.equal(ring.hasOverflow(), false);
});

test('a silent operation that succeeds has no completion, one that fails has', options, (t) => {
  const ring = makeRing(t);
  const silent = abi.SQE_CQE_SKIP_SUCCESS;
  ring.prepare(OP_NOP, silent, 0, -1, 1);
  ring.prepare(abi.OP_CLOSE, silent, 0, 0x7fff_fff0, 2);
  ring.prepare(OP_NOP, 0, 0, -1, 3);
  ring.enter(2, 1000);
  assert.equal(ring.userData(ring.head), 2);
  assert.ok(ring.result(ring.head) < 0);
  assert.deepEqual(take(ring), [2, 3]);
});

test('a wait ends when its time is over, also one of less than a second', options, (t) => {
  const ring = makeRing(t);
  for (const waitMs of [0.5, 20, 1001]) {
    const beganMs = performance.now();
    ring.enter(1, waitMs);
    assert.ok(performance.now() - beganMs >= waitMs, `not before ${waitMs} ms`);
    assert.equal(ring.head, ring.tail);
  }
});

test('a ring is made with the strongest flags that the kernel knows', options, (t) => {
  const flags = numbers(3).map((refusals) => {
    const ring = makeRing(t, refusingSetups(native!, refusals));
    ring.prepare(OP_NOP, 0, 0, -1, 7);
    ring.enter(1, 1000);
    assert.deepEqual(take(ring), [7]);
    return ring.flags;
  });
  assert.notEqual(flags[0]! & abi.SETUP_DEFER_TASKRUN, 0);
  assert.equal(flags[1], abi.SETUP_SUBMIT_ALL | abi.SETUP_SINGLE_ISSUER | abi.SETUP_COOP_TASKRUN);
  assert.equal(flags[2], abi.SETUP_SUBMIT_ALL | abi.SETUP_COOP_TASKRUN);
  assert.throws(() => new Ring(refusingSetups(native!, 4)), { name: 'RingError', code: 'EINVAL' });
});

test('what the kernel refuses comes out as a RingError with its code', options, (t) => {
  for (const code of ['EPERM', 'ENOSYS', 'ENOMEM']) {
    const calls = refusing(native!, abi.SYS_IO_URING_SETUP, code);
    assert.throws(() => new Ring(calls), new RingError(code, 'io_uring_setup'));
    assert.match(String(probeUring(calls)), new RegExp(code));
  }
  const entering = makeRing(t, refusing(native!, abi.SYS_IO_URING_ENTER, 'EBADF'));
  assert.throws(() => entering.enter(0, 0), new RingError('EBADF', 'io_uring_enter'));
  const registering = makeRing(t, refusing(native!, abi.SYS_IO_URING_REGISTER, 'EINVAL'));
  assert.throws(() => registering.registerBuffers(0, 1, 0), new RingError('EINVAL', 'io_uring_register'));
  assert.match(String(probeUring(registering.native)), /EINVAL.*Linux 6\.0/);
});

test('an enter that a signal or a full kernel cuts short is no error, and loses nothing', options, (t) => {
  for (const code of ['EINTR', 'EAGAIN', 'EBUSY', 'ETIME']) {
    const ring = makeRing(t, refusing(native!, abi.SYS_IO_URING_ENTER, code, 1));
    ring.prepare(OP_NOP, 0, 0, -1, 1);
    ring.enter(1, 1000);
    assert.equal(ring.prepared(), 1, code);
    ring.enter(1, 1000);
    assert.deepEqual(take(ring), [1]);
  }
});

test('no submission is overwritten while the kernel takes none', options, (t) => {
  const ring = makeRing(t, refusing(native!, abi.SYS_IO_URING_ENTER, 'EAGAIN', 1), 4, 64);
  for (const number of numbers(10)) ring.prepare(OP_NOP, 0, 0, -1, number);
  ring.enter(10, 1000);
  assert.deepEqual(take(ring), numbers(10));
});

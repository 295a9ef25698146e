import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CrabError } from '../base/errors.js';
import { loadNative } from './native.js';
import { chooseReactor } from './reactor-choice.js';
import { SYS_IO_URING_ENTER, SYS_IO_URING_SETUP } from './uring/abi.js';
import { probeUring } from './uring/probe.js';
import { refusing, refusingSetups } from './uring/ring-fakes.case.js';

const native = await loadNative();
const options = native !== undefined && process.platform === 'linux' ? {} : { skip: 'NEEDS LINUX AND KOFFI' };
const isRunning = native !== undefined && probeUring(native) === undefined;

test('node is taken without a question, and without a notice', async () => {
  assert.deepEqual(await chooseReactor('node'), { name: 'node' });
});

test('auto takes io_uring exactly where it runs, and says why not elsewhere', async () => {
  const choice = await chooseReactor('auto');
  if (isRunning) assert.deepEqual(choice, { name: 'uring' });
  else assert.match(choice.notice ?? '', /^Using the reactor '\w+': /);
});

test('uring is an error where it does not run', async () => {
  if (isRunning) assert.deepEqual(await chooseReactor('uring'), { name: 'uring' });
  else await assert.rejects(chooseReactor('uring'), (error: CrabError) => error.code === 'REACTOR');
});

test('the reason names what forbids io_uring', options, () => {
  const reasonOf = (code: string) => probeUring(refusing(native!, SYS_IO_URING_SETUP, code));
  assert.match(reasonOf('EPERM') ?? '', /forbidden.*EPERM.*seccomp.*io_uring_disabled/);
  assert.match(reasonOf('EACCES') ?? '', /forbidden.*EACCES/);
  assert.match(reasonOf('ENOSYS') ?? '', /no io_uring.*ENOSYS.*Linux 6\.0/);
  assert.match(reasonOf('ENOMEM') ?? '', /no memory.*ulimit -l/);
  assert.match(reasonOf('EMFILE') ?? '', /EMFILE/);
  assert.match(probeUring(refusingSetups(native!, 3)) ?? '', /too old.*EINVAL/);
});

test('no sockets and no completion are reasons, too', options, (t) => {
  if (!isRunning) return t.skip('IO_URING CAN NOT RUN HERE');
  const noSockets = { ...native!, socketpair: () => -1, lastError: () => 'EMFILE' };
  assert.match(probeUring(noSockets) ?? '', /no sockets.*EMFILE/);
  const silent = refusing(native!, SYS_IO_URING_ENTER, 'ETIME');
  assert.match(probeUring(silent) ?? '', /too old: Linux 6\.0/);
});

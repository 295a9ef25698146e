import { test } from 'node:test';
import { loadNative } from '../native.js';
import { testReactor } from '../reactor.case.js';
import { loadEpollCalls } from './calls.js';
import { EpollReactor } from './epoll-reactor.js';

const native = await loadNative();
const calls = await loadEpollCalls();

if (native === undefined || calls === undefined) {
  test('epoll reactor', { skip: "EPOLL CAN'T RUN HERE: koffi is missing, or this is not Linux" }, () => {});
} else {
  testReactor(
    'epoll reactor',
    (wakeWords, wakeIndex, writer) =>
      new EpollReactor({ native, calls, writer, wakeWords, wakeIndex, sharesThread: true }),
  );
}

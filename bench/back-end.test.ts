import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countEventObjects, findDoubt } from './back-end.js';

const LIBUV = { uring: 0, epoll: 5 };

test('event loops are counted by what descriptors point to', () => {
  const links = [
    'socket:[1]',
    'anon_inode:[eventpoll]',
    'anon_inode:[io_uring]',
    'anon_inode:[eventpoll]',
    '',
  ];
  assert.deepEqual(countEventObjects(links), { uring: 1, epoll: 2 });
});

test('a back end that the kernel knows of is believed', () => {
  assert.equal(findDoubt('uring', { uring: 1, epoll: 5 }, LIBUV), undefined);
  assert.equal(findDoubt('epoll', { uring: 0, epoll: 6 }, LIBUV), undefined);
  assert.equal(findDoubt('node', LIBUV, LIBUV), undefined);
});

test('a server that only repeats what it was asked for is not believed', () => {
  assert.match(findDoubt('uring', LIBUV, LIBUV) ?? '', /no io_uring/);
  assert.match(findDoubt('epoll', LIBUV, LIBUV) ?? '', /no epoll instance/);
  assert.match(findDoubt('auto', LIBUV, LIBUV) ?? '', /names no back end/);
  assert.match(findDoubt('node', { uring: 1, epoll: 5 }, LIBUV) ?? '', /of another kind/);
});

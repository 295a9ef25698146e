import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reading, writing } from './command.js';
import { ReplyError, TimeoutError } from './errors.js';
import type { Reply } from './reply.js';
import { argumentBytes, type Call, Request, RequestList } from './request.js';

const CALL: Call = { timeoutMs: 0, signal: undefined, retry: 'safe', asBuffers: false };

function requestOf(command = reading('GET')): { request: Request; promise: Promise<unknown> } {
  const request = new Request(command, ['k'], CALL);
  const promise = new Promise((resolve, reject) => {
    request.resolve = resolve;
    request.reject = reject;
  });
  return { request, promise };
}

test('a list is what an array would be', () => {
  const step = fc.oneof(
    fc.constant({ kind: 'push' as const }),
    fc.constant({ kind: 'shift' as const }),
    fc.nat(20).map((index) => ({ kind: 'remove' as const, index })),
    fc.nat(3).map((count) => ({ kind: 'prepend' as const, count })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const list = new RequestList();
      let model: Request[] = [];
      for (const action of steps) {
        if (action.kind === 'push') {
          const { request } = requestOf();
          list.push(request);
          model.push(request);
        } else if (action.kind === 'shift') {
          assert.equal(list.shift(), model.shift());
        } else if (action.kind === 'remove') {
          const request = model[action.index];
          if (request === undefined) continue;
          list.remove(request);
          model = model.filter((each) => each !== request);
          assert.deepEqual([request.next, request.previous], [undefined, undefined]);
        } else {
          const others = new RequestList();
          const requests = Array.from({ length: action.count }, () => requestOf().request);
          for (const request of requests) others.push(request);
          list.prepend(others);
          assert.equal(others.count, 0);
          model = [...requests, ...model];
        }
        assertSame(list, model);
      }
    }),
  );
});

function assertSame(list: RequestList, model: readonly Request[]): void {
  assert.equal(list.count, model.length);
  assert.equal(list.tail, model.at(-1));
  let previous: Request | undefined;
  let request = list.head;
  for (const expected of model) {
    assert.equal(request, expected);
    assert.equal(expected.previous, previous);
    previous = expected;
    request = expected.next;
  }
  assert.equal(request, undefined);
}

test('a reply is converted; an error reply is not, and names its command', async () => {
  const seen: Reply[] = [];
  const command = writing('CONFIG GET', (reply) => {
    seen.push(reply);
    return 'converted';
  });
  const good = requestOf(command);
  good.request.settle('raw');
  assert.equal(await good.promise, 'converted');
  const bad = requestOf(command);
  bad.request.settle(new ReplyError('ERR no'));
  await assert.rejects(bad.promise, (error) => error instanceof ReplyError && error.command === 'CONFIG GET');
  assert.deepEqual(seen, ['raw']);
});

test('a conversion that fails rejects the promise, and nobody else', async () => {
  const { request, promise } = requestOf(
    writing('X', () => {
      throw new TypeError('not so');
    }),
  );
  request.settle(1);
  await assert.rejects(promise, /not so/);
});

test('the first outcome counts, and lets go of the arguments', async () => {
  const { request, promise } = requestOf();
  request.fail(new TimeoutError('COMMAND_TIMEOUT', 'late', true));
  request.settle('after all');
  await assert.rejects(promise, /late/);
  assert.deepEqual(request.args, []);
});

test('given up, but not surely: a null reply fails, anything else succeeds', async () => {
  const nothing = requestOf();
  nothing.request.givenUp = new TimeoutError('COMMAND_TIMEOUT', 'given up', true);
  nothing.request.settle(undefined);
  await assert.rejects(nothing.promise, /given up/);
  const something = requestOf();
  something.request.givenUp = new TimeoutError('COMMAND_TIMEOUT', 'given up', true);
  something.request.settle(['list', 'element']);
  assert.deepEqual(await something.promise, ['list', 'element']);
});

test('what arguments weigh', () => {
  const request = new Request(writing('SET'), ['abc', Buffer.alloc(10), 5, 7n], CALL);
  assert.equal(argumentBytes(request), 3 + 10 + 8 + 8);
  request.group = [{ command: writing('SET'), args: ['12', '345'] }];
  assert.equal(argumentBytes(request), 29 + 5);
});

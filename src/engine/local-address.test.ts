import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAllowedTo, isLocalAddress } from './local-address.js';

const LOCAL = ['127.0.0.1:1', '[::1]:50112', '[::ffff:127.0.0.1]:7', '/run/crab.sock:0', 'in-process:sync'];
const STRANGE = [
  '127.0.0.2:1',
  '10.0.0.1:50112',
  '[::2]:1',
  '[2001:db8::1]:9',
  '127.0.0.1.example:4',
  '127.0.0.10:4',
];

test('only Unix sockets and the loopback addresses that Redis means are of this machine', () => {
  for (const address of LOCAL) assert.equal(isLocalAddress(address), true, address);
  for (const address of STRANGE) assert.equal(isLocalAddress(address), false, address);
});

test('no is nobody, yes is everybody, local is this machine', () => {
  for (const [who, allowsLocal, allowsStrange] of [
    ['no', false, false],
    ['yes', true, true],
    ['local', true, false],
  ] as const) {
    for (const address of LOCAL) assert.equal(isAllowedTo(who, address), allowsLocal, who);
    for (const address of STRANGE) assert.equal(isAllowedTo(who, address), allowsStrange, who);
  }
});

/**
 * Can the io_uring reactor run here?
 *
 * A version number does not tell: containers forbid io_uring by seccomp, administrators by a sysctl, sandboxes have kernels
 * of their own. So the reactor's own way of receiving and sending is tried once, on a pair of sockets: a multishot receive
 * into provided buffers (6.0), and a send that completes silently (5.17).
 */

import type { Native } from '../native.js';
import * as abi from './abi.js';
import { RECEIVE_GROUP, ReceiveBuffers } from './receive-buffers.js';
import { Ring, RingError } from './ring.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const TAG_RECEIVE = 1;
const TAG_SEND = 2;
const PATIENCE_MS = 1000;
const HELLO = Uint8Array.from([0x68, 0x65, 0x6c, 0x6c, 0x6f]);

/** Undefined when the reactor can run; otherwise why not, as the second half of a sentence. */
export function probeUring(native: Native): string | undefined {
  let ring: Ring;
  try {
    ring = new Ring(native);
  } catch (error) {
    return explain(error);
  }
  const pair = new Int32Array(2);
  if (native.socketpair(AF_UNIX, SOCK_STREAM, 0, pair) !== 0) {
    ring.close();
    return `no sockets can be made (${native.lastError()})`;
  }
  try {
    return isServing(ring, pair[0]!, pair[1]!)
      ? undefined
      : 'this kernel is too old: Linux 6.0 or later is needed';
  } catch (error) {
    return explain(error);
  } finally {
    ring.close();
    native.close(pair[0]!);
    native.close(pair[1]!);
  }
}

/** True when a multishot receive gets what a silent send sends, and goes on. */
function isServing(ring: Ring, receiver: number, sender: number): boolean {
  const buffers = new ReceiveBuffers(ring);
  const receive = ring.prepare(abi.OP_RECV, abi.SQE_BUFFER_SELECT, abi.RECV_MULTISHOT, receiver, TAG_RECEIVE);
  ring.setBufferGroup(receive, RECEIVE_GROUP);
  const send = ring.prepare(abi.OP_SEND, abi.SQE_CQE_SKIP_SUCCESS, 0, sender, TAG_SEND);
  const hello = new Uint8Array(new ArrayBuffer(HELLO.length)); // its address is used: not on the JavaScript heap
  hello.set(HELLO);
  ring.setBuffer(send, Number(ring.native.address(hello)), hello.length);
  ring.setOperationFlags(send, abi.MSG_DONTWAIT | abi.MSG_WAITALL | abi.MSG_NOSIGNAL);
  ring.enter(1, PATIENCE_MS);
  if (((ring.tail - ring.head) | 0) !== 1 || ring.userData(ring.head) !== TAG_RECEIVE) return false;
  const flags = ring.completionFlags(ring.head);
  const from = buffers.offset(flags >>> abi.CQE_BUFFER_SHIFT);
  return (
    ring.result(ring.head) === hello.length &&
    (flags & abi.CQE_MORE) !== 0 &&
    hello.every((byte, index) => buffers.bytes[from + index] === byte)
  );
}

function explain(error: unknown): string {
  if (!(error instanceof RingError)) throw error;
  switch (error.code) {
    case 'EPERM':
    case 'EACCES':
      return `io_uring is forbidden here (${error.code}), by a container's seccomp profile or by kernel.io_uring_disabled`;
    case 'ENOSYS':
    case 'EINVAL':
      return `this kernel has no io_uring, or one that is too old (${error.code}): Linux 6.0 or later is needed`;
    case 'ENOMEM':
      return 'there is no memory for it (ENOMEM): ulimit -l may be too low';
    default:
      return error.message;
  }
}

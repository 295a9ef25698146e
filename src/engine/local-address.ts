/**
 * Who is on this machine: Unix sockets, and the two addresses that Redis takes for it. Other addresses of the loopback network
 * are strangers' there, too: a proxy may use them.
 */

const LOOPBACK = /^(127\.0\.0\.1|\[::1\]|\[::ffff:127\.0\.0\.1\]):/i;
/** Of the sessions of the server's own process. */
const IN_PROCESS = /^in-process:/;
/** The addresses of Unix sockets are the only ones with port 0. */
const UNIX = /:0$/;

/** True for a session of the server's own process, whose user is whoever runs it. */
export function isInProcess(address: string): boolean {
  return IN_PROCESS.test(address);
}

/** True for an address with port (`127.0.0.1:50112`, `[::1]:50112`) or a Unix socket's (`/run/crab.sock:0`) on this machine. */
export function isLocalAddress(address: string): boolean {
  return LOOPBACK.test(address) || UNIX.test(address) || isInProcess(address);
}

/** Whether a client with this address may do what an option allows nobody (`no`), everybody (`yes`) or this machine (`local`). */
export function isAllowedTo(who: string, address: string): boolean {
  return who === 'yes' || (who === 'local' && isLocalAddress(address));
}

/**
 * Sockets by system call: what a reactor needs that does not run on node:net, and what node:net of Node 20
 * lacks, a port shared by several sockets.
 *
 * Invariants:
 * - A descriptor made here is non-blocking and closed on exec. Linux hands neither flag on to the sockets
 *   accepted from it (accept(2)); TCP_NODELAY and the keep-alive options it does hand on, so a listener that
 *   has them saves a call for each connection.
 * - IPv6 sockets take IPv6 only, as the configuration names both families one by one.
 * - Whatever can't be done throws a `CrabError` whose code is the system's, such as `EADDRINUSE`; a descriptor
 *   that was made on the way is closed.
 * - An address is read into one buffer of the thread; nothing here runs per command.
 *
 * Linux only. Sources: socket(2), fcntl(2), socket(7), ip(7), ipv6(7), tcp(7), unix(7); the numbers are those of
 * asm-generic/socket.h, linux/tcp.h, linux/in6.h and bits/socket_type.h.
 */

import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { CrabError } from '../base/errors.js';
import type { Native } from './native.js';

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
/** SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC */
const STREAM_TYPE = 1 | 0x800 | 0x80000;
const F_DUPFD_CLOEXEC = 1030;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_KEEPALIVE = 9;
const SO_REUSEPORT = 15;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
/** The numbers above differ on mips, sparc and a few others. */
const GENERIC_ABI: readonly string[] = [
  'x64',
  'arm64',
  'ia32',
  'arm',
  'riscv64',
  's390x',
  'ppc64',
  'loong64',
];

/** A peer is given up after so many probes without an answer, as in Redis (anet.c). */
const KEEPALIVE_PROBES = 3;
/** MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL of the kernel's net/tcp.h; more is refused. */
const KEEPALIVE_SECONDS_MAX = 32767;

/** sizeof(struct sockaddr_storage): every kind of address fits. */
const ADDRESS_BYTES_MAX = 128;
/** sizeof(sockaddr_un.sun_path) without the NUL at the end. */
export const PATH_BYTES_MAX = 107;
/** Where the port of an IP address is, and the path of a Unix socket: behind the family, a u16. */
const PORT_OFFSET = 2;
const PATH_OFFSET = 2;
const IPV4_OFFSET = 4;
const IPV4_ADDRESS_BYTES = 16;
const IPV6_OFFSET = 8;
const IPV6_SCOPE_OFFSET = 24;
const IPV6_ADDRESS_BYTES = 28;
const IPV6_GROUPS = 8;

/** `host` is an IP address, the path of a Unix socket (with port 0), or empty for a Unix socket without a name. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** What `openListener` makes; with a `path` a Unix socket, and host and port mean nothing. */
export interface ListenerOptions {
  /** An address, not a name; 127.0.0.1 when it is missing. */
  readonly host?: string;
  /** 0, also when it is missing, lets the system choose: `localAddress` tells. */
  readonly port?: number;
  /** At most 107 bytes of UTF-8. The file must not exist, and whoever listens removes it afterwards. */
  readonly path?: string;
  /** Connections that may wait to be accepted; the system has its own limit (net.core.somaxconn). */
  readonly backlog: number;
  /** Other sockets of this user that say the same may have the same port. */
  readonly reusePort: boolean;
}

/** The one integer that an option is set to, as the bytes that the call wants. */
const optionValue = new Int32Array(1);
const optionBytes = new Uint8Array(optionValue.buffer);
const addressBytes = new Uint8Array(ADDRESS_BYTES_MAX);
const addressView = new DataView(addressBytes.buffer);
const addressSize = new Uint32Array(1);
const machineOrder = new Uint16Array(addressBytes.buffer);
const text = new TextDecoder();

/** Whether the numbers in this file are those of this machine. */
export function hasKnownSockets(): boolean {
  return process.platform === 'linux' && GENERIC_ABI.includes(process.arch);
}

/** A socket that listens. Returns its descriptor. */
export function openListener(native: Native, options: ListenerOptions): number {
  const { host = '127.0.0.1', port = 0, path, backlog, reusePort } = options;
  const fd = path === undefined ? bindAddress(native, host, port, reusePort) : bindPath(native, path);
  prepareListener(native, fd, backlog);
  return fd;
}

/**
 * A socket that is bound to an address that others may share, and does not listen yet: connections go to
 * those that do, so all can be bound before the first one listens. Returns its descriptor.
 */
export function bindShared(native: Native, host: string, port: number): number {
  return bindAddress(native, host, port, true);
}

/** A Unix socket at `path` that does not listen yet, so that nobody gets in before its file has its permissions. */
export function bindPath(native: Native, path: string): number {
  const size = encodePath(path);
  const fd = openSocket(native, AF_UNIX);
  if (native.bind(fd, addressBytes, size) !== 0) giveUp(native, fd, 'bind', path);
  return fd;
}

/** One more descriptor of a socket, for a thread that closes it on its own. */
export function duplicate(native: Native, fd: number): number {
  const copy = native.fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw failure(native, 'fcntl', `${fd}`);
  return copy;
}

/** Listens on a descriptor of `bindShared`. When that fails the descriptor is closed. */
export function prepareListener(native: Native, fd: number, backlog: number): void {
  // A Unix socket has no such option, and needs none.
  if (!setOption(native, fd, IPPROTO_TCP, TCP_NODELAY, 1) && native.lastError() !== 'EOPNOTSUPP')
    giveUp(native, fd, 'setsockopt', 'TCP_NODELAY');
  if (native.listen(fd, backlog) !== 0) giveUp(native, fd, 'listen', `descriptor ${fd}`);
}

/** The address that a socket is bound to. Throws when `fd` is no socket. */
export function localAddress(native: Native, fd: number): SocketAddress {
  addressSize[0] = ADDRESS_BYTES_MAX;
  if (native.getsockname(fd, addressBytes, addressSize) !== 0) throw failure(native, 'getsockname', `${fd}`);
  return decodeAddress(addressSize[0]);
}

/** The address at the other end. Throws with `ENOTCONN` when the peer has reset the connection. */
export function remoteAddress(native: Native, fd: number): SocketAddress {
  addressSize[0] = ADDRESS_BYTES_MAX;
  if (native.getpeername(fd, addressBytes, addressSize) !== 0) throw failure(native, 'getpeername', `${fd}`);
  return decodeAddress(addressSize[0]);
}

/**
 * Probes the peer after `seconds` of silence, then every third of that, and gives it up after three probes, as
 * Redis does; 0 turns probing off. On a listener it is for those accepted from now on. It can't fail in a way
 * that matters: a peer that is gone needs no probe, nor does a Unix socket.
 */
export function setKeepAlive(native: Native, fd: number, seconds: number): void {
  if (!setOption(native, fd, SOL_SOCKET, SO_KEEPALIVE, seconds > 0 ? 1 : 0) || seconds <= 0) return;
  const idleSeconds = Math.min(seconds, KEEPALIVE_SECONDS_MAX);
  const probeSeconds = Math.max(1, Math.floor(idleSeconds / 3));
  if (!setOption(native, fd, IPPROTO_TCP, TCP_KEEPIDLE, idleSeconds)) return;
  setOption(native, fd, IPPROTO_TCP, TCP_KEEPINTVL, probeSeconds);
  setOption(native, fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
}

function bindAddress(native: Native, host: string, port: number, reusePort: boolean): number {
  const family = isIP(host);
  if (family === 0) throw new CrabError('EINVAL', `can't listen on '${host}': it is no IP address`);
  const isIPv6 = family === 6;
  const fd = openSocket(native, isIPv6 ? AF_INET6 : AF_INET);
  const place = `${isIPv6 ? `[${host}]` : host}:${port}`;
  const isSet =
    setOption(native, fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
    (!reusePort || setOption(native, fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
    (!isIPv6 || setOption(native, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
  if (!isSet) giveUp(native, fd, 'setsockopt', place);
  const size = isIPv6 ? encodeIPv6(host, port) : encodeIPv4(host, port);
  if (native.bind(fd, addressBytes, size) !== 0) giveUp(native, fd, 'bind', place);
  return fd;
}

function openSocket(native: Native, family: number): number {
  const fd = native.socket(family, STREAM_TYPE, 0);
  if (fd < 0) throw failure(native, 'socket', `address family ${family}`);
  return fd;
}

function setOption(native: Native, fd: number, level: number, name: number, value: number): boolean {
  optionValue[0] = value;
  return native.setsockopt(fd, level, name, optionBytes, optionBytes.length) === 0;
}

/** Throws the last error, without leaving the descriptor behind. */
function giveUp(native: Native, fd: number, systemCall: string, place: string): never {
  const error = failure(native, systemCall, place);
  native.close(fd);
  throw error;
}

/** To be made right after the call that failed: the next one forgets the reason. */
function failure(native: Native, systemCall: string, place: string): CrabError {
  const code = native.lastError();
  return new CrabError(code, `${systemCall} ${place}: ${code}`);
}

/** struct sockaddr_in: u16 family, u16 port (big endian), 4 bytes of address, 8 of padding. Returns its size. */
function encodeIPv4(host: string, port: number): number {
  addressBytes.fill(0);
  machineOrder[0] = AF_INET;
  addressView.setUint16(PORT_OFFSET, port);
  addressBytes.set(host.split('.').map(Number), IPV4_OFFSET);
  return IPV4_ADDRESS_BYTES;
}

/**
 * struct sockaddr_in6: u16 family, u16 port (big endian), u32 flow, 16 bytes of address, u32 scope. Returns its
 * size.
 */
function encodeIPv6(host: string, port: number): number {
  addressBytes.fill(0);
  machineOrder[0] = AF_INET6;
  addressView.setUint16(PORT_OFFSET, port);
  const [address = '', zone = ''] = host.split('%');
  addressBytes.set(ipv6Bytes(address), IPV6_OFFSET);
  setScope(zone === '' ? 0 : scopeOf(zone));
  return IPV6_ADDRESS_BYTES;
}

/** struct sockaddr_un: u16 family, the path with a NUL behind it. Returns the size of what is used. */
function encodePath(path: string): number {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length === 0 || bytes.includes(0))
    throw new CrabError('EINVAL', `can't listen on '${path}': a path has at least one byte, and no NUL`);
  if (bytes.length > PATH_BYTES_MAX) {
    const length = `${bytes.length} bytes, and a Unix socket's path has at most ${PATH_BYTES_MAX}`;
    throw new CrabError('ENAMETOOLONG', `can't listen on ${path}: it has ${length}`);
  }
  addressBytes.fill(0);
  machineOrder[0] = AF_UNIX;
  addressBytes.set(bytes, PATH_OFFSET);
  return PATH_OFFSET + bytes.length + 1;
}

/** What the system wrote to `addressBytes`. */
function decodeAddress(size: number): SocketAddress {
  switch (machineOrder[0]) {
    case AF_INET:
      return { host: ipv4Text(IPV4_OFFSET), port: addressView.getUint16(PORT_OFFSET) };
    case AF_INET6:
      return { host: ipv6Text() + zoneText(), port: addressView.getUint16(PORT_OFFSET) };
    default:
      return { host: pathText(size), port: 0 };
  }
}

function ipv4Text(offset: number): string {
  return addressBytes.subarray(offset, offset + 4).join('.');
}

/** The text of RFC 5952, which is what Node prints: lower case, the longest run of zero groups as `::`. */
function ipv6Text(): string {
  const groups = Array.from({ length: IPV6_GROUPS }, (_, index) =>
    addressView.getUint16(IPV6_OFFSET + 2 * index),
  );
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return `::ffff:${ipv4Text(IPV6_OFFSET + 12)}`;
  let runStart = 0;
  let runCount = 0;
  for (let start = 0; start < IPV6_GROUPS; start++) {
    let end = start;
    while (end < IPV6_GROUPS && groups[end] === 0) end++;
    if (end - start > runCount) {
      runStart = start;
      runCount = end - start;
    }
  }
  const hexadecimal = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  // One zero group alone is written out.
  if (runCount < 2) return hexadecimal(0, IPV6_GROUPS);
  return `${hexadecimal(0, runStart)}::${hexadecimal(runStart + runCount, IPV6_GROUPS)}`;
}

/** `%eth0` for an address that means something on one link only, else nothing. */
function zoneText(): string {
  const isLinkLocal = (addressView.getUint16(IPV6_OFFSET) & 0xffc0) === 0xfe80;
  const scope = new Uint32Array(addressBytes.buffer, IPV6_SCOPE_OFFSET, 1)[0] ?? 0;
  if (!isLinkLocal || scope === 0) return '';
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (addresses?.some((entry) => entry.scopeid === scope)) return `%${name}`;
  }
  return `%${scope}`;
}

/** The path that a Unix socket is bound to; names without a file (unix(7), "abstract") begin with `@`. */
function pathText(size: number): string {
  if (size <= PATH_OFFSET) return '';
  const path = addressBytes.subarray(PATH_OFFSET, Math.min(size, ADDRESS_BYTES_MAX));
  if (path[0] === 0) return `@${text.decode(path.subarray(1))}`;
  const end = path.indexOf(0);
  return text.decode(end < 0 ? path : path.subarray(0, end));
}

/** The number of a network interface, given as such or by name; 0, which is none, when there is no such one. */
function scopeOf(zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone);
  return networkInterfaces()[zone]?.find((entry) => entry.scopeid)?.scopeid ?? 0;
}

function setScope(scope: number): void {
  new Uint32Array(addressBytes.buffer, IPV6_SCOPE_OFFSET, 1)[0] = scope;
}

/** The 16 bytes of an IPv6 address in any of its notations; a URL brings it to hexadecimal groups first. */
function ipv6Bytes(address: string): number[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = new Array<number>(IPV6_GROUPS - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

/**
 * `127.0.0.1:50112`, `[::1]:50112`, or for a Unix socket the `path` that is listened on with `:0`: what Redis shows for both
 * ends, whatever name the peer has given its own.
 */
export function addressText({ host, port }: SocketAddress, path: string): string {
  if (path !== '') return `${path}:0`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

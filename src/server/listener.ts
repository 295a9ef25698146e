/**
 * Where and how the reactors listen.
 *
 * With several reactors each has its own socket on the same port (SO_REUSEPORT) and Linux spreads new
 * connections over them. Node makes such sockets from 23.1 on (`reusePort`); before that they are made here
 * by system calls (native.ts) and given to the reactors as descriptors. Where neither works, one reactor
 * serves everything.
 *
 * SO_REUSEPORT has a trap: a second server of the same user could join the port without an error and take
 * half of the connections. So each address is first bound without it, which fails when anybody has it.
 *
 * A plan is good for every kind of reactor. An endpoint with a descriptor is bound: node:net listens on it
 * with `listen({ fd })`, a native reactor with `prepareListener`. One without is listened on by address, by
 * `listen({ host, port, reusePort })` or `openListener`; both make the same socket.
 *
 * A Unix socket is looked at here, and made when everything is loaded (unix-socket.ts). With one, or with `tls-port`, port 0
 * means that there is no plain TCP, as in Redis; without, the system chooses the port, where Redis would not start.
 *
 * Source: socket(7).
 */

import { lookup } from 'node:dns/promises';
import { createServer, isIP } from 'node:net';
import { CrabError } from '../base/errors.js';
import type { Config } from '../engine/config/config.js';
import type { Endpoint } from './messages.js';
import { loadNative, type Native } from './native.js';
import { bindShared, hasKnownSockets } from './sockets.js';
import { checkUnixPath } from './unix-socket.js';

/** What each reactor listens on: `endpoints[thread]`, which is empty without TCP. */
export interface ListenPlan {
  readonly threadCount: number;
  readonly endpoints: readonly (readonly Endpoint[])[];
  /** Why there are fewer reactors than asked for, in a sentence. */
  readonly notice?: string;
}

/** An option that holds a port. */
type PortOption = 'port' | 'tls-port';

/** How threads can share a port here. */
export type Sharing = 'node' | 'native' | 'none';

interface Address {
  readonly host: string;
  readonly isOptional: boolean;
}

/**
 * Checks that the configured addresses can be listened on and plans who listens where. Rejects with a
 * `CrabError` whose message says which address can't be had and why. With descriptors in the plan, its
 * sockets are already bound.
 */
export async function planListeners(config: Config, sharing?: Sharing): Promise<ListenPlan> {
  const path = config.text('unixsocket');
  if (path !== '') await checkUnixPath(path);
  const hasOther = path !== '' || config.integer('tls-port') !== 0;
  const wanted = config.integer('threads');
  if (hasOther && config.integer('port') === 0) return share([], wanted, sharing);
  return planPort(config, 'port', wanted, sharing);
}

/** The plan for so many threads that listen on the port that `option` names. Otherwise as `planListeners`. */
export async function planPort(
  config: Config,
  option: PortOption,
  threads: number,
  sharing?: Sharing,
): Promise<ListenPlan> {
  return share(await findEndpoints(config, option), threads, sharing);
}

/** The plan of a thread that listens at once: what does not allow it is learnt then. */
export async function planHere(config: Config): Promise<ListenPlan> {
  const path = config.text('unixsocket');
  if (path !== '') await checkUnixPath(path);
  const port = config.integer('port');
  const backlog = config.integer('tcp-backlog');
  const hasTcp = path === '' || port !== 0;
  const addresses = hasTcp ? await resolveAddresses(config.words('bind')) : [];
  return { threadCount: 1, endpoints: [addresses.map((address) => ({ ...address, port, backlog }))] };
}

/** The best way to share a port that this machine and this Node have. */
export async function findSharing(): Promise<Sharing> {
  if (process.platform !== 'linux') return 'none';
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 23 || (major === 23 && minor >= 1)) return 'node';
  return hasKnownSockets() && (await loadNative()) !== undefined ? 'native' : 'none';
}

/** A sentence about why `host`:`port` could not be listened on. */
export function describeListenError(
  host: string,
  port: number,
  code: string,
  option: PortOption = 'port',
): string {
  const place = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return `can't listen on ${place}: the port is in use; stop what uses it or choose another with --${option}`;
    case 'EACCES':
    case 'EPERM':
      return `can't listen on ${place}: permission denied; ports below 1024 are for privileged users`;
    case 'EADDRNOTAVAIL':
      return `can't listen on ${place}: this machine has no such address; check --bind`;
    default:
      return `can't listen on ${place}: ${code}`;
  }
}

/** The configured addresses that are there, each bound for a moment to see that nobody has it. */
async function findEndpoints(config: Config, option: PortOption): Promise<Endpoint[]> {
  const backlog = config.integer('tcp-backlog');
  let port = config.integer(option);
  const usable: Address[] = [];
  for (const address of await resolveAddresses(config.words('bind'))) {
    const bound = await probe(address, port, option);
    if (bound === undefined) continue;
    port = bound; // for port 0: all addresses and threads use the port that the first was given
    usable.push(address);
  }
  if (usable.length === 0) {
    throw new CrabError(
      'LISTEN',
      `none of the addresses in 'bind' (${config.get('bind')}) is available here`,
    );
  }
  return usable.map(({ host, isOptional }) => ({ host, port, backlog, isOptional }));
}

async function share(
  endpoints: readonly Endpoint[],
  threads: number,
  sharing?: Sharing,
): Promise<ListenPlan> {
  if (threads === 1) return { threadCount: 1, endpoints: [endpoints] };
  return shareEndpoints(endpoints, threads, sharing ?? (await findSharing()));
}

async function shareEndpoints(
  endpoints: readonly Endpoint[],
  threads: number,
  sharing: Sharing,
): Promise<ListenPlan> {
  if (sharing === 'none') {
    const how = process.platform === 'linux' ? 'the optional package koffi or Node 23.1 or later' : 'Linux';
    const notice = `using one reactor thread instead of ${threads}: several need ${how}`;
    return { threadCount: 1, endpoints: [endpoints], notice };
  }
  const native = sharing === 'native' ? await loadNative() : undefined;
  const plan: Endpoint[][] = [];
  for (let thread = 0; thread < threads; thread++) {
    plan.push(
      endpoints.map((endpoint) =>
        native === undefined
          ? { ...endpoint, reusePort: true }
          : { ...endpoint, fd: bindEndpoint(native, endpoint) },
      ),
    );
  }
  return { threadCount: threads, endpoints: plan };
}

/**
 * Redis's `bind` words as addresses: `*` and `::*` for all, a leading `-` for one that may be missing, names
 * looked up.
 */
async function resolveAddresses(words: readonly string[]): Promise<Address[]> {
  const addresses: Address[] = [];
  for (const word of words) {
    const isOptional = word.startsWith('-');
    const name = isOptional ? word.slice(1) : word;
    const host = name === '*' ? '0.0.0.0' : name === '::*' ? '::' : name;
    if (isIP(host) !== 0) {
      addresses.push({ host, isOptional });
      continue;
    }
    try {
      for (const { address } of await lookup(host, { all: true }))
        addresses.push({ host: address, isOptional });
    } catch (cause) {
      if (!isOptional)
        throw new CrabError('LISTEN', `can't find the address of '${host}' given in 'bind'`, cause);
    }
  }
  return addresses;
}

/**
 * Binds for a moment without sharing. Resolves to the port, or undefined when an optional address is not
 * there.
 */
function probe(address: Address, port: number, option: PortOption): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code ?? cause.message;
      if (address.isOptional && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) resolve(undefined);
      else reject(new CrabError('LISTEN', describeListenError(address.host, port, code, option), cause));
    });
    server.listen({ host: address.host, port, ipv6Only: true }, () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : port));
    });
  });
}

/** A bound socket that shares the endpoint's port; returns its descriptor. */
function bindEndpoint(native: Native, { host, port }: Endpoint): number {
  try {
    return bindShared(native, host, port);
  } catch (cause) {
    const code = cause instanceof CrabError ? cause.code : String(cause);
    throw new CrabError('LISTEN', describeListenError(host, port, code), cause);
  }
}

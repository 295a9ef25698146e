/**
 * Which reactor the threads run on: io_uring where the kernel allows it, epoll where Linux can be called directly, node:net
 * everywhere else.
 *
 * The main thread chooses once, before it starts the reactors, by trying (uring/probe.ts); all threads then run the same.
 */

import { CrabError } from '../base/errors.js';
import type { ReplyWriter } from '../engine/reply.js';
import { loadEpollCalls, probeEpoll } from './epoll/calls.js';
import { EpollReactor } from './epoll/epoll-reactor.js';
import { loadNative, type Native } from './native.js';
import { NodeReactor } from './node/node-reactor.js';
import type { Reactor } from './reactor.js';
import { hasKnownSockets } from './sockets.js';
import { probeUring } from './uring/probe.js';
import { UringReactor } from './uring/uring-reactor.js';

/** Best first. */
const NATIVE_REACTORS = ['uring', 'epoll'] as const;
type NativeReactorName = (typeof NATIVE_REACTORS)[number];
export type ReactorName = NativeReactorName | 'node';

export interface ReactorChoice {
  readonly name: ReactorName;
  /** Why it is not the first choice, in a sentence. */
  readonly notice?: string;
}

/** 64-bit platforms: the layouts of uring/abi.ts and epoll/abi.ts are theirs. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];

/**
 * Chooses for the value of the option `reactor`: `auto`, or a name that is then tried and not replaced by another.
 *
 * @throws CrabError REACTOR when the one that was asked for can't run here
 */
export async function chooseReactor(wanted: string): Promise<ReactorChoice> {
  let notice: string | undefined;
  for (const name of NATIVE_REACTORS) {
    if (wanted !== 'auto' && wanted !== name) continue;
    const reason = await whyNot(name);
    if (reason === undefined)
      return notice === undefined ? { name } : { name, notice: `Using the reactor '${name}': ${notice}` };
    if (wanted === name) {
      throw new CrabError(
        'REACTOR',
        `can't run the reactor '${name}': ${reason}; leave --reactor away, or use node`,
      );
    }
    notice ??= reason;
  }
  return notice === undefined
    ? { name: 'node' }
    : { name: 'node', notice: `Using the reactor 'node': ${notice}` };
}

/** What a thread's reactor works with. */
export interface ReactorParts {
  /** Replies are composed in it; native reactors send from its memory. */
  readonly writer: ReplyWriter;
  /** Word `wakeIndex` changes when the thread has something to look at. */
  readonly wakeWords: Int32Array;
  readonly wakeIndex: number;
  /** Unix time in ms. */
  readonly now: () => number;
  /** Nothing of it is to keep the thread alive. */
  readonly isBackground: boolean;
}

/** Resolves to what makes reactors that `chooseReactor` has chosen, for the calling thread. */
export async function prepareReactor(name: ReactorName): Promise<(parts: ReactorParts) => Reactor> {
  if (name === 'node') return makeNodeReactor;
  const native = await loadNative();
  if (native === undefined) throw new CrabError('REACTOR', `can't load koffi for the reactor '${name}'`);
  if (name === 'uring') return (parts) => new UringReactor({ ...parts, native });
  const calls = await loadEpollCalls();
  if (calls === undefined)
    throw new CrabError('REACTOR', "can't load the system calls of the reactor 'epoll'");
  return (parts) => new EpollReactor({ ...parts, native, calls });
}

/** The one that needs no preparation. */
export function makeNodeReactor({ wakeWords, wakeIndex, now, isBackground }: ReactorParts): Reactor {
  return new NodeReactor(wakeWords, wakeIndex, { now, isBackground });
}

/** Undefined when the reactor can run here; otherwise the reason, as the second half of a sentence. */
async function whyNot(name: NativeReactorName): Promise<string | undefined> {
  if (process.platform !== 'linux') return `'${name}' is for Linux`;
  if (!hasKnownSockets() || !ARCHITECTURES.includes(process.arch)) {
    return `the system calls of '${name}' are not known for ${process.arch}`;
  }
  const native = await loadNative();
  if (native === undefined)
    return 'the optional package koffi is missing, through which the kernel is called';
  return name === 'uring' ? probeUring(native) : whyNotEpoll(native);
}

async function whyNotEpoll(native: Native): Promise<string | undefined> {
  const calls = await loadEpollCalls();
  return calls === undefined ? 'its system calls are not to be had' : probeEpoll(native, calls);
}

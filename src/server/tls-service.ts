/**
 * TLS of a whole server: who listens for it, and by which settings.
 *
 * Only reactors of the kind `node` speak TLS. Where others serve plain connections, TLS has threads of its own (`tls-threads`)
 * beside them, which sleep until they are needed and leave the care for shards to the others. Where all threads are of that kind
 * anyway, or nothing but TLS is listened on, there is one kind of threads only, and `threads` says how many.
 *
 * CONFIG SET prepares new settings before anything is changed: a certificate that can't be used changes nothing. What is prepared
 * is what goes to the threads, whatever happens to the files meanwhile. Connections that exist stay as they are.
 */

import { isIP } from 'node:net';
import { CrabError } from '../base/errors.js';
import { Config, type ConfigPairs } from '../engine/config/config.js';
import { findOption } from '../engine/config/options.js';
import * as errors from '../engine/errors.js';
import { THREAD_COUNT_MAX } from '../engine/statistics.js';
import { describeListenError, findSharing, type ListenPlan, planPort } from './listener.js';
import type { ReactorName } from './reactor-choice.js';
import type { Reactors } from './reactors.js';
import { readTlsSettings, type TlsSettings } from './tls-settings.js';

/** The snapshot thread has the last index. */
const MEMBERS_MAX = THREAD_COUNT_MAX - 1;

/** True when connections can come without TLS. */
export function listensPlainly(config: Config): boolean {
  return config.integer('tls-port') === 0 || config.integer('port') !== 0 || config.text('unixsocket') !== '';
}

export class TlsService {
  /** Threads that do nothing but TLS; 0 when those for plain connections do it. */
  readonly ownThreadCount: number;
  readonly #config: Config;
  readonly #plan: ListenPlan;
  #settings: TlsSettings;
  #reactors: Reactors | undefined;
  #members: readonly number[] = [];

  private constructor(config: Config, settings: TlsSettings, plan: ListenPlan, ownThreadCount: number) {
    this.#config = config;
    this.#settings = settings;
    this.#plan = plan;
    this.ownThreadCount = ownThreadCount;
  }

  /**
   * Reads the certificate and plans who listens, beside plain connections that are planned already; undefined without `tls-port`.
   *
   * @param reactor of the threads for plain connections
   * @throws CrabError TLS or LISTEN with a sentence about what is in the way
   */
  static async plan(
    config: Config,
    plain: ListenPlan,
    reactor: ReactorName,
  ): Promise<TlsService | undefined> {
    const port = config.integer('tls-port');
    if (port === 0) return undefined;
    if (port === config.integer('port')) {
      throw new CrabError('LISTEN', `port and tls-port are both ${port}; choose another with --tls-port`);
    }
    const settings = readTlsSettings(config);
    const ownCount = reactor === 'node' ? 0 : ownThreads(config, plain.threadCount);
    const sharing = plain.threadCount === 1 && ownCount === 0 ? 'none' : await findSharing();
    const plan = await planPort(config, 'tls-port', ownCount || plain.threadCount, sharing);
    return new TlsService(config, settings, plan, ownCount);
  }

  /** Where it is listened on, for people. */
  get addresses(): readonly string[] {
    const endpoints = this.#plan.endpoints[0] ?? [];
    return endpoints.map(({ host, port }) => `${isIP(host) === 6 ? `[${host}]` : host}:${port} (TLS)`);
  }

  /** Has `members` listen, of which there are as many as planned. */
  async listenWith(reactors: Reactors, members: readonly number[]): Promise<void> {
    this.#reactors = reactors;
    this.#members = members.slice(0, this.#plan.threadCount);
    await this.use(this.#settings);
    const calls = this.#members.map((index, nth) => {
      const endpoints = (this.#plan.endpoints[nth] ?? []).map((endpoint) => ({
        ...endpoint,
        isSecure: true,
      }));
      return reactors.call(index, 'listen', endpoints);
    });
    try {
      await Promise.all(calls);
    } catch (cause) {
      const first = this.#plan.endpoints[0]?.[0];
      const code = cause instanceof CrabError ? cause.code : String(cause);
      if (!/^E[A-Z]+$/.test(code) || first === undefined) throw cause;
      throw new CrabError('LISTEN', describeListenError(first.host, first.port, code, 'tls-port'), cause);
    }
  }

  /**
   * What CONFIG SET `pairs`, which are valid otherwise, makes of the settings: undefined when it has nothing to do with them, an
   * error line when they can't be used.
   */
  prepare(pairs: ConfigPairs): TlsSettings | string | undefined {
    const names = pairs
      .map(([name]) => findOption(name)?.name ?? '')
      .filter((name) => name.startsWith('tls-'));
    if (names.length === 0) return undefined;
    const next = Config.fromValues(this.#config.values());
    next.apply(pairs);
    try {
      return readTlsSettings(next);
    } catch (error) {
      if (!(error instanceof CrabError)) throw error;
      return errors.errorLine(
        `ERR CONFIG SET failed (possibly related to argument '${names[0]}') - ${error.message}`,
      );
    }
  }

  /** From now on connections that come speak TLS as `settings` say. */
  async use(settings: TlsSettings): Promise<void> {
    this.#settings = settings;
    const reactors = this.#reactors;
    if (reactors === undefined) return; // they are told when they begin to listen
    await Promise.all(this.#members.map((index) => reactors.call(index, 'useTls', settings)));
  }
}

/** How many threads there can be beside those for plain connections; at least one. */
function ownThreads(config: Config, plainCount: number): number {
  const free = MEMBERS_MAX - plainCount;
  if (free < 1) {
    throw new CrabError(
      'CONFIG',
      `there is no thread left for tls-port: of ${MEMBERS_MAX} that there can be, 'threads' takes ${plainCount}`,
    );
  }
  return Math.min(config.integer('tls-threads'), free);
}

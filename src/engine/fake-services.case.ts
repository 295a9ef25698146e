/** Services for test engines, which do by themselves, or only note, what a server around the engine would do. */

import type { AccessLog, AccessLogEntry } from './access-log.js';
import type { Users } from './acl/users.js';
import { type Attention, MONITORS } from './attention.js';
import type { Call } from './call.js';
import type { Client } from './client.js';
import type { Config, ConfigPairs } from './config/config.js';
import { MonitorLines } from './monitor-lines.js';
import type {
  ClientFilter,
  ControlPlane,
  Monitors,
  ReloadOptions,
  ShutdownOptions,
  UnblockTarget,
  WaitEnd,
  Waits,
} from './services.js';
import type { Slowlog, SlowlogEntry } from './slowlog.js';

/** Notes every call; answers what `answer` says, and applies CONFIG SET as the real one does. */
export class FakeControl implements ControlPlane {
  readonly calls: unknown[][] = [];
  answer: string | undefined = undefined;
  clients = '';
  killed = 0;
  unblocks = false;
  /** The logs of the only thread, and its users. */
  slowlog: Slowlog | undefined;
  accessLog: AccessLog | undefined;
  users: Users | undefined;
  private readonly config: Config;

  constructor(config: Config) {
    this.config = config;
  }

  async save(): Promise<string | undefined> {
    this.calls.push(['save']);
    return this.answer;
  }

  async backgroundSave(schedule: boolean): Promise<string | undefined> {
    this.calls.push(['backgroundSave', schedule]);
    return this.answer;
  }

  async shutdown(options: ShutdownOptions): Promise<string | undefined> {
    this.calls.push(['shutdown', options]);
    return this.answer;
  }

  async abortShutdown(): Promise<string | undefined> {
    this.calls.push(['abortShutdown']);
    return this.answer;
  }

  async reload(options: ReloadOptions): Promise<string | undefined> {
    this.calls.push(['reload', options]);
    return this.answer;
  }

  async setActiveExpire(isOn: boolean): Promise<undefined> {
    this.calls.push(['setActiveExpire', isOn]);
  }

  warning(text: string): void {
    this.calls.push(['warning', text]);
  }

  async configSet(pairs: ConfigPairs): Promise<string | undefined> {
    const error = this.config.validate(pairs);
    if (error === undefined) this.config.apply(pairs);
    return error;
  }

  async purgeMemory(): Promise<string | undefined> {
    this.calls.push(['purgeMemory']);
    return this.answer;
  }

  async configRewrite(): Promise<string | undefined> {
    this.calls.push(['configRewrite']);
    return this.answer;
  }

  async listClients(filter: ClientFilter): Promise<string> {
    this.calls.push(['listClients', filter]);
    return this.clients;
  }

  async slowlogEntries(count: number): Promise<readonly SlowlogEntry[]> {
    return this.slowlog?.newest(count) ?? [];
  }

  async slowlogLength(): Promise<number> {
    return this.slowlog?.length ?? 0;
  }

  async resetSlowlog(): Promise<void> {
    this.slowlog?.reset();
  }

  async aclSetUser(name: string, rules: readonly string[]): Promise<string | undefined> {
    const error = this.users?.check(name, rules);
    if (error === undefined) this.users?.set(name, rules);
    return error;
  }

  async aclDeleteUsers(names: readonly string[]): Promise<number | string> {
    return names.filter((name) => this.users?.delete(name)).length;
  }

  async aclLoad(): Promise<string | undefined> {
    this.calls.push(['aclLoad']);
    return this.answer;
  }

  async aclSave(): Promise<string | undefined> {
    this.calls.push(['aclSave']);
    return this.answer;
  }

  async aclLogEntries(count: number): Promise<readonly AccessLogEntry[]> {
    return this.accessLog?.newest(count) ?? [];
  }

  async aclResetLog(): Promise<void> {
    this.accessLog?.reset();
  }

  async killClients(filter: ClientFilter): Promise<number> {
    this.calls.push(['killClients', filter]);
    return this.killed;
  }

  async unblockClient(target: UnblockTarget): Promise<boolean> {
    this.calls.push(['unblockClient', target]);
    return this.unblocks;
  }
}

/** Notes what is waited for; a wait ends when the test says so. */
export class FakeWaits implements Waits {
  /** Waits of blocked commands, by client. */
  readonly blocked = new Map<number, (end: WaitEnd) => void>();
  private readonly clients = new Map<number, Client>();
  readonly timeoutsMs: number[] = [];
  isReady: (() => boolean) | undefined = undefined;
  end: (end: WaitEnd) => void = () => {};

  until(_client: Client, timeoutMs: number, isReady?: () => boolean): Promise<WaitEnd> {
    this.timeoutsMs.push(timeoutMs);
    this.isReady = isReady;
    return new Promise((resolve) => {
      this.end = resolve;
    });
  }

  begin(client: Client, timeoutMs: number, onEnd: (end: WaitEnd) => void): void {
    this.timeoutsMs.push(timeoutMs);
    client.isBlocked = true;
    this.blocked.set(client.id, (end) => {
      client.isBlocked = false;
      this.blocked.delete(client.id);
      onEnd(end);
    });
    this.clients.set(client.id, client);
  }

  async inSlices(_client: Client, slice: () => boolean): Promise<void> {
    while (!slice());
  }

  forget(clientId: number): void {
    this.blocked.delete(clientId);
    const client = this.clients.get(clientId);
    if (client !== undefined) client.isBlocked = false;
    this.clients.delete(clientId);
  }
}

/** One thread's clients in MONITOR mode; keeps the lines that they would be shown. */
export class FakeMonitors implements Monitors {
  readonly lines = new MonitorLines();
  readonly clients = new Set<Client>();
  private readonly attention: Attention;
  private readonly nowUs: number;

  /** `nowUs`: when everything is shown to have happened. */
  constructor(attention: Attention, nowUs: number) {
    this.attention = attention;
    this.nowUs = nowUs;
  }

  add(client: Client): void {
    this.clients.add(client);
    client.attention |= MONITORS;
    this.attention.countMonitor(1);
  }

  remove(client: Client): void {
    if (!this.clients.delete(client)) return;
    client.attention &= ~MONITORS;
    this.attention.countMonitor(-1);
  }

  show(call: Call): void {
    this.lines.append(call, this.nowUs);
  }
}

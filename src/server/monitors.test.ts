import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Attention, createAttentionShared } from '../engine/attention.js';
import type { Client } from '../engine/client.js';
import { TestEngine } from '../engine/engine.case.js';
import { MonitorFeed, type MonitorHost, type MonitorNews } from './monitors.js';

/** One thread: a feed, and what its clients were sent. */
class FakeThread implements MonitorHost {
  readonly feed: MonitorFeed;
  readonly engine = new TestEngine();
  readonly sent: string[] = [];
  readonly cuts: Client[] = [];
  readonly news: MonitorNews[] = [];
  arrived: () => void = () => {};

  constructor(attention: Attention, index: number) {
    this.feed = new MonitorFeed(attention, index, (news) => {
      this.news.push(news);
      return new Promise<void>((resolve) => {
        this.arrived = resolve;
      });
    });
    this.feed.host = this;
  }

  enterTurn(): void {}

  push(client: Client, lines: Uint8Array): void {
    this.sent.push(
      `${client.id}: ${Buffer.from(lines)
        .toString()
        .replace(/^\+\S+ \[\S+ \S+\] /gm, '')}`,
    );
  }

  cut(client: Client): void {
    this.cuts.push(client);
    this.feed.remove(client);
  }

  /** Runs a command and shows it. */
  run(...words: string[]): void {
    this.engine.run(...words);
    this.feed.show(this.engine.executor.call);
  }
}

describe('the monitor feed', () => {
  it("sends a turn's lines to its own clients and, in one message, to the other threads", () => {
    const attention = new Attention(createAttentionShared());
    const [first, second] = [new FakeThread(attention, 0), new FakeThread(attention, 1)];
    const own = first.engine.connect();
    first.feed.add(own);
    first.feed.add(own);
    second.feed.add(second.engine.connect());
    assert.equal(attention.monitorCount(), 2);
    first.run('PING');
    first.run('ECHO', 'x');
    assert.equal(first.feed.hasLines, true);
    first.feed.turnEnds();
    first.feed.turnEnds();
    const lines = '"PING"\r\n"ECHO" "x"\r\n';
    assert.deepEqual(first.sent, [`${own.id}: ${lines}`]);
    assert.equal(first.news.length, 1);
    for (const thread of [first, second]) thread.feed.receive(first.news[0]!);
    assert.equal(first.sent.length, 1, 'not again');
    assert.match(second.sent[0]!, /^\d+: "PING"\r\n"ECHO" "x"\r\n$/);
  });

  it('tells no other thread when nobody watches there', () => {
    const attention = new Attention(createAttentionShared());
    const [first, second] = [new FakeThread(attention, 0), new FakeThread(attention, 1)];
    const watcher = second.engine.connect();
    second.feed.add(watcher);
    second.feed.remove(watcher);
    second.feed.remove(watcher);
    first.feed.add(first.engine.connect());
    assert.equal(attention.monitorCount(), 1);
    first.run('PING');
    first.feed.turnEnds();
    assert.equal(first.news.length, 0);
    assert.equal(first.sent.length, 1);
  });

  it('drops lines when the other threads do not keep up, and then their clients', async () => {
    const attention = new Attention(createAttentionShared());
    const [first, second] = [new FakeThread(attention, 0), new FakeThread(attention, 1)];
    const watcher = second.engine.connect();
    second.feed.add(watcher);
    const turn = (): void => {
      first.run('ECHO', 'x'.repeat(2 ** 20));
      first.feed.turnEnds();
    };
    for (let count = 0; count < 100; count++) turn();
    assert.equal(first.news.length, 64);
    first.arrived();
    await Promise.resolve();
    turn();
    assert.deepEqual(
      first.news.map(({ isIncomplete }) => isIncomplete),
      [...new Array<boolean>(64).fill(false), true],
    );
    second.feed.receive(first.news[64]!);
    assert.deepEqual(second.cuts, [watcher]);
    assert.deepEqual(second.sent, []);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AccessLog, type AccessLogEntry, mergeAccessLogs } from './access-log.js';
import { User } from './acl/user.js';
import { setUser } from './attention.js';
import { Client } from './client.js';
import type { Clock } from './clock.js';
import { Config } from './config/config.js';
import { PROTOCOL_RESP2 } from './reply.js';

const START_MS = 1_700_000_000_000;

/** A log whose clock stands still until it is moved, and a client. */
class Subject {
  nowMs = START_MS;
  readonly config = new Config();
  readonly client = new Client(1, '127.0.0.1:1', '127.0.0.1:2', START_MS, PROTOCOL_RESP2, true);
  readonly log = new AccessLog(this.config, { nowMs: () => this.nowMs } as Clock);

  constructor() {
    setUser(this.client, new User('eve', 0));
    this.log.host = { describe: ({ id }) => `id=${id} at=${this.nowMs - START_MS}` };
  }

  /** What is kept: count, reason, object, user, and when it was last. */
  get kept(): string[] {
    return this.log.newest(1000).map(shown);
  }
}

function shown({ count, reason, object, username, atMs }: AccessLogEntry): string {
  return `${count} ${reason} ${object} ${username} ${atMs - START_MS}`;
}

describe('the access log', () => {
  it('keeps what was refused to whom, the newest first', () => {
    const subject = new Subject();
    subject.log.add(subject.client, 'command', 'get');
    subject.nowMs += 5;
    subject.log.add(subject.client, 'auth', 'AUTH', 'somebody');
    assert.deepEqual(subject.kept, ['1 auth AUTH somebody 5', '1 command get eve 0']);
    assert.equal(subject.log.newest(1)[0]?.clientInfo, 'id=1 at=5');
    subject.log.reset();
    assert.deepEqual(subject.kept, []);
  });

  it('counts what is refused again within a minute of the last time, and brings it to the front', () => {
    const subject = new Subject();
    for (const object of ['a', 'b', 'a']) {
      subject.log.add(subject.client, 'key', object);
      subject.nowMs += 60_000;
    }
    assert.deepEqual(subject.kept, ['1 key a eve 120000', '1 key b eve 60000', '1 key a eve 0']);
    subject.log.add(subject.client, 'key', 'a');
    assert.equal(subject.kept[0], '2 key a eve 180000');
    subject.nowMs += 60_001;
    subject.log.add(subject.client, 'key', 'a');
    assert.equal(subject.kept[0], '1 key a eve 240001');
  });

  it('tells reasons, objects and users apart, and compares the ten newest only', () => {
    const subject = new Subject();
    subject.log.add(subject.client, 'key', 'x');
    subject.log.add(subject.client, 'channel', 'x');
    subject.log.add(subject.client, 'key', 'x', 'adam');
    assert.equal(subject.kept.length, 3);
    for (let object = 0; object < 10; object++) subject.log.add(subject.client, 'key', `${object}`);
    subject.log.add(subject.client, 'key', 'x');
    assert.equal(subject.kept.filter((line) => line.includes('key x eve')).length, 2);
  });

  it('keeps as many as acllog-max-len says', () => {
    const subject = new Subject();
    subject.config.apply([['acllog-max-len', '3']]);
    for (let object = 0; object < 5; object++) subject.log.add(subject.client, 'key', `${object}`);
    assert.deepEqual(subject.kept, ['1 key 4 eve 0', '1 key 3 eve 0', '1 key 2 eve 0']);
    subject.config.apply([['acllog-max-len', '0']]);
    subject.log.add(subject.client, 'key', 'none');
    assert.ok(!subject.kept.some((line) => line.includes('none')));
  });

  it('keeps the beginning of what is long', () => {
    const subject = new Subject();
    subject.log.add(subject.client, 'key', 'k'.repeat(5000), 'u'.repeat(2000));
    const [entry] = subject.log.newest(1);
    assert.equal(entry?.object, `${'k'.repeat(1024)}... (3976 more bytes)`);
    assert.equal(entry?.username, `${'u'.repeat(1024)}... (976 more bytes)`);
  });
});

describe('the logs of several threads', () => {
  const entry = (object: string, atMs: number, count = 1): AccessLogEntry => ({
    count,
    reason: 'key',
    object,
    username: 'eve',
    atMs: START_MS + atMs,
    clientInfo: `${object} ${atMs}`,
  });

  it('are one: the newest first, and what several have is counted together', () => {
    const merged = mergeAccessLogs([
      [entry('a', 300, 2), entry('b', 100)],
      [entry('c', 200), entry('a', 150, 3), entry('b', -60_000)],
    ]);
    assert.deepEqual(merged.map(shown), [
      '5 key a eve 300',
      '1 key c eve 200',
      '1 key b eve 100',
      '1 key b eve -60000',
    ]);
    assert.equal(merged[0]?.clientInfo, 'a 300');
  });

  it('keep apart what one thread has kept apart', () => {
    assert.equal(mergeAccessLogs([[entry('a', 2), entry('a', 1)], []]).length, 2);
  });
});

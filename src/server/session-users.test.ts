/** What users mean for the connections of a thread: who is let in, and what becomes of those whose user changes. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IN_PROCESS_USER } from '../engine/acl/user.js';
import { RESTRICTED, setUser } from '../engine/attention.js';
import { PROTOCOL_RESP2 } from '../engine/reply.js';
import { STAT_CONNECTIONS_RECEIVED, STAT_CONNECTIONS_REJECTED } from '../engine/statistics.js';
import type { UsersChange } from '../engine/users-changes.js';
import type { Session } from './session.js';
import { FakeThread, FakeTransport, request } from './session-fakes.case.js';

const STRANGE = '192.0.2.7:50000';
const LOCAL = ['127.0.0.1:5', '[::1]:5', '/run/crab.sock:0'];

function change(thread: FakeThread, what: UsersChange): void {
  thread.reactor.turn(() => thread.sessions.changeUsers(what));
}

/** A connection that has authenticated as this user. */
function connectAs(thread: FakeThread, name: string): { transport: FakeTransport; session: Session } {
  const { transport, session } = thread.connect();
  const user = thread.users.find(name);
  assert.ok(session !== undefined && user !== undefined);
  setUser(session.client, user);
  session.client.authenticated = true;
  return { transport, session };
}

describe('protected mode', () => {
  it('has strangers told why they are not served, and counts them', () => {
    const thread = new FakeThread();
    const { transport, session } = thread.connect(STRANGE);
    assert.equal(session, undefined);
    assert.match(
      transport.sent,
      /^-DENIED Redis is running in protected mode because .* from the outside\.\r\n$/,
    );
    assert.equal(thread.statistics.total(STAT_CONNECTIONS_REJECTED), 1);
    assert.equal(thread.statistics.total(STAT_CONNECTIONS_RECEIVED), 0);
  });

  it('lets this machine in', () => {
    const thread = new FakeThread();
    for (const address of LOCAL) assert.notEqual(thread.connect(address).session, undefined, address);
  });

  it('ends with a password for the default user, or when it is switched off', () => {
    const thread = new FakeThread();
    thread.config.apply([['requirepass', 'x']]);
    assert.notEqual(thread.connect(STRANGE).session, undefined);
    thread.config.apply([['requirepass', '']]);
    assert.equal(thread.connect(STRANGE).session, undefined);
    thread.config.apply([['protected-mode', 'no']]);
    assert.notEqual(thread.connect(STRANGE).session, undefined);
  });

  it('goes on when the default user is merely off, as in Redis', () => {
    const thread = new FakeThread();
    change(thread, { kind: 'set', name: 'default', rules: ['off'] });
    assert.equal(thread.connect(STRANGE).session, undefined);
  });
});

describe('a new connection', () => {
  it('is the default user, authenticated if that needs no password and is on', () => {
    const thread = new FakeThread();
    assert.equal(thread.connect().session?.client.user, thread.users.defaultUser);
    for (const [rules, isAuthenticated] of [
      [['off'], false],
      [['on'], true],
      [['>x'], false],
      [['nopass'], true],
    ] as const) {
      change(thread, { kind: 'set', name: 'default', rules });
      assert.equal(thread.connect().session?.client.authenticated, isAuthenticated, String(rules));
    }
  });
});

describe('a login that has to wait', () => {
  it('makes a RESP connection of a text connection, if it is HELLO', async () => {
    const thread = new FakeThread();
    const { transport, session } = thread.connect();
    thread.receive(transport, 'wait\n');
    const { client } = session!;
    thread.executor.suspended.shift()?.((reply) => {
      client.protocol = PROTOCOL_RESP2;
      reply.protocol = PROTOCOL_RESP2;
      reply.ok();
    });
    await thread.settle();
    thread.receive(transport, request('PING'));
    assert.equal(transport.sent, '+OK\r\n+PONG\r\n');
  });
});

describe('a change of users', () => {
  it('is felt by who is connected', () => {
    const thread = new FakeThread();
    change(thread, { kind: 'set', name: 'eve', rules: ['on', '~*', '&*', '+@all'] });
    const { transport, session } = connectAs(thread, 'eve');
    assert.equal(session.client.attention & RESTRICTED, 0);
    change(thread, { kind: 'set', name: 'eve', rules: ['resetkeys'] });
    assert.equal(session.client.attention & RESTRICTED, RESTRICTED);
    change(thread, { kind: 'set', name: 'eve', rules: ['off', 'allkeys'] });
    assert.equal(session.client.attention & RESTRICTED, 0);
    assert.equal(transport.isClosed, false);
  });

  it('ends the connections of a user that is no more, and no others', () => {
    const thread = new FakeThread();
    for (const name of ['eve', 'adam']) change(thread, { kind: 'set', name, rules: ['on'] });
    const [eve, adam] = [connectAs(thread, 'eve'), connectAs(thread, 'adam')];
    const other = thread.connect();
    change(thread, { kind: 'delete', names: ['eve'] });
    assert.deepEqual(
      [eve, adam, other].map(({ transport }) => transport.isClosed),
      [true, false, false],
    );
    assert.equal(eve.session.client.authenticated, false);
    change(thread, { kind: 'set', name: 'eve', rules: ['on'] });
    assert.equal(adam.transport.isClosed, false);
  });

  it('that replaces all users ends all connections but those of the default user', () => {
    const thread = new FakeThread();
    change(thread, { kind: 'set', name: 'eve', rules: ['on'] });
    const eve = connectAs(thread, 'eve');
    const other = thread.connect();
    change(thread, { kind: 'load', lines: ['user default on nopass -@all', 'user eve on'] });
    assert.deepEqual([eve.transport.isClosed, other.transport.isClosed], [true, false]);
    assert.equal(other.session!.client.attention & RESTRICTED, RESTRICTED);
  });

  it('is nothing to sessions of the process itself', () => {
    const thread = new FakeThread();
    let session: Session | undefined;
    thread.reactor.turn(() => {
      session = thread.sessions.connect(new FakeTransport('in-process:1'));
    });
    change(thread, { kind: 'load', lines: ['user default off -@all'] });
    assert.equal(session?.client.user, IN_PROCESS_USER);
    assert.equal(session?.client.attention, 0);
    assert.equal(session?.isGone, false);
  });

  it('answers the client that has deleted itself, and then ends its connection', async () => {
    for (const command of ['acl|deluser', 'acl|load']) {
      const thread = new FakeThread();
      change(thread, { kind: 'set', name: 'eve', rules: ['on'] });
      const { transport, session } = connectAs(thread, 'eve');
      thread.receive(transport, request('WAIT') + request('PING'));
      session.client.lastCommand = command;
      change(thread, { kind: 'delete', names: ['eve'] });
      assert.equal(transport.isClosed, false);
      thread.executor.suspended.shift()?.((reply) => reply.ok());
      await thread.settle();
      assert.equal(transport.sent, '+OK\r\n', 'PING is not executed');
      assert.equal(transport.isEnded, true);
    }
  });
});

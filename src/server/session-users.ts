/**
 * A change of users, as the connections of a thread feel it: at once.
 */

import { IN_PROCESS_USER } from '../engine/acl/user.js';
import type { Users } from '../engine/acl/users.js';
import { setUser } from '../engine/attention.js';
import { applyUsersChange, type UsersChange } from '../engine/users-changes.js';
import type { Session } from './session.js';

/**
 * Makes the change, and sets the clients of `sessions` right. Those of a user that is no more are closed; after ACL LOAD all are
 * but those of the default user, as in Redis 7.0. To be called in a turn.
 */
export function changeUsers(users: Users, change: UsersChange, sessions: Iterable<Session>): void {
  const { defaultUser } = users;
  applyUsersChange(users, change);
  for (const session of sessions) {
    const { client } = session;
    const { user } = client;
    if (user === IN_PROCESS_USER) continue;
    const isKnown = change.kind !== 'load' && users.find(user.name) === user;
    if (isKnown || user === defaultUser) {
      setUser(client, user);
      continue;
    }
    setUser(client, defaultUser);
    client.authenticated = false;
    session.kill();
  }
}

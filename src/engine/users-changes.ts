/**
 * Changes of users, as they are made in the main thread and repeated in all others: plain data.
 *
 * What two settings of the configuration say about users is such a change, too, only that every thread makes it by itself when
 * it hears of the setting: `requirepass` is the password of the default user, `acl-pubsub-default` what a new user may do.
 */

import type { Users } from './acl/users.js';
import { toBytes } from './config/access-lines.js';
import type { Config } from './config/config.js';

/** ACL SETUSER. */
export interface UserRules {
  readonly kind: 'set';
  readonly name: string;
  /** Byte texts. */
  readonly rules: readonly string[];
}

/** ACL DELUSER: of users that there are. */
export interface UserDeletion {
  readonly kind: 'delete';
  readonly names: readonly string[];
}

/** ACL LOAD: these are the users from now on. */
export interface UserReplacement {
  readonly kind: 'load';
  readonly lines: readonly string[];
}

export type UsersChange = UserRules | UserDeletion | UserReplacement;

/** Makes a change that the main thread has found to be possible. */
export function applyUsersChange(users: Users, change: UsersChange): void {
  switch (change.kind) {
    case 'set':
      users.set(change.name, change.rules);
      break;
    case 'delete':
      for (const name of change.names) users.delete(name);
      break;
    case 'load':
      users.load(change.lines);
      break;
  }
}

/** Has `users` follow what `config` says about them from now on; the password that it has now is not looked at. */
export function followConfig(users: Users, config: Config): void {
  let password = config.text('requirepass');
  const grantChannels = (): void => {
    users.vocabulary.grantsChannels = config.text('acl-pubsub-default') === 'allchannels';
  };
  grantChannels();
  config.onChange(() => {
    grantChannels();
    if (config.text('requirepass') === password) return; // as in Redis: what ACL SETUSER has changed since then stays
    password = config.text('requirepass');
    setDefaultPassword(users, config);
  });
}

/** Makes `requirepass` the one password of the default user; it needs none when that is empty. */
export function setDefaultPassword(users: Users, config: Config): void {
  const password = toBytes(config.text('requirepass'));
  users.set(users.defaultUser.name, password === '' ? ['nopass'] : ['resetpass', `>${password}`]);
}

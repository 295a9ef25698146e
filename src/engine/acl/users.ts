/**
 * All users, by name. The main thread is who changes them; every thread that runs commands has a copy, which is changed by what
 * `lines` says, so that all are the same.
 *
 * A user that clients are connected as stays the same object when it is changed: what is asked of it is true from then on.
 * Whoever changes users sees to the clients' bit RESTRICTED (attention.ts) afterwards, and to clients whose user is gone.
 */

import { CrabError } from '../../base/errors.js';
import type { CommandTable } from '../command.js';
import * as errors from '../errors.js';
import { describe } from './describe.js';
import { applyRule, isUserName, joinSelectors } from './rules.js';
import { User } from './user.js';
import { Vocabulary } from './vocabulary.js';

/** The user that every client is before it authenticates, and that can not be deleted. */
export const DEFAULT_USER = 'default';
const DEFAULT_RULES = ['on', 'nopass', 'allkeys', 'allchannels', 'allcommands'];

export class Users {
  /** What rules can name. */
  readonly vocabulary: Vocabulary;
  /** Always the same object. */
  readonly defaultUser: User;
  private readonly byName = new Map<string, User>();

  /** Just the default user, who may do everything without a password. */
  constructor(commands: CommandTable) {
    this.vocabulary = new Vocabulary(commands);
    this.defaultUser = new User(DEFAULT_USER, this.vocabulary.commands.length);
    this.byName.set(DEFAULT_USER, this.defaultUser);
    this.set(DEFAULT_USER, DEFAULT_RULES);
  }

  /** True when a client has to authenticate before it may do anything. */
  get needPassword(): boolean {
    return !this.defaultUser.isOn || !this.defaultUser.hasNoPassword;
  }

  /** `acl-pubsub-default allchannels`: users made from now on may use all channels. */
  set grantChannels(areGranted: boolean) {
    this.vocabulary.grantsChannels = areGranted;
  }

  find(name: string): User | undefined {
    return this.byName.get(name);
  }

  /** Names in ascending order of their bytes. */
  names(): string[] {
    return [...this.byName.keys()].sort();
  }

  /** What is wrong with `ACL SETUSER name rules`, as an error line; undefined when it can be applied. */
  check(name: string, rules: readonly string[]): string | undefined {
    const outcome = this.draft(name, rules);
    return outcome instanceof User ? undefined : outcome;
  }

  /** Applies rules that `check` has found right; makes the user if there is none. */
  set(name: string, rules: readonly string[]): void {
    const outcome = this.draft(name, rules);
    if (!(outcome instanceof User)) throw new CrabError('ACL', outcome);
    this.put(outcome);
  }

  /** False when there is no such user. The default user can not be deleted: that is not asked here. */
  delete(name: string): boolean {
    return this.byName.delete(name);
  }

  /** The users as lines, `user name rules`, in ascending order of names: ACL LIST. `load` makes the same users of them. */
  lines(): string[] {
    return this.names().map((name) => `user ${name} ${describe(this.byName.get(name)!, this.vocabulary)}`);
  }

  /**
   * Replaces all users by those of `lines`, each `user name rules`; a default user that is not among them becomes what it was at
   * first. Returns what is wrong with a line, and then nothing has changed.
   */
  load(lines: readonly string[]): string | undefined {
    const initial = this.draft(DEFAULT_USER, DEFAULT_RULES, this.make(DEFAULT_USER)) as User;
    const loaded = new Map([[DEFAULT_USER, initial]]);
    for (const line of lines) {
      const [, name = '', ...rules] = line.split(' ');
      const outcome = this.draft(name, rules, this.make(name));
      if (!(outcome instanceof User)) return outcome;
      loaded.set(name, outcome);
    }
    for (const name of this.byName.keys()) if (!loaded.has(name)) this.byName.delete(name);
    for (const user of loaded.values()) this.put(user);
    return undefined;
  }

  /** `base` with rules applied, or an error line. */
  private draft(name: string, rules: readonly string[], base = this.copyOf(name)): User | string {
    if (!isUserName(name)) return errors.USER_NAME;
    const { joined, unclosed } = joinSelectors(rules);
    if (unclosed !== undefined) return errors.unclosedSelector(unclosed);
    for (const rule of joined) {
      const problem = applyRule(base, rule, this.vocabulary);
      if (problem !== undefined) return errors.userRule(rule, problem);
    }
    return base;
  }

  /** A user of its own that is like the one of that name, or new. */
  private copyOf(name: string): User {
    const copy = this.make(name);
    const known = this.byName.get(name);
    if (known !== undefined) copy.become(known);
    return copy;
  }

  private make(name: string): User {
    const user = new User(name, this.vocabulary.commands.length);
    user.root.setAllChannels(this.vocabulary.grantsChannels);
    return user;
  }

  private put(draft: User): void {
    const known = this.byName.get(draft.name);
    if (known !== undefined) known.become(draft);
    else {
      draft.settle();
      this.byName.set(draft.name, draft);
    }
  }
}

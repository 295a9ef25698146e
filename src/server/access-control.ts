/**
 * Users as the whole server has them, in the main thread: what the configuration and the ACL file say at the start, and every
 * change afterwards. Each thread that runs commands has a copy, and makes the same changes before whoever wanted one is answered.
 *
 *     start    the default user, with `requirepass` > users of the configuration, or of `aclfile`, never both
 *     change   checked and made here > sent to all threads, which make it and set their clients right > answered
 *
 * Changes, and those of the configuration, reach every thread in the order in which they were made here.
 *
 * Sources: `ACLLoadUsersAtStartup` and `aclCommand` in acl.c of Redis 7.0.
 */

import { resolve } from 'node:path';
import { CrabError } from '../base/errors.js';
import { COMMANDS } from '../commands/table.js';
import { applyRule, isUserName, joinSelectors } from '../engine/acl/rules.js';
import { User } from '../engine/acl/user.js';
import { Users } from '../engine/acl/users.js';
import { CommandTable } from '../engine/command.js';
import type { UserLine } from '../engine/config/access-lines.js';
import type { Config } from '../engine/config/config.js';
import type { ConfiguredUsers } from '../engine/config/rewrite.js';
import * as errors from '../engine/errors.js';
import {
  applyUsersChange,
  followConfig,
  setDefaultPassword,
  type UserDeletion,
  type UserReplacement,
  type UserRules,
  type UsersChange,
} from '../engine/users-changes.js';
import { readAclFile, writeAclFile } from './acl-file.js';
import { describeFileError } from './config-file.js';
import type { Logger } from './console.js';

const FILE_AND_LINES =
  'users are declared in the configuration, and there is an aclfile, too: that is likely to end in mistakes and security ' +
  'holes, so declare them in the configuration or in an ACL file, but not in both';

export class AccessControl implements ConfiguredUsers {
  readonly users: Users;
  private readonly config: Config;
  private readonly logger: Logger;
  private readonly commands: CommandTable;
  /** The absolute path of the ACL file; undefined without one. */
  private readonly file: string | undefined;

  /** @throws CrabError CONFIG when what is said of users or of renamed commands can't be */
  constructor(config: Config, logger: Logger) {
    this.config = config;
    this.logger = logger;
    this.commands = tableFor(config);
    this.file = config.text('aclfile') === '' ? undefined : resolve(config.text('aclfile'));
    const declared = config.lines.users;
    if (this.file !== undefined && declared.length !== 0) throw wrong(FILE_AND_LINES);
    this.users = declareUsers(declared, config, this.commands);
    if (this.file !== undefined) {
      const error = this.read(this.file);
      if (error !== undefined) throw wrong(error);
    }
    followConfig(this.users, config);
    this.tellWhoIsOff();
  }

  // --- Changes: what all threads have to do, or an error line

  set(name: string, rules: readonly string[]): UserRules | string {
    const error = this.users.check(name, rules);
    return error ?? this.make({ kind: 'set', name, rules });
  }

  delete(names: readonly string[]): UserDeletion | string {
    if (names.includes(this.users.defaultUser.name)) return errors.DEFAULT_USER_STAYS;
    const known = [...new Set(names)].filter((name) => this.users.find(name) !== undefined);
    return this.make({ kind: 'delete', names: known });
  }

  /** ACL LOAD. */
  load(): UserReplacement | string {
    if (this.file === undefined) return errors.NO_ACL_FILE;
    const error = this.read(this.file);
    if (error === undefined) return { kind: 'load', lines: this.users.lines() };
    this.logger.warning(error);
    return errors.errorLine(`ERR ${error}`);
  }

  /** ACL SAVE: undefined, or an error line. */
  save(): string | undefined {
    if (this.file === undefined) return errors.NO_ACL_FILE;
    try {
      writeAclFile(this.file, this.users.lines());
      return undefined;
    } catch (error) {
      this.logger.warning(`ACL SAVE failed: ${this.file}: ${describeFileError(error)}`);
      return errors.ACL_NOT_SAVED;
    }
  }

  // --- For CONFIG REWRITE

  /** None with an ACL file, where they are instead. */
  get lines(): readonly string[] {
    return this.file === undefined ? this.users.lines() : [];
  }

  areThoseOf(declared: readonly UserLine[]): boolean {
    if (this.file !== undefined) return declared.length === 0;
    try {
      const users = declareUsers(declared, this.config, this.commands);
      return meaningOf(users) === meaningOf(this.users);
    } catch {
      return false;
    }
  }

  /** Takes the users from the file, or none of them: then it says why. */
  private read(file: string): string | undefined {
    const contents = readAclFile(file, this.users.vocabulary);
    if (contents.error === undefined) this.users.load(contents.lines);
    return contents.error;
  }

  private make<Change extends UsersChange>(change: Change): Change {
    applyUsersChange(this.users, change);
    return change;
  }

  /** Somebody who has forgotten the word `on` wonders for long. */
  private tellWhoIsOff(): void {
    for (const { name } of this.config.lines.users) {
      if (this.users.find(name)?.isOn !== false) continue;
      this.logger.notice(
        `The user '${name}' is disabled (there is no 'on' modifier in the user description). Make sure this is not a ` +
          'configuration error.',
      );
    }
  }
}

/** The commands as `rename-command` has them. */
function tableFor(config: Config): CommandTable {
  try {
    return new CommandTable(COMMANDS, config.lines.renames);
  } catch (cause) {
    throw wrong((cause as Error).message, cause);
  }
}

/** The users that a configuration declares. */
function declareUsers(lines: readonly UserLine[], config: Config, commands: CommandTable): Users {
  const users = new Users(commands);
  users.vocabulary.grantsChannels = config.text('acl-pubsub-default') === 'allchannels';
  setDefaultPassword(users, config);
  const names = new Set<string>();
  for (const { name, rules, origin } of lines) {
    const problem = names.has(name)
      ? 'Duplicate user found. A user can only be defined once in config files'
      : problemOf(name, rules, users);
    if (problem !== undefined) throw wrong(`Error in user declaration '${name}': ${problem} (${origin})`);
    names.add(name);
    // What the default user was before has nothing to do with it.
    users.set(name, name === users.defaultUser.name ? ['reset', ...rules] : rules);
  }
  return users;
}

/** What is wrong with a user's declaration; never a word of it, which may be a password. */
function problemOf(name: string, rules: readonly string[], { vocabulary }: Users): string | undefined {
  if (!isUserName(name)) return 'Spaces not allowed in ACL usernames';
  const { joined, unclosed } = joinSelectors(rules);
  if (unclosed !== undefined) return 'Unmatched parenthesis in selector definition';
  const user = new User(name, vocabulary.commands.length);
  for (const rule of joined) {
    const problem = applyRule(user, rule, vocabulary);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The same text for the same users: one that is said to have its payloads looked through is as one of which nothing is said. */
function meaningOf(users: Users): string {
  return users
    .lines()
    .map((line) => line.replace(/^(user \S+ \S+(?: nopass)?) sanitize-payload/, '$1'))
    .join('\n');
}

function wrong(message: string, cause?: unknown): CrabError {
  return new CrabError('CONFIG', message, cause);
}

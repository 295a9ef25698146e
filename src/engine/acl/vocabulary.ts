/**
 * What rules can name: commands and categories, looked up by the names that they have in their specs, whatever `rename-command`
 * has made of them, as in Redis.
 */

import type { Command, CommandTable } from '../command.js';
import { aclCategories, CATEGORIES } from './categories.js';

/** A category, and the commands and subcommands in it. */
export interface Category {
  readonly name: string;
  readonly commands: readonly Command[];
}

export class Vocabulary {
  /** Commands, each followed by its subcommands, each at its `index`. */
  readonly commands: readonly Command[];
  /** `acl-pubsub-default allchannels`: a user whom no rule has said anything about may use all channels. */
  grantsChannels = false;
  private readonly byName: ReadonlyMap<string, Command>;
  /** Made when it is asked for first. */
  private known: ReadonlyMap<string, Category> | undefined = undefined;

  constructor({ indexed }: CommandTable) {
    this.commands = indexed;
    this.byName = new Map(indexed.map((command) => [command.fullName, command]));
  }

  /** In Redis's order. */
  get categories(): readonly Category[] {
    return [...this.categoryByName().values()];
  }

  /** The command `get`, or the subcommand `client|list`, in any case. */
  command(name: string): Command | undefined {
    return this.byName.get(name.toLowerCase());
  }

  /** The category `read`, in any case. */
  category(name: string): Category | undefined {
    return this.categoryByName().get(name.toLowerCase());
  }

  private categoryByName(): ReadonlyMap<string, Category> {
    if (this.known !== undefined) return this.known;
    const members = new Map<string, Command[]>(CATEGORIES.map((name) => [name, []]));
    for (const command of this.commands) {
      for (const name of aclCategories(command.spec)) members.get(name.slice(1))?.push(command);
    }
    this.known = new Map([...members].map(([name, commands]) => [name, { name, commands }]));
    return this.known;
  }
}

/**
 * Users as rules that make them: what ACL LIST and ACL GETUSER show, what files hold, how users travel to other threads.
 *
 * Which rules have made a set of commands is not kept. As Redis 7.0 does, we look for few that make it: from all commands, or
 * none, to the categories of which more commands are right than wrong, the best first, and then to single commands.
 *
 * What is described can always be read again, and makes the very same user: so, unlike Redis, we put in quotes what a parenthesis
 * or a quote in a selector would spoil.
 */

import { READS, READS_AND_WRITES, Selector } from './selector.js';
import type { User } from './user.js';
import type { Category, Vocabulary } from './vocabulary.js';

/** A user's flags, as ACL GETUSER shows them. */
export function describeFlags(user: User): string[] {
  const flags = [user.isOn ? 'on' : 'off'];
  if (user.hasNoPassword) flags.push('nopass');
  if (user.sanitizesPayload !== undefined)
    flags.push(user.sanitizesPayload ? 'sanitize-payload' : 'skip-sanitize-payload');
  return flags;
}

/** The keys that a selector allows, a rule each. */
export function describeKeys({ allowsAllKeys, keys }: Selector): string[] {
  if (allowsAllKeys) return ['~*'];
  return keys.map(({ text, permissions }) => {
    // `~*` is another rule than the one that has made such a pattern.
    if (permissions === READS_AND_WRITES) return text === '*' ? '%RW~*' : `~${text}`;
    return permissions === READS ? `%R~${text}` : `%W~${text}`;
  });
}

/** The channels that a selector allows, a rule each. */
export function describeChannels({ allowsAllChannels, channels }: Selector): string[] {
  return allowsAllChannels ? ['&*'] : channels.map(({ text }) => `&${text}`);
}

/** The commands that a selector allows, as rules that make the set from scratch. */
export function describeCommands(selector: Selector, vocabulary: Vocabulary): string[] {
  const isAdditive = !selector.allowsFuture;
  const made = new Selector(vocabulary.commands.length);
  made.setAllCommands(!isAdditive);
  const rules = [isAdditive ? '-@all' : '+@all'];
  const sign = isAdditive ? '+' : '-';
  for (const category of bestCategories(selector, vocabulary)) {
    made.setCategory(category, isAdditive);
    rules.push(`${sign}@${category.name}`);
  }
  for (const command of vocabulary.commands) {
    const isAllowed = selector.allows(command.index);
    if (isAllowed !== made.allows(command.index)) {
      made.setCommand(command, isAllowed);
      rules.push(`${isAllowed ? '+' : '-'}${command.fullName}`);
    }
    if (isAllowed) continue;
    for (const { text } of selector.firstArgumentsOf(command.index))
      rules.push(`+${command.fullName}|${text}`);
  }
  return rules;
}

/** The rules that make a user that is new, flags and passwords first: ACL LIST's text without `user` and the name. */
export function describe(user: User, vocabulary: Vocabulary): string {
  const rules = describeFlags(user);
  for (const hash of user.passwords) rules.push(`#${hash}`);
  const [root, ...more] = user.selectors;
  rules.push(...describeSelector(root, vocabulary));
  for (const selector of more) {
    const inner = describeSelector(selector, vocabulary).map(quoteInSelector);
    rules.push(`(${inner.join(' ')})`);
  }
  return rules.join(' ');
}

function describeSelector(selector: Selector, vocabulary: Vocabulary): string[] {
  const channels = describeChannels(selector);
  if (!selector.allowsAllChannels) channels.unshift('resetchannels');
  return [...describeKeys(selector), ...channels, ...describeCommands(selector, vocabulary)];
}

/** A selector's rules are parted as words of a line are, and end with a parenthesis. */
function quoteInSelector(rule: string): string {
  if (!/["'()]/.test(rule)) return rule;
  return `"${rule.replace(/["\\]/g, (character) => `\\${character}`)}"`;
}

/**
 * The categories, best first, of which more commands are as in `selector` than are not, counting those commands only that none
 * before has brought.
 */
function bestCategories(selector: Selector, { categories }: Vocabulary): Category[] {
  const isAdditive = !selector.allowsFuture;
  const rest = selector.copy();
  const left = new Set(categories);
  const chosen: Category[] = [];
  for (;;) {
    let best: Category | undefined;
    let bestWrong = Number.POSITIVE_INFINITY;
    let bestRight = 0;
    for (const category of left) {
      let right = 0;
      for (const { index } of category.commands) if (rest.allows(index) === isAdditive) right += 1;
      const wrong = category.commands.length - right;
      if (right <= wrong || wrong > bestWrong || (wrong === bestWrong && right <= bestRight)) continue;
      best = category;
      bestWrong = wrong;
      bestRight = right;
    }
    if (best === undefined) return chosen;
    rest.setCategory(best, !isAdditive);
    left.delete(best);
    chosen.push(best);
  }
}

/**
 * A user: with which passwords one can be it, and what it may do.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { Selector } from './selector.js';

/** A password's hash as it stands in rules. */
const PASSWORD_HASH = /^[0-9a-f]{64}$/;

export class User {
  /** One character a byte. */
  readonly name: string;
  /** Nobody can authenticate as a user that is not on. */
  isOn = false;
  /** Any password is right. */
  hasNoPassword = false;
  /** SHA-256 in lower-case hexadecimal digits, in the order in which they came. */
  readonly passwords = new Set<string>();
  /** Whether payloads of RESTORE are looked through; undefined when no rule has said so. Here they always are. */
  sanitizesPayload: boolean | undefined = undefined;
  /** The first is the root. */
  selectors: readonly [Selector, ...Selector[]];
  /** One of the selectors allows everything, so that nothing has to be checked. `settle` keeps it up to date. */
  isUnrestricted = false;
  private readonly commandCount: number;

  /** A user that is off, has no password and may do nothing. `commandCount`: commands and subcommands that there are. */
  constructor(name: string, commandCount: number) {
    this.name = name;
    this.commandCount = commandCount;
    this.selectors = [new Selector(commandCount)];
  }

  get root(): Selector {
    return this.selectors[0];
  }

  setOn(isOn: boolean): void {
    this.isOn = isOn;
  }

  /** There is no password any more: any is right then, or none is. */
  clearPasswords(hasNoPassword: boolean): void {
    this.passwords.clear();
    this.hasNoPassword = hasNoPassword;
  }

  /** Takes a password's hash, beside others. */
  addPassword(hash: string): void {
    this.passwords.add(hash);
    this.hasNoPassword = false;
  }

  setSanitizing(sanitizes: boolean): void {
    this.sanitizesPayload = sanitizes;
  }

  /** A selector that allows nothing, to be added when it is made. */
  makeSelector(): Selector {
    return new Selector(this.commandCount);
  }

  addSelector(selector: Selector): void {
    this.selectors = [...this.selectors, selector];
  }

  /** Only the root stays. */
  clearSelectors(): void {
    this.selectors = [this.root];
  }

  /** Makes this user the same as one that has just been created, but that its payloads are said to be looked through. */
  reset(hasAllChannels: boolean): void {
    this.isOn = false;
    this.clearPasswords(false);
    this.sanitizesPayload = true;
    this.selectors = [this.makeSelector()];
    this.root.setAllChannels(hasAllChannels);
  }

  /** Makes this user the same as `other`, but for the name. */
  become(other: User): void {
    const [root, ...more] = other.selectors;
    this.isOn = other.isOn;
    this.clearPasswords(other.hasNoPassword);
    for (const hash of other.passwords) this.passwords.add(hash);
    this.sanitizesPayload = other.sanitizesPayload;
    this.selectors = [root.copy(), ...more.map((selector) => selector.copy())];
    this.settle();
  }

  /** To be called when rules have been applied. */
  settle(): void {
    this.isUnrestricted = this.selectors.some((selector) => selector.isUnrestricted);
  }

  /**
   * True when somebody who knows the password with this hash (`hashPassword`) can be this user. Takes the same time whichever
   * password it is, and however wrong.
   */
  accepts(hash: string): boolean {
    const offered = Buffer.from(hash, 'latin1');
    let isRight = this.hasNoPassword;
    for (const password of this.passwords) {
      if (timingSafeEqual(offered, Buffer.from(password, 'latin1'))) isRight = true;
    }
    return this.isOn && isRight;
  }
}

/** Who is no connection but this process itself: it may do everything. Shown with the name that clients have at first. */
export const IN_PROCESS_USER = new User('default', 0);
IN_PROCESS_USER.root.setAllKeys(true);
IN_PROCESS_USER.root.setAllChannels(true);
IN_PROCESS_USER.root.setAllCommands(true);
IN_PROCESS_USER.settle();

/** The form in which users keep a password, whose bytes are one character each. */
export function hashPassword(password: string): string {
  return createHash('sha256').update(password, 'latin1').digest('hex');
}

/** True for the form of a password's hash. */
export function isPasswordHash(text: string): boolean {
  return PASSWORD_HASH.test(text);
}

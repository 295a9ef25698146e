/**
 * A selector: a set of commands, and the keys and channels that they may use. A user has one, the root, and may have more; a
 * command is allowed if one of them allows all of it.
 *
 * Commands are bits at their `index`, so that asking for one is one look. One bit more, of no command, tells whether everything
 * that may be added to the commands one day is allowed, too: only `+@all` sets it, and only `-@all` clears it.
 *
 * For a command that is not allowed as a whole, there may be words that it is allowed with as its first argument (`+select|0`).
 */

import { globMatches } from '../../base/glob.js';
import type { Command } from '../command.js';
import type { Category } from './vocabulary.js';

/** A word that a command may have as its first argument. */
export interface FirstArgument {
  /** As it was given, one character a byte. */
  readonly text: string;
  /** The same with its ASCII letters in upper case. */
  readonly word: string;
}
const NONE: readonly FirstArgument[] = [];

/** What a pattern allows to be done with a key, and what a command does with it. */
export const READS = 1;
export const WRITES = 2;
export const READS_AND_WRITES = READS | WRITES;

/** Keys that may be used, and how. */
export interface KeyPattern {
  /** One character a byte. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /** READS, WRITES or both. */
  permissions: number;
}

/** Channels that may be used. */
export interface ChannelPattern {
  readonly text: string;
  readonly bytes: Uint8Array;
}

export class Selector {
  allowsAllKeys = false;
  allowsAllChannels = false;
  keys: readonly KeyPattern[] = [];
  channels: readonly ChannelPattern[] = [];
  /** Commands that are added one day. */
  allowsFuture = false;
  private readonly commandCount: number;
  private readonly bits: Uint32Array;
  /** Of commands by index, in the order in which they came. */
  private readonly firstArguments = new Map<number, readonly FirstArgument[]>();

  /** Allows nothing. `commandCount`: commands and subcommands that there are. */
  constructor(commandCount: number) {
    this.commandCount = commandCount;
    this.bits = new Uint32Array((commandCount + 31) >>> 5);
  }

  /** An independent selector that allows the same. */
  copy(): Selector {
    const copy = new Selector(this.commandCount);
    copy.allowsAllKeys = this.allowsAllKeys;
    copy.allowsAllChannels = this.allowsAllChannels;
    copy.keys = this.keys.map((pattern) => ({ ...pattern }));
    copy.channels = this.channels;
    copy.allowsFuture = this.allowsFuture;
    copy.bits.set(this.bits);
    for (const [index, words] of this.firstArguments) copy.firstArguments.set(index, words);
    return copy;
  }

  /** True when nothing has to be checked: every command, key and channel is allowed. */
  get isUnrestricted(): boolean {
    return this.allowsAllKeys && this.allowsAllChannels && this.allowsEveryCommand();
  }

  /** True when the command at `index` is allowed, whatever its first argument. */
  allows(index: number): boolean {
    return ((this.bits[index >>> 5]! >>> (index & 31)) & 1) !== 0;
  }

  /** What the command at `index` is allowed with as its first argument if `allows` says no. */
  firstArgumentsOf(index: number): readonly FirstArgument[] {
    return this.firstArguments.get(index) ?? NONE;
  }

  /** Allows or forbids a command with all its subcommands. */
  setCommand(command: Command, isAllowed: boolean): void {
    this.setBit(command.index, isAllowed);
    this.firstArguments.delete(command.index);
    for (const { index } of command.subcommands) this.setBit(index, isAllowed);
  }

  /** Allows or forbids the commands of a category, with all their subcommands. */
  setCategory({ commands }: Category, areAllowed: boolean): void {
    for (const command of commands) this.setCommand(command, areAllowed);
  }

  /** Allows or forbids all commands, those included that are added one day. */
  setAllCommands(areAllowed: boolean): void {
    this.bits.fill(areAllowed ? 0xffff_ffff : 0);
    this.allowsFuture = areAllowed;
    this.firstArguments.clear();
  }

  /** Allows a command with `text` (one character a byte) as its first argument, in any case. */
  addFirstArgument({ index }: Command, text: string): void {
    const known = this.firstArgumentsOf(index);
    const word = text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
    if (!known.some((other) => other.word === word))
      this.firstArguments.set(index, [...known, { text, word }]);
  }

  /** Takes a pattern of keys that may be used in the ways that `permissions` says, besides those that it has. */
  addKeys(text: string, permissions: number): void {
    const known = this.keys.find((pattern) => pattern.text === text);
    if (known !== undefined) known.permissions |= permissions;
    else this.keys = [...this.keys, { text, bytes: Buffer.from(text, 'latin1'), permissions }];
  }

  addChannels(text: string): void {
    if (this.channels.some((pattern) => pattern.text === text)) return;
    this.channels = [...this.channels, { text, bytes: Buffer.from(text, 'latin1') }];
  }

  setAllKeys(areAllowed: boolean): void {
    this.allowsAllKeys = areAllowed;
    this.keys = [];
  }

  setAllChannels(areAllowed: boolean): void {
    this.allowsAllChannels = areAllowed;
    this.channels = [];
  }

  /** True when a key, `size` bytes at `offset`, may be used in all the ways that `use` says. Allocates nothing. */
  allowsKey(bytes: Uint8Array, offset: number, size: number, use: number): boolean {
    if (this.allowsAllKeys) return true;
    for (const pattern of this.keys) {
      if ((pattern.permissions & use) !== use) continue;
      if (globMatches(pattern.bytes, 0, pattern.bytes.length, bytes, offset, size, false)) return true;
    }
    return false;
  }

  /** True when any key at all may be used in all the ways that `use` says. */
  allowsAnyKey(use: number): boolean {
    if (this.allowsAllKeys) return true;
    return this.keys.some(({ text, permissions }) => text === '*' && (permissions & use) === use);
  }

  /** True when a channel may be used; a pattern of channels must be one of those that are allowed, word for word. */
  allowsChannel(bytes: Uint8Array, offset: number, size: number, isPattern: boolean): boolean {
    if (this.allowsAllChannels) return true;
    for (const { bytes: pattern } of this.channels) {
      if (isPattern) {
        if (Buffer.compare(pattern, bytes.subarray(offset, offset + size)) === 0) return true;
      } else if (globMatches(pattern, 0, pattern.length, bytes, offset, size, false)) return true;
    }
    return false;
  }

  private allowsEveryCommand(): boolean {
    for (let index = 0; index < this.commandCount; index++) {
      if (!this.allows(index)) return false;
    }
    return true;
  }

  private setBit(index: number, isSet: boolean): void {
    const bit = 1 << (index & 31);
    if (isSet) this.bits[index >>> 5]! |= bit;
    else this.bits[index >>> 5]! &= ~bit;
  }
}

/**
 * A request without a protocol: the arguments of a call, one behind the other in one buffer, as the executor reads them.
 *
 * ```
 *   bytes    SET | user:1 | rustacean
 *   offset   0     3        9            of each argument
 *   size     3     6        9
 * ```
 *
 * One buffer serves all calls of a thread. A command's words stand at its beginning, and stay there while the same command is
 * called again.
 *
 * Hot path: nothing is allocated for a call whose arguments are strings, safe integers and bytes, and that fits.
 */

import { copyBytes } from '../base/bytes.js';
import { formatInteger, INTEGER_BYTES_MAX } from '../base/integer.js';
import type { Argument, CommandInfo } from '../client/command-runner.js';
import { decimalText, wrongArgument } from '../client/request-writer.js';
import type { Request } from '../engine/executor.js';
import { BULK_BYTES_MAX, REQUEST_BYTES_MAX } from '../engine/parser.js';
import { tooLarge, tooLargeTogether } from './store-errors.js';

const BYTES_INITIAL = 64 * 1024;
/** A buffer larger than this is let go of after the call. */
const BYTES_KEPT_MAX = 1024 * 1024;
const ARGUMENTS_INITIAL = 64;
const ARGUMENTS_KEPT_MAX = 64 * 1024;
/** Texts up to this length are written by hand, which is quicker than a call. */
const SHORT_LENGTH_MAX = 24;
/** Room for a text up to this length is made without looking what it needs. */
const SURE_LENGTH_MAX = 16 * 1024;
const UTF8_BYTES_MAX = 3;
const ASCII_MAX = 0x7f;

export class ArgumentBuffer implements Request {
  bytes: Buffer = Buffer.allocUnsafeSlow(BYTES_INITIAL);
  argumentCount = 0;
  argumentOffset: Int32Array = new Int32Array(ARGUMENTS_INITIAL);
  argumentSize: Int32Array = new Int32Array(ARGUMENTS_INITIAL);
  /** Bytes of all arguments so far. */
  size = 0;
  /** Whose words stand at the beginning. */
  private command: CommandInfo | undefined = undefined;
  private wordsSize = 0;

  /**
   * Takes the call in.
   *
   * @throws UsageError when an argument is none, or is too large
   */
  fill(command: CommandInfo, args: readonly Argument[]): void {
    const wordCount = command.words.length;
    const count = wordCount + args.length;
    if (count > this.argumentOffset.length) this.growArguments(count);
    if (command === this.command) this.size = this.wordsSize;
    else this.placeWords(command);
    for (let index = 0; index < args.length; index++) {
      const argument = args[index]!;
      const start = this.size;
      if (typeof argument === 'string') this.addText(argument);
      else if (typeof argument === 'number') this.addNumber(argument, command, index);
      else if (argument instanceof Uint8Array) this.addBytes(argument);
      else if (typeof argument === 'bigint') this.addText(argument.toString());
      else throw wrongArgument(command, index, argument);
      if (this.size - start > BULK_BYTES_MAX) throw tooLarge(command, index, this.size - start);
      this.argumentOffset[wordCount + index] = start;
      this.argumentSize[wordCount + index] = this.size - start;
    }
    this.argumentCount = count;
  }

  /** After a call: gives a large buffer back. */
  release(): void {
    if (this.bytes.length > BYTES_KEPT_MAX) {
      this.bytes = Buffer.allocUnsafeSlow(BYTES_INITIAL);
      this.command = undefined;
    }
    if (this.argumentOffset.length > ARGUMENTS_KEPT_MAX) {
      this.argumentOffset = new Int32Array(ARGUMENTS_INITIAL); // alloc: once after a call with so many
      this.argumentSize = new Int32Array(ARGUMENTS_INITIAL); // alloc: likewise
      this.command = undefined;
    }
  }

  private placeWords(command: CommandInfo): void {
    this.size = 0;
    for (let index = 0; index < command.words.length; index++) {
      const start = this.size;
      this.addText(command.words[index]!);
      this.argumentOffset[index] = start;
      this.argumentSize[index] = this.size - start;
    }
    this.wordsSize = this.size;
    this.command = command;
  }

  private addText(text: string): void {
    const length = text.length;
    if (length > SHORT_LENGTH_MAX) {
      this.addUtf8(text);
      return;
    }
    if (this.size + length > this.bytes.length) this.grow(length);
    const bytes = this.bytes;
    let at = this.size;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > ASCII_MAX) {
        this.addUtf8(text);
        return;
      }
      bytes[at++] = code;
    }
    this.size = at;
  }

  private addUtf8(text: string): void {
    const length = text.length;
    const bound = length <= SURE_LENGTH_MAX ? length * UTF8_BYTES_MAX : Buffer.byteLength(text);
    if (this.size + bound > this.bytes.length) this.grow(bound);
    this.size += this.bytes.write(text, this.size, 'utf8');
  }

  private addNumber(value: number, command: CommandInfo, index: number): void {
    if (Number.isSafeInteger(value)) {
      if (this.size + INTEGER_BYTES_MAX > this.bytes.length) this.grow(INTEGER_BYTES_MAX);
      this.size = formatInteger(this.bytes, this.size, value);
    } else if (Number.isNaN(value)) {
      throw wrongArgument(command, index, value);
    } else {
      this.addText(decimalText(value));
    }
  }

  private addBytes(source: Uint8Array): void {
    const size = source.length;
    if (this.size + size > this.bytes.length) this.grow(size);
    copyBytes(this.bytes, this.size, source, 0, size);
    this.size += size;
  }

  /** Makes room for `size` bytes more. The arguments so far stay where they are. */
  private grow(size: number): void {
    if (this.size + size > REQUEST_BYTES_MAX) throw tooLargeTogether();
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.bytes.length, this.size + size));
    this.bytes.copy(larger, 0, 0, this.size);
    this.bytes = larger;
  }

  private growArguments(count: number): void {
    const room = 2 * count;
    this.argumentOffset = new Int32Array(room); // alloc: doubles, so it is seldom
    this.argumentSize = new Int32Array(room); // alloc: likewise
    this.command = undefined;
  }
}

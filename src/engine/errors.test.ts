import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as errors from './errors.js';

const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

function unknownCommand(...words: string[]): string {
  const sizes = Int32Array.from(words, (word) => word.length);
  let end = 0;
  const offsets = sizes.map((size) => {
    end += size;
    return end - size;
  });
  return errors.unknownCommand(toBytes(words.join('')), offsets, sizes, words.length);
}

test('every error is one line that starts with a code', () => {
  for (const [name, text] of Object.entries(errors)) {
    if (typeof text === 'string') assert.match(text, /^[A-Z]+ [^\r\n]+$/, name);
  }
});

test('an unknown command is shown with the beginning of its arguments, as Redis shows it', () => {
  const prefix = "ERR unknown command 'foo', with args beginning with: ";
  assert.equal(unknownCommand('foo'), prefix);
  assert.equal(unknownCommand('foo', 'b\r\nar\0q', '\xff', ''), `${prefix}'b  ar' '\xff' '' `);
  const long = 'x'.repeat(200);
  assert.equal(unknownCommand('foo', long, 'y'), `${prefix}'${'x'.repeat(128)}' `);
  assert.equal(
    unknownCommand('foo', 'x'.repeat(120), 'yyyyyyyy', 'z'),
    `${prefix}'${'x'.repeat(120)}' 'yyyyy' `,
  );
  assert.equal(unknownCommand(long), `ERR unknown command '${'x'.repeat(128)}', with args beginning with: `);
});

test('texts that show a part of the request', () => {
  const bytes = toBytes('..f\no..');
  assert.equal(
    errors.unknownSubcommand(bytes, 2, 3, 'config'),
    "ERR unknown subcommand 'f o'. Try CONFIG HELP.",
  );
  assert.equal(errors.unsupportedOption(bytes, 2, 1), 'ERR Unsupported option f');
  assert.equal(errors.helloSyntax(bytes, 2, 1), "ERR Syntax error in HELLO option 'f'");
  assert.equal(errors.unknownClientType(bytes, 2, 1), "ERR Unknown client type 'f'");
  assert.equal(errors.protocolExpectedBulk(0x0a), "ERR Protocol error: expected '$', got ' '");
});

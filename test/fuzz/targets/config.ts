/**
 * Configuration files: any text is either a configuration or an error for people (CrabError); and what CONFIG REWRITE makes of a
 * text is read as the same configuration.
 */

import assert from 'node:assert/strict';
import { CrabError } from '../../../src/base/errors.js';
import { Config } from '../../../src/engine/config/config.js';
import { OPTIONS } from '../../../src/engine/config/options.js';
import { applyDirectives, parseConfigText, splitQuoted } from '../../../src/engine/config/parse.js';
import { quoteWord, rewriteConfigText } from '../../../src/engine/config/rewrite.js';
import { linearSteps, type Target, texts } from '../target.js';

/** The only directive that looks at the disk. */
const INCLUDE = /include/i;
/** Every option is looked at for every line, when a text is rewritten. */
const STEPS_PER_BYTE = 16 * OPTIONS.length;

export function makeConfigTarget(): Target {
  return {
    modules: ['src/engine/config/'],
    seeds: texts(
      'port 4000\n# comment\nmaxmemory 100mb\nsave 3600 1 300 100\n',
      'requirepass "se\\x63ret \\n\\""\nrequirepass \'it\\\'s\'\n',
      'client-output-buffer-limit normal 0 0 0\nclient-output-buffer-limit replica 256mb 64mb 60\n',
      'latency-tracking-info-percentiles 50 99 99.9\nbind 127.0.0.1 ::1\nunixsocketperm 700\n',
      'maxmemory-clients 5%\nappendonly yes\nappendfsync always\r\n',
    ),
    words: texts(
      ...OPTIONS.map(({ name }) => `${name} `),
      '\n',
      '"',
      "'",
      '\\x',
      ' ',
      'yes',
      'no',
      'kb',
      'gb',
      '%',
      '-1',
    ),
    bytesMax: 2048,
    stepsMax: linearSteps(STEPS_PER_BYTE, 2 ** 20),
    run(input) {
      const text = Buffer.from(input).toString('utf8');
      for (const line of text.split('\n')) {
        for (const word of splitQuoted(line) ?? [])
          assert.deepEqual(splitQuoted(quoteWord(word)), [word], 'quoted and read');
      }
      if (INCLUDE.test(text)) return;
      const config = read(text);
      if (config === undefined) return;
      const rewritten = rewriteConfigText(text, '/no/such/file.conf', config);
      const again = read(rewritten);
      assert.ok(again !== undefined, 'what was rewritten can be read');
      for (const { name } of OPTIONS) assert.equal(again.get(name), config.get(name), name);
    },
  };
}

function read(text: string): Config | undefined {
  const config = new Config();
  try {
    applyDirectives(config, parseConfigText(text, 'a file'));
    return config;
  } catch (error) {
    if (!(error instanceof CrabError)) throw error;
    return undefined;
  }
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Config } from './config.js';
import { OPTIONS, type Option, type OptionName } from './options.js';
import { formatValue, parseValue, splitValue } from './value.js';

function failed(name: string, reason: string): string {
  return `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`;
}

test('every default is a value that its own option accepts and prints the same', () => {
  for (const option of OPTIONS as readonly Option[]) {
    const text = formatValue(option, option.default);
    const parsed = parseValue(option, splitValue(option, text), option.default);
    assert.ok('value' in parsed, `${option.name}: ${text}`);
    assert.deepEqual(parsed.value, option.default, option.name);
  }
});

test('CONFIG GET prints sizes in bytes, flags as words and lists joined by spaces, as Redis does', () => {
  const config = new Config();
  assert.equal(config.get('proto-max-bulk-len'), '536870912');
  assert.equal(config.get('appendonly'), 'yes');
  assert.equal(config.get('save'), '3600 1 300 100 60 10000');
  assert.equal(
    config.get('client-output-buffer-limit'),
    'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
  );
  assert.match(config.get('dir'), /^(\/|[A-Z]:)/);
});

test('a pattern matches names in any case, and a plain name comes back as it was asked for', () => {
  const config = new Config();
  assert.deepEqual(config.match('PORT'), [['PORT', '3000']]);
  assert.deepEqual(config.match('none'), []);
  assert.deepEqual(
    config.match('MaxMemory*').map(([name]) => name),
    [
      'maxmemory-clients',
      'maxmemory',
      'maxmemory-policy',
      'maxmemory-samples',
      'maxmemory-eviction-tenacity',
    ],
  );
  assert.equal(config.match('*').length, OPTIONS.length);
});

/** Each line was answered so by redis-server 7.0.15, but for the bounds that are CrabKV's own. */
const REFUSED: readonly (readonly [pairs: readonly [string, string][], error: string])[] = [
  [[['a', 'b']], "ERR Unknown option or number of arguments for CONFIG SET - 'a'"],
  [
    [
      ['maxmemory', 'x'],
      ['Nope', '2'],
    ],
    "ERR Unknown option or number of arguments for CONFIG SET - 'Nope'",
  ],
  [
    [
      ['databases', '4'],
      ['Nope', '2'],
    ],
    failed('databases', "can't set immutable config"),
  ],
  [[['TIMEOUT', '+5']], failed('timeout', "argument couldn't be parsed into an integer")],
  [[['save', '60  1']], failed('save', 'Invalid save parameters')],
  [[['save', '60 -1']], failed('save', 'Invalid save parameters')],
  [
    [
      ['maxmemory', '1kb'],
      ['MAXMEMORY', '2kb'],
    ],
    failed('MAXMEMORY', 'duplicate parameter'),
  ],
  [[['databases', '4']], failed('databases', "can't set immutable config")],
  [[['dir', '/nowhere']], failed('dir', "can't set protected config")],
  [[['maxmemory', 'abc']], failed('maxmemory', 'argument must be a memory value')],
  [[['maxmemory', '-1']], failed('maxmemory', 'argument must be a memory value')],
  [[['maxmemory-clients', '-5%']], failed('maxmemory-clients', 'argument must be a memory or percent value')],
  [
    [['maxmemory-clients', '101%']],
    failed('maxmemory-clients', 'percentage argument must be less or equal to 100'),
  ],
  [[['timeout', 'abc']], failed('timeout', "argument couldn't be parsed into an integer")],
  [[['timeout', '01']], failed('timeout', "argument couldn't be parsed into an integer")],
  [[['timeout', '-1']], failed('timeout', 'argument must be between 0 and 2147483647 inclusive')],
  [[['timeout', '99999999999']], failed('timeout', 'argument must be between 0 and 2147483647 inclusive')],
  [[['maxclients', '0']], failed('maxclients', 'argument must be between 1 and 4294967295 inclusive')],
  [
    [['appendfsync', 'foo']],
    failed('appendfsync', 'argument(s) must be one of the following: everysec, always, no'),
  ],
  [
    [['loglevel', 'x']],
    failed('loglevel', 'argument(s) must be one of the following: debug, verbose, notice, warning'),
  ],
  [
    [['proto-max-bulk-len', '1']],
    failed('proto-max-bulk-len', 'argument must be between 1048576 and 536870912 inclusive'),
  ],
  [[['save', 'a b']], failed('save', 'Invalid save parameters')],
  [[['save', '60']], failed('save', 'Invalid save parameters')],
  [[['save', '0 1']], failed('save', 'Invalid save parameters')],
  [
    [['client-output-buffer-limit', 'normal 1']],
    failed('client-output-buffer-limit', 'Wrong number of arguments in buffer limit configuration.'),
  ],
  [
    [['client-output-buffer-limit', 'norm 1 2 3']],
    failed('client-output-buffer-limit', 'Invalid client class specified in buffer limit configuration.'),
  ],
  [
    [['client-output-buffer-limit', 'normal 1 x 3']],
    failed(
      'client-output-buffer-limit',
      'Error in hard, soft or soft_seconds setting in buffer limit configuration.',
    ),
  ],
  [
    [['maxmemory-policy', 'lru']],
    failed(
      'maxmemory-policy',
      'argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, ' +
        'allkeys-lru, allkeys-lfu, allkeys-random, noeviction',
    ),
  ],
];

test('a bad CONFIG SET is refused with the error of Redis and changes nothing', () => {
  for (const [pairs, error] of REFUSED) {
    const config = new Config();
    const before = config.values();
    assert.equal(config.validate(pairs), error);
    assert.equal(config.validate([['tcp-keepalive', '7'], ...pairs]), error);
    assert.deepEqual(config.values(), before);
  }
});

test('a percentage is held as a negative number, and shown as it was given', () => {
  const config = new Config();
  config.apply([['maxmemory-clients', '5%']]);
  assert.equal(config.integer('maxmemory-clients'), -5);
  assert.equal(config.get('maxmemory-clients'), '5%');
  config.apply([['maxmemory-clients', '0%']]);
  assert.equal(config.get('maxmemory-clients'), '0');
  config.apply([['maxmemory-clients', '1mb']]);
  assert.equal(config.get('maxmemory-clients'), '1048576');
});

test('a good CONFIG SET changes all of its options and tells listeners once', () => {
  const config = new Config();
  const told: OptionName[][] = [];
  config.onChange((changed) => told.push([...changed]));
  const pairs = [
    ['MaxMemory', '1MB'],
    ['save', ''],
    ['hz', '1000'],
    ['client-output-buffer-limit', 'replica 1kb 2mb 3'],
    ['appendfsync', 'EVERYSEC'],
  ] as const;
  assert.equal(config.validate(pairs), undefined);
  config.apply(pairs);
  assert.equal(config.integer('maxmemory'), 2 ** 20);
  assert.deepEqual(config.saveRules(), []);
  assert.equal(config.get('save'), '');
  assert.equal(config.integer('hz'), 500, 'hz is limited silently, as in Redis');
  assert.equal(config.text('appendfsync'), 'everysec');
  assert.equal(
    config.get('client-output-buffer-limit'),
    'normal 0 0 0 slave 1024 2097152 3 pubsub 33554432 8388608 60',
  );
  assert.deepEqual(told, [['maxmemory', 'save', 'hz', 'client-output-buffer-limit', 'appendfsync']]);
});

test('values survive the way to another thread', () => {
  const config = new Config();
  config.apply([['save', '60 5']]);
  const copy = Config.fromValues(structuredClone(config.values()));
  assert.deepEqual(copy.values(), config.values());
});

test('permissions are octal numbers', () => {
  const config = new Config();
  const option = OPTIONS.find(({ name }) => name === 'unixsocketperm') as Option;
  const parse = (text: string) => parseValue(option, [text], 0);
  assert.deepEqual(parse('700'), { value: 0o700 });
  assert.deepEqual(parse('0755'), { value: 0o755 });
  assert.deepEqual(parse('800'), { error: "argument couldn't be parsed as an octal number" });
  assert.deepEqual(parse('1000'), { error: 'argument must be between 0 and 777 inclusive' });
  config.setAtStart('unixsocketperm', 0o750);
  assert.equal(config.get('unixsocketperm'), '750');
});

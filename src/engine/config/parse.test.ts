import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OPTIONS } from './options.js';
import { helpText, loadConfig, parseConfigText, readConfigFile, splitQuoted } from './parse.js';

const directory = mkdtempSync(join(tmpdir(), 'crabkv-parse-'));
after(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function refusal(argv: readonly string[], environment: Record<string, string> = {}): string {
  try {
    loadConfig(argv, environment);
  } catch (error) {
    const { message } = error as Error;
    assert.ok(!message.includes('\n'), 'one line');
    return message;
  }
  return assert.fail(`${argv.join(' ')} was accepted`);
}

test('lines are split with the quoting of Redis', () => {
  assert.deepEqual(splitQuoted('  save  60\t1000 '), ['save', '60', '1000']);
  assert.deepEqual(splitQuoted('requirepass "a b\\n\\x41\\"\\q"'), ['requirepass', 'a b\nA"q']);
  assert.deepEqual(splitQuoted("requirepass 'a\\'b\\n'"), ['requirepass', "a'b\\n"]);
  assert.deepEqual(splitQuoted('save ""'), ['save', '']);
  assert.deepEqual(splitQuoted('a"b c"'), ['ab c']);
  assert.equal(splitQuoted('save "60'), undefined);
  assert.equal(splitQuoted('save "60"x'), undefined);
  assert.equal(splitQuoted("save '60\\"), undefined);
});

test('a file holds directives, comments and blank lines, with either line ending', () => {
  const directives = parseConfigText('# hello\r\n\r\nport 7\r\n   # more\n save 60 1\n', 'x.conf');
  assert.deepEqual(directives, [
    { name: 'port', words: ['7'], origin: 'x.conf line 3' },
    { name: 'save', words: ['60', '1'], origin: 'x.conf line 5' },
  ]);
});

test('the command line wins over the environment, the environment over the file', () => {
  const path = file('order.conf', 'port 1\ntimeout 1\nhz 1\ndatabases 3\n');
  const environment = { CRABKV_PORT: '2', CRABKV_TIMEOUT: '2', PORT: '9' };
  const { config } = loadConfig([path, '--port', '3'], environment);
  assert.equal(config.integer('port'), 3);
  assert.equal(config.integer('timeout'), 2);
  assert.equal(config.integer('hz'), 1);
  assert.equal(config.integer('databases'), 3);
  assert.equal(config.integer('maxclients'), 10000);
});

test('values stand in their own arguments, behind an equals sign, or several in one', () => {
  const argv = [
    '--save',
    '60',
    '1000',
    '--save',
    '10 5',
    '--Port=1234',
    '--bind',
    '*',
    '-::1',
    '--dir=/tmp/a=b',
  ];
  const { config } = loadConfig(argv, {});
  assert.equal(config.get('save'), '60 1000 10 5');
  assert.equal(config.integer('port'), 1234);
  assert.deepEqual(config.words('bind'), ['*', '-::1']);
  assert.equal(config.text('dir'), '/tmp/a=b');
});

test('save rules add up within a source, replace those of weaker ones, and "" empties them', () => {
  const path = file('save.conf', 'save 1 1\nsave 2 2\n');
  assert.equal(loadConfig([path], {}).config.get('save'), '1 1 2 2');
  assert.equal(loadConfig([path, '--save', '3', '3'], {}).config.get('save'), '3 3');
  assert.equal(loadConfig([path, '--save', ''], {}).config.get('save'), '');
  assert.equal(loadConfig([path, '--save', '--port', '1'], {}).config.get('save'), '');
  assert.equal(loadConfig([path], { CRABKV_SAVE: '9 9 8 8' }).config.get('save'), '9 9 8 8');
  assert.equal(loadConfig([file('empty.conf', 'save 1 1\nsave ""\nsave 4 4')], {}).config.get('save'), '4 4');
});

test('an included file may have any number of lines', () => {
  // All of them as the arguments of one call were too many.
  file('long.conf', 'hz 14\n'.repeat(200_000));
  const { length } = readConfigFile(file('short.conf', 'include long.conf'));
  assert.equal(length, 200_000);
});

test('include reads further files, relative to the one that includes, with wildcards', () => {
  file('part-a.conf', 'port 11');
  file('part-b.conf', 'timeout 12');
  const { config } = loadConfig([file('main.conf', 'include part-*.conf\nhz 13\ninclude no-*.conf')], {});
  assert.deepEqual([config.integer('port'), config.integer('timeout'), config.integer('hz')], [11, 12, 13]);
  const loop = file('loop.conf', 'include loop.conf');
  assert.match(refusal([loop]), /nested includes/);
  assert.match(refusal([file('gone.conf', 'include missing.conf')]), /missing\.conf: there is no such file/);
});

test('what is wrong is named in one line, with its place and what is allowed', () => {
  assert.equal(refusal(['--prot', '1']), "unknown option 'prot' (command line); did you mean 'port'?");
  assert.match(refusal(['--whatever', '1']), /unknown option 'whatever' \(command line\); run crabkv --help/);
  assert.equal(
    refusal(['--port', 'abc']),
    "bad value 'abc' for port (command line): expected a whole number from 0 to 65535",
  );
  assert.equal(
    refusal([], { CRABKV_APPENDFSYNC: 'maybe' }),
    "bad value 'maybe' for appendfsync (environment variable CRABKV_APPENDFSYNC): expected everysec, always or no",
  );
  assert.match(refusal([file('bad.conf', '\nport 1 2')]), /bad value '1 2' for port \(.*bad\.conf line 2\)/);
  assert.match(refusal(['--port']), /^port needs a value \(command line\): a whole number from 0 to 65535$/);
  assert.match(refusal(['--reactor', 'kqueue']), /expected auto, uring, epoll or node/);
  assert.match(refusal(['--maxmemory-policy', 'lru']), /expected volatile-lru, .* or noeviction$/);
  assert.match(refusal(['--proto-max-bulk-len', '1gb']), /from 1mb to 512mb/);
  assert.match(
    refusal(['/nowhere/x.conf']),
    /can't read the configuration file \/nowhere\/x\.conf: there is no/,
  );
  assert.match(refusal([file('quotes.conf', 'dir "x')]), /unbalanced quotes \(.*quotes\.conf line 1\)/);
  assert.match(refusal(['-p', '1']), /unknown option '-p'; options start with two dashes/);
  assert.doesNotMatch(refusal(['--requirepass', 'secret', 'words']), /secret/);
});

test('variables that a container platform adds for a service called crabkv do not stop a start', () => {
  const { config, notices } = loadConfig([], {
    CRABKV_PORT: 'tcp://10.0.0.1:3000',
    CRABKV_SERVICE_HOST: '10.0.0.1',
  });
  assert.equal(config.integer('port'), 3000);
  assert.equal(notices.length, 2);
});

test('help names every option with what is allowed', () => {
  const help = helpText('1.2.3');
  for (const option of OPTIONS) assert.ok(help.includes(`  --${option.name}\n`), option.name);
  assert.match(help, /^crabkv 1\.2\.3/);
});

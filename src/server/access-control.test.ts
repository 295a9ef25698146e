import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { hashPassword } from '../engine/acl/user.js';
import { Config } from '../engine/config/config.js';
import { applyDirectives, readConfigText } from '../engine/config/parse.js';
import { rewriteConfigText } from '../engine/config/rewrite.js';
import * as errors from '../engine/errors.js';
import { AccessControl } from './access-control.js';
import { type Logger, SILENT } from './console.js';

const directory = mkdtempSync(join(tmpdir(), 'crabkv-access-'));
after(() => rmSync(directory, { recursive: true }));

const OPEN = 'user default on nopass ~* &* +@all';
const NO_CHANGE = 'WARNING: ACL errors detected, no change to the previously active ACL rules was performed';

function configOf(text: string): Config {
  const config = new Config();
  applyDirectives(config, readConfigText(text, 'crab.conf'));
  return config;
}

function start(text: string, logger: Logger = SILENT): AccessControl {
  return new AccessControl(configOf(text), logger);
}

function refusal(text: string): string {
  let message = '';
  assert.throws(
    () => start(text),
    (error: NodeJS.ErrnoException) => {
      message = error.message;
      return error.code === 'CONFIG';
    },
    text,
  );
  return message;
}

let files = 0;
function aclFile(text: string): string {
  const path = join(directory, `users-${++files}.acl`);
  writeFileSync(path, text, 'latin1');
  return path;
}

describe('users of the configuration', () => {
  it('are there from the start, the default user with requirepass unless it is declared', () => {
    const hash = hashPassword('x');
    assert.deepEqual(start('').users.lines(), [OPEN]);
    assert.deepEqual(start('requirepass x\nuser eve on >x ~a').users.lines(), [
      `user default on #${hash} ~* &* +@all`,
      `user eve on #${hash} ~a resetchannels -@all`,
    ]);
    assert.deepEqual(start('user default on >x ~a\nrequirepass y').users.lines(), [
      `user default on sanitize-payload #${hash} ~a resetchannels -@all`,
    ]);
    assert.deepEqual(start('acl-pubsub-default allchannels\nuser eve').users.lines(), [
      OPEN,
      'user eve off &* -@all',
    ]);
  });

  it('are refused in the words of Redis, with the line, and never a password', () => {
    for (const [text, message] of [
      ['user a on nope', "Error in user declaration 'a': Syntax error (crab.conf line 1)"],
      [
        'user a +nope',
        "Error in user declaration 'a': Unknown command or category name in ACL (crab.conf line 1)",
      ],
      [
        'user a (~x',
        "Error in user declaration 'a': Unmatched parenthesis in selector definition (crab.conf line 1)",
      ],
      [
        'user "a b" on',
        "Error in user declaration 'a b': Spaces not allowed in ACL usernames (crab.conf line 1)",
      ],
      [
        'user a\n\nuser a on',
        "Error in user declaration 'a': Duplicate user found. A user can only be defined once in config files (crab.conf line 3)",
      ],
      ['rename-command nope x', 'rename-command nope x: No such command in rename-command'],
      ['rename-command get SET', 'rename-command get SET: Target command name already exists'],
      [
        'rename-command get ""\nrename-command get ""',
        'rename-command get : No such command in rename-command',
      ],
    ] as const) {
      assert.equal(refusal(text), message);
    }
    assert.doesNotMatch(refusal('user a on >secret <secret2'), /secret/);
  });

  it('that are off are told of', () => {
    const lines: string[] = [];
    start('user a\nuser b on', { ...SILENT, notice: (text) => lines.push(text) });
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^The user 'a' is disabled \(there is no 'on' modifier/);
  });

  it('do not go together with an ACL file', () => {
    assert.match(
      refusal(`aclfile ${aclFile('')}\nuser a on`),
      /users are declared in the configuration, and there is an aclfile/,
    );
  });
});

describe('changes of users', () => {
  it('are made here, and are what threads have to do', () => {
    const access = start('');
    assert.deepEqual(access.set('eve', ['on', '>x']), { kind: 'set', name: 'eve', rules: ['on', '>x'] });
    assert.equal(
      access.set('eve', ['off', 'nope']),
      "ERR Error in ACL SETUSER modifier 'nope': Syntax error",
    );
    assert.equal(access.users.find('eve')?.isOn, true, 'all rules or none');
    assert.equal(access.delete(['eve', 'default']), errors.DEFAULT_USER_STAYS);
    assert.deepEqual(access.delete(['eve', 'eve', 'nobody']), { kind: 'delete', names: ['eve'] });
    assert.deepEqual(access.users.names(), ['default']);
    assert.equal(access.load(), errors.NO_ACL_FILE);
    assert.equal(access.save(), errors.NO_ACL_FILE);
  });
});

describe('the ACL file', () => {
  it('is read at the start, and again by ACL LOAD: what is not in it is no more', () => {
    const file = aclFile('user eve on nopass ~caf\xe9\n\n  user adam off  \r\n');
    const access = start(`aclfile ${file}\nrequirepass ignored`);
    const lines = [
      'user adam off resetchannels -@all',
      OPEN,
      'user eve on nopass ~caf\xe9 resetchannels -@all',
    ];
    assert.deepEqual(access.users.lines(), lines);
    writeFileSync(file, 'user default on >x +get ~*');
    const after = [`user default on #${hashPassword('x')} ~* resetchannels -@all +get`];
    assert.deepEqual(access.load(), { kind: 'load', lines: after });
    assert.deepEqual(access.users.lines(), after);
  });

  it('changes nothing when anything in it is wrong, all of which is told', () => {
    const file = aclFile('user eve on');
    const warnings: string[] = [];
    const access = start(`aclfile ${file}`, { ...SILENT, warning: (text) => warnings.push(text) });
    const bad = [
      'user a on >secret ~* +get',
      'user b bad worse +nope +nada',
      '# no remarks',
      'user a on',
      'user d\t on (~a',
      'user e (~a',
      'user',
      'nobody on',
    ];
    writeFileSync(file, bad.join('\n'));
    const told =
      `${file}:2: Syntax error. ` +
      `${file}:2: Error in applying operation '+nope': Unknown command or category name in ACL. ` +
      `${file}:2: Error in applying operation '+nada': Unknown command or category name in ACL. ` +
      `${file}:3 should start with user keyword followed by the username. ` +
      `WARNING: Duplicate user 'a' found on line 4. ` +
      `'${file}:5: username 'd\t' contains invalid characters. ` +
      `${file}:6: Unmatched parenthesis in selector definition.` +
      `${file}:7 should start with user keyword followed by the username. ` +
      `${file}:8 should start with user keyword followed by the username. ${NO_CHANGE}`;
    assert.equal(access.load(), errors.errorLine(`ERR ${told}`));
    assert.deepEqual(warnings, [told]);
    assert.deepEqual(access.users.names(), ['default', 'eve']);
    assert.equal(refusal(`aclfile ${file}`), told);
  });

  it('that is not there is an error', () => {
    const path = join(directory, 'nothing.acl');
    const message = `Error loading ACLs, opening file '${path}': No such file or directory`;
    assert.equal(refusal(`aclfile ${path}`), message);
  });

  it('is written by ACL SAVE, for the server alone to read, and comes back the same', () => {
    const file = aclFile('');
    rmSync(file);
    writeFileSync(file, '', { mode: 0o600 });
    const access = start(`aclfile ${file}`);
    access.set('caf\xe9', ['on', '>x', '~a*', '%R~b', '&ch', '+@read', '-get', '(~c +set)']);
    assert.equal(access.save(), undefined);
    assert.equal(
      readFileSync(file, 'latin1'),
      access.users
        .lines()
        .map((line) => `${line}\n`)
        .join(''),
    );
    assert.deepEqual(start(`aclfile ${file}`).users.lines(), access.users.lines());
    rmSync(file);
    assert.equal(access.save(), undefined);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('that can not be written is an error, and the reason is in the console', () => {
    const folder = mkdtempSync(join(directory, 'gone-'));
    const file = join(folder, 'users.acl');
    writeFileSync(file, '');
    const warnings: string[] = [];
    const access = start(`aclfile ${file}`, { ...SILENT, warning: (text) => warnings.push(text) });
    rmSync(folder, { recursive: true });
    assert.equal(access.save(), errors.ACL_NOT_SAVED);
    assert.deepEqual(warnings, [`ACL SAVE failed: ${file}: No such file or directory`]);
  });
});

describe('CONFIG REWRITE of users', () => {
  function rewritten(text: string, change: (access: AccessControl, config: Config) => void): string {
    const config = configOf(text);
    const access = new AccessControl(config, SILENT);
    change(access, config);
    const path = join(directory, 'crab.conf');
    const after = rewriteConfigText(text, path, config, access);
    assert.equal(rewriteConfigText(after, path, config, access), after, 'a second time changes nothing');
    assert.deepEqual(
      start(after)
        .users.lines()
        .map((line) => line.replace(' sanitize-payload', '')),
      access.users.lines(),
    );
    return after;
  }

  it('leaves lines alone that still mean what there is', () => {
    const text = '# mine\nuser eve on >x ~a\nport 4\nrename-command get fetch\n';
    assert.equal(
      rewritten(text, () => {}),
      text,
    );
    assert.equal(
      rewritten('requirepass x\n', () => {}),
      'requirepass x\n',
    );
    assert.equal(
      rewritten('', () => {}),
      '',
    );
  });

  it('puts all users in the place of the first when one has changed', () => {
    const text = '# mine\nuser eve on >x ~a\nport 4\nuser adam on\n# end\n';
    const after = rewritten(text, (access) => access.set('adam', ['off']));
    const eve = `user eve on #${hashPassword('x')} ~a resetchannels -@all`;
    assert.equal(after, `# mine\nuser adam off resetchannels -@all\n${OPEN}\n${eve}\nport 4\n# end\n`);
  });

  it('adds them at the end where there were none', () => {
    const after = rewritten('port 4\n', (access) => access.set('eve', ['on']));
    assert.equal(after, `port 4\n# Generated by CONFIG REWRITE\n${OPEN}\nuser eve on resetchannels -@all\n`);
  });

  it('writes the default user when it is not as requirepass says', () => {
    const change = (access: AccessControl): unknown => access.set('default', ['>y']);
    assert.match(rewritten('requirepass x\n', change), /^requirepass x\n# Gen.*\nuser default on #\S+ #\S+ /);
  });

  it('leaves out what an included file says, and refuses to contradict it', () => {
    const included = aclFile('user adam off resetchannels -@all\n');
    const text = `include ${included}\n`;
    const after = rewritten(text, (access) => access.set('eve', []));
    assert.doesNotMatch(after, /adam/);
    assert.match(after, /user eve off/);
    assert.throws(() => rewritten(text, (access) => access.set('adam', ['on'])), { code: 'CONFIG' });
  });

  it('knows nothing of users where there is an ACL file', () => {
    const text = `aclfile ${aclFile('user eve on')}\n`;
    const config = configOf(text);
    assert.equal(
      rewriteConfigText(text, join(directory, 'crab.conf'), config, new AccessControl(config, SILENT)),
      text,
    );
  });
});

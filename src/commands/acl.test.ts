import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashPassword } from '../engine/acl/user.js';
import { setUser } from '../engine/attention.js';
import type { Client } from '../engine/client.js';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';

/** One more client of the engine, as this user. */
function as(engine: TestEngine, name: string): Client {
  const client = engine.connect();
  const user = engine.users.find(name);
  assert.ok(user !== undefined);
  setUser(client, user);
  return client;
}

/** What the client says on one line, and the reply on one line. */
function say(engine: TestEngine, client: Client, line: string): string {
  return engine
    .runAs(client, ...line.split(' '))
    .trimEnd()
    .replaceAll('\r\n', ' ');
}

describe('ACL on users', () => {
  it('makes them, shows them and deletes them', async () => {
    const engine = new TestEngine();
    assert.equal(await engine.sayLater('ACL SETUSER eve on >x ~a* %R~b &ch +get (~c +set)'), '+OK');
    engine.talk([
      ['ACL USERS', '*2 $7 default $3 eve'],
      ['ACL WHOAMI', '$7 default'],
      ['ACL GETUSER nobody', '$-1'],
    ]);
    const hash = hashPassword('x');
    const rules = 'commands $10 -@all +get $4 keys';
    const inner = '*6 $8 commands $10 -@all +set $4 keys $2 ~c $8 channels $0 ';
    assert.equal(
      engine.say('ACL GETUSER eve'),
      `*12 $5 flags *1 $2 on $9 passwords *1 $64 ${hash} $8 ${rules} $8 ~a* %R~b $8 channels $3 &ch $9 selectors *1 ${inner}`,
    );
    assert.equal(
      engine.say('ACL LIST'),
      '*2 $34 user default on nopass ~* &* +@all ' +
        `$145 user eve on #${hash} ~a* %R~b resetchannels &ch -@all +get (~c resetchannels -@all +set)`,
    );
    assert.equal(await engine.sayLater('ACL DELUSER eve nobody'), ':1');
    assert.equal(engine.say('ACL USERS'), '*1 $7 default');
  });

  it('shows maps and sets in RESP3, and bytes as they are', async () => {
    const engine = new TestEngine({ protocol: PROTOCOL_RESP3 });
    assert.equal(
      await engine.ask('ACL', 'SETUSER', Buffer.from('\xe9', 'latin1'), 'on', 'nopass'),
      '+OK\r\n',
    );
    assert.equal(
      engine.run('ACL', 'GETUSER', Buffer.from('\xe9', 'latin1')).replaceAll('\r\n', ' '),
      '%6 $5 flags ~2 $2 on $6 nopass $9 passwords *0 $8 commands $5 -@all $4 keys $0  $8 channels $0  $9 selectors *0 ',
    );
    assert.equal(engine.run('ACL', 'USERS'), '*2\r\n$7\r\ndefault\r\n$1\r\n\xe9\r\n');
  });

  it('says what is wrong with a rule', async () => {
    const engine = new TestEngine();
    assert.equal(
      await engine.sayLater('ACL SETUSER eve nope'),
      "-ERR Error in ACL SETUSER modifier 'nope': Syntax error",
    );
    assert.equal(await engine.ask('ACL', 'SETUSER', 'a b'), `-${errors.USER_NAME}\r\n`);
  });

  it('lists categories and what is in them', () => {
    const engine = new TestEngine();
    assert.match(engine.say('ACL CAT'), /^\*21 \$8 keyspace \$4 read \$5 write .* scripting$/);
    assert.match(engine.say('ACL CAT CONNECTION'), / auth /);
    engine.talk([
      ['ACL CAT nope', "-ERR Unknown category 'nope'"],
      ['ACL CAT a b', "-ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP."],
    ]);
  });

  it('makes passwords of as many bits as are asked for', () => {
    const engine = new TestEngine();
    assert.match(engine.say('ACL GENPASS'), /^\$64 [0-9a-f]{64}$/);
    assert.notEqual(engine.say('ACL GENPASS'), engine.say('ACL GENPASS'));
    for (const [bits, digits] of [
      ['1', 1],
      ['4', 1],
      ['5', 2],
      ['4096', 1024],
    ] as const) {
      assert.match(engine.say(`ACL GENPASS ${bits}`), new RegExp(`^\\$${digits} [0-9a-f]{${digits}}$`));
    }
    for (const bits of ['0', '-1', '4097']) {
      assert.equal(engine.say(`ACL GENPASS ${bits}`), `-${errors.GENPASS_BITS}`, bits);
    }
    engine.talk([
      ['ACL GENPASS x', `-${errors.NOT_AN_INTEGER}`],
      [
        'ACL GENPASS 1 2',
        "-ERR unknown subcommand or wrong number of arguments for 'GENPASS'. Try ACL HELP.",
      ],
    ]);
  });

  it('tells what a user may do without doing it', async () => {
    const engine = new TestEngine();
    await engine.sayLater('ACL SETUSER eve on ~a* +get +mget +set +client|id +config|get');
    engine.talk([
      ['ACL DRYRUN eve GET a', '+OK'],
      ['ACL DRYRUN eve GET b', "$50 This user has no permissions to access the 'b' key"],
      ['ACL DRYRUN eve mget a1 b a2', "$50 This user has no permissions to access the 'b' key"],
      ['ACL DRYRUN eve del a', "$53 This user has no permissions to run the 'del' command"],
      ['ACL DRYRUN eve client id', '+OK'],
      ['ACL DRYRUN eve client list', "$61 This user has no permissions to run the 'client|list' command"],
      ['ACL DRYRUN eve get', "-ERR wrong number of arguments for 'get' command"],
      ['ACL DRYRUN eve nope x', "-ERR Command 'nope' not found"],
      ['ACL DRYRUN eve client|id', "-ERR Command 'client|id' not found"],
      ['ACL DRYRUN nobody get a', "-ERR User 'nobody' not found"],
      ['ACL DRYRUN default flushall', '+OK'],
      ['GET a', '$-1'],
    ]);
  });

  it('has the main thread load and save', async () => {
    const engine = new TestEngine();
    assert.equal(await engine.sayLater('ACL LOAD'), '+OK');
    engine.control.answer = errors.NO_ACL_FILE;
    assert.equal(await engine.sayLater('ACL SAVE'), `-${errors.NO_ACL_FILE}`);
    assert.deepEqual(engine.control.calls, [['aclLoad'], ['aclSave']]);
  });

  it('helps', () => {
    assert.match(new TestEngine().say('ACL HELP'), /^\*29 \+ACL <subcommand> .* \+ {4}Prints this help\.$/);
  });
});

describe('what is known of an administrator', () => {
  it('is neither names nor passwords, in SLOWLOG and MONITOR', async () => {
    const engine = new TestEngine();
    engine.config.apply([['slowlog-log-slower-than', '0']]);
    engine.say('MONITOR');
    await engine.sayLater('ACL SETUSER eve on >secret');
    engine.say('AUTH eve secret');
    engine.say('HELLO 3 AUTH eve secret');
    const log = JSON.stringify(engine.instruments.slowlog.newest(10));
    const shown = Buffer.from(engine.monitors.lines.take()).toString();
    for (const text of [log, shown]) assert.doesNotMatch(text, /secret|eve/);
    assert.match(log, /"ACL","SETUSER","\(redacted\)","\(redacted\)","\(redacted\)"/);
  });
});

describe('ACL LOG', () => {
  const FIELDS = 'context $8 toplevel $6 object';

  it('shows what was refused to whom, the newest first, until it is reset', async () => {
    const engine = new TestEngine();
    await engine.sayLater('ACL SETUSER eve on >x ~a +get');
    const eve = as(engine, 'eve');
    assert.equal(
      say(engine, eve, 'SET a b'),
      "-NOPERM this user has no permissions to run the 'set' command",
    );
    assert.equal(say(engine, eve, 'GET b'), `-${errors.KEY_NOT_PERMITTED}`);
    assert.equal(say(engine, eve, 'GET b'), `-${errors.KEY_NOT_PERMITTED}`);
    assert.equal(say(engine, eve, 'auth adam wrong'), `-${errors.WRONG_PASSWORD}`);
    const entries = (await engine.sayLater('ACL LOG')).split(' *14 ');
    assert.equal(entries.length, 4);
    assert.ok(
      entries[1]?.startsWith(
        `$5 count :1 $6 reason $4 auth $7 ${FIELDS} $4 auth $8 username $4 adam $11 age-seconds`,
      ),
    );
    assert.ok(
      entries[2]?.startsWith(
        `$5 count :2 $6 reason $3 key $7 ${FIELDS} $1 b $8 username $3 eve $11 age-seconds`,
      ),
    );
    assert.ok(
      entries[3]?.startsWith(`$5 count :1 $6 reason $7 command $7 ${FIELDS} $3 set $8 username $3 eve `),
    );
    assert.equal((await engine.sayLater('ACL LOG 1')).split(' *14 ').length, 2);
    assert.equal(await engine.sayLater('ACL LOG 0'), '*0');
    assert.equal(await engine.sayLater('ACL LOG -1'), '*0');
    assert.equal(await engine.sayLater('acl log reset'), '+OK');
    assert.equal(await engine.sayLater('ACL LOG'), '*0');
  });

  it('says what it does not understand', () => {
    new TestEngine().talk([
      ['ACL LOG x', `-${errors.NOT_AN_INTEGER}`],
      ['ACL LOG 1 2', "-ERR unknown subcommand or wrong number of arguments for 'LOG'. Try ACL HELP."],
    ]);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_TOUCH } from '../engine/attention.js';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3, PROTOCOL_TEXT } from '../engine/reply.js';

const SYNTAX = `-${errors.SYNTAX}`;

describe('CLIENT', () => {
  it('knows its id and name', () => {
    const engine = new TestEngine();
    engine.talk([
      ['CLIENT ID', ':1'],
      ['CLIENT GETNAME', '$-1'],
      ['CLIENT SETNAME me', '+OK'],
      ['CLIENT GETNAME', '$2 me'],
    ]);
    assert.equal(engine.run('CLIENT', 'SETNAME', 'a b'), `-${errors.CLIENT_NAME}\r\n`);
    assert.equal(engine.run('CLIENT', 'SETNAME', 'a\n'), `-${errors.CLIENT_NAME}\r\n`);
    assert.equal(engine.run('CLIENT', 'SETNAME', ''), '+OK\r\n');
    assert.equal(engine.say('CLIENT GETNAME'), '$-1');
    assert.equal(engine.runAs(engine.connect(), 'CLIENT', 'ID'), ':2\r\n');
  });

  it('is told the library', () => {
    const engine = new TestEngine();
    engine.talk([
      ['CLIENT SETINFO LIB-NAME crab', '+OK'],
      ['CLIENT SETINFO lib-ver 1.2', '+OK'],
      ['CLIENT SETINFO nope x', "-ERR Unrecognized option 'nope'"],
    ]);
    assert.equal(engine.client.libraryName, 'crab');
    assert.equal(engine.client.libraryVersion, '1.2');
    assert.match(engine.run('CLIENT', 'SETINFO', 'LIB-NAME', 'a b'), /^-ERR LIB-NAME cannot contain spaces/);
  });

  it('can be spared, and leave access times alone', () => {
    const engine = new TestEngine();
    engine.talk([
      ['CLIENT NO-EVICT on', '+OK'],
      ['CLIENT NO-TOUCH on', '+OK'],
      ['CLIENT NO-EVICT maybe', SYNTAX],
      ['CLIENT NO-TOUCH maybe', SYNTAX],
    ]);
    assert.equal(engine.client.isSpared, true);
    assert.equal(engine.client.attention, NO_TOUCH);
    engine.talk([
      ['CLIENT NO-EVICT OFF', '+OK'],
      ['CLIENT NO-TOUCH OFF', '+OK'],
    ]);
    assert.equal(engine.client.isSpared, false);
    assert.equal(engine.client.attention, 0);
  });

  it('is not in tracking mode, and can not be', () => {
    const engine = new TestEngine();
    const untracked = '$5 flags *1 $3 off $8 redirect :-1 $8 prefixes *0';
    engine.talk([
      ['CLIENT TRACKING ON', `-${errors.TRACKING_UNSUPPORTED}`],
      ['CLIENT TRACKING ON BCAST', `-${errors.TRACKING_UNSUPPORTED}`],
      ['CLIENT TRACKING OFF', '+OK'],
      ['CLIENT TRACKING maybe', SYNTAX],
      ['CLIENT TRACKINGINFO', `*6 ${untracked}`],
      ['CLIENT GETREDIR', ':-1'],
      ['CLIENT CACHING YES', `-${errors.CACHING_WITHOUT_TRACKING}`],
      ['CLIENT CACHING maybe', `-${errors.CACHING_WITHOUT_TRACKING}`],
    ]);
    engine.client.protocol = PROTOCOL_RESP3;
    assert.equal(engine.say('CLIENT TRACKINGINFO'), `%3 ${untracked.replace('*1', '~1')}`);
  });

  it('helps', () => {
    assert.match(
      new TestEngine().say('CLIENT HELP'),
      /^\*\d+ \+CLIENT <subcommand> .* \+HELP \+ {4}Print this help\.$/,
    );
  });
});

describe('CLIENT REPLY', () => {
  it('OFF silences everything, errors too, until ON', () => {
    new TestEngine().talk([
      ['CLIENT REPLY OFF', ''],
      ['PING', ''],
      ['SET a 1', ''],
      ['nosuch', ''],
      ['GET', ''],
      ['CLIENT REPLY', ''],
      ['CLIENT REPLY maybe', ''],
      ['CLIENT REPLY SKIP', ''],
      ['CLIENT REPLY ON', '+OK'],
      ['GET a', '$1 1'],
      ['CLIENT REPLY maybe', SYNTAX],
    ]);
  });

  it('SKIP silences the next command, and no other', () => {
    new TestEngine().talk([
      ['CLIENT REPLY SKIP', ''],
      ['PING', ''],
      ['PING', '+PONG'],
      ['CLIENT REPLY SKIP', ''],
      ['nosuch', ''],
      ['PING', '+PONG'],
      ['CLIENT REPLY SKIP', ''],
      ['CLIENT REPLY SKIP', ''],
      ['PING', ''],
      ['PING', '+PONG'],
      ['CLIENT REPLY SKIP', ''],
      ['CLIENT REPLY ON', '+OK'],
      ['PING', '+PONG'],
    ]);
  });

  it('leaves replies to other requests where they are', () => {
    const engine = new TestEngine();
    const other = engine.connect();
    engine.execute(other, ['PING']);
    engine.execute(engine.client, ['CLIENT', 'REPLY', 'OFF']);
    engine.execute(engine.client, ['PING']);
    engine.execute(other, ['ECHO', 'x']);
    assert.equal(engine.takeReply(), '+PONG\r\n$1\r\nx\r\n');
  });

  it('holds for the text protocol, too', () => {
    const engine = new TestEngine({ protocol: PROTOCOL_TEXT });
    engine.talk([
      ['CLIENT REPLY OFF', ''],
      ['PING', ''],
      ['CLIENT REPLY ON', 'OK'],
    ]);
  });
});

describe('CLIENT PAUSE', () => {
  it('checks mode, then timeout', () => {
    const engine = new TestEngine();
    engine.talk([
      ['CLIENT PAUSE', "-ERR wrong number of arguments for 'client|pause' command"],
      ['CLIENT PAUSE x maybe', `-${errors.PAUSE_MODE}`],
      ['CLIENT PAUSE x WRITE', `-${errors.TIMEOUT_NOT_AN_INTEGER}`],
      ['CLIENT PAUSE 1.5', `-${errors.TIMEOUT_NOT_AN_INTEGER}`],
      ['CLIENT PAUSE -1', `-${errors.TIMEOUT_NEGATIVE}`],
      ['CLIENT PAUSE -9223372036854775808', `-${errors.TIMEOUT_NEGATIVE}`],
      ['CLIENT PAUSE 9223372036854775807', `-${errors.TIMEOUT_RANGE}`],
      [
        'CLIENT Pause 1 WRITE x',
        "-ERR unknown subcommand or wrong number of arguments for 'Pause'. Try CLIENT HELP.",
      ],
      ['CLIENT PAUSE 0 ALL', '+OK'],
      ['PING', '+PONG'],
      ['CLIENT UNPAUSE', '+OK'],
    ]);
    assert.equal(engine.attention.pauseAt(engine.now), 0);
  });
});

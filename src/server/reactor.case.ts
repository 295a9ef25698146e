/**
 * What every reactor back end must do, as tests over real sockets on 127.0.0.1. A back end's own test file calls
 * `testReactor` with a way to make one.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNative } from './native.js';
import { OUTPUT_LOW_WATER_BYTES } from './reactor.js';
import {
  type CreateReactor,
  type Line,
  pattern,
  readAll,
  readBytes,
  Stage,
  stagedTests,
} from './reactor-stage.case.js';
import { testReactorStorms } from './reactor-storms.case.js';
import { bindPath, duplicate, hasKnownSockets } from './sockets.js';

/** @param line what the bytes go over; plain TCP when it is not given */
export function testReactor(name: string, create: CreateReactor, line?: Line): void {
  const staged = stagedTests(name, create, line);
  const plainly = line === undefined ? staged : () => {};

  staged('delivers bytes and sends what is written, also one byte at a time', async (stage) => {
    const { client, server } = await stage.connect();
    server.onReceive = (bytes, from, to) => server.transport.write(bytes, from, to);
    const sent = pattern(100, 1);
    for (const byte of sent) {
      client.write(Buffer.from([byte]));
      assert.deepEqual(await readBytes(client, 1), Buffer.from([byte]));
    }
    assert.deepEqual(Buffer.concat(server.received), sent);
    const large = pattern(3_000_000, 2);
    client.write(large);
    assert.deepEqual(await readBytes(client, large.length), large);
    client.destroy();
    await server.until(() => server.closedCount === 1 || server.endedCount === 1);
  });

  staged('serves others between two reads of a connection that floods', async (stage) => {
    const flood = await stage.connect();
    const other = await stage.connect();
    let floodReads = 0;
    let readsBefore = -1;
    flood.server.onReceive = () => {
      floodReads++;
    };
    other.server.onReceive = () => {
      readsBefore = floodReads;
    };
    const bytes = pattern(4_000_000, 3);
    // Both are written before the reactor, which shares this thread, looks again.
    flood.client.write(bytes);
    other.client.write('x');
    await flood.server.until(() => flood.server.receivedBytes === bytes.length);
    assert.ok(readsBefore >= 0 && readsBefore <= 2, `after ${readsBefore} reads of the one that floods`);
    assert.ok(floodReads > 10, 'there was more to read than that');
    assert.deepEqual(Buffer.concat(flood.server.received), bytes);
    flood.client.destroy();
    other.client.destroy();
  });

  staged('tells both addresses', async (stage) => {
    const { client, server } = await stage.connect();
    assert.equal(server.transport.remoteAddress, `127.0.0.1:${client.localPort}`);
    assert.equal(server.transport.localAddress, `127.0.0.1:${stage.port}`);
    server.transport.setKeepAlive(300);
    server.transport.setKeepAlive(0);
    client.destroy();
  });

  staged('ends a turn once for all events that were ready together', async (stage) => {
    const connections = [];
    for (let index = 0; index < 20; index++) connections.push(await stage.connect());
    let inThisTurn = 0;
    let most = 0;
    stage.onTurnEnd = () => {
      most = Math.max(most, inThisTurn);
      inThisTurn = 0;
    };
    const countdown = connections.map(({ server }) => server.until(() => server.received.length > 0));
    for (const { server } of connections) {
      server.onReceive = () => {
        inThisTurn++;
      };
    }
    // This thread is busy from the first write to the last: the reactor sees them all at once.
    for (const { client } of connections) client.write('x');
    await Promise.all(countdown);
    await new Promise<void>((resolve) => stage.reactor.soon(() => setImmediate(resolve)));
    assert.ok(most > 1, `at most ${most} connections were served in one turn`);
    for (const { client } of connections) client.destroy();
  });

  staged('lets the writer reuse its bytes at once, whatever the peer has read', async (stage) => {
    const { client, server } = await stage.connect();
    const parts = 300;
    const scratch = Buffer.alloc(64 * 1024);
    const expected: Buffer[] = [];
    for (let part = 0; part < parts; part++) {
      const size = 1 + ((part * 7919) % scratch.length);
      const bytes = pattern(size, part);
      bytes.copy(scratch);
      expected.push(bytes);
      server.transport.write(scratch, 0, size);
      scratch.fill(0xee);
    }
    const all = Buffer.concat(expected);
    assert.ok(server.transport.pendingBytes > 0, 'the kernel did not take it all');
    assert.deepEqual(await readBytes(client, all.length), all);
    client.destroy();
  });

  staged('keeps what the kernel did not take from being overwritten by other connections', async (stage) => {
    const slow = await stage.connect();
    const quick = await stage.connect();
    const expected: Buffer[] = [];
    // Until one write is taken in part.
    for (let part = 0; slow.server.transport.pendingBytes === 0; part++) {
      const bytes = pattern(50_000, part);
      slow.server.transport.write(bytes, 0, bytes.length);
      expected.push(bytes);
    }
    quick.client.resume();
    for (let part = 0; part < 60; part++) {
      const bytes = Buffer.alloc(60_000, 0xdd);
      quick.server.transport.write(bytes, 0, bytes.length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const all = Buffer.concat(expected);
    assert.ok((await readBytes(slow.client, all.length)).equals(all));
    slow.client.destroy();
    quick.client.destroy();
  });

  staged('tells when a slow reader has caught up', async (stage) => {
    const { client, server } = await stage.connect();
    const chunk = pattern(256 * 1024, 5);
    let written = 0;
    while (server.transport.pendingBytes <= 4 * 1024 * 1024) {
      server.transport.write(chunk, 0, chunk.length);
      written += chunk.length;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(server.writableCount, 0, 'nobody has read');
    const reading = readBytes(client, written);
    await server.until(() => server.writableCount > 0);
    assert.ok(server.transport.pendingBytes <= OUTPUT_LOW_WATER_BYTES);
    assert.equal((await reading).length, written);
    client.destroy();
  });

  staged('serves others while one does not read', async (stage) => {
    const slow = await stage.connect();
    const quick = await stage.connect();
    const chunk = pattern(1024 * 1024, 5);
    for (let count = 0; count < 16; count++) slow.server.transport.write(chunk, 0, chunk.length);
    quick.server.onReceive = (bytes, from, to) => quick.server.transport.write(bytes, from, to);
    quick.client.write('quick');
    assert.equal((await readBytes(quick.client, 5)).toString(), 'quick');
    slow.client.destroy();
    quick.client.destroy();
  });

  staged('does not read while reading is paused', async (stage) => {
    const { client, server } = await stage.connect();
    client.write('a');
    await server.until(() => server.received.length === 1);
    server.transport.pauseReading();
    client.write('b');
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(server.receivedBytes, 1);
    server.transport.resumeReading();
    await server.until(() => server.receivedBytes === 2);
    // Paused from within receive: nothing more of what is already in the kernel.
    server.onReceive = () => server.transport.pauseReading();
    client.write(pattern(1_000_000, 1));
    await server.until(() => server.receivedBytes > 2);
    const before = server.receivedBytes;
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(server.receivedBytes, before);
    server.onReceive = () => {};
    server.transport.resumeReading();
    await server.until(() => server.receivedBytes === 1_000_002);
    client.destroy();
  });

  staged('goes on sending to a peer that has ended its side', async (stage) => {
    const { client, server } = await stage.connect();
    client.end('last words');
    await server.until(() => server.endedCount === 1);
    assert.equal(Buffer.concat(server.received).toString(), 'last words');
    const reply = pattern(5_000_000, 3);
    server.transport.write(reply, 0, reply.length);
    server.transport.end();
    assert.deepEqual(await readAll(client), reply);
    await server.until(() => server.closedCount === 1);
    assert.equal(server.endedCount, 1);
  });

  staged('sends what is pending before it ends, and receives nothing after', async (stage) => {
    const { client, server } = await stage.connect();
    client.write('x');
    await server.until(() => server.received.length === 1);
    const reply = pattern(8_000_000, 4);
    server.transport.write(reply, 0, reply.length);
    server.transport.end();
    server.transport.write(reply, 0, reply.length);
    client.write('too late');
    const all = readAll(client);
    assert.deepEqual(await all, reply);
    client.end();
    await server.until(() => server.closedCount === 1);
    assert.equal(server.receivedBytes, 1);
    assert.equal(server.endedCount, 0);
  });

  staged('ends a connection whose reading is paused as soon as the peer ends its side', async (stage) => {
    // A connection that has to be cut takes a second, every time; one that ends at once may meet a slow machine.
    let shortestMs = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 5 && shortestMs >= 900; attempt++) {
      const { client, server } = await stage.connect();
      server.transport.pauseReading();
      client.end('unread');
      const beganMs = Date.now();
      server.transport.end();
      client.resume();
      await server.until(() => server.closedCount === 1);
      shortestMs = Math.min(shortestMs, Date.now() - beganMs);
    }
    assert.ok(shortestMs < 900, 'it did not have to be cut');
  });

  staged('cuts a peer that does not end its side after it has been sent the end', async (stage) => {
    const { client, server } = await stage.connect();
    server.transport.end();
    client.resume();
    await once(client, 'end');
    await server.until(() => server.closedCount === 1);
    client.destroy();
  });

  staged('closes at once, and says so later', async (stage) => {
    const { client, server } = await stage.connect();
    const reply = pattern(1000, 4);
    server.onReceive = () => {
      server.transport.write(reply, 0, reply.length);
      server.transport.close();
      assert.equal(server.closedCount, 0, 'not from within the call');
      server.transport.write(reply, 0, reply.length);
      server.transport.close();
      server.transport.end();
      server.transport.pauseReading();
      server.transport.resumeReading();
    };
    client.write('x');
    client.resume();
    await server.until(() => server.closedCount === 1);
    client.destroy();
  });

  staged('notices a peer that resets the connection', async (stage) => {
    const { client, server } = await stage.connect();
    const reply = pattern(1_000_000, 4);
    for (let count = 0; count < 10; count++) server.transport.write(reply, 0, reply.length);
    client.resetAndDestroy();
    await server.until(() => server.closedCount === 1);
  });

  staged('ends a connection that nobody wants after what has been written to it', async (stage) => {
    await stage.listen();
    stage.refuses = true;
    const client = stage.dial();
    assert.equal((await readAll(client)).toString(), 'no\r\n');
  });

  plainly('serves a Unix socket, whose file goes when listening ends', async (stage) => {
    if (process.platform === 'win32') return;
    const directory = mkdtempSync(join(tmpdir(), 'reactor-'));
    const path = join(directory, 'socket');
    assert.equal(await stage.reactor.listen({ path }), 0);
    stage.onAccept = (recorder) => {
      recorder.transport.setKeepAlive(60); // means nothing there, and does no harm
      recorder.onReceive = (bytes, from, to) => {
        recorder.transport.write(bytes, from, to);
        recorder.transport.end();
      };
    };
    const client = net.connect(path);
    client.write('hello');
    assert.equal((await readAll(client)).toString(), 'hello');
    const { remoteAddress, localAddress } = stage.recorders[0]!.transport;
    assert.deepEqual([remoteAddress, localAddress], [`${path}:0`, `${path}:0`]);
    await stage.reactor.stopListening();
    assert.equal(existsSync(path), false);
    rmSync(directory, { recursive: true });
  });

  plainly('shares a bound Unix socket with another reactor, and leaves its file alone', async (stage) => {
    const native = hasKnownSockets() ? await loadNative() : undefined;
    if (native === undefined) return;
    const directory = mkdtempSync(join(tmpdir(), 'reactor-'));
    const path = join(directory, 'socket');
    const fd = bindPath(native, path);
    const other = new Stage(create);
    await other.reactor.listen({ fd: duplicate(native, fd), path });
    await stage.reactor.listen({ fd, path });
    const clients: net.Socket[] = [];
    for (let count = 0; count < 40; count++) {
      const client = net.connect(path);
      clients.push(client);
      client.write('x');
      await once(client, 'connect');
    }
    const accepted = (): number => stage.recorders.length + other.recorders.length;
    while (accepted() < clients.length) await new Promise(setImmediate);
    assert.equal(accepted(), clients.length);
    await other.reactor.stop();
    assert.equal(existsSync(path), true);
    for (const client of clients) client.destroy();
    rmSync(directory, { recursive: true });
  });

  staged('rejects an address that is taken', async (stage) => {
    const port = await stage.reactor.listen({ port: 0 });
    await assert.rejects(stage.reactor.listen({ port }), { code: 'EADDRINUSE' });
  });

  staged('accepts no more after stopListening, and keeps what it has', async (stage) => {
    const { client, server } = await stage.connect();
    server.onReceive = (bytes, from, to) => server.transport.write(bytes, from, to);
    await stage.reactor.stopListening();
    const late = net.connect(stage.port, '127.0.0.1');
    await assert.rejects(once(late, 'connect'));
    client.write('still here');
    assert.equal((await readBytes(client, 10)).toString(), 'still here');
    client.destroy();
  });

  staged('is woken once when the wake word changes', async (stage) => {
    const { reactor, words } = stage;
    const woken = new Promise<void>((resolve) => {
      stage.onWoken = resolve;
    });
    assert.equal(reactor.wakeValue(), 0);
    reactor.armWake(0);
    reactor.armWake(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(stage.wokenCount, 0, 'not before the word changes');
    Atomics.add(words, 3, 1);
    Atomics.notify(words, 3);
    await woken;
    Atomics.add(words, 3, 1);
    Atomics.notify(words, 3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(stage.wokenCount, 1, 'only when armed');
  });

  staged('is woken at once when the wake word has changed already, but not from within', async (stage) => {
    Atomics.store(stage.words, 3, 7);
    const woken = new Promise<void>((resolve) => {
      stage.onWoken = resolve;
    });
    stage.reactor.armWake(6);
    assert.equal(stage.wokenCount, 0);
    await woken;
    assert.equal(stage.wokenCount, 1);
  });

  staged('calls later and periodic work in turns of its own', async (stage) => {
    let ticks = 0;
    await new Promise<void>((resolve) => {
      stage.reactor.soon(() => {
        assert.equal(stage.inTurn, true);
        resolve();
      });
    });
    await new Promise<void>((resolve) => {
      const cancel = stage.reactor.every(2, () => {
        assert.equal(stage.inTurn, true);
        if (++ticks < 3) return;
        cancel();
        resolve();
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(ticks, 3);
  });

  staged('closes every connection when it stops', async (stage) => {
    const first = await stage.connect();
    const second = await stage.connect();
    await stage.reactor.stop();
    assert.equal(first.server.closedCount, 1);
    assert.equal(second.server.closedCount, 1);
    first.client.destroy();
    second.client.destroy();
  });

  testReactorStorms(name, create, line);
}

/** What a web page can send to a local port must not become commands: forms carry whatever their author likes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionFor, sharedServer, textConnectionFor } from '../support/fixture.js';

const BODY = 'FLUSHALL\r\nSET browser:owned 1\r\n';
const FORM = `Host: 127.0.0.1:3000\r\nContent-Type: text/plain\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

for (const inlineReplies of ['text', 'resp']) {
  const server = sharedServer({ directives: { 'inline-replies': inlineReplies } });

  for (const requestLine of ['POST / HTTP/1.1', 'post / HTTP/1.1', 'PUT / HTTP/1.1', 'GET /x HTTP/1.1']) {
    test(`hangs up on a browser's ${requestLine} before its body (inline-replies ${inlineReplies})`, async (t) => {
      const redis = await connectionFor(t, server());
      await redis.call('SET', 'browser:safe', '1');
      const browser = await textConnectionFor(t, server());
      browser.send(`${requestLine}\r\n${FORM}`);
      assert.doesNotMatch(await browser.rest(), /OK/);
      assert.equal(await redis.call('EXISTS', 'browser:safe', 'browser:owned'), 1);
    });
  }
}

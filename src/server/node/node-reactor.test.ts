import { testReactor } from '../reactor.case.js';
import { type CreateReactor, stagedTests } from '../reactor-stage.case.js';
import { NodeReactor } from './node-reactor.js';
import { TLS_LINE, TLS_SETTINGS } from './tls-line.case.js';

testReactor('node reactor', (words, index) => new NodeReactor(words, index));
testReactor(
  "node reactor with 'data' events",
  (words, index) => new NodeReactor(words, index, { sharesReceiveBuffer: false }),
);
const createSecure: CreateReactor = (words, index) => {
  const reactor = new NodeReactor(words, index);
  reactor.useTls(TLS_SETTINGS);
  return reactor;
};

testReactor('node reactor over TLS', createSecure, TLS_LINE);

const secured = stagedTests('node reactor over TLS', createSecure, TLS_LINE);

secured(
  'closes a connection that was reset at the end of its handshake, with replies on their way',
  async (stage) => {
    const { client, server } = await stage.connect();
    // The reset reaches the server before it sends its tickets: from then on node:tls sends nothing, and says nothing.
    server.onReceive = (bytes, from, to) => server.transport.write(bytes, from, to);
    server.onEnded = () => server.transport.end();
    client.write('a request');
    client.resetAndDestroy();
    await server.until(() => server.closedCount === 1);
  },
);

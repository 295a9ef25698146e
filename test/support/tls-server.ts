/** Servers that speak TLS, with an authority and certificates made for the test, and ways to connect to them. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { connect as connectTls, type TLSSocket, type ConnectionOptions as TlsOptions } from 'node:tls';
import { type Client, connect } from '../../src/client/index.js';
import { type Authority, type Certificate, makeAuthority } from './certificate.js';
import { serverFor } from './fixture.js';
import { freePort, type Server } from './server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from './temporary.js';

/** Files of a server's certificate, its key and its authority. */
export interface TlsFiles {
  readonly directory: string;
  readonly authority: Authority;
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

export interface TlsServer extends TlsFiles {
  readonly server: Server;
  readonly tlsPort: number;
}

/** Files of a new authority and of a server on 127.0.0.1; `t` removes them. */
export function tlsFilesFor(t: Pick<TestContext, 'after'>): TlsFiles {
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  const authority = makeAuthority('Test Authority');
  writeFileSync(join(directory, 'ca.crt'), authority.cert);
  const files = writeCertificate(
    directory,
    'server',
    authority.issue('the server', 'localhost', '127.0.0.1'),
  );
  return { directory, authority, ...files, ca: join(directory, 'ca.crt') };
}

/** Writes a certificate and its key, and says where. */
export function writeCertificate(
  directory: string,
  name: string,
  { cert, key }: Certificate,
): { certificate: string; key: string } {
  const paths = { certificate: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) };
  writeFileSync(paths.certificate, cert);
  writeFileSync(paths.key, key, { mode: 0o600 });
  return paths;
}

/** The directives of a server with these files; clients may have a certificate. */
export function tlsDirectives(files: TlsFiles, tlsPort: number): Record<string, string> {
  return {
    'tls-port': String(tlsPort),
    'tls-cert-file': files.certificate,
    'tls-key-file': files.key,
    'tls-ca-cert-file': files.ca,
    'tls-auth-clients': 'optional',
    'tls-threads': '1',
  };
}

/** A server for one test, with plain connections and with TLS. */
export async function tlsServerFor(
  t: Pick<TestContext, 'after'>,
  directives: Readonly<Record<string, string>> = {},
): Promise<TlsServer> {
  const files = tlsFilesFor(t);
  const tlsPort = await freePort();
  const server = await serverFor(t, { directives: { ...tlsDirectives(files, tlsPort), ...directives } });
  return { ...files, server, tlsPort };
}

/** Our client over TLS, which trusts the server's authority; for one test. */
export async function tlsClientFor(
  t: TestContext,
  { authority, tlsPort }: Pick<TlsServer, 'authority' | 'tlsPort'>,
  tls: TlsOptions = {},
): Promise<Client> {
  const kv = await connect(`crabkvs://127.0.0.1:${tlsPort}`, {
    tls: { ca: authority.cert, ...tls },
    connectTimeoutMs: 20_000,
  });
  t.after(() => kv.close());
  return kv;
}

/** How the server answers PING over a bare TLS connection: its reply, or why there is none. */
export function pingOver({ authority, tlsPort }: TlsServer, tls: TlsOptions = {}): Promise<string> {
  return new Promise((done) => {
    const socket: TLSSocket = connectTls({ port: tlsPort, host: '127.0.0.1', ca: authority.cert, ...tls });
    let text = '';
    const end = (reason: string): void => {
      socket.destroy();
      done(text === '' ? reason : text);
    };
    socket.on('error', (error: NodeJS.ErrnoException) => end(`refused: ${error.code}`));
    socket.on('close', () => end('refused: closed'));
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      if (text.endsWith('\r\n')) end(text);
    });
    socket.write('*1\r\n$4\r\nPING\r\n');
  });
}

/**
 * The options of TLS, with Redis's names. `tls-threads` is CrabKV's own, `tls-auth-clients-user` is of Valkey 9.
 *
 * What Redis has besides and is not here: options of connections to replicas and to a cluster, and `tls-session-cache-size`,
 * since sessions are resumed by tickets, which clients keep. The values are put to use in server/tls-settings.ts.
 */

import { THREAD_COUNT_MAX } from '../statistics.js';
import { usableProcessors } from './processors.js';

export const TLS_OPTIONS = [
  {
    name: 'tls-port',
    kind: 'integer',
    default: 0,
    minimum: 0,
    maximum: 65535,
    change: 'start',
    summary: 'TCP port to listen on for TLS; 0 is none. With port 0 there is nothing but TLS',
  },
  {
    name: 'tls-threads',
    kind: 'integer',
    default: Math.min(usableProcessors(), THREAD_COUNT_MAX),
    defaultText: 'one per processor that the process may use',
    minimum: 1,
    maximum: THREAD_COUNT_MAX,
    change: 'start',
    summary: 'reactor threads for TLS beside the others; where all are of kind node, they serve TLS, too',
  },
  {
    name: 'tls-cert-file',
    kind: 'text',
    default: '',
    change: 'live',
    summary: "file of the server's certificate, in PEM, with those between it and the authority's behind it",
  },
  {
    name: 'tls-key-file',
    kind: 'text',
    default: '',
    change: 'live',
    summary: "file of the certificate's private key, in PEM",
  },
  {
    name: 'tls-key-file-pass',
    kind: 'text',
    default: '',
    secret: true,
    change: 'live',
    summary: 'what the private key is encrypted with; empty when it is not',
  },
  {
    name: 'tls-ca-cert-file',
    kind: 'text',
    default: '',
    change: 'live',
    summary: "file of the authorities that clients' certificates must be signed by, in PEM",
  },
  {
    name: 'tls-ca-cert-dir',
    kind: 'text',
    default: '',
    change: 'live',
    summary: 'directory of more such files',
  },
  {
    name: 'tls-auth-clients',
    kind: 'choice',
    default: 'yes',
    choices: ['no', 'yes', 'optional'],
    change: 'live',
    summary: 'whether clients must have a certificate; with optional one that is shown must be right',
  },
  {
    name: 'tls-auth-clients-user',
    kind: 'choice',
    default: 'off',
    choices: ['off', 'cn', 'uri'],
    change: 'live',
    summary: "what of a client's certificate names the user that it is: the common name, or the first URI",
  },
  {
    name: 'tls-protocols',
    kind: 'text',
    default: '',
    change: 'live',
    summary: 'versions to speak, of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3; empty is the last two',
  },
  {
    name: 'tls-ciphers',
    kind: 'text',
    default: '',
    change: 'live',
    summary: "ciphers of TLS up to 1.2, as OpenSSL lists them; empty is Node's choice",
  },
  {
    name: 'tls-ciphersuites',
    kind: 'text',
    default: '',
    change: 'live',
    summary:
      'ciphers of TLS 1.3, such as TLS_AES_128_GCM_SHA256, with colons between them; empty is the usual',
  },
  {
    name: 'tls-prefer-server-ciphers',
    kind: 'flag',
    default: false,
    change: 'live',
    summary: "the order of the server's ciphers decides, and not that of the client's",
  },
  {
    name: 'tls-session-caching',
    kind: 'flag',
    default: true,
    change: 'live',
    summary: 'clients that come back may resume their session, which saves most of a handshake',
  },
  {
    name: 'tls-session-cache-timeout',
    kind: 'integer',
    default: 300,
    minimum: 0,
    maximum: 2 ** 31 - 1,
    unit: 'seconds',
    change: 'live',
    summary: 'for how long a session can be resumed',
  },
] as const;

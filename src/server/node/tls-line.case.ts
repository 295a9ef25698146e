/** TLS as the line of a test: a certificate made for it, settings for the server's side, and a client's side that trusts it. */

import net from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { type Certificate, makeCertificate } from '../../../test/support/certificate.js';
import type { Line } from '../reactor-stage.case.js';
import type { TlsSettings } from '../tls-settings.js';

/** Handshakes cost some milliseconds each, where connections cost a tenth of one. */
const CROWD = 50;
const COMERS = 100;
const RUNS = 10;

/** Settings of TLS 1.3 that ask nobody for a certificate, unless `changes` say otherwise. */
export function settingsFor(certificate: Certificate, changes: Partial<TlsSettings> = {}): TlsSettings {
  return {
    clientCertificates: 'no',
    context: {
      ...certificate,
      ciphers: 'TLS_AES_128_GCM_SHA256:HIGH',
      honorCipherOrder: false,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      secureOptions: 0,
      sessionIdContext: 'test',
      sessionTimeout: 300,
      ticketKeys: new Uint8Array(48),
    },
    ...changes,
  };
}

/** A client's side over TLS, which can be reset, as one of TCP can. */
export function dialSecurely(port: number, options: ConnectionOptions): net.Socket {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const secure = connect({ ...options, socket });
  socket.on('error', (error) => secure.destroy(error));
  secure.resetAndDestroy = () => {
    socket.resetAndDestroy();
    return secure;
  };
  return secure;
}

const certificate = makeCertificate('localhost', '127.0.0.1');

export const TLS_SETTINGS: TlsSettings = settingsFor(certificate);

export const TLS_LINE: Line = {
  listenOptions: { isSecure: true },
  dial: (port) => dialSecurely(port, { ca: certificate.cert, servername: 'localhost' }),
  event: 'secureConnect',
  crowd: CROWD,
  comers: COMERS,
  runs: RUNS,
};

/**
 * Certificates made on the spot: self-signed, with the names a test wants, without openssl and without keys in the tree.
 *
 * A certificate is written here as DER (X.690) by hand: the little of X.509 v3 that TLS asks for. Source: RFC 5280.
 */

import { generateKeyPairSync, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** What `node:tls` takes, in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
/** Context-specific tags of the certificate's own fields. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
/** Context-specific tags of a subject's alternative names. */
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

const ECDSA_WITH_SHA256 = Buffer.from('2a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('550403', 'hex');
const SUBJECT_ALTERNATIVE_NAME = Buffer.from('551d11', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('551d13', 'hex');

const TRUE = Buffer.from([0xff]);
const VERSION_3 = Buffer.from([2]);
/** A bit string begins with how many bits of its last byte are not used. */
const NO_UNUSED_BITS = Buffer.from([0]);

/** One DER value: tag, length, content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  if (size < 0x80) return Buffer.concat([Buffer.from([tag, size]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, size >> 8, size & 0xff]), content]);
}

function commonName(text: string): Buffer {
  const attribute = der(SEQUENCE, der(OBJECT_IDENTIFIER, COMMON_NAME), der(UTF8_STRING, Buffer.from(text)));
  return der(SEQUENCE, der(SET, attribute));
}

function alternativeName(name: string): Buffer {
  return isIPv4(name)
    ? der(IP_ADDRESS, Buffer.from(name.split('.').map(Number)))
    : der(DNS_NAME, Buffer.from(name));
}

function extension(identifier: Buffer, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [der(BOOLEAN, TRUE)] : [];
  return der(SEQUENCE, der(OBJECT_IDENTIFIER, identifier), ...critical, der(OCTET_STRING, value));
}

/**
 * A new key and its certificate, which is its own authority and does not expire in this century's first half.
 *
 * @param names the host names and IPv4 addresses it is for, as in `['localhost', '127.0.0.1']`
 */
export function makeCertificate(...names: string[]): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der(SEQUENCE, der(OBJECT_IDENTIFIER, ECDSA_WITH_SHA256));
  const name = commonName(names[0] ?? 'nobody');
  const time = (text: string) => der(GENERALIZED_TIME, Buffer.from(text));
  const extensions = der(
    SEQUENCE,
    extension(SUBJECT_ALTERNATIVE_NAME, false, der(SEQUENCE, ...names.map(alternativeName))),
    extension(BASIC_CONSTRAINTS, true, der(SEQUENCE, der(BOOLEAN, TRUE))),
  );
  const toBeSigned = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, VERSION_3)),
    der(INTEGER, Buffer.from([1])),
    algorithm,
    name,
    der(SEQUENCE, time('20200101000000Z'), time('20500101000000Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(EXTENSIONS, extensions),
  );
  const signature = der(BIT_STRING, NO_UNUSED_BITS, sign('sha256', toBeSigned, privateKey));
  const base64 = der(SEQUENCE, toBeSigned, algorithm, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

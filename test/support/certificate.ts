/**
 * Certificates made on the spot, self-signed or by an authority of the test's own, with the names a test wants,
 * without openssl and without keys in the tree.
 *
 * A certificate is written here as DER (X.690) by hand: the little of X.509 v3 that TLS asks for. Source: RFC 5280.
 */

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** What `node:tls` takes, in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Who signs certificates, and its own, which those have who trust it. */
export interface Authority extends Certificate {
  /** A certificate for `subject`, with alternative names as in `makeCertificate`. */
  issue(subject: string, ...names: string[]): Certificate;
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
const UNIFORM_RESOURCE_IDENTIFIER = 0x86;
const IP_ADDRESS = 0x87;

const ECDSA_WITH_SHA256 = Buffer.from('2a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('550403', 'hex');
const SUBJECT_ALTERNATIVE_NAME = Buffer.from('551d11', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('551d13', 'hex');

const TRUE = Buffer.from([0xff]);
const VERSION_3 = Buffer.from([2]);
/** A bit string begins with how many bits of its last byte are not used. */
const NO_UNUSED_BITS = Buffer.from([0]);
/** A certificate's serial number: one of 64 random bits, with a byte before it that makes it positive. */
const POSITIVE = Buffer.from([1]);
const SERIAL_BYTES = 8;

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
  if (name.includes('://')) return der(UNIFORM_RESOURCE_IDENTIFIER, Buffer.from(name));
  return isIPv4(name)
    ? der(IP_ADDRESS, Buffer.from(name.split('.').map(Number)))
    : der(DNS_NAME, Buffer.from(name));
}

function extension(identifier: Buffer, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [der(BOOLEAN, TRUE)] : [];
  return der(SEQUENCE, der(OBJECT_IDENTIFIER, identifier), ...critical, der(OCTET_STRING, value));
}

/** What signs: a name and its private key. */
interface Signer {
  readonly subject: string;
  readonly privateKey: KeyObject;
}

/**
 * A new key and its certificate, which is its own authority and does not expire in this century's first half.
 *
 * @param names the host names, IPv4 addresses and URIs it is for, as in `['localhost', '127.0.0.1']`; the
 *   first is the subject, too
 */
export function makeCertificate(...names: string[]): Certificate {
  return certify(names[0] ?? 'nobody', names).certificate;
}

/** A new authority. */
export function makeAuthority(subject: string): Authority {
  const { certificate, privateKey } = certify(subject, []);
  return {
    ...certificate,
    issue: (issued, ...names) => certify(issued, names, { subject, privateKey }).certificate,
  };
}

/** A new key and its certificate; without a signer it signs itself, and may sign others. */
function certify(
  subject: string,
  names: readonly string[],
  signer?: Signer,
): { certificate: Certificate; privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der(SEQUENCE, der(OBJECT_IDENTIFIER, ECDSA_WITH_SHA256));
  const time = (text: string) => der(GENERALIZED_TIME, Buffer.from(text));
  const constraints = der(SEQUENCE, ...(signer === undefined ? [der(BOOLEAN, TRUE)] : []));
  const alternatives = der(SEQUENCE, ...names.map(alternativeName));
  const extensions = der(
    SEQUENCE,
    ...(names.length === 0 ? [] : [extension(SUBJECT_ALTERNATIVE_NAME, false, alternatives)]),
    extension(BASIC_CONSTRAINTS, true, constraints),
  );
  const toBeSigned = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, VERSION_3)),
    der(INTEGER, Buffer.concat([POSITIVE, randomBytes(SERIAL_BYTES)])),
    algorithm,
    commonName(signer?.subject ?? subject),
    der(SEQUENCE, time('20200101000000Z'), time('20500101000000Z')),
    commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(EXTENSIONS, extensions),
  );
  const signature = der(
    BIT_STRING,
    NO_UNUSED_BITS,
    sign('sha256', toBeSigned, signer?.privateKey ?? privateKey),
  );
  const base64 = der(SEQUENCE, toBeSigned, algorithm, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  const certificate = {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
  return { certificate, privateKey };
}

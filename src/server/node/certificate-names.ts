/**
 * The names in a certificate that can name a user: the common name of its subject, and the first URI among its alternative names.
 *
 * Node gives both as texts in which it has escaped whatever could be taken for something else: alternative names with a comma or
 * a quote stand in JSON's quotes, and a subject has a line for each attribute. A certificate with several common names names
 * nobody: which one was meant is anybody's guess.
 *
 * Source: RFC 5280, 4.1.2.6 and 4.2.1.6; `X509Certificate` in Node's documentation.
 */

import type { X509Certificate } from 'node:crypto';
import type { CertificateName } from '../reactor.js';

const URI = /^URI:("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/;
const OTHER = /^[A-Za-z ]+:(?:"(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/;

/** The name of that kind as byte text (U+0000..U+00FF), as names of users are; undefined when there is none. */
export function nameIn(certificate: X509Certificate, kind: CertificateName): string | undefined {
  const name = kind === 'cn' ? commonName(certificate) : firstUri(certificate.subjectAltName ?? '');
  return name === undefined || name === '' ? undefined : Buffer.from(name).toString('latin1');
}

function commonName(certificate: X509Certificate): string | undefined {
  const { CN } = certificate.toLegacyObject().subject as { CN?: string | string[] };
  return typeof CN === 'string' ? CN : undefined;
}

/** Undefined also when the text can't be understood up to the first URI. */
export function firstUri(names: string): string | undefined {
  for (let rest = names; rest !== ''; ) {
    const uri = URI.exec(rest)?.[1];
    if (uri !== undefined) return uri.startsWith('"') ? (JSON.parse(uri) as string) : uri;
    const other = OTHER.exec(rest)?.[0];
    if (other === undefined) return undefined;
    rest = rest.slice(other.length);
  }
  return undefined;
}

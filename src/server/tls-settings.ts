/**
 * What the options of TLS mean: their files read, everything checked, as plain data that goes to the threads that speak TLS.
 *
 * The main thread alone reads files, so that all threads have the same certificate, and what was checked is what is used. It
 * makes a context of the settings once, to learn what OpenSSL says of them; each thread makes its own.
 *
 * Sessions are resumed by tickets, encrypted with keys that all threads have and that are new with each settings: a session never
 * outlives the rules under which it was made, such as which authorities are trusted.
 *
 * Sources: `tlsConfigure` in tls.c of Redis 7.0; `tls.createSecureContext` in Node's documentation.
 */

import { constants, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, DEFAULT_CIPHERS, type SecureVersion } from 'node:tls';
import { CrabError } from '../base/errors.js';
import type { Config } from '../engine/config/config.js';

/** Encrypts and authenticates tickets: what OpenSSL wants, of which Node makes 48 bytes by itself otherwise. */
const TICKET_KEYS_BYTES = 48;
/** Sessions of another program are not resumed here. */
const SESSION_CONTEXT = 'crabkv';
const CERTIFICATE_IN_PEM = /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END \1?CERTIFICATE-----/g;
/** TLS 1.3 has ciphers of its own, which OpenSSL configures apart; Node takes both in one list and tells them by this. */
const SUITE_PREFIX = 'TLS_';

/** Oldest first, each with the option that switches it off. */
const VERSIONS: readonly (readonly [name: SecureVersion, off: number])[] = [
  ['TLSv1', constants.SSL_OP_NO_TLSv1],
  ['TLSv1.1', constants.SSL_OP_NO_TLSv1_1],
  ['TLSv1.2', constants.SSL_OP_NO_TLSv1_2],
  ['TLSv1.3', constants.SSL_OP_NO_TLSv1_3],
];
const DEFAULT_VERSIONS = 'TLSv1.2 TLSv1.3';

/** Whether clients have to show a certificate, may, or are not asked. */
type ClientCertificates = 'yes' | 'optional' | 'no';

/** How TLS is spoken; plain data. */
export interface TlsSettings {
  readonly clientCertificates: ClientCertificates;
  /** For `tls.createSecureContext` and `tls.createServer`. */
  readonly context: {
    readonly cert: string;
    readonly key: string;
    readonly passphrase?: string;
    readonly ca?: readonly string[];
    readonly ciphers: string;
    readonly honorCipherOrder: boolean;
    readonly minVersion: SecureVersion;
    readonly maxVersion: SecureVersion;
    readonly secureOptions: number;
    readonly sessionIdContext: string;
    readonly sessionTimeout: number;
    readonly ticketKeys: Uint8Array;
  };
}

/**
 * Reads what `config` says about TLS.
 *
 * @throws CrabError TLS whose message says which option is wrong, and why
 */
export function readTlsSettings(config: Config): TlsSettings {
  const clientCertificates = config.text('tls-auth-clients') as ClientCertificates;
  const authorities = readAuthorities(config);
  if (clientCertificates !== 'no' && authorities.length === 0) {
    throw wrong(
      'tls-auth-clients',
      "is not no, so tls-ca-cert-file or tls-ca-cert-dir must say who signs clients' certificates",
    );
  }
  const pass = config.text('tls-key-file-pass');
  const settings: TlsSettings = {
    clientCertificates,
    context: {
      ...readPair(config, pass),
      ...(pass === '' ? {} : { passphrase: pass }),
      ...(authorities.length === 0 ? {} : { ca: authorities }),
      ...readVersions(config),
      ciphers: readCiphers(config),
      honorCipherOrder: config.flag('tls-prefer-server-ciphers'),
      sessionIdContext: SESSION_CONTEXT,
      sessionTimeout: config.integer('tls-session-cache-timeout'),
      ticketKeys: randomBytes(TICKET_KEYS_BYTES),
    },
  };
  tryOut(settings, config);
  return settings;
}

/** `settings` in the form that Node's functions take. */
export function toNodeOptions({ context }: TlsSettings) {
  const { ca, ticketKeys, ...rest } = context;
  return { ...rest, ticketKeys: Buffer.from(ticketKeys), ...(ca === undefined ? {} : { ca: [...ca] }) };
}

/** The certificate and its key, which belong together. */
function readPair(config: Config, passphrase: string): { cert: string; key: string } {
  const cert = readPem(config, 'tls-cert-file');
  const key = readPem(config, 'tls-key-file');
  const certificate = readCertificate(cert, `tls-cert-file`, config.text('tls-cert-file'));
  let privateKey: ReturnType<typeof createPrivateKey>;
  try {
    privateKey = createPrivateKey({ key, passphrase });
  } catch (cause) {
    const why =
      passphrase === '' ? 'or it is encrypted: see tls-key-file-pass' : 'or tls-key-file-pass is wrong';
    throw wrong('tls-key-file', `${config.text('tls-key-file')} has no private key in PEM, ${why}`, cause);
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    throw wrong(
      'tls-key-file',
      `${config.text('tls-key-file')} is not the key of the certificate in tls-cert-file`,
    );
  }
  return { cert, key };
}

/** The authorities of both options, each certificate in PEM. */
function readAuthorities(config: Config): string[] {
  const file = config.text('tls-ca-cert-file');
  const directory = config.text('tls-ca-cert-dir');
  const found =
    file === '' ? [] : certificatesIn(readPem(config, 'tls-ca-cert-file'), 'tls-ca-cert-file', file);
  if (file !== '' && found.length === 0) throw wrong('tls-ca-cert-file', `${file} has no certificate in PEM`);
  if (directory === '') return found;
  const inDirectory = readDirectory(directory).flatMap((path) =>
    certificatesIn(readText('tls-ca-cert-dir', path), 'tls-ca-cert-dir', path),
  );
  if (inDirectory.length === 0)
    throw wrong('tls-ca-cert-dir', `no file in ${directory} has a certificate in PEM`);
  return [...found, ...inDirectory];
}

function certificatesIn(text: string, option: string, path: string): string[] {
  const certificates = text.match(CERTIFICATE_IN_PEM) ?? [];
  for (const certificate of certificates) readCertificate(certificate, option, path);
  return certificates;
}

function readCertificate(pem: string, option: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw wrong(option, `${path} has no certificate in PEM, or a damaged one`, cause);
  }
}

/** The files of a directory, in the order of their names. */
function readDirectory(directory: string): string[] {
  try {
    const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
    return files.map(({ name }) => join(directory, name)).sort();
  } catch (cause) {
    throw wrong('tls-ca-cert-dir', `can't read ${directory}: ${reasonOf(cause)}`, cause);
  }
}

function readPem(config: Config, option: 'tls-cert-file' | 'tls-key-file' | 'tls-ca-cert-file'): string {
  const path = config.text(option);
  if (path === '') throw wrong(option, 'is not set, and TLS needs it');
  return readText(option, path);
}

function readText(option: string, path: string): string {
  try {
    return readFileSync(path, 'latin1'); // PEM is ASCII; what is not is refused by whoever reads it
  } catch (cause) {
    throw wrong(option, `can't read ${path}: ${reasonOf(cause)}`, cause);
  }
}

/** From the oldest to the newest version that is wanted, and those between them that are not switched off. */
function readVersions(config: Config): {
  minVersion: SecureVersion;
  maxVersion: SecureVersion;
  secureOptions: number;
} {
  const words = (config.text('tls-protocols') || DEFAULT_VERSIONS).toLowerCase().split(/\s+/).filter(Boolean);
  const unknown = words.find((word) => !VERSIONS.some(([name]) => name.toLowerCase() === word));
  if (unknown !== undefined) {
    throw wrong('tls-protocols', `'${unknown}' is none of ${VERSIONS.map(([name]) => name).join(', ')}`);
  }
  const wanted = VERSIONS.filter(([name]) => words.includes(name.toLowerCase()));
  const [first, last] = [wanted[0], wanted.at(-1)];
  if (first === undefined || last === undefined) throw wrong('tls-protocols', 'names no version');
  const off = VERSIONS.filter((version) => !wanted.includes(version)).reduce(
    (bits, [, bit]) => bits | bit,
    0,
  );
  const tickets = config.flag('tls-session-caching') ? 0 : constants.SSL_OP_NO_TICKET;
  return {
    minVersion: first[0],
    maxVersion: last[0],
    secureOptions: off | tickets | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/** One list of the ciphers of all versions. */
function readCiphers(config: Config): string {
  const usual = DEFAULT_CIPHERS.split(':');
  const isSuite = (name: string): boolean => name.startsWith(SUITE_PREFIX);
  const older = config.text('tls-ciphers') || usual.filter((name) => !isSuite(name)).join(':');
  const suites = config.text('tls-ciphersuites') || usual.filter(isSuite).join(':');
  // Each option is about its own kind, or Node would take one for the other.
  if (older.split(':').some(isSuite))
    throw wrong('tls-ciphers', 'names a cipher of TLS 1.3: see tls-ciphersuites');
  if (!suites.split(':').every(isSuite)) throw wrong('tls-ciphersuites', "'s names all begin with TLS_");
  return `${suites}:${older}`;
}

/** Whatever OpenSSL has against the settings is learnt here. */
function tryOut(settings: TlsSettings, config: Config): void {
  try {
    createSecureContext(toNodeOptions(settings));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const isCipher = /cipher/i.test(reason);
    const option = config.text('tls-ciphers') === '' ? 'tls-ciphersuites' : 'tls-ciphers';
    throw wrong(isCipher ? option : 'tls-cert-file', `can't be used: ${reason}`, cause);
  }
}

function reasonOf(cause: unknown): string {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'ENOTDIR') return 'it is no directory';
  return code;
}

function wrong(option: string, what: string, cause?: unknown): CrabError {
  return new CrabError('TLS', what.startsWith("'s") ? `${option}${what}` : `${option} ${what}`, cause);
}

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeAuthority } from '../../test/support/certificate.js';
import { tlsDirectives, tlsFilesFor, writeCertificate } from '../../test/support/tls-server.js';
import { Config } from '../engine/config/config.js';
import { configure, type ServerDirectives } from '../engine/config/directives.js';
import { readTlsSettings } from './tls-settings.js';

/** A directory with all that is needed, and the settings that come of it with `changes`. */
function benchFor(t: TestContext) {
  const files = tlsFilesFor(t);
  const read = (changes: ServerDirectives = {}) => {
    const config = new Config();
    configure(config, { ...tlsDirectives(files, 1), ...changes }, 'test');
    return readTlsSettings(config);
  };
  const refused = (changes: ServerDirectives, message: RegExp) => {
    assert.throws(() => read(changes), { code: 'TLS', message });
  };
  return { ...files, read, refused };
}

test('the usual: TLS 1.2 and 1.3, tickets, the order of the client', (t) => {
  const { read } = benchFor(t);
  const { context, clientCertificates } = read();
  assert.equal(clientCertificates, 'optional');
  assert.deepEqual([context.minVersion, context.maxVersion], ['TLSv1.2', 'TLSv1.3']);
  assert.equal(context.honorCipherOrder, false);
  assert.equal(context.ca?.length, 1);
  assert.notDeepEqual(context.ticketKeys, read().context.ticketKeys, 'sessions end with their settings');
});

test('versions are those named, with the ones between left out', (t) => {
  const { read, refused } = benchFor(t);
  const { context } = read({ 'tls-protocols': 'tlsv1.3  TLSv1.1' });
  assert.deepEqual([context.minVersion, context.maxVersion], ['TLSv1.1', 'TLSv1.3']);
  const { context: both } = read({ 'tls-protocols': 'TLSv1.1 TLSv1.2 TLSv1.3' });
  assert.notEqual(context.secureOptions, both.secureOptions, '1.2 is switched off in one of them');
  refused({ 'tls-protocols': 'TLSv1.2,TLSv1.3' }, /tls-protocols 'tlsv1\.2,tlsv1\.3' is none of TLSv1, /);
  refused({ 'tls-protocols': ' ' }, /tls-protocols names no version/);
});

test('ciphers: one option for TLS 1.3 and one for what was before', (t) => {
  const { read, refused } = benchFor(t);
  const { context } = read({ 'tls-ciphers': 'HIGH', 'tls-ciphersuites': 'TLS_AES_128_GCM_SHA256' });
  assert.equal(context.ciphers, 'TLS_AES_128_GCM_SHA256:HIGH');
  refused({ 'tls-ciphers': 'TLS_AES_128_GCM_SHA256' }, /tls-ciphers names a cipher of TLS 1\.3/);
  refused({ 'tls-ciphersuites': 'HIGH' }, /tls-ciphersuites's names all begin with TLS_/);
  refused({ 'tls-ciphers': 'NONE_SUCH' }, /tls-ciphers can't be used/);
  refused({ 'tls-ciphersuites': 'TLS_NONE_SUCH' }, /tls-ciphersuites can't be used/);
});

test('a key that is encrypted needs its password', (t) => {
  const { read, refused, directory } = benchFor(t);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const path = join(directory, 'encrypted.key');
  const encrypt = (key: typeof privateKey) =>
    key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame' });
  writeFileSync(path, encrypt(privateKey));
  refused({ 'tls-key-file': path }, /has no private key in PEM, or it is encrypted: see tls-key-file-pass/);
  refused({ 'tls-key-file': path, 'tls-key-file-pass': 'wrong' }, /or tls-key-file-pass is wrong/);
  refused({ 'tls-key-file': path, 'tls-key-file-pass': 'sesame' }, /is not the key of the certificate/);
  assert.equal(read().context.passphrase, undefined);
});

test('authorities come from a file, a directory or both', (t) => {
  const { read, refused, directory, authority, certificate } = benchFor(t);
  const folder = join(directory, 'authorities');
  mkdirSync(folder);
  refused({ 'tls-ca-cert-dir': folder }, /no file in .*authorities has a certificate/);
  writeFileSync(join(folder, 'README'), 'two in one file');
  writeFileSync(join(folder, 'two.pem'), `# one\n${makeAuthority('one').cert}\n${makeAuthority('two').cert}`);
  mkdirSync(join(folder, 'deeper'));
  assert.equal(read({ 'tls-ca-cert-dir': folder }).context.ca?.length, 3);
  assert.equal(read({ 'tls-ca-cert-dir': folder, 'tls-ca-cert-file': '' }).context.ca?.length, 2);
  refused({ 'tls-ca-cert-dir': certificate }, /tls-ca-cert-dir can't read .*: it is no directory/);
  refused({ 'tls-ca-cert-dir': join(folder, 'none') }, /tls-ca-cert-dir can't read .*: it does not exist/);
  writeFileSync(join(folder, 'bad.pem'), authority.cert.replace(/\n.{10}/, '\nAAAAAAAAAA'));
  refused({ 'tls-ca-cert-dir': folder }, /bad\.pem has no certificate in PEM, or a damaged one/);
});

test('without an authority no certificate can be asked for', (t) => {
  const { read, refused } = benchFor(t);
  for (const wanted of ['yes', 'optional']) {
    refused(
      { 'tls-ca-cert-file': '', 'tls-auth-clients': wanted },
      /must say who signs clients' certificates/,
    );
  }
  assert.equal(read({ 'tls-ca-cert-file': '', 'tls-auth-clients': 'no' }).context.ca, undefined);
});

test('what is wrong with a file is said with its path', (t) => {
  const { refused, directory, key, certificate, authority } = benchFor(t);
  const other = writeCertificate(directory, 'other', authority.issue('other'));
  refused({ 'tls-key-file': other.key }, /tls-key-file .*other\.key is not the key of the certificate/);
  refused({ 'tls-cert-file': key }, /tls-cert-file .*server\.key has no certificate in PEM/);
  refused({ 'tls-key-file': certificate }, /tls-key-file .*server\.crt has no private key in PEM/);
  refused({ 'tls-cert-file': directory }, /tls-cert-file can't read .*: it is a directory/);
  refused({ 'tls-ca-cert-file': key }, /tls-ca-cert-file .*server\.key has no certificate in PEM/);
  if (process.getuid?.() === 0) return; // root may read everything
  chmodSync(other.key, 0);
  refused({ 'tls-key-file': other.key }, /permission denied/);
});

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { makeAuthority } from '../../../test/support/certificate.js';
import { firstUri, nameIn } from './certificate-names.js';

const authority = makeAuthority('Test Authority');

function certificate(subject: string, ...names: string[]): X509Certificate {
  return new X509Certificate(authority.issue(subject, ...names).cert);
}

test('the common name and the first URI, as bytes', () => {
  const full = certificate('alice', 'a.example', '127.0.0.1', 'spiffe://x/alice', 'spiffe://x/other');
  assert.equal(nameIn(full, 'cn'), 'alice');
  assert.equal(nameIn(full, 'uri'), 'spiffe://x/alice');
  assert.equal(nameIn(certificate('Zoë'), 'cn'), Buffer.from('Zoë').toString('latin1'));
  assert.equal(nameIn(certificate('alice', 'a.example'), 'uri'), undefined);
  assert.equal(nameIn(certificate('alice'), 'uri'), undefined);
  assert.equal(nameIn(certificate(''), 'cn'), undefined);
});

test('no other name can be dressed up as a URI, nor a URI as several', () => {
  for (const dns of [
    'a, URI:spiffe:x',
    'a", URI:spiffe:x',
    'a\\", URI:spiffe:x, DNS:"',
    'a\u0000, URI:spiffe:x',
  ]) {
    assert.equal(nameIn(certificate('alice', dns), 'uri'), undefined, dns);
    assert.equal(nameIn(certificate('alice', dns, 'spiffe://y'), 'uri'), 'spiffe://y', dns);
  }
  const quoted = 'spiffe://x/a, URI:spiffe://x/root';
  assert.equal(nameIn(certificate('alice', quoted), 'uri'), quoted);
});

test('a list that can not be understood names nobody', () => {
  assert.equal(firstUri('DNS:a, IP Address:127.0.0.1, URI:b'), 'b');
  assert.equal(firstUri('DNS:"a, URI:x", URI:b'), 'b');
  assert.equal(firstUri('DNS:"a, URI:x'), undefined);
  assert.equal(firstUri('DNS:a"b, URI:x'), undefined);
  assert.equal(firstUri('DNS:a,URI:x'), undefined);
  assert.equal(firstUri(''), undefined);
});

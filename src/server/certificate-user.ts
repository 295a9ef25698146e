/**
 * `tls-auth-clients-user`: a client whose certificate names a user that exists and is on is that user, without a password. Any
 * other stays what clients are at first.
 */

import type { Users } from '../engine/acl/users.js';
import { setUser } from '../engine/attention.js';
import type { Client } from '../engine/client.js';
import type { Config } from '../engine/config/config.js';
import type { CertificateName, Transport } from './reactor.js';

/** Authenticates `client` by what `transport` was shown. Returns why not, as a sentence, when a name was of no use. */
export function authenticateByCertificate(
  client: Client,
  transport: Transport,
  config: Config,
  users: Users,
): string | undefined {
  const kind = config.text('tls-auth-clients-user');
  const name = kind === 'off' ? undefined : transport.certificateName?.(kind as CertificateName);
  if (name === undefined) return undefined;
  const user = users.find(name);
  if (user?.isOn === true) {
    setUser(client, user);
    client.authenticated = true;
    return undefined;
  }
  const what = user === undefined ? 'does not exist' : 'is off';
  return `The certificate of ${client.address} names the user ${JSON.stringify(name)}, which ${what}`;
}

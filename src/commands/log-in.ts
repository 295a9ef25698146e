/**
 * A client says who it is: AUTH, and HELLO with AUTH.
 *
 * Whether a password is right takes as long to say as whether a user exists: it is hashed, and its hash compared with others, in
 * any case. Who comes from an address from which many passwords were wrong has to wait before it is looked at
 * (engine/auth-failures.ts); the connection waits, the thread does not.
 *
 * Source: `ACLAuthenticateUser` in acl.c of Redis 7.0.
 */

import { hashPassword, User } from '../engine/acl/user.js';
import { setUser } from '../engine/attention.js';
import type { Call } from '../engine/call.js';
import type { Client, LateReply } from '../engine/client.js';
import * as errors from '../engine/errors.js';
import { isInProcess } from '../engine/local-address.js';
import type { Services } from '../engine/services.js';

/** Whom an unknown name stands for: it has a password as others have, and is off. */
const NOBODY = new User('', 0);
NOBODY.addPassword(hashPassword(''));

/** What somebody says who he is. Byte texts. */
interface Claim {
  readonly name: string;
  readonly password: string;
  /** What he has said it with. */
  readonly command: string;
}

/**
 * Makes the client the user of this name, if the password is right, and then replies by `welcome`; else with an error. At once,
 * or later: nothing of the call can be used afterwards.
 */
export function logIn(call: Call, name: string, password: string, welcome: LateReply): void {
  const { client, services } = call;
  const claim: Claim = { name, password, command: call.byteText(0) };
  const waitMs = services.config.integer('auth-delay');
  const mayWait = waitMs !== 0 && !isInProcess(client.address);
  if (mayWait && services.authFailures.areMany(client.address, services.clock.nowMs())) {
    call.suspend(decideLater(client, services, claim, welcome, waitMs));
  } else {
    decide(client, services, claim, welcome)(call.reply);
  }
}

/** CLIENT UNBLOCK does not make the time any shorter. */
async function decideLater(
  client: Client,
  services: Services,
  claim: Claim,
  welcome: LateReply,
  waitMs: number,
): Promise<LateReply> {
  const untilMs = services.clock.monotonicMs() + waitMs;
  for (let restMs = waitMs; restMs > 0; restMs = Math.ceil(untilMs - services.clock.monotonicMs())) {
    await services.waits.until(client, restMs);
  }
  return decide(client, services, claim, welcome);
}

function decide(client: Client, services: Services, claim: Claim, welcome: LateReply): LateReply {
  const user = services.users.find(claim.name) ?? NOBODY;
  if (user.accepts(hashPassword(claim.password))) {
    client.authenticated = true;
    setUser(client, user);
    return welcome;
  }
  services.authFailures.note(client.address, services.clock.nowMs());
  services.accessLog.add(client, 'auth', claim.command, claim.name);
  return (reply) => reply.error(errors.WRONG_PASSWORD);
}

/**
 * Replies that another thread has a say in.
 */

import type { LateReply } from '../engine/client.js';

/** The reply to a request of the control plane that gives an error line, or nothing when all went well. */
export async function replyOutcome(
  outcome: Promise<string | undefined>,
  success: string,
): Promise<LateReply> {
  const error = await outcome;
  return (reply) => (error === undefined ? reply.status(success) : reply.error(error));
}

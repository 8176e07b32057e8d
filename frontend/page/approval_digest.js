// What a wallet request is bound to: the digest over the whole of it, computed again here before anybody may sign.

/** @import { PublicApproval } from '../client/frames.js' */

const VERSION = 'forge-approval-1';

/** The calls of a request, the first as the older fields have it. @param {PublicApproval} approval */
export function callsOf({ calls, to, value, data }) {
  return calls?.length ? calls : [{ to, value, data }];
}

/** The canonical JSON of docs/protocol.md. @param {PublicApproval} approval */
export function canonical(approval) {
  const calls = callsOf(approval).map(({ to, value, data }) => [to.toLowerCase(), value, data.toLowerCase()]);
  return JSON.stringify([VERSION, approval.chain_id, approval.sender?.toLowerCase() ?? null, calls]);
}

/** Whether this page may compute digests at all: browsers allow it on https and on the own computer only. */
export function canVerify() {
  return Boolean(globalThis.crypto?.subtle);
}

/** Whether all of the request is here and is what the server's digest says. @param {PublicApproval} approval */
export async function isVerified(approval) {
  if (approval.truncated || !canVerify() || !isOneCall(approval)) return false;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonical(approval)));
  return hexOf(digest) === approval.digest;
}

/** A wallet signs one call, and the fields that describe it must be that call's. @param {PublicApproval} approval */
function isOneCall(approval) {
  const [call, ...others] = callsOf(approval);
  return others.length === 0 && call?.to === approval.to && call.value === approval.value && call.data === approval.data;
}

/** @param {ArrayBuffer} bytes */
function hexOf(bytes) {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

// The digest of the whole wallet request, computed here again before it may be signed.

/** @import { PublicApproval } from '../client/frames.js' */

const VERSION = 'forge-approval-1';

/** The calls of a request; the older fields hold the first one. @param {PublicApproval} approval */
function callsOf({ calls, to, value, data }) {
  return calls?.length ? calls : [{ to, value, data }];
}

/** The canonical JSON of docs/protocol.md. @param {PublicApproval} approval */
export function canonical(approval) {
  const calls = callsOf(approval).map(({ to, value, data }) => [to.toLowerCase(), value, data.toLowerCase()]);
  return JSON.stringify([VERSION, approval.chain_id, approval.sender?.toLowerCase() ?? null, calls]);
}

/** Whether this page can compute digests at all: browsers allow it only on https and on the same computer. */
export function canVerify() {
  return Boolean(globalThis.crypto?.subtle);
}

/** Whether the whole request is here and matches the server's digest. @param {PublicApproval} approval */
export async function isVerified(approval) {
  if (approval.truncated || !canVerify() || !isOneCall(approval)) return false;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonical(approval)));
  return hexOf(digest) === approval.digest;
}

/** A wallet signs one call, so the fields that describe the request must be those of that call. @param {PublicApproval} approval */
function isOneCall(approval) {
  const [call, ...others] = callsOf(approval);
  return others.length === 0 && call?.to === approval.to && call.value === approval.value && call.data === approval.data;
}

/** @param {ArrayBuffer} bytes */
function hexOf(bytes) {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

// Addresses that look like each other. A fraud makes one whose first and last digits are those of an address that the
// person knows, and places it where the agent reads it; whoever compares only the ends signs a payment to the fraud.
// The server compares too (`worker/agent/wallet/review/warnings/look_alikes.py`), when it makes the request and when it binds it;
// the page knows what has been said since.

import { reviewOf } from './approval_words.js';

/** @import { PublicApproval } from '../client/frames.js' */
/** @import { ShownMessage } from '../client/snapshot.js' */

/** Two addresses of which as many digits are the same at both ends: one pair in 17 million is so by chance. */
const SAME_DIGITS = 3;
/** An address, or one that is filled up with zeros to a word, as the logs of transactions have it. */
const ADDRESS = /0[xX](?:0{24})?([0-9a-fA-F]{40})(?![0-9a-fA-F])/g;

/** @type {WeakMap<ShownMessage, string[]>} */
const found = new WeakMap();

/** Every address that a conversation names, in its texts and in the tools' arguments. @param {ShownMessage[]} messages @returns {string[]} */
export function addressesIn(messages) {
  return [...new Set(messages.flatMap(addressesOf))];
}

/** @param {ShownMessage} message */
function addressesOf(message) {
  const known = found.get(message);
  if (known) return known;
  const text = `${message.content} ${JSON.stringify(message.tool?.arguments ?? '')}`;
  const addresses = [...text.matchAll(ADDRESS)].map(([, digits]) => `0x${digits}`);
  found.set(message, addresses);
  return addresses;
}

/** The request with one danger more for each address of it that looks like a known one. @param {PublicApproval} approval @param {string[]} known @returns {PublicApproval} */
export function withLookAlikes(approval, known) {
  const review = reviewOf(approval);
  const told = new Set((review.warnings ?? []).map(({ text }) => text.toLowerCase()));
  const found = partiesOf(approval).flatMap((party) => {
    const other = known.find((each) => looksLike(each, party));
    return other ? [warningOf(party, other)] : [];
  });
  const added = found.filter(({ text }) => !told.has(text.toLowerCase()));
  return added.length ? { ...approval, review: { ...review, warnings: [...added, ...(review.warnings ?? [])] } } : approval;
}

/** Who gets something by a request: what is called, who receives, who may take; and the tokens of it. @param {PublicApproval} approval */
function partiesOf(approval) {
  const { recipient, changes = [], allowances = [] } = reviewOf(approval);
  const receivers = changes.filter(({ direction }) => direction === 'out').map(({ to }) => to);
  const given = allowances.filter(({ revokes }) => !revokes);
  const takers = given.map(({ spender }) => spender);
  const tokens = [...changes.map(({ asset }) => asset), ...given.map(({ token }) => token)].flatMap((token) => token ?? []);
  const parties = [approval.to, ...(recipient ? [recipient] : []), ...receivers, ...takers, ...tokens];
  return parties.filter((party, at) => parties.findIndex((other) => other.toLowerCase() === party.toLowerCase()) === at);
}

/** @param {string} known @param {string} other */
export function looksLike(known, other) {
  const [a, b] = [known.toLowerCase(), other.toLowerCase()];
  return a !== b && a.slice(2, 2 + SAME_DIGITS) === b.slice(2, 2 + SAME_DIGITS) && a.slice(-SAME_DIGITS) === b.slice(-SAME_DIGITS);
}

/** @param {string} party @param {string} known */
function warningOf(party, known) {
  const text = `${party} only looks like ${known}. It is another address: somebody may have made it to be taken for that one.`;
  return { code: 'look_alike', severity: /** @type {const} */ ('danger'), text };
}

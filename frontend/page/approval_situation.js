// The state of a wallet request on this page, as one of a few situations, which decide the text and the buttons.

/** @import { ApprovalReply, NetworkInfo, PublicApproval, WalletReceipt } from '../client/frames.js' */
/** @import { Progress } from './approving.js' */
/** @import { Offer } from './wallet.js' */

/**
 * `loading` until the whole request is here; `different`: the digest differs; `insecure`: this page cannot compute digests.
 * @typedef {'loading' | 'verified' | 'different' | 'insecure' | 'unreachable'} Check
 */

/**
 * @typedef {object} ApprovalContext
 * @property {NetworkInfo | undefined} network
 * @property {Check} check
 * @property {Progress} progress what this page is doing with the request
 * @property {Offer | null} offer the wallet in use
 * @property {string | null} account
 * @property {Offer | null} asked the wallet that was asked for its account and has not answered
 * @property {boolean} canSign whether the wallet in use can sign on this chain
 * @property {Offer[]} offers wallets to choose from
 * @property {boolean} isTest on the local test chain
 * @property {WalletReceipt | null} receipt the last receipt of the request in the conversation
 * @property {ApprovalReply | null} underWay the wallet's answer that the server has not confirmed yet
 * @property {boolean} isChecking whether the run that checks the reported transaction continues
 * @property {string} bindProblem why the request could not be simulated for the account in use
 * @property {number} now the time of the server's clock
 */

/** @typedef {'overtaken' | 'working' | 'told' | 'elsewhere' | 'unchecked' | 'choose' | 'unfit' | 'mismatch' | 'binding' | 'ready'} Situation */

/** The situation is the first row whose condition holds. @type {ReadonlyArray<[Situation, (approval: PublicApproval, context: ApprovalContext) => boolean]>} */
const SITUATIONS = [
  ['overtaken', (_, { progress }) => progress.step === 'signature' && progress.isOvertaken],
  ['working', (_, { progress }) => progress.step !== null && progress.step !== 'report'],
  ['told', (_, { progress, isChecking, underWay }) => progress.told !== null || progress.step === 'report' || isChecking || underWay !== null],
  ['elsewhere', ({ claim }, { now, progress }) => !progress.isClaimed && isAfter(claim?.until, now)],
  ['unchecked', (_, { check }) => check !== 'verified'],
  ['choose', (_, { account }) => account === null],
  ['unfit', (_, { canSign }) => !canSign],
  ['mismatch', ({ sender }, { account }) => Boolean(sender) && sender?.toLowerCase() !== account?.toLowerCase()],
  ['binding', ({ sender }, { bindProblem }) => !sender && !bindProblem],
];

/** @param {PublicApproval} approval @param {ApprovalContext} context @returns {Situation} */
export function situationOf(approval, context) {
  return SITUATIONS.find(([, isIt]) => isIt(approval, context))?.[0] ?? 'ready';
}

/** Why something may have been sent already; empty if nothing indicates it. @param {PublicApproval} approval @param {ApprovalContext} context @returns {string[]} */
export function doubtsOf({ reported = [], claim }, { now, progress }) {
  const said = reported.map(({ transaction_hash, outcome }) => (transaction_hash ? `Sent as ${transaction_hash}, ${DOUBTS[outcome]}` : UNANSWERED));
  if (claim && !said.length && !progress.isClaimed && !isAfter(claim.until, now)) said.push(`It was in the wallet of ${claim.account}, which never answered here. ${STILL_ASKS}`);
  if (progress.isUntold && !said.length) said.push(progress.hash ? `Sent as ${progress.hash}, and the server could not be told.` : UNANSWERED);
  return [...new Set(said)];
}

export const STILL_ASKS = 'If a wallet still asks for it, reject it there: whoever confirms it there sends it all the same.';
const DOUBTS = /** @type {const} */ ({
  not_found: 'not found on the chain yet.',
  different: 'which turned out to be another transaction.',
  unknown: 'and it is not known what became of it.',
});
const UNANSWERED = `A wallet was asked before and gave no usable answer. It may have been sent. ${STILL_ASKS}`;

/** @param {string | undefined} time RFC 3339 @param {number} now */
function isAfter(time, now) {
  return time !== undefined && Date.parse(time) > now;
}

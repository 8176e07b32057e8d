// A wallet's answer as the text of a message.

/** @import { ApprovalReply } from './frames.js' */

/** The words that older servers understand and the conversation shows. @param {ApprovalReply} approval */
export function reportText({ outcome, transaction_hash, reason }) {
  if (outcome === 'sent') return `Transaction sent: ${transaction_hash}`;
  if (outcome === 'rejected') return `Transaction rejected by user${reason ? `: ${reason}` : ''}`;
  return `The wallet gave no usable answer${reason ? `: ${reason}` : '.'}`;
}

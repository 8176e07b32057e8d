import type { ApprovalReply } from './frames.js';
/** @import { ApprovalReply } from './frames.js' */
/** The words that older servers understand and the conversation shows. @param {ApprovalReply} approval */
export declare function reportText({ outcome, transaction_hash, reason }: ApprovalReply): string;

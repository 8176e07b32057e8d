// Converts messages to the items of the conversation: a tool's call and result become one item.

import { outdated, requestStates } from './receipts.js';

/** @import { PublicApproval } from '../client/frames.js' */
/** @import { ShownMessage } from '../client/snapshot.js' */
/** @import { RequestState } from './receipts.js' */

const WALLET_TOOL = 'send_transaction_to_wallet';

/**
 * @typedef {{ key: string, type: 'message', message: ShownMessage }
 *   | { key: string, type: 'tool', call: ShownMessage | null, result: ShownMessage | null, request?: RequestState }} Item
 */

/** `request`: the state of the wallet request that a tool call made. @param {ShownMessage[]} messages @param {PublicApproval[]} approvals @returns {Item[]} */
export function itemsOf(messages, approvals) {
  const needless = outdated(messages);
  const items = joined(messages.filter((message) => !needless.has(message)));
  const states = requestStates(messages, approvals);
  for (const item of items) {
    const tool = item.type === 'tool' && (item.result ?? item.call)?.tool;
    if (item.type !== 'tool' || !tool || item.result?.tool?.outcome !== 'success' || tool.name !== WALLET_TOOL) continue;
    item.request = states.get(tool.call_id) ?? 'over';
  }
  return items;
}

/** @param {ShownMessage[]} messages @returns {Item[]} */
function joined(messages) {
  /** @type {Item[]} */
  const items = [];
  /** @type {Map<string, Extract<Item, { type: 'tool' }>>} */
  const waiting = new Map();
  for (const message of messages) {
    const callId = message.tool?.call_id ?? '';
    const open = message.kind === 'tool_result' ? waiting.get(callId) : undefined;
    if (open) {
      open.result = message;
      waiting.delete(callId);
    } else if (message.kind === 'tool_call' || message.kind === 'tool_result') {
      const isCall = message.kind === 'tool_call';
      /** @type {Extract<Item, { type: 'tool' }>} */
      const item = { key: `t${message.seq}`, type: 'tool', call: isCall ? message : null, result: isCall ? null : message };
      if (isCall) waiting.set(callId, item);
      items.push(item);
    } else {
      items.push({ key: `${message.sender}${message.seq}`, type: 'message', message });
    }
  }
  return items;
}

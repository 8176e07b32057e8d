// Messages to what stands in the conversation: a tool's call and result become one item.

/** @import { ShownMessage } from '../client/snapshot.js' */

/**
 * @typedef {{ key: string, type: 'message', message: ShownMessage }
 *   | { key: string, type: 'tool', call: ShownMessage | null, result: ShownMessage | null }} Item
 */

/** @param {ShownMessage[]} messages @returns {Item[]} */
export function itemsOf(messages) {
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

// The frames of docs/protocol.md as types; `layers/forge/forge/models/frame.py` is their source.

/** Every `type` that a server frame can have. */
export const SERVER_FRAME_TYPES = /** @type {const} */ (['state', 'text', 'error', 'session_expired', 'pong']);

/** Every `type` that a client frame can have. */
export const CLIENT_FRAME_TYPES = /** @type {const} */ (['sync', 'ping', 'auth']);

/** @typedef {'user' | 'agent' | 'system'} Sender */
/** @typedef {'text' | 'tool_call' | 'tool_result' | 'notice'} MessageKind */

/**
 * @typedef {object} ToolDisplay
 * @property {string} call_id
 * @property {string} name
 * @property {Record<string, unknown> | null} [arguments] in the message of the call
 * @property {'success' | 'refused' | 'failed' | 'unknown' | null} [outcome] in the message of the result
 * @property {boolean} [truncated]
 */

/**
 * What became of a wallet request. `closes`: the request is used up. `reported` and `unanswered` are a client's statements.
 * @typedef {object} WalletReceipt
 * @property {string | null} [approval_id]
 * @property {string | null} [call_id] the tool call that made the request
 * @property {'reported' | 'unanswered' | 'rejected' | 'succeeded' | 'failed' | 'pending' | 'different' | 'not_found' | 'unknown' | 'expired'} outcome
 * @property {boolean} [closes]
 * @property {string | null} [transaction_hash]
 * @property {number | null} [block_number]
 * @property {string | null} [fee]
 * @property {string | null} [summary]
 * @property {string | null} [reason]
 * @property {string[]} [unexpected] what the transaction did beyond what its request showed, one sentence each
 * @property {boolean} [may_still_ask] a wallet that was asked to sign the request has not answered
 */

/**
 * `seq` is null while the message waits in the queue; `length` counts Unicode code points.
 * @typedef {object} PublicMessage
 * @property {number | null} seq
 * @property {Sender} sender
 * @property {MessageKind} kind
 * @property {string} content
 * @property {number} length
 * @property {string} timestamp
 * @property {string} created_at
 * @property {boolean} [is_streaming]
 * @property {string | null} [run_id]
 * @property {ToolDisplay | null} [tool]
 * @property {WalletReceipt | null} [receipt] in a message that reports what became of a wallet request
 * @property {'failed' | 'interrupted' | null} [run_end] how the run ended, in the notice that ends it
 * @property {'cut_off' | 'filtered' | 'refused' | 'failed' | 'empty' | null} [answer_end] how the answer ended, in the notice about an answer that did not end normally
 */

/** @typedef {{ run_id: string, attempt: number, started_at: string, seq: number }} PublicRun */
/** @typedef {{ run_id: string, sender: Sender, content: string, created_at: string, truncated?: boolean }} QueuedMessage */

/** @typedef {{ to: string, value: string, data: string }} Call `value` is decimal wei */
/** @typedef {{ direction: 'out' | 'in' | 'other', standard: string, asset?: string | null, symbol?: string | null, amount?: string | null, token_id?: string | null, formatted?: string | null, sender: string, to: string }} ReviewChange */
/** @typedef {{ kind: 'erc20' | 'erc721' | 'operator' | 'permit' | 'permit2' | 'control', token?: string | null, spender: string, owner?: string | null, amount?: string | null, formatted?: string | null, unlimited?: boolean, revokes?: boolean, source?: 'call' | 'inner call' | 'simulation', text: string }} Allowance */
/** @typedef {{ code: string, severity: 'danger' | 'caution', text: string }} ReviewWarning */
/** @typedef {{ name?: string | null, type: string, value?: unknown }} ReviewArgument */
/** @typedef {{ to?: string | null, function?: string | null, arguments?: ReviewArgument[], understood?: boolean, note?: string | null, inner?: ReviewedCall[] }} ReviewedCall */
/** @typedef {{ gas: string, wei: string, formatted: string, currency: string }} ReviewFee */

/**
 * What the server found out about a request before the person was asked.
 * @typedef {object} Review
 * @property {'moves' | 'nothing' | 'unknown'} outcome
 * @property {string | null} [reason]
 * @property {ReviewChange[]} [changes]
 * @property {number} [more_changes]
 * @property {Allowance[]} [allowances]
 * @property {ReviewWarning[]} [warnings]
 * @property {ReviewedCall[]} [calls]
 * @property {string | null} [recipient]
 * @property {ReviewFee | null} [fee]
 * @property {string | null} [currency] the symbol of the network's own coin
 */

/** @typedef {{ account: string, until: string }} PublicClaim */
/** @typedef {{ transaction_hash?: string | null, outcome: 'not_found' | 'different' | 'unknown', at: string }} PublicReport */

/**
 * `value` is decimal wei.
 * @typedef {object} PublicApproval
 * @property {string} approval_id
 * @property {string} [call_id] the tool call that made the request
 * @property {string} network
 * @property {number} chain_id
 * @property {string} to
 * @property {string} value
 * @property {string} data
 * @property {string | null} gas
 * @property {string | null} [sender]
 * @property {Call[]} [calls] the calls that `digest` covers; empty if the request was cut
 * @property {string} digest
 * @property {string} description
 * @property {string | null} decoded
 * @property {string | null} simulation
 * @property {Review} [review]
 * @property {PublicClaim | null} [claim] set while a client's wallet has the request
 * @property {PublicReport[]} [reported] answers that did not settle the request
 * @property {string} created_at
 * @property {string} expires_at
 * @property {boolean} [truncated] true if this is only a part of the request: it may not be signed from here, and HTTP has the whole
 */

/**
 * A tool call that waits for the person's decision, because text from strangers may have caused it.
 * @typedef {object} PublicAsk
 * @property {string} approval_id
 * @property {string} call_id
 * @property {string} tool
 * @property {Record<string, unknown> | null} arguments null if they were cut; HTTP has them
 * @property {string} network
 * @property {string[]} strangers the tools that brought such text
 * @property {string} created_at
 * @property {string} expires_at
 * @property {boolean} [truncated]
 */

/**
 * @typedef {object} Hot
 * @property {string} session_id
 * @property {number} generation
 * @property {number} rev
 * @property {string | null} title
 * @property {string} network
 * @property {boolean} is_processing
 * @property {boolean} is_loading
 * @property {boolean} [is_connecting_mcp]
 * @property {boolean} missing_api_key
 * @property {string | null} pending_wallet_tx
 * @property {PublicRun | null} active_run
 * @property {QueuedMessage[]} queued
 * @property {PublicApproval[]} approvals
 * @property {PublicAsk[]} [asks]
 * @property {number} message_count
 * @property {string | null} expires_at
 * @property {string[]} [notices]
 * @property {Record<string, 'completed' | 'failed' | 'interrupted' | 'waiting'>} [outcomes] the outcomes of the latest runs, by id
 */

/** The HTTP State; the `state` frame is the same with its `type`. A minimal answer has no messages. `first_seq`: messages
 * before it are left out, and `GET /api/state?before=` returns them.
 * @typedef {Hot & { messages?: PublicMessage[], first_seq?: number }} State */
/** @typedef {State & { type: 'state' }} StateFrame */
/** @typedef {{ type: 'text', session_id: string, generation: number, seq: number, attempt: number, offset: number, text: string }} TextFrame */
/** @typedef {{ type: 'error', status: number, title: string, detail: string }} ErrorFrame */
/** @typedef {{ type: 'session_expired', session_id: string, generation: number }} SessionExpiredFrame */
/** @typedef {{ type: 'pong', rev?: number | null }} PongFrame */
/** @typedef {StateFrame | TextFrame | ErrorFrame | SessionExpiredFrame | PongFrame} ServerFrame */

/** @typedef {{ generation: number, messages: number, seq: number | null, attempt: number, length: number }} Have */
/** @typedef {{ type: 'sync', session_id?: string, have: Have, newest?: number } | { type: 'ping' } | { type: 'auth', ticket: string }} ClientFrame */

/**
 * @typedef {object} SessionSummary
 * @property {string} session_id
 * @property {string | null} title
 * @property {string} network
 * @property {boolean} is_processing
 * @property {number} message_count
 * @property {number} [approvals] wallet requests that wait
 * @property {string} created_at
 * @property {string} last_activity_at
 * @property {string} expires_at
 */

/**
 * What the deletion of an account has deleted, and what remains; if `is_complete` is false, repeat the request with the same key.
 * @typedef {object} Receipt
 * @property {boolean} is_complete
 * @property {{ sessions: number, messages: number, memory_entries: number, wallet_requests: number, runs: number }} deleted
 * @property {{ kind: string, seconds: number | null, why: string }[]} kept
 * @property {string} started_at
 * @property {string | null} finished_at
 */

/** @typedef {{ name: string, chain_id: number, title: string, currency?: string, explorer?: string | null, sends?: boolean, wallet_rpc_urls?: string[] }} NetworkInfo */
/** @typedef {{ success: boolean, message: string, data?: unknown }} CommandResult */
/** @typedef {{ approval_id: string, digest: string, account: string, claim_id: string, again?: boolean, release?: boolean }} ClaimRequest */
/** @typedef {{ approval_id?: string | null, outcome: 'sent' | 'rejected' | 'unknown' | 'allowed', transaction_hash?: string | null, reason?: string | null, claim_id?: string | null }} ApprovalReply */

/**
 * Returns the server frame in `data`, or null if it is not one: a newer server may send types that this client does not know.
 * @param {unknown} data
 * @returns {ServerFrame | null}
 */
export function parseFrame(data) {
  if (typeof data !== 'string') return null;
  try {
    const frame = JSON.parse(data);
    return SERVER_FRAME_TYPES.includes(frame?.type) ? frame : null;
  } catch {
    return null;
  }
}

// How wallets express errors and answers, as rows, each with its source and the date on which it was looked up. Code
// reads the rows; it names no wallet and never reads an error's words.

/**
 * What an error's code means. `declined`: the person said no. `refused`: the wallet did not accept the request.
 * `pending`: the wallet has a request open already. `unknown_chain`: the wallet does not know the network.
 * @typedef {'declined' | 'refused' | 'pending' | 'unknown_chain'} ErrorMeaning
 */

/** @typedef {{ code: string, means: ErrorMeaning, source: string, seen: string }} ErrorRow */

/** @type {readonly ErrorRow[]} */
export const ERROR_ROWS = [
  { code: '4001', means: 'declined', source: 'EIP-1193, provider errors', seen: '2026-11-26' },
  { code: '5000', means: 'declined', source: 'CAIP-25 and wevm/viem#1045 (WalletConnect)', seen: '2026-11-26' },
  { code: '5001', means: 'declined', source: 'WalletConnect/walletconnect-monorepo#4094, error table', seen: '2026-11-26' },
  { code: '5002', means: 'declined', source: 'antonio-fr/pyWalletConnect#18 (a declined signature)', seen: '2026-11-26' },
  { code: 'ACTION_REJECTED', means: 'declined', source: 'Uniswap/interface#5996 (ethers 5.7 wraps the error)', seen: '2026-11-26' },
  { code: '27013', means: 'declined', source: 'Ledger status 0x6985, “denied by the user”; from memory, not looked up', seen: '2026-11-26' },
  { code: '21761', means: 'declined', source: 'Ledger status 0x5501, refused on the device; from memory, not looked up', seen: '2026-11-26' },
  { code: 'Failure_ActionCancelled', means: 'declined', source: 'Trezor Connect; from memory, not looked up', seen: '2026-11-26' },
  { code: 'Method_Cancel', means: 'declined', source: 'Trezor Connect; from memory, not looked up', seen: '2026-11-26' },
  { code: '4100', means: 'refused', source: 'EIP-1193: unauthorized', seen: '2026-11-26' },
  { code: '4200', means: 'refused', source: 'EIP-1193: unsupported method', seen: '2026-11-26' },
  { code: '4901', means: 'refused', source: 'EIP-1193: not connected to this chain', seen: '2026-11-26' },
  { code: '-32600', means: 'refused', source: 'JSON-RPC 2.0: invalid request', seen: '2026-11-26' },
  { code: '-32601', means: 'refused', source: 'JSON-RPC 2.0: no such method', seen: '2026-11-26' },
  { code: '-32602', means: 'refused', source: 'JSON-RPC 2.0: invalid parameters', seen: '2026-11-26' },
  { code: '-32004', means: 'refused', source: 'EIP-1474: method not supported', seen: '2026-11-26' },
  { code: '-32002', means: 'pending', source: 'EIP-1474 and MetaMask/metamask-extension#10085', seen: '2026-11-26' },
  { code: '4902', means: 'unknown_chain', source: 'EIP-3085, MetaMask/metamask-extension#11030', seen: '2026-11-26' },
];

/**
 * Meanings that count even inside another error. All others count only in the outermost error: a node's refusal that
 * a wallet passes on may have come after the transaction was sent.
 * @type {readonly ErrorMeaning[]}
 */
export const MEANT_ANYWHERE = ['declined', 'unknown_chain'];

/**
 * Meanings that say for certain that nothing was sent, when the wallet was asked to send. `pending` does not: the open
 * request may be an earlier one for the same transaction, and nodes have that code for a request that took too long
 * (geth's rpc package), which some wallets pass on.
 * @type {readonly (ErrorMeaning | null)[]}
 */
export const NOT_SENT = ['refused', 'unknown_chain'];

/** Where wallets and libraries put an error inside an error. Source: MetaMask/metamask-mobile#3312 and #13415, BoltzExchange/boltz-web-app#1220; `errors`: AggregateError of ECMAScript. */
export const INNER_ERROR_KEYS = ['error', 'originalError', 'data', 'cause', 'info', 'innerError', 'reason', 'errors'];

/** Fields that hold an error's code. */
export const CODE_KEYS = ['code', 'errorCode', 'statusCode'];

/** Codes of answers that report success; any other code beside a message is an error object of JSON-RPC 2.0, section 5.1 (2026-11-27). */
export const SUCCESS_CODES = ['0', '200'];

/** Fields of answers that are not text and hold the transaction's hash, the most likely first. Sources: ethers, web3.js and wagmi wrappers; `userOpHash`: ERC-4337, last because the receipt of a user operation names the transaction too (2026-11-26). */
export const HASH_KEYS = ['hash', 'transactionHash', 'txHash', 'transaction_hash', 'txid', 'result', 'receipt', 'transaction', 'data', 'value', 'userOpHash'];

/** EIP-5749 and EIP-6963 announce several wallets; the old provider has no name of its own. */
export const UNNAMED_WALLET = 'Browser wallet';

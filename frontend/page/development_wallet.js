// A wallet for the local test network. It signs with the node's own unlocked accounts, and asks the person first as any
// wallet does (the approval card is the question). It has no keys and knows no other chain.

import { TEST_CHAIN_ID } from './local_node.js';

/** @import { Call, LocalNode } from './local_node.js' */

const UNKNOWN_CHAIN = 4902;
const UNSUPPORTED = 4200;
const PASSED_ON = new Set(['eth_chainId', 'eth_getBalance', 'eth_sendTransaction']);

/** An EIP-1193 provider. @param {LocalNode} node @param {string} account */
export function developmentWallet(node, account) {
  /** @param {Call} call @returns {Promise<any>} */
  const request = async (call) => {
    if (/^eth_(?:requestA|a)ccounts$/.test(call.method)) return [account];
    if (call.method === 'wallet_switchEthereumChain') {
      const wanted = /** @type {{ chainId?: string } | undefined} */ (call.params?.[0])?.chainId;
      if (Number(wanted) === TEST_CHAIN_ID) return null;
      throw refusal(UNKNOWN_CHAIN, 'The development wallet signs on the local test network only.');
    }
    if (!PASSED_ON.has(call.method)) throw refusal(UNSUPPORTED, `The development wallet does not know ${call.method}.`);
    return node.request(call);
  };
  return { request };
}

/** @param {number} code @param {string} message */
function refusal(code, message) {
  return Object.assign(new Error(message), { code });
}

// Has a wallet sign exactly one transaction, on its chain and from its account; both are checked again at the last
// moment. Until the wallet has been asked to send, the signing can be given up and nothing was sent. After that, only
// the wallet knows.

import { accountsIn, chainIdIn, failedSendOutcome, meaningOf, problemOf, sendOutcome } from './wallet_answers.js';

/** @import { NetworkInfo } from '../client/frames.js' */
/** @import { SendOutcome } from './wallet_answers.js' */
/** @import { Offer } from './wallet.js' */

/** @typedef {{ chain_id: number, from: string, to: string, value: string, data: string, gas: string | null }} WantedTransaction */
/** @typedef {'network' | 'account' | 'signature'} SigningStep what the wallet is being asked for */

/**
 * @typedef {object} SigningOptions
 * @property {AbortSignal} signal gives up; it has no effect once the wallet has been asked to send
 * @property {(step: SigningStep) => void} onStep
 * @property {() => Promise<void>} onReady called right before the wallet is asked to send; if it throws, nothing is sent
 * @property {NetworkInfo} [network] for a wallet that does not know the chain
 */

/** Nothing was sent; the message says why. */
export class NotSent extends Error {}

/** @param {Offer} offer @param {WantedTransaction} wanted @param {SigningOptions} options @returns {Promise<SendOutcome>} */
export async function sign(offer, wanted, options) {
  try {
    await toChain(offer, wanted.chain_id, options);
    await checkAccount(offer, wanted.from, options);
    await options.onReady();
    options.signal.throwIfAborted();
    // The claim took a moment, in which the person may have changed either.
    await checkAccount(offer, wanted.from, options);
    await checkChain(offer, wanted.chain_id, options);
  } catch (error) {
    if (options.signal.aborted) return { kind: 'not_sent', problem: 'You stopped before anything was signed.' };
    if (error instanceof NotSent) return { kind: 'not_sent', problem: error.message };
    return meaningOf(error) === 'declined' ? { kind: 'declined' } : { kind: 'not_sent', problem: problemOf(error) };
  }
  options.onStep('signature');
  return send(offer, wanted);
}

/** @param {Offer} offer @param {WantedTransaction} wanted @returns {Promise<SendOutcome>} */
async function send(offer, { chain_id, from, to, value, data, gas }) {
  const transaction = { chainId: hex(chain_id), from, to, value: hex(value), data, ...(gas && { gas: hex(gas) }) };
  try {
    return sendOutcome(await offer.provider.request({ method: 'eth_sendTransaction', params: [transaction] }));
  } catch (error) {
    return failedSendOutcome(error);
  }
}

/** @param {Offer} offer @param {number} wanted @param {SigningOptions} options */
async function toChain(offer, wanted, options) {
  options.onStep('network');
  if ((await chainOf(offer, options)) === wanted) return;
  try {
    await ask(offer, options, 'wallet_switchEthereumChain', [{ chainId: hex(wanted) }]);
  } catch (error) {
    // Some wallets give only a general error when they do not know a chain (trustwallet/wallet-core#4464).
    if (options.signal.aborted || ![null, 'unknown_chain'].includes(meaningOf(error))) throw error;
    await addChain(offer, wanted, options, error);
  }
  await checkChain(offer, wanted, options);
}

/** @param {Offer} offer @param {number} wanted @param {SigningOptions} options @param {unknown} error why the wallet did not switch */
async function addChain(offer, wanted, options, error) {
  const { network } = options;
  const rpcUrls = network?.chain_id === wanted ? (network.wallet_rpc_urls ?? []) : [];
  if (!network || !rpcUrls.length || offer.chains) {
    if (meaningOf(error) === null) throw error;
    throw new NotSent(`Your wallet does not know chain ${wanted}. Add that network to it and try again.`);
  }
  const currency = network.currency ?? 'ETH';
  const chain = {
    chainId: hex(wanted),
    chainName: network.title,
    nativeCurrency: { name: currency, symbol: currency, decimals: 18 },
    rpcUrls,
    ...(network.explorer && { blockExplorerUrls: [network.explorer] }),
  };
  await ask(offer, options, 'wallet_addEthereumChain', [chain]);
  if ((await chainOf(offer, options)) !== wanted) await ask(offer, options, 'wallet_switchEthereumChain', [{ chainId: hex(wanted) }]);
}

/** @param {Offer} offer @param {number} wanted @param {SigningOptions} options */
async function checkChain(offer, wanted, options) {
  const now = await chainOf(offer, options);
  if (now === wanted) return;
  const where = now === null ? 'does not say which network it is on' : `is on chain ${now}`;
  throw new NotSent(`This request is for chain ${wanted}, and your wallet ${where}. Nothing was sent. Switch the network in your wallet and try again.`);
}

/** @param {Offer} offer @param {SigningOptions} options */
async function chainOf(offer, options) {
  return chainIdIn(await ask(offer, options, 'eth_chainId'));
}

/** @param {Offer} offer @param {string} wanted @param {SigningOptions} options */
async function checkAccount(offer, wanted, options) {
  options.onStep('account');
  const [now] = accountsIn(await ask(offer, options, 'eth_accounts'));
  if (now?.toLowerCase() === wanted.toLowerCase()) return;
  const shown = now ? `shows ${now}` : 'gives no account';
  throw new NotSent(`This request is for ${wanted}, and your wallet ${shown}. Nothing was sent.`);
}

/** A wallet's answer, unless the person gives up first, because a wallet may never answer. @param {Offer} offer @param {SigningOptions} options @param {string} method @param {unknown[]} [params] @returns {Promise<unknown>} */
function ask({ provider }, { signal }, method, params) {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    const answer = async () => provider.request({ method, ...(params && { params }) });
    return answer()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/** @param {string | number} number */
function hex(number) {
  return `0x${BigInt(number).toString(16)}`;
}

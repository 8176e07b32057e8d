// Any EIP-1193 wallet of the browser, or the development wallet. The page asks; keys never leave the wallet.

/** @import { PublicApproval } from '../client/frames.js' */

/** @typedef {{ request: (call: { method: string, params?: unknown[] }) => Promise<any>, on?: (event: string, listener: (value: any) => void) => void }} Provider */
/** `chains`: the only ones it signs on; without it the wallet itself knows. @typedef {{ name: string, provider: Provider, chains?: number[] }} Offer */

const DECLINED = 4001;
const UNKNOWN_CHAIN = 4902;

export class WalletDeclined extends Error {}

export class Wallet {
  /** @type {Offer[]} wallets of this browser, as they announce themselves */
  offers = [];
  /** @type {Offer | null} the one in use */
  chosen = null;
  /** @type {string | null} */
  account = null;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /** Look for wallets: the old way in `window.ethereum`, and those that announce themselves (EIP-6963). */
  find() {
    this.#found('Browser wallet', /** @type {any} */ (window).ethereum);
    window.addEventListener('eip6963:announceProvider', (event) => {
      if (event instanceof CustomEvent) this.#found(String(event.detail?.info?.name ?? 'Wallet'), event.detail?.provider);
    });
    window.dispatchEvent(new Event('eip6963:requestProvider'));
  }

  get isPresent() {
    return this.chosen !== null || this.offers.length > 0;
  }

  /** Whether it may sign there at all. @param {number} chainId */
  signsOn(chainId) {
    if (this.chosen) return this.chosen.chains?.includes(chainId) ?? true;
    return this.offers.length > 0;
  }

  /** @param {Offer | undefined} [offer] @returns {Promise<string>} the account that the person chose */
  async connect(offer = this.chosen ?? this.offers[0]) {
    if (!offer) throw new Error('There is no wallet in this browser.');
    const accounts = await ask(offer, 'eth_requestAccounts');
    this.#use(offer, accounts);
    if (!this.account) throw new Error('The wallet gave no account.');
    return this.account;
  }

  /** Forget the wallet on this side; it stays installed. */
  disconnect() {
    this.chosen = this.account = null;
    this.onChange();
  }

  /**
   * Let the person sign exactly this transaction.
   * @param {PublicApproval} approval
   * @returns {Promise<string>} the transaction's hash
   */
  async send(approval) {
    const from = this.account ?? (await this.connect());
    const offer = this.chosen;
    if (!offer) throw new Error('There is no wallet in this browser.');
    await switchChain(offer, approval.chain_id);
    const transaction = {
      from,
      to: approval.to,
      value: hex(approval.value),
      data: approval.data,
      ...(approval.gas && { gas: hex(approval.gas) }),
    };
    return ask(offer, 'eth_sendTransaction', [transaction]);
  }

  /** In wei, on the chain that the wallet is on. @returns {Promise<string | null>} */
  async balance() {
    if (!this.chosen || !this.account) return null;
    return ask(this.chosen, 'eth_getBalance', [this.account, 'latest']).then((wei) => String(BigInt(wei)), () => null);
  }

  /** @param {string} name @param {Provider | undefined} provider */
  #found(name, provider) {
    if (!provider?.request) return;
    const known = this.offers.find((offer) => offer.provider === provider);
    if (known) known.name = name;
    else this.#add({ name, provider });
    this.onChange();
  }

  /** One that the person has connected before is connected again. @param {Offer} offer */
  #add(offer) {
    this.offers.push(offer);
    const isMine = () => this.chosen === null || this.chosen.provider === offer.provider;
    offer.provider.on?.('accountsChanged', (accounts) => isMine() && this.#use(offer, accounts));
    const adopt = (/** @type {unknown} */ accounts) => this.chosen === null && firstOf(accounts) && this.#use(offer, accounts);
    void ask(offer, 'eth_accounts').then(adopt, () => {});
  }

  /** @param {Offer} offer @param {unknown} accounts */
  #use(offer, accounts) {
    this.account = firstOf(accounts);
    this.chosen = this.account ? offer : null;
    this.onChange();
  }
}

/** @param {Offer} offer @param {number} chainId */
async function switchChain(offer, chainId) {
  const current = await ask(offer, 'eth_chainId');
  if (Number(current) === chainId) return;
  try {
    await ask(offer, 'wallet_switchEthereumChain', [{ chainId: hex(chainId) }]);
  } catch (error) {
    if (codeOf(error) !== UNKNOWN_CHAIN || offer.chains) throw error;
    throw new Error(`Your wallet does not know chain ${chainId}. Add that network to it and try again.`);
  }
}

/** @param {Offer} offer @param {string} method @param {unknown[]} [params] */
async function ask({ provider }, method, params) {
  try {
    return await provider.request({ method, ...(params && { params }) });
  } catch (error) {
    if (codeOf(error) === DECLINED) throw new WalletDeclined('You declined in your wallet.');
    throw error;
  }
}

/** @param {unknown} accounts @returns {string | null} */
function firstOf(accounts) {
  return Array.isArray(accounts) && typeof accounts[0] === 'string' ? accounts[0] : null;
}

/** @param {string | number} number */
function hex(number) {
  return `0x${BigInt(number).toString(16)}`;
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {{ code?: number }} */ (error)?.code;
}

/** What to tell a person about a wallet's error. @param {unknown} error */
export function walletProblem(error) {
  const message = /** @type {{ message?: string }} */ (error)?.message;
  return message || 'The wallet refused without saying why.';
}

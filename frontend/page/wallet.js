// Any EIP-1193 wallet of the browser. The page asks; keys never leave the wallet.

/** @import { PublicApproval } from '../client/frames.js' */

/** @typedef {{ request: (call: { method: string, params?: unknown[] }) => Promise<any>, on?: (event: string, listener: (value: any) => void) => void }} Provider */

const DECLINED = 4001;
const UNKNOWN_CHAIN = 4902;

export class WalletDeclined extends Error {}

export class Wallet {
  /** @type {Provider | null} */
  #provider = null;
  /** @type {string | null} */
  account = null;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /** Look for a wallet: the old way in `window.ethereum`, or one that announces itself (EIP-6963). */
  find() {
    this.#adopt(/** @type {any} */ (window).ethereum);
    window.addEventListener('eip6963:announceProvider', (event) => {
      if (!this.#provider && event instanceof CustomEvent) this.#adopt(event.detail?.provider);
    });
    window.dispatchEvent(new Event('eip6963:requestProvider'));
  }

  get isPresent() {
    return this.#provider !== null;
  }

  /** @returns {Promise<string>} the account that the person chose */
  async connect() {
    const accounts = await this.#request('eth_requestAccounts');
    this.#setAccounts(accounts);
    if (!this.account) throw new Error('The wallet gave no account.');
    return this.account;
  }

  /**
   * Let the person sign exactly this transaction.
   * @param {PublicApproval} approval
   * @returns {Promise<string>} the transaction's hash
   */
  async send(approval) {
    const from = this.account ?? (await this.connect());
    await this.#switchChain(approval.chain_id);
    const transaction = {
      from,
      to: approval.to,
      value: hex(approval.value),
      data: approval.data,
      ...(approval.gas && { gas: hex(approval.gas) }),
    };
    return this.#request('eth_sendTransaction', [transaction]);
  }

  /** @param {number} chainId */
  async #switchChain(chainId) {
    const current = await this.#request('eth_chainId');
    if (Number(current) === chainId) return;
    try {
      await this.#request('wallet_switchEthereumChain', [{ chainId: hex(chainId) }]);
    } catch (error) {
      if (codeOf(error) !== UNKNOWN_CHAIN) throw error;
      throw new Error(`Your wallet does not know chain ${chainId}. Add that network to it and try again.`);
    }
  }

  /** @param {string} method @param {unknown[]} [params] */
  async #request(method, params) {
    if (!this.#provider) throw new Error('There is no wallet in this browser.');
    try {
      return await this.#provider.request({ method, ...(params && { params }) });
    } catch (error) {
      if (codeOf(error) === DECLINED) throw new WalletDeclined('You declined in your wallet.');
      throw error;
    }
  }

  /** @param {Provider | undefined} provider */
  #adopt(provider) {
    if (!provider?.request) return;
    this.#provider = provider;
    provider.on?.('accountsChanged', (accounts) => this.#setAccounts(accounts));
    void provider
      .request({ method: 'eth_accounts' })
      .then((accounts) => this.#setAccounts(accounts))
      .catch(() => {});
    this.onChange();
  }

  /** @param {unknown} accounts */
  #setAccounts(accounts) {
    this.account = Array.isArray(accounts) && typeof accounts[0] === 'string' ? accounts[0] : null;
    this.onChange();
  }
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

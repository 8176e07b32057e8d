// The wallets of this browser, and the one that the person has connected. Keys never leave the wallet.

import { accountsIn, announcedIn, chainIdIn, problemOf, read } from './wallet_answers.js';
import { UNNAMED_WALLET } from './wallet_dialects.js';
import { areTwins } from './wallet_choices.js';

/** @typedef {{ request: (call: { method: string, params?: unknown[] }) => Promise<any>, on?: (event: string, listener: (value: any) => void) => void }} Provider */

/**
 * `id` is the same after a reload. `chains`: the only chains on which it signs; without it the wallet itself decides.
 * `account`: the only account that it has, if that is known before it is connected. `maker`: the domain name that an
 * announced wallet states as its maker's (EIP-6963); `uuid`: the id of its announcement, new with each page.
 * @typedef {{ id: string, name: string, provider: Provider, icon?: string, chains?: number[], account?: string, maker?: string, uuid?: string }} Offer
 */

const MEMORY = 'forge.wallet';
/** What is wanted after the person has disconnected: no wallet, however late it answers. */
const NONE = Symbol('none');

export class Wallet {
  /** @type {Offer[]} wallets of this browser that have announced themselves */
  offers = [];
  /** @type {Offer | null} the one in use */
  chosen = null;
  /** @type {string | null} */
  account = null;
  /** The wallet that was asked last and has not answered: its own window may be closed, or behind this one. @type {Offer | null} */
  asked = null;
  /** The wallet whose answer is awaited; null if any answer is welcome. @type {Offer | typeof NONE | null} */
  #wanted = null;
  #isChosenByPerson = false;

  /** `storage` remembers the choice, or that the person disconnected. @param {() => void} onChange @param {Storage} storage */
  constructor(onChange, storage) {
    this.onChange = onChange;
    this.storage = storage;
  }

  /** Look for wallets: the old one in `window.ethereum`, and those that announce themselves (EIP-6963). */
  find() {
    this.#found({ id: 'window.ethereum', name: UNNAMED_WALLET, provider: read(window, 'ethereum') });
    window.addEventListener('eip6963:announceProvider', (event) => {
      const detail = read(event, 'detail');
      this.#found({ ...announcedIn(read(detail, 'info')), provider: read(detail, 'provider') });
    });
    window.dispatchEvent(new Event('eip6963:requestProvider'));
  }

  /** The account without its checksum, which wallets may write by another rule than Ethereum's (EIP-1191). */
  get plainAccount() {
    return this.account?.toLowerCase() ?? null;
  }

  get isPresent() {
    return this.chosen !== null || this.offers.length > 0;
  }

  /** Whether the wallet in use may sign on this chain. @param {number} chainId */
  signsOn(chainId) {
    return this.chosen !== null && (this.chosen.chains?.includes(chainId) ?? true);
  }

  /** What the person chose last time, so that it can be offered again. */
  get remembered() {
    return this.storage.getItem(MEMORY);
  }

  /** Use a wallet because the person chose it, unless they choose another before it answers. @param {Offer} offer */
  async connect(offer) {
    this.#wanted = this.asked = offer;
    this.onChange();
    try {
      const accounts = accountsIn(await offer.provider.request({ method: 'eth_requestAccounts' }));
      if (!this.#isWanted(offer)) return;
      if (!accounts[0]) throw new Error('The wallet gave no account.');
      this.storage.setItem(MEMORY, offer.id);
      this.#isChosenByPerson = true;
      this.#use(offer, accounts);
    } catch (error) {
      if (!this.#isWanted(offer)) return;
      this.#wanted = null;
      throw new Error(problemOf(error), { cause: error });
    } finally {
      if (this.asked === offer) this.asked = null;
      this.onChange();
    }
  }

  /** @param {Offer} offer */
  #isWanted(offer) {
    return this.#wanted === null || this.#wanted === offer;
  }

  /** Forget the wallet in this page until the person connects one again; it stays installed. */
  disconnect() {
    this.storage.removeItem(MEMORY);
    this.#wanted = NONE;
    this.chosen = this.account = this.asked = null;
    this.onChange();
  }

  /** A wallet that was used last is used again, if it is certain which one that was. @param {Offer} offer */
  async resume(offer) {
    if (!this.#isToResume(offer)) return;
    const accounts = accountsIn(await offer.provider.request({ method: 'eth_accounts' }));
    if (accounts[0] && this.#isToResume(offer)) this.#use(offer, accounts);
  }

  /** @param {Offer} offer */
  #isToResume(offer) {
    return !this.chosen && this.remembered === offer.id && !this.offers.some((other) => areTwins(offer, other));
  }

  /** The balance in wei, with the wallet's chain; null if the wallet changes its chain meanwhile. @returns {Promise<{ wei: string, chainId: number } | null>} */
  async balance() {
    const { chosen, account } = this;
    if (!chosen || !account) return null;
    try {
      const chain = async () => chainIdIn(await chosen.provider.request({ method: 'eth_chainId' }));
      const chainId = await chain();
      const wei = BigInt(await chosen.provider.request({ method: 'eth_getBalance', params: [account, 'latest'] }));
      return chainId === null || chainId !== (await chain()) ? null : { wei: String(wei), chainId };
    } catch {
      return null;
    }
  }

  /**
   * A wallet that announces itself again, also by another object, is known by the id of its announcement. Without a
   * known maker, a wallet with the same name counts as the same after a reload. @param {Omit<Offer, 'provider'> & { provider: unknown }} found */
  #found(found) {
    if (typeof read(found.provider, 'request') !== 'function') return;
    const offer = /** @type {Offer} */ (found);
    const known = this.offers.find(({ provider }) => provider === offer.provider);
    if (known) Object.assign(known, { name: offer.name, icon: offer.icon, maker: offer.maker });
    else if (!offer.uuid || this.offers.every(({ uuid }) => uuid !== offer.uuid)) this.#add(offer);
    this.onChange();
  }

  /** @param {Offer} offer */
  #add(offer) {
    this.offers.push(offer);
    // A wallet that was locked and is unlocked is used again.
    const isMine = () => this.chosen?.provider === offer.provider || this.#isToResume(offer);
    try {
      offer.provider.on?.('accountsChanged', (accounts) => isMine() && this.#use(offer, accountsIn(accounts)));
      offer.provider.on?.('chainChanged', () => isMine() && this.onChange());
    } catch {
      // The provider reports no changes, so the account is read again before it is used.
    }
    // What was used again by itself may be the imitation.
    if (this.chosen && !this.#isChosenByPerson && areTwins(offer, this.chosen)) this.chosen = this.account = null;
    void this.resume(offer).catch(() => {});
  }

  /** @param {Offer} offer @param {string[]} accounts */
  #use(offer, accounts) {
    this.account = accounts[0] ?? null;
    this.chosen = this.account ? offer : null;
    this.onChange();
  }
}

// The local node's newest blocks and the accounts' balances, polled while somebody looks at them.

import { ACCOUNTS } from './local_node.js';

/** @import { LocalNode } from './local_node.js' */

const EVERY_MS = 2_000;
const BLOCKS_KEPT = 20;

/** @typedef {{ hash: string, from: string, to: string | null, value: string, input: string, isSuccess: boolean | null }} ChainTransaction */
/** `at`: epoch milliseconds. @typedef {{ number: number, at: number, transactions: ChainTransaction[] }} ChainBlock */
/** @typedef {{ name: string, address: string, wei: string | null }} ChainAccount */

export class ChainFeed {
  /** @type {ChainBlock[]} newest first */
  blocks = [];
  /** @type {ChainAccount[]} */
  accounts = Object.entries(ACCOUNTS).map(([name, address]) => ({ name, address, wei: null }));
  isReachable = true;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isOn = false;

  /** @param {LocalNode} node @param {() => void} onChange */
  constructor(node, onChange) {
    this.node = node;
    this.onChange = onChange;
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.#again(0));
  }

  start() {
    this.#isOn = true;
    this.#again(0);
  }

  stop() {
    this.#isOn = false;
    clearTimeout(this.#timer);
  }

  /** @param {number} delay */
  #again(delay) {
    clearTimeout(this.#timer);
    if (this.#isOn && document.visibilityState === 'visible') this.#timer = setTimeout(() => void this.#look(), delay);
  }

  async #look() {
    try {
      const isNews = await this.#fetch();
      const wasReachable = this.isReachable;
      this.isReachable = true;
      if (isNews || !wasReachable) this.onChange();
    } catch {
      this.isReachable = false;
      this.onChange();
    }
    this.#again(EVERY_MS);
  }

  /** @returns {Promise<boolean>} whether there was anything new */
  async #fetch() {
    const newest = Number(await this.node.request({ method: 'eth_blockNumber' }));
    const known = this.blocks[0]?.number ?? -1;
    if (newest === known) return false;
    const isSameChain = newest > known;
    const from = Math.max(isSameChain ? known + 1 : 0, newest - BLOCKS_KEPT + 1);
    const numbers = Array.from({ length: newest - from + 1 }, (_, at) => newest - at);
    const blocks = (await this.node.requestAll(numbers.map(blockCall))).filter(Boolean);
    const hashes = blocks.flatMap((block) => block.transactions.map((/** @type {{ hash: string }} */ { hash }) => hash)).slice(0, 50);
    const answers = await this.node.requestAll([...hashes.map(receiptCall), ...this.accounts.map(balanceCall)]);
    const outcomes = new Map(hashes.map((hash, at) => [hash, answers[at] ? answers[at].status === '0x1' : null]));
    const wei = answers.slice(hashes.length);
    this.accounts = this.accounts.map((account, at) => ({ ...account, wei: wei[at] === null ? null : String(BigInt(wei[at])) }));
    const kept = isSameChain ? this.blocks : [];
    this.blocks = [...blocks.map((block) => chainBlock(block, outcomes)), ...kept].slice(0, BLOCKS_KEPT);
    return true;
  }
}

/** @param {number} number */
function blockCall(number) {
  return { method: 'eth_getBlockByNumber', params: [`0x${number.toString(16)}`, true] };
}

/** @param {string} hash */
function receiptCall(hash) {
  return { method: 'eth_getTransactionReceipt', params: [hash] };
}

/** @param {ChainAccount} account */
function balanceCall({ address }) {
  return { method: 'eth_getBalance', params: [address, 'latest'] };
}

/** @param {any} block @param {Map<string, boolean | null>} outcomes @returns {ChainBlock} */
function chainBlock({ number, timestamp, transactions }, outcomes) {
  return {
    number: Number(number),
    at: Number(timestamp) * 1000,
    transactions: transactions.map((/** @type {any} */ { hash, from, to, value, input }) => {
      return { hash, from, to, value: String(BigInt(value)), input, isSuccess: outcomes.get(hash) ?? null };
    }),
  };
}

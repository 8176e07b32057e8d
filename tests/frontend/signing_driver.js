// Runs frontend/page/signing.js against misbehaving wallets: one plan in, one report out, a line each. A wallet that hangs is
// given up; afterwards it answers all the same, and nothing may come of that before it was asked to send.

import { createInterface } from 'node:readline';
import { sign } from '../../frontend/page/signing.js';
import { misbehavingWallet } from './misbehaving_wallet.js';

const NETWORK = { name: 'mainnet', chain_id: 1, title: 'Ethereum', wallet_rpc_urls: ['https://rpc.example'] };
const pause = () => new Promise((resolve) => setImmediate(resolve));

async function settled(promise, wallet, giveUp) {
  let result;
  promise.then((outcome) => (result = outcome));
  for (let turn = 0; turn < 50 && !result; turn += 1) {
    await pause();
    if (wallet.late.length && !result) giveUp();
  }
  return result;
}

async function run({ plan, from }) {
  const wallet = misbehavingWallet(plan);
  const controller = new AbortController();
  const wanted = { chain_id: 1, from, to: `0x${'1'.repeat(40)}`, value: '1', data: '0x', gas: null };
  const steps = [];
  const claims = [];
  const attempt = sign({ id: 'w', name: 'W', provider: wallet }, wanted, {
    network: NETWORK,
    signal: controller.signal,
    onStep: (step) => steps.push(step),
    onReady: async () => void claims.push(wallet.moved.length),
  });
  const outcome = (await settled(attempt, wallet, () => controller.abort())) ?? { kind: 'hanging' };
  const movedBefore = wallet.moved.length;
  for (const answer of wallet.late) {
    try {
      answer();
    } catch {
      // It answers with an error.
    }
  }
  for (let turn = 0; turn < 20; turn += 1) await pause();
  return { outcome, movedBefore, moved: wallet.moved, claims, wasAsked: steps.includes('signature') };
}

for await (const line of createInterface({ input: process.stdin })) {
  const report = await run(JSON.parse(line));
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

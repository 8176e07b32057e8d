// What a wallet request does, in the order in which a person asks: what leaves, what arrives, who may take what, who
// receives it, which fee, which network. The agent's own words come last and are marked as such.

import { coinOf, counted, readableAmount, roundedAmount } from './amounts.js';
import { amountOf, dangersOf, named, reviewOf, words } from './approval_words.js';
import { el, icon } from './dom.js';

/** @import { PublicApproval, Review, ReviewChange } from '../client/frames.js' */
/** @import { ApprovalContext } from './approval_situation.js' */

/** What leaves the account is shown in any number that the server sends. */
const MOST_CHANGES = 12;

/** @param {PublicApproval} approval @param {ApprovalContext} context @returns {Node[]} */
export function factNodes(approval, context) {
  const review = reviewOf(approval);
  return [
    ...allowanceNodes(review, context.isTest),
    ...changeNodes(approval, review, coinOf(context.network, approval.network), context.isTest),
    ...outcomeNodes(approval, review, context.isTest),
    ...warningNodes(approval, review, context.isTest),
    el('dl', { class: 'approval-facts' }, ...rows(approval, review, context)),
  ];
}

/** The agent's description, which is an unchecked statement. @param {PublicApproval} approval @param {ApprovalContext} context */
export function agentWords({ description }, { isTest }) {
  return el('blockquote', { class: 'approval-description', dir: 'auto' }, el('span', { class: 'approval-whose' }, 'The agent says: '), ...words(description, isTest));
}

/** @param {Review} review @param {boolean} isTest */
function allowanceNodes({ allowances = [] }, isTest) {
  return allowances.map(({ text, unlimited, revokes }) => {
    const tone = revokes ? 'info' : unlimited ? 'danger' : 'warning';
    return el('p', { class: 'approval-lead', data: { tone } }, icon(revokes ? 'info' : 'warning'), el('strong', {}, ...words(text, isTest)));
  });
}

/** @param {PublicApproval} approval @param {Review} review @param {string} coin @param {boolean} isTest @returns {Node[]} */
function changeNodes(approval, { changes = [], more_changes = 0, recipient }, coin, isTest) {
  // A plain payment has one movement, and the rows below name its parties.
  const own = [...changes.filter(({ direction }) => direction === 'out'), ...changes.filter(({ direction }) => direction === 'in')];
  const room = Math.max(MOST_CHANGES, own.filter(({ direction }) => direction === 'out').length);
  const left = own.length - Math.min(own.length, room) + more_changes;
  const [first] = own;
  const isPlain = own.length === 1 && !left && first?.direction === 'out' && first.to.toLowerCase() === recipient?.toLowerCase() && isNamedBelow(first, approval);
  const nodes = own.slice(0, room).map((change) => changeNode(change, coin, isTest, isPlain));
  return left ? [...nodes, el('p', { class: 'approval-more' }, `Not shown here: ${counted(left, 'more movement')}.`)] : nodes;
}

/** Whether the rows below name the token; they do so only if the request calls it. @param {ReviewChange} change @param {PublicApproval} approval */
function isNamedBelow({ asset }, { to }) {
  return !asset || asset.toLowerCase() === to.toLowerCase();
}

/** @param {ReviewChange} change @param {string} coin @param {boolean} isTest @param {boolean} isPlain */
function changeNode(change, coin, isTest, isPlain) {
  const isOut = change.direction === 'out';
  const party = isOut ? change.to : change.sender;
  const amount = `${isOut ? '−' : '+'} ${amountOf(change, coin)}`;
  const token = change.asset ? el('span', { class: 'approval-beside' }, 'token ', ...named(change.asset, isTest)) : null;
  return el(
    'div',
    { class: 'approval-change', data: { direction: change.direction } },
    el('span', { class: 'visually-hidden' }, isOut ? 'You give ' : 'You get '),
    el('strong', { dir: 'auto' }, amount),
    isPlain ? null : el('span', { class: 'approval-beside' }, isOut ? 'to ' : 'from ', ...named(party, isTest)),
    isPlain ? null : token,
  );
}

/** An unknown outcome is never shown in green. @param {PublicApproval} approval @param {Review} review @param {boolean} isTest */
function outcomeNodes(approval, { outcome, reason, changes = [], more_changes = 0 }, isTest) {
  if (outcome === 'unknown') return [said('warning', ['It could not be told what this would do. ', ...words(reason ?? '', isTest)])];
  if (outcome === 'nothing') return [said('info', ['Simulated: nothing leaves your account, and nothing comes.'])];
  const isMine = changes.some(({ direction }) => direction !== 'other');
  if (more_changes) return [said('info', ['Simulated: this moves, and more that is not shown here.'])];
  const text = isMine ? 'Simulated: exactly this moves.' : changes.every((change) => isToItself(change, approval)) ? 'Simulated: your account pays itself; nothing leaves it.' : 'Simulated: something moves, but not from or to the account that signs.';
  return [said(isMine && !dangersOf(approval).length ? 'good' : 'info', [text])];
}

/** @param {ReviewChange} change @param {PublicApproval} approval */
function isToItself(change, approval) {
  const own = approval.sender?.toLowerCase();
  return change.sender.toLowerCase() === own && change.to.toLowerCase() === own;
}

/** Warnings, except those that an allowance or the outcome already states. @param {PublicApproval} approval @param {Review} review @param {boolean} isTest */
function warningNodes(approval, { warnings = [], allowances = [], reason }, isTest) {
  const told = new Set([...allowances.map(({ text }) => text), reason]);
  return warnings
    .filter(({ text }) => !told.has(text))
    .map(({ severity, text }) => said(severity === 'caution' ? 'warning' : 'danger', words(text, isTest)));
}

/** @param {PublicApproval} approval @param {Review} review @param {ApprovalContext} context */
function rows(approval, { changes = [], recipient, fee }, { network, account, canSign, isTest }) {
  const currency = coinOf(network, approval.network);
  const to = recipient ?? approval.to;
  const isShown = changes.some(({ direction, asset }) => direction === 'out' && !asset);
  const from = approval.sender ?? (canSign ? account : null);
  const isToken = changes.some(({ asset }) => asset?.toLowerCase() === approval.to.toLowerCase());
  const isSame = to.toLowerCase() === approval.to.toLowerCase();
  return [
    ...(approval.value !== '0' && !isShown ? [row('Amount', el('strong', {}, readableAmount(approval.value, currency)))] : []),
    row('To', ...named(to, isTest)),
    ...(isSame ? [] : [row(isToken ? 'Token' : 'By way of', ...named(approval.to, isTest))]),
    row('Fee', fee ? el('span', { title: `${fee.formatted} ${fee.currency}, ${Number(fee.gas).toLocaleString('en')} gas` }, roundedAmount(fee.wei, fee.currency)) : 'not known; your wallet says it'),
    row('Network', `${network?.title ?? approval.network} (chain ${approval.chain_id})`),
    row('From', ...(from ? named(from, isTest) : ['the account you choose in your wallet'])),
  ];
}

/** @param {string} name @param {...(Node | string)} value */
function row(name, ...value) {
  return el('div', {}, el('dt', {}, name), el('dd', {}, ...value));
}

/** @param {'good' | 'info' | 'warning' | 'danger'} tone @param {(Node | string)[]} text */
function said(tone, text) {
  const sign = tone === 'good' ? 'check' : tone === 'info' ? 'info' : 'warning';
  return el('p', { class: 'approval-said', dir: 'auto', data: { tone } }, icon(sign), el('span', {}, ...text));
}

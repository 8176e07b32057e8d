// All of a wallet request: the calls as the chain would execute them, and the raw data.

import { coinOf, counted } from './amounts.js';
import { amountOf, named, reviewOf, words } from './approval_words.js';
import { el } from './dom.js';
import { withVisibleControls } from './tool_words.js';

/** @import { PublicApproval, ReviewedCall } from '../client/frames.js' */
/** @import { ApprovalContext } from './approval_situation.js' */

const MOST_DATA = 20_000;
const DEEPEST = 12;

/** @param {PublicApproval} approval @param {ApprovalContext} context @returns {Node[]} */
export function detailNodes(approval, { isTest, network }) {
  const { calls = [], changes = [] } = reviewOf(approval);
  const others = changes.filter(({ direction }) => direction === 'other');
  const isPlain = approval.data === '0x';
  const movements = others.map((change) =>
    el('li', {}, `${amountOf(change, coinOf(network, approval.network))} from `, ...named(change.sender, isTest), ' to ', ...named(change.to, isTest)),
  );
  return [
    ...(isPlain || !calls.length ? [] : [detail('What is called', el('div', { class: 'approval-calls' }, ...calls.map((call) => callNode(call, isTest, 0))), calls.some(isObscure))]),
    ...(others.length ? [detail(`Other movements (${others.length})`, el('ul', { class: 'approval-calls' }, ...movements), false)] : []),
    ...(isPlain ? [] : [dataDetail(approval, isTest, calls.some(isObscure))]),
    detail('Request', el('dl', { class: 'approval-raw' }, ...rawRows(approval)), false),
  ];
}

/** @param {ReviewedCall} call @returns {boolean} */
function isObscure({ understood, inner = [] }) {
  return !understood || inner.some(isObscure);
}

/** @param {ReviewedCall} call @param {boolean} isTest @param {number} depth @returns {HTMLElement} */
function callNode({ to, function: name, arguments: given = [], understood, note, inner = [] }, isTest, depth) {
  const title = el('p', {}, el('code', {}, withVisibleControls(name ?? 'not understood')), ...(to ? [' on ', ...named(to, isTest)] : []));
  const rows = given.flatMap(({ name: label, type, value }) => [
    el('dt', {}, withVisibleControls(label || type)),
    el('dd', { dir: 'auto' }, ...words(typeof value === 'string' ? value : JSON.stringify(value ?? null), isTest)),
  ]);
  const deeper = depth < DEEPEST ? inner.map((each) => callNode(each, isTest, depth + 1)) : [el('p', {}, `Deeper than is shown: ${counted(inner.length, 'call')}`)];
  return el(
    'div',
    { class: 'approval-call', data: { understood: String(understood ?? false) } },
    title,
    note ? el('p', { class: 'approval-note' }, ...words(note, isTest)) : null,
    rows.length > 0 && el('dl', { class: 'approval-arguments' }, ...rows),
    ...(inner.length ? deeper : []),
  );
}

/** @param {PublicApproval} approval @param {boolean} isTest @param {boolean} isOpen */
function dataDetail({ data, truncated }, isTest, isOpen) {
  const bytes = data.length / 2 - 1;
  if (truncated) return detail('Data', el('p', {}, 'Only its beginning is here; the whole is being fetched.'), isOpen);
  const left = Math.max(0, data.length - MOST_DATA) / 2;
  const cut = left ? el('p', {}, `Not shown: ${counted(left, 'more byte')}, as a part of the digest that was checked.`) : null;
  const pre = el('pre', { tabindex: 0, 'aria-label': 'Data' }, ...words(data.slice(0, MOST_DATA), isTest));
  return detail(`Data, ${counted(bytes, 'byte')}${left ? '' : ', all of it'}`, el('div', {}, pre, cut), isOpen);
}

/** @param {PublicApproval} approval */
function rawRows({ approval_id, digest, gas, value, created_at }) {
  const facts = [
    ['Value', `${value} wei`],
    ['Gas limit', gas ? Number(gas).toLocaleString('en') : 'left to the wallet'],
    ['Request', approval_id],
    ['Digest', digest],
    ['Made at', new Date(created_at).toLocaleString()],
  ];
  return facts.flatMap(([name, fact]) => [el('dt', {}, name), el('dd', {}, fact)]);
}

/** @param {string} title @param {Node} content @param {boolean} isOpen */
function detail(title, content, isOpen) {
  return el('details', { class: 'approval-detail', open: isOpen }, el('summary', {}, title), content);
}

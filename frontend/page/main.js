// Assembles the page: one client, its state, and the parts that show it. The state is shown once per frame.

import { browserStorage } from '../client/browser_storage.js';
import { MAX_MESSAGE_BYTES } from '../client/chat_config.js';
import { ChatManager } from '../client/chat_manager.js';
import { SessionBook } from '../client/session_book.js';
import { Account } from './account.js';
import { coinOfChain } from './amounts.js';
import { Announcer } from './announcer.js';
import { ApprovalList } from './approval_list.js';
import { ChainPanel } from './chain_panel.js';
import { watchCopyButtons } from './clipboard.js';
import { Composer } from './composer.js';
import { showConnection } from './connection_badge.js';
import { byId } from './dom.js';
import { Drafts } from './drafts.js';
import { EmptyState } from './empty_state.js';
import { Ended } from './ended.js';
import { EndedBar } from './ended_bar.js';
import { FocusKeeper } from './focus.js';
import { stopsRun } from './key_meanings.js';
import { LocalNode } from './local_node.js';
import { LoginButton } from './login_button.js';
import { MessageList } from './message_list.js';
import { NeedsYou } from './needs_you.js';
import { NetworkMenu } from './network_menu.js';
import { AnimationFrame } from './animation_frame.js';
import { Notices } from './notices.js';
import { pageConfig } from './page_config.js';
import { preparePrinting } from './printing.js';
import { RunFailure } from './run_failure.js';
import { ScrollPosition } from './scroll_position.js';
import { Sessions } from './sessions.js';
import { Sidebar } from './sidebar.js';
import { watchTheme } from './theme.js';
import { Toasts } from './toasts.js';
import { Visits } from './visits.js';
import { WaitingMessages } from './waiting_messages.js';
import { Wallet } from './wallet.js';
import { WalletButton } from './wallet_menu.js';
import { WalletChoices, WalletTeller } from './wallet_choices.js';

const frames = new AnimationFrame(() => render());
const schedule = () => frames.ask();

/** Without hover (on touch screens), a focus in the message box would open the keyboard over half of the page. */
const canHover = matchMedia('(hover: hover)').matches;

/** Whether this server has a local node; null until asked. @type {boolean | null} */
let hasNode = null;

const config = pageConfig();
const storage = browserStorage('localStorage');
const tabStorage = browserStorage('sessionStorage');
const book = new SessionBook(storage, tabStorage);
const node = new LocalNode();
const toasts = new Toasts(byId('toasts', HTMLElement));
const announcer = new Announcer(byId('announcements', HTMLElement));
const problem = (/** @type {string} */ text) => toasts.show(text);

/** @type {Account} */
const account = new Account({ chat: () => chat, sessions: () => sessions, book, storage, open, onProblem: problem });
const login = new LoginButton({ config: config.login, storage, tabStorage, account, forget: () => ended.forgetAll(), onProblem: problem });
const chat = new ChatManager(
  { backendUrl: '', maxMessageLength: Infinity, sessionId: book.current(), ...login.credentials() },
  { onState: () => schedule(), onError: (error) => problem(error.message) },
);

const now = () => Date.now() + chat.api.clockAhead;
const ended = new Ended(book, { now, onChange: () => schedule() });
let shown = ended.view(chat.getState());

const scroller = byId('conversation', HTMLElement);
const position = new ScrollPosition(scroller, byId('to-end', HTMLButtonElement));
const messages = new MessageList(byId('messages', HTMLElement), {
  onGrow: () => position.keep(),
  loadOlder: () => chat.loadOlder(),
  scroller,
});
const drafts = new Drafts(tabStorage);
const composer = new Composer({ maxBytes: MAX_MESSAGE_BYTES, drafts, onSend: send, onStop: () => void chat.interrupt() });
const waiting = new WaitingMessages(byId('waiting', HTMLElement), {
  onWithdraw: (runId) => void chat.interrupt(runId),
  onRetry: (key) => void chat.outbox.retry(key),
  onEdit: ({ key, text }) => {
    chat.outbox.discard(key);
    composer.suggest(text);
  },
  onDiscard: (key) => chat.outbox.discard(key),
});
const over = /** @type {import('./visits.js').Cover} */ ({ cover: (close) => visits.cover(close), uncover: (close) => visits.uncover(close) });
const wallet = new Wallet(() => {
  walletButton.render();
  schedule();
}, storage);
const choices = new WalletChoices(wallet, node);
const teller = new WalletTeller({ chat, wallet });
const needsYou = new NeedsYou();
const walletButton = new WalletButton({
  wallet,
  development: () => choices.development(isOnLocalChain()),
  currency: (chainId) => coinOfChain(networks.networks, chainId),
  over,
  onTell: (account) => void chat.sendSystemMessage(`The user connected the wallet ${account}.`),
  onProblem: problem,
});
const chain = new ChainPanel(node, { storage, over });
const networks = new NetworkMenu({
  chat,
  over,
  onProblem: problem,
  onNetworks: () => schedule(),
  onChain: () => (isOnLocalChain() ? () => chain.toggle() : null),
});
const approvals = new ApprovalList(byId('approvals', HTMLElement), {
  now,
  chat,
  wallet,
  networks: () => networks.networks,
  offers: (network) => choices.on(network, hasNode === true),
  onNew: (card) => position.reveal(card),
  onSay: (text) => announcer.say(text),
  onProblem: problem,
  onEmpty: () => composer.focus(),
  onChange: () => schedule(),
});
const notices = new Notices(byId('notices', HTMLElement), { state: () => shown, now, storage: tabStorage });
const empty = new EmptyState({ onSend: send, onFill: (text) => composer.suggest(text), networks: () => networks.networks });
const endedBar = new EndedBar({ onContinue: () => void goOn(composer.text, false), onOpen: open });
const failure = new RunFailure({ onRetry: send, onEdit: (text) => composer.suggest(text) });
const sessions = new Sessions(book, { api: chat.api, ended, account, onChange: () => showSessions() });
const sidebar = new Sidebar({
  onNew: () => open(sessions.begin()),
  onOpen: open,
  onRename: (id, title) => void toasts.unlessDone(() => sessions.rename(id, title), 'The title was not changed'),
  onDelete: (id) => void toasts.unlessDone(() => remove(id), 'The conversation was not deleted'),
  now,
  onProblem: problem,
  over,
});
const isKnown = (/** @type {string} */ id) => Boolean(book.entry(id) ?? drafts.of(id));
const visits = new Visits({ first: chat.getSessionId(), isKnown, begin: () => sessions.begin(), show });

wallet.find();
watchTheme(byId('theme', HTMLButtonElement), storage);
watchCopyButtons({ onCopied: () => announcer.say('Copied'), onFailed: () => problem('The browser does not allow copying here.') });
document.addEventListener('keydown', (event) => {
  if (chat.getState().isStoppable && stopsRun(event)) void chat.interrupt();
});
new FocusKeeper(() => (canHover ? byId('composer-text', HTMLElement) : scroller));
preparePrinting(() => messages.buildAll());
void login.begin(() => [chat.connect(), networks.load(), sessions.refresh()]);
schedule();
if (canHover) composer.focus();
performance.mark('forge:usable');

/** @param {string} text @returns {Promise<void>} */
async function send(text) {
  if (login.isNeeded) return composer.suggest(text);
  if (shown.endedAt !== null) return goOn(text, true);
  await teller.beforeMessage(chat.getState());
  announcer.expect(chat.getSessionId(), text);
  void chat.sendMessage(text);
  return position.jump();
}

/** Continue a conversation that has ended in a new one on the same network. @param {string} text what is being written @param {boolean} isSent */
async function goOn(text, isSent) {
  const network = shown.hot?.network;
  composer.clear();
  open(sessions.begin());
  if (network) {
    const switched = await chat.sendNetworkSwitchRequest(network).catch(() => null);
    if (!switched?.success) {
      composer.suggest(text);
      return problem(`The network was not changed to ${network}, so nothing was sent.`);
    }
  }
  if (isSent) return send(text);
  return text ? composer.suggest(text) : undefined;
}

/** @param {string} id */
function open(id) {
  visits.open(id);
}

/** @param {string} id */
function show(id) {
  book.use(id);
  chat.setSessionId(id);
  shown = ended.view(chat.getState());
  composer.turnTo(id);
  position.jump();
  showSessions();
  schedule();
  if (canHover) composer.focus();
}

/** @param {string} id */
async function remove(id) {
  await sessions.delete(id);
  if (id === chat.getSessionId()) open(sessions.list()[0]?.id ?? sessions.begin());
}

function isOnLocalChain() {
  return hasNode === true && shown.hot?.network === 'testnet';
}

/** The parts for the local test network are shown only while the conversation is on it. @param {string | undefined} network */
function showLocalChain(network) {
  if (config.hasNode && network === 'testnet' && hasNode === null) {
    hasNode = false;
    void node.isThere().then((isThere) => {
      hasNode = isThere;
      if (isThere) choices.resume();
      schedule();
    });
  }
  if (network) chain.offer(isOnLocalChain());
}

function showSessions() {
  sidebar.show(sessions.list(), chat.getSessionId());
  sidebar.showLifetime(sessions.lifetime);
}

function render() {
  if (ended.isForgotten) return;
  const state = ended.view(chat.getState());
  shown = state;
  showConnection(state.connectionStatus);
  document.body.dataset.processing = String(state.isProcessing);
  notices.render(state);
  empty.render(state);
  position.isEmpty = empty.isShown;
  endedBar.render(state);
  messages.render(state);
  failure.render(state);
  waiting.render(state);
  approvals.render(state);
  if (state.endedAt === null) teller.render(state);
  needsYou.render(state.hot?.title, approvals.waiting, sessions.waitingElsewhere(state.sessionId));
  networks.render(state);
  showLocalChain(state.hot?.network);
  composer.render(state);
  announcer.render(state);
  sessions.note(state);
  position.keep();
}

// A session as the server keeps it, written from docs/protocol.md: the other side of the reducer's tests.

const length = (text) => [...text].length;
const cut = (text, from, to) => [...text].slice(from, to).join('');
const FRAME_LENGTH = 12;

export class SimulatedServer {
  constructor(random) {
    this.random = random;
    this.sent = [];
    this.rev = 0;
    this.generation = 1;
    this.#renew();
  }

  #renew() {
    this.log = [];
    this.active = null;
    this.attempts = new Map();
  }

  start(text) {
    if (this.active) return;
    this.#append({ sender: 'user', kind: 'text', content: text });
    this.active = { run_id: `run${this.log.length}`, attempt: 1, text: '', flushed: '' };
    this.#pushState(this.log.slice(-1));
  }

  say(text) {
    if (!this.active) return;
    const offset = length(this.active.text);
    this.active.text += text;
    this.attempts.set(`${this.log.length}/${this.active.attempt}`, this.active.text);
    if (this.random() < 0.3) this.active.flushed = this.active.text;
    this.sent.push(...this.#textFrames(this.log.length, this.active.attempt, offset, text));
  }

  endMessage() {
    if (!this.active?.text) return;
    this.#append({ sender: 'agent', kind: 'text', content: this.active.text });
    Object.assign(this.active, { text: '', flushed: '' });
    this.#pushState(this.log.slice(-1));
  }

  callTool(name) {
    if (!this.active) return;
    this.endMessage();
    const tool = { call_id: `c${this.log.length}`, name };
    this.#append({ sender: 'system', kind: 'tool_call', content: `tool: ${name} | args: {}`, tool });
    this.#append({ sender: 'system', kind: 'tool_result', content: 'ok 👍', tool: { ...tool, outcome: 'success' } });
    this.#pushState(this.log.slice(-2));
  }

  takeOver() {
    if (!this.active) return;
    Object.assign(this.active, { attempt: this.active.attempt + 1, text: '', flushed: '' });
    this.#pushState([]);
  }

  finish() {
    if (!this.active) return;
    const before = this.log.length;
    if (this.active.text) this.#append({ sender: 'agent', kind: 'text', content: this.active.text });
    this.active = null;
    this.#pushState(this.log.slice(before));
  }

  expire() {
    this.sent.push({ type: 'session_expired', session_id: 's', generation: this.generation });
    this.generation += 1;
    this.#renew();
    this.rev += 1;
  }

  /** What a `sync` is answered with; the streaming text is only as new as the last flush. */
  sync(have) {
    const isForeign = have.generation !== this.generation || have.messages > this.log.length;
    const frames = this.#stateFrames(this.log.slice(isForeign ? 0 : have.messages));
    if (!this.active) return frames;
    const { attempt, flushed } = this.active;
    const isSame = !isForeign && have.seq === this.log.length && have.attempt === attempt;
    const offset = isSame && have.length <= length(flushed) ? have.length : 0;
    return [...frames, ...this.#textFrames(this.log.length, attempt, offset, cut(flushed, offset))];
  }

  flush() {
    if (this.active) this.active.flushed = this.active.text;
  }

  #append(message) {
    this.log.push({ seq: this.log.length, length: length(message.content), timestamp: '', created_at: '', ...message });
    this.rev += 1;
  }

  #pushState(messages) {
    this.rev += 1;
    this.sent.push(...this.#stateFrames(messages));
  }

  /** Each long message is begun in a state frame and continued in text frames of attempt 0. */
  #stateFrames(messages) {
    if (!messages.length) return [this.#stateFrame([])];
    return messages.flatMap((message) => {
      const content = cut(message.content, 0, FRAME_LENGTH);
      return [
        this.#stateFrame([{ ...message, content }]),
        ...this.#textFrames(message.seq, 0, length(content), cut(message.content, FRAME_LENGTH)),
      ];
    });
  }

  #stateFrame(messages) {
    return {
      type: 'state', session_id: 's', generation: this.generation, rev: this.rev, title: null, network: 'testnet',
      is_processing: this.active !== null, is_loading: false, missing_api_key: false, pending_wallet_tx: null,
      active_run: this.active && {
        run_id: this.active.run_id, attempt: this.active.attempt, started_at: '', seq: this.log.length,
      },
      queued: [], approvals: [], message_count: this.log.length, expires_at: null, messages,
    };
  }

  #textFrames(seq, attempt, offset, text) {
    const frames = [];
    for (let at = 0; at < length(text); at += FRAME_LENGTH) {
      frames.push({
        type: 'text', session_id: 's', generation: this.generation, seq, attempt, offset: offset + at,
        text: cut(text, at, at + FRAME_LENGTH),
      });
    }
    return frames;
  }
}

// A code block whose lines are commands for the agent. Its author marks it as `command`, so nothing is guessed. A
// chosen line only goes into the message box, because an agent's text may come from a stranger: the person reads it and
// sends it.

import { el } from '../dom.js';
import { withVisibleTricks } from '../tool_words.js';

/** The info string of such a block: `COMMAND` of `worker.agent.llm.offline.help`. */
export const COMMAND = 'command';

/** @param {string} text */
export function commandsElement(text) {
  const lines = withVisibleTricks(text).split('\n').filter((line) => line.trim());
  const buttons = lines.map((line) => el('li', {}, el('button', { type: 'button', class: 'command', dir: 'auto', data: { command: line } }, line)));
  return el('ul', { class: 'commands', 'aria-label': 'Put into the message box' }, ...buttons);
}

/** @param {(text: string) => void} onChoose */
export function watchCommands(onChoose) {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button.command') : null;
    if (button instanceof HTMLButtonElement) onChoose(button.dataset.command ?? '');
  });
}

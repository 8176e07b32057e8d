// Builds elements. Content only becomes text nodes: no code on the page parses HTML.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * `class`, `on` (event handlers), `data` and plain attributes; false and null leave an attribute out, true sets it without a value.
 * @typedef {Record<string, unknown> & {
 *   class?: string, on?: Record<string, (event: any) => void>, data?: Record<string, string | number | null | undefined>
 * }} Properties
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  const { class: className, on = {}, data = {}, ...attributes } = properties;
  if (className) element.className = className;
  for (const [type, handler] of Object.entries(on)) element.addEventListener(type, handler);
  setData(element, data);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children.filter(isShown).map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

/** @param {Element} element @param {string} name @param {unknown} value */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

/** @param {HTMLElement} element @param {Record<string, string | number | null | undefined>} data */
export function setData(element, data) {
  for (const [name, value] of Object.entries(data)) {
    if (value === null || value === undefined) delete element.dataset[name];
    else element.dataset[name] = String(value);
  }
}

/** The symbol with that name in index.html. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * @param {string} name of the icon
 * @param {string} label
 * @param {(event: MouseEvent) => void} [click]
 * @param {Properties} [properties]
 */
export function iconButton(name, label, click, properties = {}) {
  const button = el('button', { type: 'button', class: 'icon-button', title: label, 'aria-label': label, ...properties }, icon(name));
  if (click) button.addEventListener('click', click);
  return button;
}

/**
 * An element of index.html.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html lacks #${id}`);
  return element;
}

/** @param {Child} child @returns {child is Node | string | number} */
function isShown(child) {
  return child !== null && child !== undefined && child !== false;
}

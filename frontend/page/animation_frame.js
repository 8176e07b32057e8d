// Renders once per frame, however often that is requested; in a hidden tab, which has no frames, four times a second.

const HIDDEN_MS = 250;

export class AnimationFrame {
  /** @param {() => void} render */
  constructor(render) {
    this.render = render;
    this.isAsked = false;
  }

  ask() {
    if (this.isAsked) return;
    this.isAsked = true;
    if (document.visibilityState === 'hidden') setTimeout(() => this.show(), HIDDEN_MS);
    else requestAnimationFrame(() => this.show());
  }

  show() {
    this.isAsked = false;
    this.render();
  }
}

// A scrolling list of messages (a channel or a thread): day lines, grouping, sticking to the bottom, kept scroll places.
import { h, icon, place } from "./dom.js";
import { following } from "./following.js";
import { MessageRow, continues } from "./render/message.js";
import { dayKey, dayName } from "./time.js";

const NEAR = 60; // px from the bottom that still count as being there

export class MessageList {
  constructor({ inThread = false, label, testid }) {
    this.inThread = inThread;
    this.content = h("div", { class: "list-content" });
    this.node = h(
      "div",
      {
        class: "list",
        role: "log",
        "aria-label": label,
        "aria-live": "polite",
        tabindex: "0",
        data: { testid },
        on: { scroll: () => this.scrolled() },
      },
      this.content,
    );
    this.jump = h(
      "button",
      { type: "button", class: "jump", hidden: true, on: { click: () => this.toBottom() } },
      icon("chevrons-up-down", 14),
      "New messages below",
    );
    this.wrap = h("div", { class: "list-wrap" }, this.node, this.jump);
    this.places = new Map(); // key -> {rows, days, top, stuck}
    this.key = null;
    this.touched = -Infinity; // when a person last moved the list
    for (const name of ["wheel", "touchmove", "keydown", "pointerdown"]) {
      this.node.addEventListener(name, () => (this.touched = performance.now()), { passive: true });
    }
    new ResizeObserver(() => this.stick()).observe(this.content);
    new ResizeObserver(() => this.stick()).observe(this.node);
  }

  /** Show `messages` under `key` (a channel or a thread); `head` goes above them, `divider(message)` may give a line to put after one. */
  show(key, channel, messages, { head = null, divider = null } = {}) {
    const moved = this.key !== key;
    if (moved && this.key !== null) this.here().top = this.node.scrollTop;
    this.key = key;
    const here = this.here();
    const last = messages.at(-1)?.ts;
    const grew = here.last !== undefined && last !== here.last;
    here.last = last;
    const nodes = [head];
    let before = null;
    const rows = new Map();
    for (const m of messages) {
      if (!before || dayKey(before.ts) !== dayKey(m.ts)) {
        if (!this.inThread) nodes.push(this.day(m.ts));
        before = null;
      }
      const row = here.rows.get(m.ts) ?? new MessageRow(channel, m.ts, { inThread: this.inThread });
      row.show(m, continues(m, before));
      rows.set(m.ts, row);
      const line = divider?.(m);
      nodes.push(row.node, line);
      before = line ? null : m;
    }
    here.rows = rows;
    place(this.content, nodes);
    if (moved) this.node.scrollTop = here.stuck ? this.node.scrollHeight : here.top;
    else if (here.stuck) this.toBottom();
    else if (grew) this.jump.hidden = false;
    this.scrolled();
  }

  here() {
    if (!this.places.has(this.key))
      this.places.set(this.key, { rows: new Map(), days: new Map(), top: 0, stuck: true });
    return this.places.get(this.key);
  }

  day(ts) {
    const { days } = this.here();
    const key = dayKey(ts);
    if (!days.has(key)) days.set(key, h("div", { class: "day", role: "separator" }, h("span", {}, following(() => dayName(ts)))));
    return days.get(key);
  }

  scrolled() {
    if (this.key === null || !this.node.clientHeight) return;
    const here = this.here();
    const byHand = performance.now() - this.touched < 1000;
    if (this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < NEAR) here.stuck = true;
    else if (byHand) {
      here.stuck = false; // only a person leaves the bottom; content that grows or shrinks does not
      this.touched = performance.now();
    }
    if (here.stuck) this.jump.hidden = true;
  }

  stick() {
    if (this.key !== null && this.here().stuck) this.toBottom();
  }

  toBottom() {
    this.node.scrollTop = this.node.scrollHeight;
    this.jump.hidden = true;
  }

  forget() {
    this.places = new Map();
    this.key = null;
    place(this.content, []);
  }
}

// The completion list over a composer: slash commands, people after "@", channels after "#".
import { h, icon } from "./dom.js";
import { avatar } from "./render/avatar.js";
import { appName, channelOf, myChannels, nameOf, state } from "./state.js";

/** What could stand at the caret: `[{label, description?, node, insert}]` and where the typed part begins. */
function candidates(text, caret, channel) {
  const before = text.slice(0, caret);
  const slash = /^\/(\S*)$/.exec(before);
  if (slash) {
    const own = {
      command: "/invite",
      description: "Add someone, or the app, to this channel",
      usage_hint: "@name",
      builtin: true,
    };
    const found = [...(state.world?.commands ?? []), own].filter((c) => c.command.startsWith(before));
    return {
      from: 0,
      kind: "Commands",
      items: found.map((c) => ({
        label: c.command,
        hint: c.usage_hint,
        description: `${c.description ?? ""}${c.builtin ? "" : ` · ${appName()}`}`,
        node: h("span", { class: "completion-icon" }, icon(c.builtin ? "user-plus" : "sparkles", 16)),
        insert: `${c.command} `,
        key: c.command,
      })),
    };
  }
  const word = /(^|[\s(])([@#])([\p{L}\p{N}._-]*)$/u.exec(before);
  if (!word) return null;
  const from = caret - word[3].length - 1;
  const wanted = word[3].toLowerCase();
  if (word[2] === "#") {
    const found = myChannels().filter((c) => c.name.toLowerCase().includes(wanted));
    return {
      from,
      kind: "Channels",
      items: found.map((c) => ({
        label: `#${c.name}`,
        description: c.topic,
        node: h("span", { class: "completion-icon" }, icon(c.is_private ? "lock" : "hash", 16)),
        insert: `#${c.name} `,
        key: c.id,
      })),
    };
  }
  const members = new Set(channelOf(channel)?.members ?? []);
  const people = (state.world?.users ?? [])
    .filter((u) => `${nameOf(u)} ${u.name}`.toLowerCase().includes(wanted))
    .sort((a, b) => members.has(b.id) - members.has(a.id));
  const items = people.map((u) => ({
    label: nameOf(u),
    description: [u.is_bot ? "App" : u.title, members.has(u.id) ? null : "not in this channel"]
      .filter(Boolean)
      .join(" · "),
    node: avatar(u, 24),
    insert: `@${nameOf(u)} `,
    key: u.id,
  }));
  if ("channel".startsWith(wanted) && wanted)
    items.push({
      label: "@channel",
      description: "Notify everyone here",
      node: h("span", { class: "completion-icon" }, icon("users", 16)),
      insert: "@channel ",
      key: "channel",
    });
  return { from, kind: "People", items };
}

export class Completion {
  constructor(textarea, channelOfComposer) {
    this.textarea = textarea;
    this.channel = channelOfComposer;
    this.node = h("div", {
      class: "completion",
      role: "listbox",
      "aria-label": "Suggestions",
      hidden: true,
      data: { testid: "completion" },
    });
    this.items = [];
    this.at = 0;
  }

  get open() {
    return !this.node.hidden;
  }

  update() {
    const found = candidates(this.textarea.value, this.textarea.selectionStart, this.channel());
    this.items = found?.items.slice(0, 8) ?? [];
    this.from = found?.from ?? 0;
    this.at = 0;
    if (!this.items.length) return this.close();
    this.node.hidden = false;
    this.draw(found.kind);
  }

  draw(kind) {
    this.rows = this.items.map((item, i) =>
      h(
        "div",
        {
          class: "completion-item",
          id: `${this.textarea.dataset.testid}-suggestion-${i}`,
          role: "option",
          "aria-selected": "false",
          data: { testid: `complete-${item.key}` },
          on: { mousedown: (e) => (e.preventDefault(), this.take(i)), mousemove: () => this.mark(i) },
        },
        item.node,
        h(
          "span",
          { class: "menu-text" },
          h(
            "span",
            { class: "menu-label" },
            item.label,
            item.hint ? h("span", { class: "completion-hint" }, ` ${item.hint}`) : null,
          ),
          item.description ? h("small", {}, item.description) : null,
        ),
      ),
    );
    this.node.replaceChildren(
      h(
        "div",
        { class: "completion-head" },
        kind,
        h("span", {}, h("kbd", {}, "↑↓"), " to move ", h("kbd", {}, "Tab"), " to choose"),
      ),
      ...this.rows,
    );
    this.mark(0);
  }

  mark(i) {
    this.at = (i + this.items.length) % this.items.length;
    this.rows.forEach((row, n) => row.setAttribute("aria-selected", String(n === this.at)));
    this.textarea.setAttribute("aria-activedescendant", this.rows[this.at].id);
    this.rows[this.at].scrollIntoView({ block: "nearest" });
  }

  take(i = this.at) {
    const caret = this.textarea.selectionStart;
    this.textarea.setRangeText(this.items[i].insert, this.from, caret, "end");
    this.close();
    this.textarea.dispatchEvent(new Event("input", { bubbles: true }));
    this.close();
  }

  close() {
    this.node.hidden = true;
    this.textarea.removeAttribute("aria-activedescendant");
  }

  /** True when the key was for the list. */
  key(event) {
    if (!this.open) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.mark(this.at + (event.key === "ArrowDown" ? 1 : -1));
    else if (
      event.key === "Tab" ||
      (event.key === "Enter" && this.textarea.value !== this.items[this.at].insert.trim())
    )
      this.take();
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}

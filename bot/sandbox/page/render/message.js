// One message of a channel or thread: a row that can be shown again when the message changes.
import * as api from "../api.js";
import { h, icon, iconButton, place } from "../dom.js";
import { emoji, mrkdwn } from "./mrkdwn.js";
import { markdown } from "./markdown.js";
import { following } from "../following.js";
import { menu } from "../popup.js";
import { addNotice, appName, botId, emit, nameOf, state, user } from "../state.js";
import { ago, clockTime, fullTime } from "../time.js";
import { refusal } from "./acting.js";
import { avatar } from "./avatar.js";
import { BlockColumn, drawBlocks } from "./blocks.js";
import { drawFile } from "./files.js";
import { FormState } from "./form.js";
import { askOptions } from "./modal.js";

const forms = new Map(); // "user:channel:ts" -> FormState: what was chosen in a message outlives its redraws

function formOf(channel, ts) {
  const key = `${state.me}:${channel}:${ts}`;
  if (!forms.has(key)) forms.set(key, new FormState());
  return forms.get(key);
}

export const authorOf = (m) => user(m.user) ?? (m.bot_id ? user(botId()) : null);

/** True when `m` continues what `before` began: same author within five minutes, nothing between. */
export function continues(m, before) {
  if (!before || before.subtype === "channel_join" || m.subtype === "channel_join" || m.subtype === "thread_broadcast")
    return false;
  if (m.bot_id && m.blocks?.length) return false; // a card stands for itself
  const same = (before.user ?? before.bot_id) === (m.user ?? m.bot_id) && before.is_ephemeral === m.is_ephemeral;
  return same && Number(m.ts) - Number(before.ts) < 300 && !before.reply_count;
}

export class MessageRow {
  constructor(channel, ts, { inThread }) {
    this.channel = channel;
    this.ts = ts;
    this.inThread = inThread;
    this.node = h("article", { class: "message", data: { testid: `message-${ts}`, ts } });
    this.gutter = h("div", { class: "message-gutter" });
    this.main = h("div", { class: "message-main" });
    this.row = h("div", { class: "message-row" }, this.gutter, this.main);
    this.parts = new Map(); // name -> {facts, node}: what need not be drawn again stays the node it is
    this.column = new BlockColumn(h("div", { class: "blocks" }), {
      id: `${inThread ? "t" : "c"}${ts}`,
      kind: "message",
      form: formOf(channel, ts),
      act: (action) => this.act(action),
      options: (query) => askOptions({ as: state.me, channel, ts, ...query }),
    });
  }

  async act(action) {
    try {
      const { values } = this.column.surface.form;
      return await api.post("click", { as: state.me, channel: this.channel, ts: this.ts, action, values });
    } catch (error) {
      emit("toast", { text: refusal(error), level: "error" });
      return { ok: false, error: error.message };
    }
  }

  show(m, compact) {
    if (this.message === m && this.compact === compact) return;
    this.message = m;
    this.compact = compact;
    const author = authorOf(m);
    const name = m.username ?? nameOf(author);
    this.node.className = `message${compact ? " compact" : ""}${m.is_ephemeral ? " ephemeral" : ""}${m.streaming ? " streaming" : ""}`;
    this.node.setAttribute("aria-label", `${name}, ${clockTime(m.ts)}`);
    if (m.subtype === "channel_join" || m.subtype === "channel_topic") {
      place(this.node, [
        h(
          "div",
          { class: "message-system" },
          avatar(author, 20),
          h(
            "span",
            {},
            h("b", {}, name),
            " ",
            mrkdwn(m.text?.replace(/^<@\w+(\|[^>]*)?> /, "") ?? ""),
            " · ",
            stamp(m.ts),
          ),
        ),
      ]);
      return;
    }
    const blocks = this.blocksOf(m);
    this.column.surface.form.prune(blocks);
    this.column.show(blocks);
    place(this.node, [
      m.is_ephemeral ? h("div", { class: "message-flag" }, icon("eye", 13), "Only visible to you") : null,
      this.inThread || m.subtype !== "thread_broadcast" ? null : this.broadcastFlag(m),
      this.row,
      this.part("toolbar", [Boolean(m.dismiss), m.is_ephemeral], () => this.toolbar(m)),
    ]);
    place(this.gutter, [this.part("face", [compact], () => (compact ? stamp(m.ts, "message-time") : avatar(author, 36)))]);
    place(this.main, [compact ? null : this.header(m, author, name), ...this.body(m), ...this.footer(m)].flat());
  }

  /** A part of the row, drawn again only when one of the facts that it shows is another. */
  part(name, facts, draw) {
    const json = JSON.stringify(facts);
    if (this.parts.get(name)?.json !== json) this.parts.set(name, { json, node: draw() });
    return this.parts.get(name).node;
  }

  header(m, author, name) {
    return h(
      "div",
      { class: "message-header" },
      h("span", { class: "message-author" }, name),
      m.bot_id || author?.is_bot ? h("span", { class: "badge" }, "APP") : null,
      author?.is_stranger ? h("span", { class: "badge guest", title: "From another organisation" }, "External") : null,
      stamp(m.ts, "message-time"),
      m.edited && this.blocksOf(m).length ? edited(m) : null,
    );
  }

  /** What is drawn: a person's own words by their mrkdwn (the typed rich_text block carries no styles), else the blocks. */
  blocksOf(m) {
    const typed = !m.bot_id && m.blocks?.length === 1 && m.blocks[0].type === "rich_text" && m.text;
    return typed ? [] : (m.blocks ?? []);
  }

  body(m) {
    if (m.subtype === "tombstone") return h("div", { class: "gone" }, m.text || "This message was deleted.");
    const hasBlocks = this.blocksOf(m).length > 0;
    const streamed = m.streaming && !hasBlocks ? h("div", { class: "blocks" }, markdown(m.text ?? "")) : null;
    const text =
      !hasBlocks && !streamed && m.text
        ? h("div", { class: "prose message-text" }, mrkdwn(m.text), m.edited ? [" ", edited(m)] : null)
        : null;
    return [
      text,
      streamed,
      hasBlocks ? this.column.node : null,
      (m.attachments ?? []).map((a) => attachment(a, this.column.surface)),
      (m.files ?? []).length
        ? this.part("files", m.files, () => h("div", { class: "files" }, m.files.map(drawFile)))
        : null,
    ];
  }

  footer(m) {
    const reactions = (m.reactions ?? []).map((r) =>
      h(
        "span",
        { class: "reaction", title: r.users?.map((u) => nameOf(user(u))).join(", ") },
        emoji(r.name),
        " ",
        String(r.count ?? r.users?.length ?? 1),
      ),
    );
    return [
      reactions.length ? h("div", { class: "reactions" }, reactions) : null,
      !this.inThread && m.reply_count
        ? this.part("replies", [m.reply_count, m.reply_users, m.latest_reply], () => this.repliesBar(m))
        : null,
    ];
  }

  repliesBar(m) {
    const faces = (m.reply_users ?? []).slice(0, 4).map((u) => avatar(user(u) ?? { id: u, is_bot: true }, 22));
    const words = `${m.reply_count} ${m.reply_count === 1 ? "reply" : "replies"}`;
    return h(
      "button",
      {
        type: "button",
        class: "replies",
        data: { testid: `replies-${m.ts}` },
        on: { click: () => emit("open-thread", m.ts) },
      },
      faces,
      h("b", {}, words),
      h(
        "span",
        { class: "replies-when" },
        m.latest_reply ? following(() => lastReply(m.latest_reply)) : "",
        h("span", { class: "replies-open" }, "View thread"),
      ),
      icon("chevron-right", 15),
    );
  }

  broadcastFlag(m) {
    return h(
      "button",
      { type: "button", class: "message-flag linkish", on: { click: () => emit("open-thread", m.thread_ts) } },
      icon("reply", 13),
      "replied to a thread",
    );
  }

  toolbar(m) {
    if (m.dismiss)
      return h(
        "div",
        { class: "toolbar" },
        iconButton("x", "Dismiss", () => this.message.dismiss(), { size: 16 }),
      );
    const shortcuts = (state.world?.shortcuts ?? []).filter((s) => s.type === "message");
    const more = iconButton(
      "ellipsis-vertical",
      "More actions",
      () => menu(more, this.moreItems(this.message, shortcuts), { align: "end", width: 280, testid: "message-menu" }),
      {
        size: 16,
        testid: `more-${m.ts}`,
        "aria-haspopup": "menu",
      },
    );
    const reply =
      this.inThread || m.is_ephemeral
        ? null
        : iconButton("message-circle", "Reply in thread", () => emit("open-thread", this.message.thread_ts ?? m.ts), {
            size: 16,
            testid: `reply-${m.ts}`,
          });
    return h("div", { class: "toolbar", role: "toolbar", "aria-label": "Message actions" }, reply, more);
  }

  moreItems(m, shortcuts) {
    const files = (m.files ?? []).filter((f) => f.mode !== "tombstone" && m.user === state.me);
    const copy = (text, told) => () =>
      void navigator.clipboard?.writeText(text).then(() => emit("toast", { text: told, level: "info" }));
    const place = `${location.origin}/#/${this.channel}${this.inThread ? `/thread/${m.thread_ts ?? m.ts}` : ""}?as=${state.me}`;
    return [
      ...shortcuts.map((s) => ({
        label: s.name,
        description: s.description || appName(),
        icon: "sparkles",
        testid: `shortcut-${s.callback_id}`,
        disabled: m.is_ephemeral,
        onSelect: () => runShortcut(s, this.channel, m.ts),
      })),
      shortcuts.length ? { separator: true } : null,
      { label: "Copy link", icon: "external-link", onSelect: copy(place, "Link copied") },
      { label: "Copy text", icon: "file-text", onSelect: copy(m.text ?? "", "Text copied") },
      { label: "Copy message as JSON", icon: "braces", onSelect: copy(JSON.stringify(m, null, 2), "JSON copied") },
      ...files.map((f) => ({
        label: `Delete ${f.name}`,
        icon: "trash-2",
        danger: true,
        testid: `delete-file-${f.id}`,
        onSelect: () =>
          api
            .post("delete_file", { as: state.me, file_id: f.id })
            .catch((e) => emit("toast", { text: e.message, level: "error" })),
      })),
    ];
  }
}

/** Run a shortcut; when the app does not take it, the sandbox sends a notice. */
export async function runShortcut(shortcut, channel, ts) {
  try {
    await api.post("shortcut", {
      as: state.me,
      callback_id: shortcut.callback_id,
      ...(shortcut.type === "message" ? { channel, ts } : {}),
    });
  } catch (error) {
    addNotice({ channel, text: error.message, level: "error" });
  }
}

const lastReply = (ts) => `Last reply ${ago(Number(ts))}`;

const edited = (m) => h("span", { class: "edited", title: `Edited ${fullTime(m.edited.ts)}` }, "(edited)");

function stamp(ts, className = "") {
  return h(
    "time",
    { class: className, title: fullTime(ts), datetime: new Date(ts * 1000).toISOString() },
    clockTime(ts),
  );
}

function attachment(a, surface) {
  const color = /^#?[0-9a-f]{6}$/i.test(a.color ?? "") ? `#${a.color.replace("#", "")}` : "var(--line)";
  return h(
    "div",
    { class: "attachment", style: { "--bar": color } },
    a.blocks
      ? drawBlocks(a.blocks, surface)
      : [
          a.title ? h("b", {}, mrkdwn(a.title)) : null,
          h("div", { class: "prose" }, mrkdwn(a.text ?? a.fallback ?? "")),
        ],
  );
}

// The three things the middle and the right can show: a channel, the app's Home, and a thread.
import * as api from "./api.js";
import { Composer } from "./composer.js";
import { h, icon, iconButton, place } from "./dom.js";
import { intro } from "./intro.js";
import { MessageList } from "./messages.js";
import { closePopup, popup } from "./popup.js";
import { avatar } from "./render/avatar.js";
import { BlockColumn } from "./render/blocks.js";
import { viewSurface } from "./render/modal.js";
import { mrkdwn } from "./render/mrkdwn.js";
import {
  appName,
  botId,
  channelOf,
  emit,
  isLoaded,
  nameOf,
  people,
  state,
  threadOf,
  topLevel,
  user,
} from "./state.js";
import { roleOf } from "./sidebar.js";

export class ChannelPane {
  constructor({ onMenu }) {
    this.header = h("header", { class: "pane-head" });
    this.list = new MessageList({ label: "Messages", testid: "messages" });
    this.status = h("div", { class: "typing", "aria-live": "polite", data: { testid: "typing" } });
    this.composer = new Composer("main", () => ({ channel: state.channel }));
    this.outside = h(
      "p",
      { class: "outside", hidden: true },
      icon("eye", 16),
      "You are looking in from outside. A member can add you with /invite.",
    );
    this.node = h(
      "main",
      { class: "pane channel-pane", data: { testid: "channel" } },
      this.header,
      this.list.wrap,
      this.status,
      this.composer.node,
      this.outside,
    );
    this.menuButton = iconButton("menu", "Show channels", onMenu, { class: "only-narrow" });
  }

  draw() {
    const channel = channelOf(state.channel);
    if (!channel) return;
    place(this.header, [this.menuButton, ...this.title(channel)]);
    const member = channel.members.includes(state.me);
    this.composer.node.hidden = !member;
    this.outside.hidden = member;
    this.composer.show();
    this.drawMessages();
    this.drawStatus();
  }

  title(channel) {
    if (channel.is_im) {
      return [
        h(
          "div",
          { class: "pane-title" },
          avatar(user(botId()), 26),
          h("h1", {}, appName()),
          h("span", { class: "badge" }, "APP"),
        ),
        h("span", { class: "grow" }),
        h("a", { class: "tab-link", href: "#/home" }, "Home"),
      ];
    }
    const members = channel.members.map(user).filter(Boolean);
    const faces = h(
      "button",
      {
        type: "button",
        class: "members",
        "aria-label": `${members.length} members`,
        title: "Members",
        "aria-haspopup": "dialog",
        data: { testid: "members" },
        on: { click: (e) => this.members(e.currentTarget, channel) },
      },
      members.slice(0, 3).map((m) => avatar(m, 22)),
      h("span", {}, String(members.length)),
    );
    return [
      h(
        "div",
        { class: "pane-title" },
        icon(channel.is_private ? "lock" : "hash", 18),
        h("h1", {}, channel.name),
        channel.topic ? h("span", { class: "topic" }, mrkdwn(channel.topic)) : null,
      ),
      h("span", { class: "grow" }),
      faces,
    ];
  }

  drawMessages() {
    if (!state.channel) return;
    const channel = channelOf(state.channel);
    const messages = topLevel(state.channel);
    const head = channel && intro(channel, this.composer, isLoaded(state.channel) && !messages.length);
    this.list.show(`${state.me}:${state.channel}`, state.channel, messages, { head });
  }

  drawStatus() {
    drawTyping(this.status, state.statuses.get(state.channel));
  }

  members(anchor, channel) {
    const row = (u, extra) =>
      h(
        "div",
        { class: "member" },
        avatar(u, 30),
        h(
          "span",
          { class: "menu-text" },
          h("span", { class: "menu-label" }, nameOf(u), u.id === state.me ? " (you)" : ""),
          h("small", {}, roleOf(u)),
        ),
        extra,
      );
    const outside = [...people(), user(botId())].filter((u) => u && !channel.members.includes(u.id));
    const add = (u) =>
      h(
        "button",
        {
          type: "button",
          class: "button small",
          data: { testid: `invite-${u.id}` },
          on: {
            click: () => {
              closePopup();
              api
                .post("invite", { as: state.me, user: u.id, channel: channel.id })
                .catch((e) => emit("toast", { text: e.message, level: "error" }));
            },
          },
        },
        "Add",
      );
    popup(
      anchor,
      [
        h("div", { class: "menu-heading" }, `Members of #${channel.name}`),
        ...channel.members
          .map(user)
          .filter(Boolean)
          .map((u) => row(u)),
        outside.length ? h("div", { class: "menu-heading" }, "Not here") : "",
        ...outside.map((u) => row(u, add(u))),
      ],
      { align: "end", width: 300, className: "menu", label: "Members", testid: "members-list" },
    );
  }
}

function drawTyping(node, status) {
  if (!status) return node.replaceChildren();
  return node.replaceChildren(
    h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
    h("b", {}, nameOf(user(status.user)) || appName()),
    ` ${status.text}`,
  );
}

export class ThreadPane {
  constructor() {
    this.list = new MessageList({ inThread: true, label: "Thread", testid: "thread-messages" });
    this.status = h("div", { class: "typing", "aria-live": "polite" });
    this.composer = new Composer("thread", () => ({ channel: state.channel, thread: state.thread }));
    this.where = h("small", {});
    this.node = h(
      "aside",
      { class: "pane thread-pane", "aria-label": "Thread", hidden: true, data: { testid: "thread" } },
      h(
        "header",
        { class: "pane-head" },
        h("div", { class: "pane-title" }, h("h2", {}, "Thread"), this.where),
        h("span", { class: "grow" }),
        iconButton("x", "Close thread", () => emit("close-thread"), { testid: "thread-close" }),
      ),
      this.list.wrap,
      this.status,
      this.composer.node,
    );
    this.node.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) emit("close-thread");
    });
  }

  draw() {
    this.node.hidden = !state.thread || state.home;
    if (this.node.hidden) return;
    const channel = channelOf(state.channel);
    this.where.textContent = channel?.is_im ? appName() : `#${channel?.name ?? ""}`;
    const all = threadOf(state.channel, state.thread);
    const replies = all.filter((m) => !m.dismiss && m.ts !== state.thread).length;
    const line = h(
      "div",
      { class: "day thread-line", role: "separator" },
      h("span", {}, `${replies} ${replies === 1 ? "reply" : "replies"}`),
    );
    this.list.show(`${state.me}:${state.channel}:${state.thread}`, state.channel, all, {
      divider: (m) => (m.ts === state.thread && replies ? line : null),
    });
    this.composer.show();
    drawTyping(this.status, state.statuses.get(`${state.channel}:${state.thread}`));
  }
}

export class HomePane {
  constructor({ onMenu }) {
    this.body = h("div", { class: "home-body" });
    this.menuButton = iconButton("menu", "Show channels", onMenu, { class: "only-narrow" });
    this.header = h("header", { class: "pane-head" });
    this.node = h("main", { class: "pane home-pane", hidden: true, data: { testid: "home" } }, this.header, this.body);
    this.view = null;
  }

  draw(dm) {
    this.node.hidden = !state.home;
    if (this.node.hidden) return;
    place(this.header, [
      this.menuButton,
      h("div", { class: "pane-title" }, avatar(user(botId()), 26), h("h1", {}, appName())),
      h(
        "div",
        { class: "tabs" },
        h("span", { class: "tab current", "aria-current": "page" }, "Home"),
        dm ? h("a", { class: "tab", href: `#/${dm.id}` }, "Messages") : null,
      ),
    ]);
    const view = state.homeView;
    if (!view) {
      this.view = null;
      place(this.body, [
        h(
          "div",
          { class: "empty" },
          icon("house", 34),
          h("h2", {}, "Nothing here yet"),
          h("p", {}, `${appName()} has not published its Home for you.`),
        ),
      ]);
      return;
    }
    if (this.view !== view.id) {
      this.column = new BlockColumn(h("div", { class: "blocks home-blocks" }), viewSurface(view));
      this.view = view.id;
    }
    this.column.surface.form.prune(view.blocks);
    this.column.show(view.blocks);
    place(this.body, [this.column.node]);
  }
}

// The left column: workspace, channels, direct messages, apps, and who one is.
import { h, icon, iconButton, keepFocus, place } from "./dom.js";
import { menu, popup, closePopup } from "./popup.js";
import * as api from "./api.js";
import { avatar } from "./render/avatar.js";
import { appName, botId, emit, loadWorld, me, myChannels, myDm, nameOf, people, state, user } from "./state.js";

/** In words, what sets a person apart. */
export function roleOf(person) {
  if (person.is_bot) return "App";
  if (person.is_stranger) return "Guest from another organisation";
  if (person.is_restricted) return "Guest";
  return person.title || "Member";
}

export class Sidebar {
  constructor() {
    this.head = h("div", { class: "side-head" });
    this.nav = h("nav", { class: "side-nav", "aria-label": "Channels" });
    this.switcher = h("button", {
      type: "button",
      class: "switcher",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      data: { testid: "user-switcher" },
      on: { click: () => this.chooseUser() },
    });
    this.node = h("aside", { class: "sidebar", id: "sidebar" }, this.head, this.nav, this.switcher);
  }

  draw() {
    const team = state.world?.team;
    place(this.head, [
      h("span", { class: "logo", "aria-hidden": "true" }, icon("flask-conical", 17)),
      h("span", { class: "team" }, h("b", {}, team?.name ?? "Workspace"), h("small", {}, "Simulated workspace")),
    ]);
    keepFocus(this.nav, () => this.drawPlaces());
  }

  drawPlaces() {
    const dm = myDm();
    const person = me();
    const add =
      person?.is_stranger || person?.is_restricted
        ? null
        : iconButton("plus", "Create a channel", (e) => this.createChannel(e.currentTarget), {
            size: 15,
            testid: "create-channel",
          });
    place(this.nav, [
      h("div", { class: "side-title" }, "Channels", add),
      ...myChannels().map((c) => this.channel(c)),
      h("div", { class: "side-title" }, "Direct messages"),
      dm ? this.row({ id: dm.id, name: appName(), node: avatar(user(botId()), 20), badge: "APP" }) : null,
      h("div", { class: "side-title" }, "Apps"),
      state.world
        ? h(
            "a",
            {
              class: `side-row${state.home ? " current" : ""}`,
              href: "#/home",
              "aria-current": state.home ? "page" : null,
              data: { testid: "app-home" },
            },
            avatar(user(botId()), 20),
            h("span", { class: "side-name" }, appName()),
            h("small", { class: "side-note" }, "Home"),
          )
        : null,
    ]);
    if (person)
      place(this.switcher, [
        avatar(person, 32),
        h(
          "span",
          { class: "switcher-who" },
          h("span", {}, "You are ", h("b", {}, nameOf(person))),
          h("small", {}, roleOf(person)),
        ),
        icon("chevrons-up-down", 16),
      ]);
  }

  channel(c) {
    return this.row({
      id: c.id,
      name: c.name,
      node: icon(c.is_private ? "lock" : "hash", 16),
      dim: !c.members.includes(state.me),
    });
  }

  row({ id, name, node, badge, dim }) {
    const unread = state.unread.get(id);
    const current = !state.home && state.channel === id;
    const count =
      unread &&
      (unread.mention
        ? h("span", { class: "unread-count" }, String(unread.count))
        : h("span", { class: "unread-dot" }));
    return h(
      "a",
      {
        class: `side-row${current ? " current" : ""}${unread ? " unread" : ""}${dim ? " dim" : ""}`,
        href: `#/${id}`,
        "aria-current": current ? "page" : null,
        "aria-label": `${name}${unread ? `, ${unread.count} unread` : ""}`,
        data: { testid: `channel-${id}`, name },
      },
      node,
      h("span", { class: "side-name" }, name),
      badge ? h("small", { class: "side-badge" }, badge) : null,
      count,
    );
  }

  chooseUser() {
    menu(
      this.switcher,
      [
        { heading: "Act as" },
        ...people().map((p) => ({
          label: nameOf(p),
          description: roleOf(p),
          node: avatar(p, 30),
          checked: p.id === state.me,
          testid: `user-${p.id}`,
          onSelect: () => emit("switch", p.id),
        })),
      ],
      { side: "above", width: 290, testid: "user-menu" },
    );
  }

  createChannel(anchor) {
    const name = h("input", {
      class: "field",
      placeholder: "e.g. ft-billing",
      "aria-label": "Channel name",
      maxlength: 80,
    });
    const secret = h("input", { type: "checkbox" });
    const form = h(
      "form",
      {
        class: "mini-form",
        on: {
          submit: async (event) => {
            event.preventDefault();
            const wanted = name.value
              .trim()
              .toLowerCase()
              .replace(/[^\p{L}\p{N}_-]+/gu, "-");
            if (!wanted) return;
            try {
              const { channel } = await api.post("channel", { as: state.me, name: wanted, is_private: secret.checked });
              closePopup();
              await loadWorld();
              location.hash = `#/${channel?.id ?? channel}`;
            } catch (error) {
              emit("toast", { text: error.message, level: "error" });
            }
          },
        },
      },
      h("label", {}, "New channel", name),
      h("label", { class: "choice" }, secret, "Private"),
      h("button", { type: "submit", class: "button primary" }, "Create"),
    );
    popup(anchor, form, { width: 260, label: "Create a channel" });
    name.focus();
  }
}

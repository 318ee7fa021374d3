// Block Kit's interactive elements. Each draws itself on a surface: {kind, form, act(action, node)}; blocks.js says which.
import { h, icon, safeUrl } from "../dom.js";
import { menu } from "../popup.js";
import { appName, channelOf, myChannels, myDm, nameOf, people, state } from "../state.js";
import { act, changed, ids } from "./acting.js";
import { avatar } from "./avatar.js";
import { isMany, valueKey } from "./form.js";
import { fileInput, localInput, picker, richTextInput, textField } from "./inputs.js";
import { textObject } from "./mrkdwn.js";
import { selectMenu } from "./select.js";

/** Draw one element of `block`. `asInput`: it sits in an input block and only acts when the block dispatches. */
export function element(el, block, surface, asInput = false) {
  const draw = DRAW[el.type];
  return draw ? draw(el, block, surface, asInput) : unknown(el);
}

export function unknown(thing) {
  return h(
    "details",
    { class: "unknown", data: { testid: "unknown-block" } },
    h("summary", {}, icon("braces", 14), h("span", {}, `“${thing?.type ?? "?"}” is not drawn by this sandbox`)),
    h("pre", {}, JSON.stringify(thing, null, 2)),
  );
}

function button(el, block, surface) {
  const node = h(
    el.url ? "a" : "button",
    {
      class: `button ${el.style ?? ""}`,
      type: el.url ? null : "button",
      href: el.url,
      target: el.url ? "_blank" : null,
      rel: el.url ? "noopener noreferrer" : null,
      "aria-label": el.accessibility_label,
      data: ids(el, block),
      on: { click: () => act(node, el, block, surface, { type: "button", value: el.value }) },
    },
    h("span", { class: "button-label" }, textObject(el.text)),
    el.url ? icon("external-link", 13) : null,
  );
  return node;
}

const option = (o) => ({ key: o.value, label: o.text?.text ?? "", description: o.description?.text, raw: o });
const person = (u) => ({
  key: u.id,
  label: nameOf(u) + (u.id === state.me ? " (you)" : ""),
  description: u.title,
  node: avatar(u, 20),
  raw: u.id,
});
const place = (c) => ({ key: c.id, label: c.is_im ? appName() : `#${c.name}`, raw: c.id });

function groupsOf(el) {
  if (/users_select/.test(el.type)) return [{ options: people().map(person) }];
  if (/conversations_select|channels_select/.test(el.type)) {
    const initial = [el.initial_conversation, el.initial_channel].map(channelOf).filter(Boolean);
    const wanted = el.filter?.include ?? ["public", "private", "im"];
    const kind = (c) => (c.is_im ? "im" : c.is_private ? "private" : "public");
    const shown = /channels/.test(el.type)
      ? myChannels()
      : [...myChannels(), myDm()].filter((c) => c && wanted.includes(kind(c)));
    return [{ options: [...new Set([...shown, ...initial])].map(place) }];
  }
  if (el.option_groups) return el.option_groups.map((g) => ({ label: g.label?.text, options: g.options.map(option) }));
  return [{ options: (el.options ?? []).map(option) }];
}

/** `default_to_current_conversation`: where the person is right now, until something else is chosen. */
function startHere(el, block, surface) {
  const kept = surface.form.start(block.block_id, el);
  const many = isMany(el.type);
  const key = valueKey(el.type);
  const empty = many ? !kept[key]?.length : !kept[key];
  if (!el.default_to_current_conversation || !empty || !state.channel) return;
  surface.form.set(block.block_id, el.action_id, { ...kept, [key]: many ? [state.channel] : state.channel });
}

function select(el, block, surface, asInput) {
  const key = valueKey(el.type);
  startHere(el, block, surface);
  const value = surface.form.start(block.block_id, el)[key];
  const keyOf = (v) => (typeof v === "object" && v ? v.value : v);
  const multi = isMany(el.type);
  const external = /external/.test(el.type);
  const load = external
    ? (typed) =>
        surface
          .options({ block_id: block.block_id, action_id: el.action_id, value: typed })
          .then((answer) => groupsOf({ ...el, ...answer }))
    : null;
  const node = selectMenu({
    groups: external ? [{ options: [value].flat().filter(Boolean).map(option) }] : groupsOf(el),
    load,
    minLength: el.min_query_length ?? 3,
    chosen: (multi ? value : [value]).filter(Boolean).map(keyOf),
    multi,
    max: el.max_selected_items,
    placeholder: el.placeholder?.text,
    label: block.label?.text ?? el.placeholder?.text ?? "Choose",
    data: ids(el, block),
    onChange: (v) => changed(node, el, block, surface, asInput, { [key]: v }),
  });
  return node;
}

function choices(kind) {
  return (el, block, surface, asInput) => {
    const key = valueKey(el.type);
    const kept = surface.form.start(block.block_id, el)[key];
    const isOn = (o) => (kind === "radio" ? kept?.value === o.value : kept.some((k) => k.value === o.value));
    const group = `${block.block_id}:${el.action_id}:${surface.id}`;
    const read = () => {
      const on = el.options.filter((_, i) => boxes[i].checked);
      changed(node, el, block, surface, asInput, { [key]: kind === "radio" ? on[0] : on });
    };
    const boxes = el.options.map((o) =>
      h("input", { type: kind, name: group, value: o.value, checked: isOn(o), on: { change: read } }),
    );
    const node = h(
      "div",
      {
        class: "choices",
        role: kind === "radio" ? "radiogroup" : "group",
        "aria-label": block.label?.text,
        data: ids(el, block),
      },
      el.options.map((o, i) =>
        h(
          "label",
          { class: "choice" },
          boxes[i],
          h(
            "span",
            {},
            h("span", { class: "prose" }, textObject(o.text)),
            o.description ? h("small", { class: "prose" }, textObject(o.description)) : null,
          ),
        ),
      ),
    );
    return node;
  };
}

function overflow(el, block, surface) {
  const node = h(
    "button",
    {
      type: "button",
      class: "button overflow",
      "aria-label": "More actions",
      title: "More actions",
      "aria-haspopup": "menu",
      data: ids(el, block),
      on: {
        click: () =>
          menu(
            node,
            el.options.map((o) => ({
              label: o.text.text,
              description: o.description?.text,
              data: { value: o.value },
              onSelect: () => {
                if (safeUrl(o.url)) window.open(safeUrl(o.url), "_blank", "noopener,noreferrer");
                void act(node, el, block, surface, { type: "overflow", selected_option: o });
              },
            })),
            { align: "end" },
          ),
      },
    },
    icon("ellipsis", 18),
  );
  return node;
}

function feedback(el, block, surface) {
  const one = (choice, name, symbol) => {
    const node = h(
      "button",
      {
        type: "button",
        class: "icon-button feedback",
        "aria-label": choice.accessibility_label ?? choice.text?.text,
        title: choice.text?.text,
        data: { ...ids(el, block), value: choice.value, testid: `feedback-${name}` },
        on: {
          click: () =>
            act(node, el, block, surface, { type: "feedback_buttons", value: choice.value }).then(() =>
              node.classList.add("chosen"),
            ),
        },
      },
      icon(symbol, 16),
    );
    return node;
  };
  return h(
    "span",
    { class: "feedback-buttons" },
    el.positive_button && one(el.positive_button, "positive", "thumbs-up"),
    el.negative_button && one(el.negative_button, "negative", "thumbs-down"),
  );
}

function iconAction(el, block, surface) {
  const node = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": el.text?.text,
      title: el.text?.text,
      data: ids(el, block),
      on: { click: () => act(node, el, block, surface, { type: "icon_button", value: el.value }) },
    },
    icon(el.icon === "trash" ? "trash-2" : "ellipsis", 16),
  );
  return node;
}

const DRAW = {
  button,
  static_select: select,
  multi_static_select: select,
  users_select: select,
  multi_users_select: select,
  external_select: select,
  multi_external_select: select,
  conversations_select: select,
  multi_conversations_select: select,
  channels_select: select,
  multi_channels_select: select,
  overflow,
  radio_buttons: choices("radio"),
  checkboxes: choices("checkbox"),
  datepicker: picker("date"),
  timepicker: picker("time"),
  datetimepicker: picker(
    "datetime-local",
    (v) => (v ? Math.floor(new Date(v) / 1000) : null),
    (s) => (s ? localInput(s) : ""),
  ),
  plain_text_input: (el, block, surface, asInput) =>
    textField(el, block, surface, asInput, { type: "text", spellcheck: "true" }),
  email_text_input: (el, block, surface, asInput) =>
    textField(el, block, surface, asInput, { type: "text", inputmode: "email" }),
  url_text_input: (el, block, surface, asInput) =>
    textField(el, block, surface, asInput, { type: "text", inputmode: "url" }),
  number_input: (el, block, surface, asInput) =>
    textField(el, block, surface, asInput, {
      type: "text",
      inputmode: el.is_decimal_allowed ? "decimal" : "numeric",
      data: { ...ids(el, block) },
    }),
  rich_text_input: richTextInput,
  file_input: fileInput,
  feedback_buttons: feedback,
  icon_button: iconAction,
};

// Block Kit's interactive elements. Each draws itself on a surface: {kind, form, act(action, node)}; blocks.js says which.
import { upload } from "../api.js";
import { h, icon, safeUrl } from "../dom.js";
import { confirmDialog, menu } from "../popup.js";
import { channelOf, myChannels, nameOf, people, state, user } from "../state.js";
import { avatar } from "./avatar.js";
import { isMany, valueKey } from "./form.js";
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

const ids = (el, block) => ({ actionId: el.action_id, blockId: block.block_id });

/** Send an action after its confirm dialog; the node shows that it waits, and a warning when Slack would. */
async function act(node, el, block, surface, action) {
  if (el.confirm && !(await confirmDialog(el.confirm))) return false;
  node.classList.add("waiting");
  node.setAttribute("aria-busy", "true");
  try {
    const answer = await surface.act({ action_id: el.action_id, block_id: block.block_id, ...action });
    node.classList.toggle("failed", answer?.ok === false);
    node.title = answer?.ok === false ? `The app did not answer: ${answer.error ?? "unknown error"}` : "";
  } finally {
    node.classList.remove("waiting");
    node.removeAttribute("aria-busy");
  }
  return true;
}

/** Keep a changed value and send it where the element acts at once. */
function changed(node, el, block, surface, asInput, value) {
  const before = surface.form.get(block.block_id, el.action_id);
  surface.form.set(block.block_id, el.action_id, { type: el.type, ...value });
  surface.changed?.(block);
  if (asInput && !block.dispatch_action) return;
  void act(node, el, block, surface, { type: el.type, ...value }).then((sent) => {
    if (!sent) {
      surface.form.set(block.block_id, el.action_id, before);
      surface.redraw?.(block);
    }
  });
}

function button(el, block, surface) {
  const node = h(
    el.url ? "a" : "button",
    {
      class: `button ${el.style ?? ""}`, type: el.url ? null : "button", href: el.url, target: el.url ? "_blank" : null, rel: el.url ? "noopener noreferrer" : null,
      "aria-label": el.accessibility_label, data: ids(el, block), on: { click: () => act(node, el, block, surface, { type: "button", value: el.value }) },
    },
    h("span", { class: "button-label" }, textObject(el.text)),
    el.url ? icon("external-link", 13) : null,
  );
  return node;
}

const option = (o) => ({ key: o.value, label: o.text?.text ?? "", description: o.description?.text, raw: o });
const person = (u) => ({ key: u.id, label: nameOf(u) + (u.id === state.me ? " (you)" : ""), description: u.title, node: avatar(u, 20), raw: u.id });
const place = (c) => ({ key: c.id, label: c.is_im ? nameOf(user(c.im_user)) : `#${c.name}`, raw: c.id });

function groupsOf(el) {
  if (/users_select/.test(el.type)) return [{ options: people().map(person) }];
  if (/conversations_select|channels_select/.test(el.type)) {
    const initial = [el.initial_conversation, el.initial_channel].map(channelOf).filter(Boolean);
    return [{ options: [...new Set([...myChannels(), ...initial])].map(place) }];
  }
  if (el.option_groups) return el.option_groups.map((g) => ({ label: g.label?.text, options: g.options.map(option) }));
  return [{ options: (el.options ?? []).map(option) }];
}

function select(el, block, surface, asInput) {
  const key = valueKey(el.type);
  const value = surface.form.start(block.block_id, el)[key];
  const keyOf = (v) => (typeof v === "object" && v ? v.value : v);
  const multi = isMany(el.type);
  const external = /external/.test(el.type);
  const load = external ? (typed) => surface.options({ block_id: block.block_id, action_id: el.action_id, value: typed }).then((answer) => groupsOf({ ...el, ...answer })) : null;
  const node = selectMenu({
    groups: external ? [{ options: [value].flat().filter(Boolean).map(option) }] : groupsOf(el), load, minLength: el.min_query_length ?? 3, chosen: (multi ? value : [value]).filter(Boolean).map(keyOf), multi, max: el.max_selected_items, placeholder: el.placeholder?.text,
    label: block.label?.text ?? el.placeholder?.text ?? "Choose", data: ids(el, block), onChange: (v) => changed(node, el, block, surface, asInput, { [key]: v }),
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
    const boxes = el.options.map((o) => h("input", { type: kind, name: group, value: o.value, checked: isOn(o), on: { change: read } }));
    const node = h(
      "div",
      { class: "choices", role: kind === "radio" ? "radiogroup" : "group", "aria-label": block.label?.text, data: ids(el, block) },
      el.options.map((o, i) =>
        h("label", { class: "choice" }, boxes[i], h("span", {}, h("span", { class: "prose" }, textObject(o.text)), o.description ? h("small", { class: "prose" }, textObject(o.description)) : null)),
      ),
    );
    return node;
  };
}

/** Text fields act on Enter or while typing, as `dispatch_action_config` says. */
function textField(el, block, surface, asInput, props) {
  const kept = surface.form.start(block.block_id, el);
  const tag = el.multiline ? "textarea" : "input";
  const when = el.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  let timer;
  const send = () => act(node, el, block, surface, { type: el.type, value: node.value || null });
  const node = h(tag, {
    class: "field", ...props, value: kept.value ?? "", placeholder: el.placeholder?.text, "aria-label": block.label?.text, data: ids(el, block), rows: el.multiline ? 4 : null,
    on: {
      input: () => {
        surface.form.set(block.block_id, el.action_id, { type: el.type, value: node.value === "" ? null : node.value });
        surface.changed?.(block);
        count();
        if (block.dispatch_action && when.includes("on_character_entered")) {
          clearTimeout(timer);
          timer = setTimeout(send, 350);
        }
      },
      keydown: (event) => {
        if (event.key === "Enter" && !el.multiline && block.dispatch_action && when.includes("on_enter_pressed")) {
          event.preventDefault();
          void send();
        }
      },
    },
  });
  const counter = el.max_length ? h("span", { class: "counter" }) : null;
  const count = () => {
    if (!counter) return;
    const left = el.max_length - node.value.length;
    counter.textContent = String(left);
    counter.classList.toggle("over", left < 0);
    counter.hidden = left > Math.max(20, el.max_length * 0.2) && left >= 0;
  };
  count();
  return counter ? h("div", { class: "field-box" }, node, counter) : node;
}

function picker(type, read = (v) => v || null, write = (v) => v ?? "") {
  return (el, block, surface, asInput) => {
    const key = valueKey(el.type);
    const node = h("input", {
      class: "field picker", type, value: write(surface.form.start(block.block_id, el)[key]), "aria-label": block.label?.text ?? el.placeholder?.text, data: ids(el, block),
      on: { change: () => changed(node, el, block, surface, asInput, { [key]: read(node.value) }) },
    });
    return node;
  };
}

const localInput = (seconds) => {
  const d = new Date(seconds * 1000 - new Date(seconds * 1000).getTimezoneOffset() * 60_000);
  return d.toISOString().slice(0, 16);
};

function overflow(el, block, surface) {
  const node = h(
    "button",
    {
      type: "button", class: "button overflow", "aria-label": "More actions", title: "More actions", "aria-haspopup": "menu", data: ids(el, block),
      on: {
        click: () =>
          menu(
            node,
            el.options.map((o) => ({
              label: o.text.text, description: o.description?.text, data: { value: o.value },
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

function richTextInput(el, block, surface) {
  const kept = surface.form.start(block.block_id, { ...el, initial_value: undefined }).rich_text_value ?? el.initial_value;
  const words = JSON.stringify(kept ?? "").match(/"text":"(?:[^"\\]|\\.)*"/g) ?? [];
  const node = h("textarea", { class: "field", rows: 4, placeholder: el.placeholder?.text, "aria-label": block.label?.text, data: ids(el, block), value: words.map((w) => JSON.parse(`{${w}}`).text).join("") });
  const keep = () => {
    const section = { type: "rich_text_section", elements: [{ type: "text", text: node.value }] };
    surface.form.set(block.block_id, el.action_id, { type: el.type, rich_text_value: node.value ? { type: "rich_text", elements: [section] } : null });
  };
  node.addEventListener("input", keep);
  keep();
  return node;
}

/** Files go up at once and only their ids are kept; the sandbox makes file objects of them when the form is sent. */
function fileInput(el, block, surface) {
  const kept = () => surface.form.start(block.block_id, el).files ?? [];
  const keep = (files) => {
    surface.form.set(block.block_id, el.action_id, { type: "file_input", files });
    surface.changed?.(block);
    draw();
  };
  const list = h("div", { class: "file-list" });
  const draw = () => list.replaceChildren(...kept().map((f) => h("span", { class: "chip" }, f.name ?? f.id, h("button", { type: "button", class: "icon-button", "aria-label": "Remove", on: { click: () => keep(kept().filter((k) => k.id !== f.id)) } }, icon("x", 13)))));
  const pick = h("input", { type: "file", class: "file-pick", multiple: (el.max_files ?? 10) > 1, accept: el.filetypes?.map((t) => `.${t}`).join(","), "aria-label": block.label?.text ?? "Files", data: ids(el, block) });
  pick.addEventListener("change", async () => {
    const room = (el.max_files ?? 10) - kept().length;
    for (const file of [...pick.files].slice(0, room)) {
      try {
        const { file_id: id } = await upload({ as: state.me }, file);
        keep([...kept(), { id, name: file.name }]);
      } catch (error) {
        list.append(h("span", { class: "warn" }, error.message));
      }
    }
    pick.value = "";
  });
  draw();
  return h("div", { class: "file-input" }, pick, list);
}

function feedback(el, block, surface) {
  const one = (choice, name, symbol) => {
    const node = h(
      "button",
      { type: "button", class: "icon-button feedback", "aria-label": choice.accessibility_label ?? choice.text?.text, title: choice.text?.text, data: { ...ids(el, block), value: choice.value, testid: `feedback-${name}` },
        on: { click: () => act(node, el, block, surface, { type: "feedback_buttons", value: choice.value }).then(() => node.classList.add("chosen")) } },
      icon(symbol, 16),
    );
    return node;
  };
  return h("span", { class: "feedback-buttons" }, el.positive_button && one(el.positive_button, "positive", "thumbs-up"), el.negative_button && one(el.negative_button, "negative", "thumbs-down"));
}

function iconAction(el, block, surface) {
  const node = h("button", { type: "button", class: "icon-button", "aria-label": el.text?.text, title: el.text?.text, data: ids(el, block), on: { click: () => act(node, el, block, surface, { type: "icon_button", value: el.value }) } }, icon(el.icon === "trash" ? "trash-2" : "ellipsis", 16));
  return node;
}

const DRAW = {
  button,
  static_select: select, multi_static_select: select, users_select: select, multi_users_select: select,
  external_select: select, multi_external_select: select,
  conversations_select: select, multi_conversations_select: select, channels_select: select, multi_channels_select: select,
  overflow,
  radio_buttons: choices("radio"), checkboxes: choices("checkbox"),
  datepicker: picker("date"), timepicker: picker("time"),
  datetimepicker: picker("datetime-local", (v) => (v ? Math.floor(new Date(v) / 1000) : null), (s) => (s ? localInput(s) : "")),
  plain_text_input: (el, block, surface, asInput) => textField(el, block, surface, asInput, { type: "text", spellcheck: "true" }),
  email_text_input: (el, block, surface, asInput) => textField(el, block, surface, asInput, { type: "text", inputmode: "email" }),
  url_text_input: (el, block, surface, asInput) => textField(el, block, surface, asInput, { type: "text", inputmode: "url" }),
  number_input: (el, block, surface, asInput) =>
    textField(el, block, surface, asInput, { type: "text", inputmode: el.is_decimal_allowed ? "decimal" : "numeric", data: { ...ids(el, block) } }),
  rich_text_input: richTextInput, file_input: fileInput,
  feedback_buttons: feedback, icon_button: iconAction,
};

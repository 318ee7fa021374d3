// The elements one types or picks a date in, and the file input; see elements.js for buttons and choices.
import { upload } from "../api.js";
import { h, icon } from "../dom.js";
import { state } from "../state.js";
import { act, changed, ids } from "./acting.js";
import { valueKey } from "./form.js";

/** Text fields act on Enter or while typing, as `dispatch_action_config` says. */
export function textField(el, block, surface, asInput, props) {
  const kept = surface.form.start(block.block_id, el);
  const tag = el.multiline ? "textarea" : "input";
  const when = el.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  let timer;
  const send = () => act(node, el, block, surface, { type: el.type, value: node.value || null });
  const node = h(tag, {
    class: "field",
    ...props,
    value: kept.value ?? "",
    placeholder: el.placeholder?.text,
    "aria-label": block.label?.text,
    data: ids(el, block),
    rows: el.multiline ? 4 : null,
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

export function picker(type, read = (v) => v || null, write = (v) => v ?? "") {
  return (el, block, surface, asInput) => {
    const key = valueKey(el.type);
    const node = h("input", {
      class: "field picker",
      type,
      value: write(surface.form.start(block.block_id, el)[key]),
      "aria-label": block.label?.text ?? el.placeholder?.text,
      data: ids(el, block),
      on: { change: () => changed(node, el, block, surface, asInput, { [key]: read(node.value) }) },
    });
    return node;
  };
}

export const localInput = (seconds) => {
  const d = new Date(seconds * 1000 - new Date(seconds * 1000).getTimezoneOffset() * 60_000);
  return d.toISOString().slice(0, 16);
};

export function richTextInput(el, block, surface) {
  const kept =
    surface.form.start(block.block_id, { ...el, initial_value: undefined }).rich_text_value ?? el.initial_value;
  const words = JSON.stringify(kept ?? "").match(/"text":"(?:[^"\\]|\\.)*"/g) ?? [];
  const node = h("textarea", {
    class: "field",
    rows: 4,
    placeholder: el.placeholder?.text,
    "aria-label": block.label?.text,
    data: ids(el, block),
    value: words.map((w) => JSON.parse(`{${w}}`).text).join(""),
  });
  const keep = () => {
    const section = { type: "rich_text_section", elements: [{ type: "text", text: node.value }] };
    surface.form.set(block.block_id, el.action_id, {
      type: el.type,
      rich_text_value: node.value ? { type: "rich_text", elements: [section] } : null,
    });
  };
  node.addEventListener("input", keep);
  keep();
  return node;
}

/** Files go up at once and only their ids are kept; the sandbox makes file objects of them when the form is sent. */
export function fileInput(el, block, surface) {
  const kept = () => surface.form.start(block.block_id, el).files ?? [];
  const keep = (files) => {
    surface.form.set(block.block_id, el.action_id, { type: "file_input", files });
    surface.changed?.(block);
    draw();
  };
  const list = h("div", { class: "file-list" });
  const draw = () =>
    list.replaceChildren(
      ...kept().map((f) =>
        h(
          "span",
          { class: "chip" },
          f.name ?? f.id,
          h(
            "button",
            {
              type: "button",
              class: "icon-button",
              "aria-label": "Remove",
              on: { click: () => keep(kept().filter((k) => k.id !== f.id)) },
            },
            icon("x", 13),
          ),
        ),
      ),
    );
  const pick = h("input", {
    type: "file",
    class: "file-pick",
    multiple: (el.max_files ?? 10) > 1,
    accept: el.filetypes?.map((t) => `.${t}`).join(","),
    "aria-label": block.label?.text ?? "Files",
    data: ids(el, block),
  });
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

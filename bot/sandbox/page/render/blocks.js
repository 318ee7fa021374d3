// Block Kit blocks as DOM nodes. A surface is {id, kind: "message" | "modal" | "home", form, act(action), changed?(block),
// redraw?(block)}; a block that is not known is shown as a labelled box, never dropped.
import { pictureUrl } from "../api.js";
import { h, icon, place } from "../dom.js";
import { state } from "../state.js";
import { alert, card, carousel, container, plan, taskCard, video } from "./blocks-rare.js";
import { chart } from "./chart.js";
import { element, unknown } from "./elements.js";
import { markdown } from "./markdown.js";
import { textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { dataTable, table } from "./table.js";

export function drawBlock(block, surface) {
  const node = h("div", {
    class: `block block-${block?.type ?? "unknown"}`,
    data: { blockId: block?.block_id, blockType: block?.type },
  });
  fill(node, block, surface);
  return node;
}

function fill(node, block, surface) {
  let body;
  try {
    body = (DRAW[block?.type] ?? unknown)(block, surface);
  } catch (error) {
    console.error("a block could not be drawn", block, error);
    body = unknown(block);
  }
  const parts = [body].flat(Infinity);
  place(
    node,
    parts.map((part) => (typeof part === "string" ? document.createTextNode(part) : part)),
  );
}

export const drawBlocks = (blocks, surface) => blocks.map((b) => drawBlock(b, surface));

const ROWS = ["actions", "context_actions", "section"];

/**
 * A column of blocks that can be shown again: a block whose JSON did not change keeps its very node, so what is being
 * typed into it, its focus and its caret stay. Where nothing can be pressed or typed, a new block_id is no change. A row
 * that changed keeps the buttons that did not. `force` names blocks that must be drawn anew (an error came or went).
 */
export class BlockColumn {
  constructor(node, surface) {
    this.node = node;
    this.surface = surface;
    this.surface.buttons = new Map();
    this.drawn = new Map();
  }

  show(blocks, force = new Set()) {
    const focus = focusMark(this.node);
    const before = this.drawn;
    this.drawn = new Map();
    blocks.forEach((block, i) => {
      const key = block.block_id ?? `#${i}`;
      const kept = before.get(key);
      before.delete(key);
      this.drawn.set(key, this.again(block, kept, force.has(key)) ?? this.twin(block, before) ?? this.fresh(block));
    });
    place(
      this.node,
      [...this.drawn.values()].map((b) => b.node),
    );
    focus();
  }

  fresh(block) {
    return { block, json: JSON.stringify(block), quiet: quiet(block), node: drawBlock(block, this.surface) };
  }

  /** What stood under this block's id, as far as it is still the same. */
  again(block, kept, forced) {
    if (!kept || forced) return null;
    const json = JSON.stringify(block);
    if (kept.json === json) return kept;
    if (kept.block.type !== block.type || !ROWS.includes(block.type)) return null;
    fill(kept.node, block, this.surface);
    return { block, json, quiet: quiet(block), node: kept.node };
  }

  /** A block that says the same and only got another id: Slack gives a new one at each edit. */
  twin(block, before) {
    const same = quiet(block);
    if (same === null) return null;
    for (const [key, kept] of before) {
      if (kept.quiet !== same) continue;
      before.delete(key);
      kept.node.dataset.blockId = block.block_id;
      return { ...kept, block, json: JSON.stringify(block) };
    }
    return null;
  }
}

/** A block's JSON without its id; null where something can be pressed or typed, as that is told by the id. */
function quiet(block) {
  const json = JSON.stringify({ ...block, block_id: null });
  return json.includes('"action_id"') || block.type === "input" ? null : json;
}

/** The button as it was drawn before, if it is the same one: pressed, focused or asked about, it stays that node. */
function kept(el, block, surface, draw) {
  if (el.type !== "button" || !surface.buttons) return draw();
  const key = `${block.block_id} ${el.action_id}`;
  const json = JSON.stringify(el);
  const before = surface.buttons.get(key);
  if (before?.json === json) return before.node;
  const node = draw();
  surface.buttons.set(key, { json, node });
  return node;
}

/** Remember what has the focus inside `root`; the answer gives it back when its node was replaced. */
function focusMark(root) {
  const at = document.activeElement;
  if (!at || !root.contains(at) || !at.dataset.actionId) return () => {};
  const { actionId, blockId } = at.dataset;
  const caret = [at.selectionStart, at.selectionEnd];
  return () => {
    if (at.isConnected && document.activeElement === at) return;
    const again = root.querySelector(
      `[data-block-id="${CSS.escape(blockId ?? "")}"][data-action-id="${CSS.escape(actionId)}"]`,
    );
    again?.focus();
    if (caret[0] !== undefined && caret[0] !== null) again?.setSelectionRange?.(...caret);
  };
}

function section(block, surface) {
  const text = block.text ? h("div", { class: "prose section-text" }, textObject(block.text)) : null;
  const fields = block.fields
    ? h(
        "div",
        { class: "fields" },
        block.fields.map((f) => h("div", { class: "prose field-text" }, textObject(f))),
      )
    : null;
  const accessory =
    block.accessory && isForMe(block.accessory)
      ? kept(block.accessory, block, surface, () =>
          h("div", { class: `accessory accessory-${block.accessory.type}` }, part(block.accessory, block, surface)),
        )
      : null;
  return [h("div", { class: "section-main" }, text, fields), accessory];
}

const part = (el, block, surface) =>
  el.type === "image" ? picture(el, "accessory-image") : element(el, block, surface);

function picture(el, className) {
  const missing = () => h("span", { class: "image-missing" }, icon("image", 16), el.alt_text || "Picture");
  const url = pictureUrl(
    el.image_url ?? (el.slack_file?.id ? `/slack/files/${el.slack_file.id}/` : el.slack_file?.url),
  );
  const node = h("img", { class: className, src: url, alt: el.alt_text ?? "", loading: "lazy" });
  node.addEventListener("error", () => node.replaceWith(missing()));
  return node.hasAttribute("src") ? node : missing();
}

function image(block) {
  const title = block.title ? h("figcaption", { class: "prose" }, textObject(block.title)) : null;
  return h("figure", { class: "image" }, title, picture(block, "image-full"));
}

function context(block) {
  return block.elements.map((el) =>
    el.type === "image"
      ? picture(el, "context-image")
      : el.type === "mrkdwn" || el.type === "plain_text"
        ? h("span", { class: "prose" }, textObject(el))
        : unknown(el),
  );
}

function input(block, surface) {
  const error = surface.form.errors[block.block_id];
  const el = block.element ?? {};
  const field = element(el, block, surface, true);
  const told = h(
    "div",
    { class: "input-error", role: "alert", data: { testid: `error-${block.block_id}` } },
    error ? [icon("triangle-alert", 14), h("span", {}, error)] : [],
  );
  const control = field.matches("[data-action-id]") ? field : field.querySelector("[data-action-id]");
  if (error) control?.setAttribute("aria-invalid", "true");
  return h(
    "div",
    { class: `input${error ? " has-error" : ""}` },
    h(
      "div",
      { class: "input-label" },
      textObject(block.label),
      block.optional ? h("span", { class: "optional" }, " (optional)") : null,
    ),
    field,
    told,
    block.hint ? h("div", { class: "hint prose" }, textObject(block.hint)) : null,
  );
}

const elements = (block, surface) =>
  (block.elements ?? []).filter(isForMe).map((el) => kept(el, block, surface, () => element(el, block, surface)));
const isForMe = (el) => !el.visible_to_user_ids?.length || el.visible_to_user_ids.includes(state.me);

const DRAW = {
  header: (block) => h("h3", { class: "header-text" }, textObject(block.text)),
  section,
  context,
  divider: () => h("hr"),
  image,
  actions: elements,
  context_actions: elements,
  input,
  markdown: (block) => markdown(block.text),
  rich_text: richText,
  table,
  data_table: dataTable,
  data_visualization: chart,
  file: (block) => h("span", { class: "note" }, icon("file", 16), `Remote file ${block.external_id ?? ""}`),
  alert,
  card: (block, surface) => card(block, surface, picture),
  carousel: (block, surface) => carousel(block, surface, picture),
  video: (block, surface) => video(block, surface, picture),
  container: (block, surface) => container(block, surface, drawBlocks),
  task_card: taskCard,
  plan,
};

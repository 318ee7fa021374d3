// The rarer blocks: alert, card, carousel, container, video, task_card and plan.
import { h, icon, link } from "../dom.js";
import { element } from "./elements.js";
import { textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";

const ALERT_ICON = {
  error: "circle-x",
  warning: "triangle-alert",
  success: "circle-check",
  info: "info",
  default: "info",
};

export function alert(block) {
  const level = block.level in ALERT_ICON ? block.level : "default";
  return h(
    "div",
    { class: `alert ${level}`, role: level === "error" ? "alert" : "note" },
    icon(ALERT_ICON[level], 18),
    h("div", { class: "prose" }, textObject(block.text)),
  );
}

/** `owner` is the block whose id its buttons act under: the card itself, or the carousel around it. */
export function card(block, surface, picture, owner = block) {
  const actions = block.actions ?? [];
  return h(
    "div",
    { class: "card" },
    block.hero_image ? picture(block.hero_image, "card-hero") : null,
    h(
      "div",
      { class: "card-head" },
      block.icon?.image_url ? picture(block.icon, "card-icon") : null,
      h(
        "div",
        {},
        h("div", { class: "card-title prose" }, textObject(block.title)),
        block.subtitle ? h("div", { class: "card-subtitle prose" }, textObject(block.subtitle)) : null,
      ),
    ),
    block.body ? h("div", { class: "card-body prose" }, textObject(block.body)) : null,
    actions.length
      ? h(
          "div",
          { class: "card-actions" },
          actions.map((el) => element(el, owner, surface)),
        )
      : null,
  );
}

export function carousel(block, surface, picture) {
  return h(
    "div",
    { class: "carousel", tabindex: "0", role: "group", "aria-label": "Cards" },
    (block.elements ?? []).map((c) => card(c, surface, picture, block)),
  );
}

export function container(block, surface, drawBlocks) {
  const title = block.rich_text_title ? richText(block.rich_text_title) : textObject(block.title ?? "");
  const head = [
    h("div", { class: "prose" }, title),
    block.subtitle ? h("small", { class: "card-subtitle" }, textObject(block.subtitle)) : null,
  ];
  const children = h("div", { class: "container-body" }, drawBlocks(block.child_blocks ?? [], surface));
  const named = block.title || block.rich_text_title;
  if (!block.is_collapsible)
    return h("div", { class: "container" }, named ? h("div", { class: "container-title" }, head) : null, children);
  return h(
    "details",
    { class: "container", open: !block.default_collapsed },
    h("summary", { class: "container-title" }, head),
    children,
  );
}

/** A video is not played here: its picture links to it. */
export function video(block, surface, picture) {
  const title = h("div", { class: "card-title" }, link(block.title_url ?? block.video_url, textObject(block.title)));
  return h(
    "div",
    { class: "card" },
    title,
    block.description ? h("div", { class: "card-subtitle" }, textObject(block.description)) : null,
    picture({ image_url: block.thumbnail_url, alt_text: block.alt_text }, "card-hero"),
  );
}

const TASK = {
  pending: ["clock", "Waiting"],
  in_progress: ["loader-circle", "In progress"],
  complete: ["circle-check", "Done"],
  error: ["circle-x", "Failed"],
};

export function taskCard(block) {
  const [symbol, word] = TASK[block.status] ?? TASK.pending;
  const rich = (value) =>
    value ? h("div", { class: "task-detail" }, value.type === "rich_text" ? richText(value) : textObject(value)) : null;
  const sources = (block.sources ?? []).map((s) => link(s.url, s.text ?? s.url));
  return h(
    "details",
    { class: `task ${block.status ?? "pending"}`, open: block.status === "error" },
    h("summary", {}, icon(symbol, 16), h("span", {}, textObject(block.title)), h("small", {}, word)),
    rich(block.details),
    rich(block.output),
    sources.length ? h("div", { class: "task-sources" }, sources) : null,
  );
}

export function plan(block) {
  return h(
    "div",
    { class: "plan" },
    block.title ? h("div", { class: "plan-title" }, textObject(block.title)) : null,
    (block.tasks ?? []).map(taskCard),
  );
}

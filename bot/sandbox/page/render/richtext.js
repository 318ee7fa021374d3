// A rich_text block as DOM nodes.
import { h, link } from "../dom.js";
import { channelMention, dateNode, emoji, groupMention, userMention } from "./mrkdwn.js";

const STYLES = [
  ["code", "code"],
  ["bold", "strong"],
  ["italic", "em"],
  ["strike", "s"],
  ["underline", "u"],
];

function styled(node, style = {}) {
  return STYLES.reduce((inner, [key, tag]) => (style[key] ? h(tag, {}, inner) : inner), node);
}

function leaf(element) {
  switch (element.type) {
    case "text":
      return element.text;
    case "link":
      return link(element.url, element.text || element.url);
    case "user":
      return userMention(element.user_id);
    case "channel":
      return channelMention(element.channel_id);
    case "usergroup":
      return groupMention(element.usergroup_id);
    case "broadcast":
      return h("span", { class: "mention mention-me" }, `@${element.range}`);
    case "emoji":
      return element.unicode
        ? String.fromCodePoint(...element.unicode.split("-").map((c) => parseInt(c, 16)))
        : emoji(element.name);
    case "date":
      return dateNode(element.timestamp, element.format);
    case "color":
      return h("code", {}, element.value);
    default:
      return h("code", {}, JSON.stringify(element));
  }
}

const run = (elements) => (elements ?? []).map((e) => styled(leaf(e), e.style));

function list(part) {
  const props = { class: part.border ? "bordered" : null, style: { "margin-left": `${(part.indent ?? 0) * 24}px` } };
  const start = part.style === "ordered" && part.offset ? { start: part.offset + 1 } : {};
  return h(
    part.style === "ordered" ? "ol" : "ul",
    { ...props, ...start },
    part.elements.map((e) => h("li", {}, run(e.elements))),
  );
}

/** The parts of a rich_text block or value. */
export function richText(block) {
  return h(
    "div",
    { class: "rich-text" },
    (block.elements ?? []).map((part) => {
      switch (part.type) {
        case "rich_text_section":
          return h("div", { class: "prose" }, run(part.elements));
        case "rich_text_list":
          return list(part);
        case "rich_text_preformatted":
          return h("pre", { class: "code-block" }, run(part.elements));
        case "rich_text_quote":
          return h("blockquote", {}, run(part.elements));
        default:
          return h("code", {}, JSON.stringify(part));
      }
    }),
  );
}

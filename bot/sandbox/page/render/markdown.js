// Standard Markdown (the `markdown` block and streamed text) as DOM nodes; raw HTML in it is shown as text.
import { h, link } from "../dom.js";
import { withEmoji } from "../emoji.js";
import { lexer } from "../vendor/marked.esm.js";
import { inline as mrkdwnInline } from "./mrkdwn.js";

const MENTION = /(<(?:[@#!][^<>\n]+)>)/;

export function markdown(text) {
  return h("div", { class: "markdown" }, lexer(String(text ?? ""), { gfm: true, breaks: true }).map(block));
}

function block(token) {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      return h(`h${Math.min(token.depth + 2, 6)}`, { class: `md-h${token.depth}` }, spans(token.tokens));
    case "paragraph":
      return h("p", {}, spans(token.tokens));
    case "text":
      return token.tokens ? h("span", {}, spans(token.tokens)) : words(token.text);
    case "code":
      return h("pre", { class: "code-block" }, token.text);
    case "blockquote":
      return h("blockquote", {}, token.tokens.map(block));
    case "hr":
      return h("hr");
    case "list":
      return h(
        token.ordered ? "ol" : "ul",
        { start: token.ordered && token.start > 1 ? token.start : null },
        token.items.map(item),
      );
    case "table":
      return table(token);
    default: // html, and whatever a newer Markdown brings
      return h("p", {}, words(token.raw));
  }
}

function item(token) {
  const box = token.task ? h("input", { type: "checkbox", checked: Boolean(token.checked), disabled: true }) : null;
  return h(
    "li",
    { class: token.task ? "todo" : null },
    box,
    token.tokens.filter((t) => t.type !== "checkbox").map(block),
  );
}

function table(token) {
  const align = (i) => (token.align[i] ? { "text-align": token.align[i] } : {});
  const row = (cells, tag) =>
    h(
      "tr",
      {},
      cells.map((cell, i) => h(tag, { style: align(i) }, spans(cell.tokens))),
    );
  return h(
    "div",
    { class: "table-scroll" },
    h(
      "table",
      {},
      h("thead", {}, row(token.header, "th")),
      h(
        "tbody",
        {},
        token.rows.map((cells) => row(cells, "td")),
      ),
    ),
  );
}

const spans = (tokens) => (tokens ?? []).map(span);

function span(token) {
  switch (token.type) {
    case "strong":
      return h("strong", {}, spans(token.tokens));
    case "em":
      return h("em", {}, spans(token.tokens));
    case "del":
      return h("s", {}, spans(token.tokens));
    case "codespan":
      return h("code", {}, token.text);
    case "br":
      return h("br");
    case "link":
      return /^[@#!]/.test(token.href) ? words(token.raw) : link(token.href, spans(token.tokens));
    case "image": // Slack does not load pictures of a markdown block either
      return link(token.href, token.text || token.href);
    case "escape":
      return token.text;
    case "text":
      return token.tokens ? spans(token.tokens) : words(token.text);
    default:
      return words(token.raw);
  }
}

/** Text with mentions and emoji names; entities are read back. */
function words(text) {
  return text.split(MENTION).map((part, i) => (i % 2 ? mrkdwnInline(part) : withEmoji(decode(part))));
}

const decode = (text) =>
  text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name) => ({ lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" })[name]);

// Slack's mrkdwn as DOM nodes; every character of the input ends as text, a safe link or a known mention.
import { h, link } from "../dom.js";
import { EMOJI, withEmoji } from "../emoji.js";
import { botId, channelOf, nameOf, state, user } from "../state.js";
import { following } from "../following.js";
import { fullTime, slackDate } from "../time.js";

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const isWord = (c) => c !== undefined && /[\p{L}\p{N}]/u.test(c);
const BARE_URL = /^https?:\/\/[^\s<>|"]+[^\s<>|".,;:!?)\]}'*_~]/;
const STYLES = { "*": "strong", _: "em", "~": "s" };

/** A Slack text object (`{type: "mrkdwn" or "plain_text", text}`) as nodes. */
export function textObject(object) {
  if (!object) return [];
  if (typeof object === "string") return plain(object);
  if (object.type === "mrkdwn") return mrkdwn(object.text ?? "", { autolink: object.verbatim !== true });
  return plain(object.text ?? "", object.emoji !== false);
}

/** plain_text: entities are read, emoji names drawn, nothing else. */
export const plain = (text, emoji = true) => [emoji ? emojiText(unescape(text)) : unescape(text)];
const emojiText = (text) => withEmoji(text);

/** Paragraphs, quotes and code of a whole text. */
export function mrkdwn(text, options = { autolink: true }) {
  const nodes = [];
  String(text)
    .split(/```/)
    .forEach((part, i, parts) => {
      if (i % 2 === 1 && i < parts.length - 1) {
        nodes.push(h("pre", { class: "code-block" }, inCode(part.replace(/^\n/, "").replace(/\n$/, ""))));
        return;
      }
      const prose = i % 2 === 1 ? "```" + part : part;
      nodes.push(...lines(i > 0 && i % 2 === 0 ? prose.replace(/^\n/, "") : prose, options));
    });
  return nodes;
}

function lines(text, options) {
  const nodes = [];
  let quote = null;
  let prose = [];
  const flushProse = () => {
    if (prose.length) nodes.push(...inline(prose.join("\n"), options));
    prose = [];
  };
  const flushQuote = () => {
    if (quote) nodes.push(h("blockquote", {}, inline(quote.join("\n"), options)));
    quote = null;
  };
  const all = text.split("\n");
  for (let i = 0; i < all.length; i += 1) {
    const rest = /^(?:&gt;|>){3}\s?/.exec(all[i]);
    if (rest) {
      flushProse();
      quote = [...(quote ?? []), all[i].slice(rest[0].length), ...all.slice(i + 1)];
      break;
    }
    const one = /^(?:&gt;|>)\s?/.exec(all[i]);
    if (one) {
      flushProse();
      quote = [...(quote ?? []), all[i].slice(one[0].length)];
    } else {
      flushQuote();
      prose.push(all[i]);
    }
  }
  flushProse();
  flushQuote();
  return nodes;
}

/** Inside code only angle tokens are read; their text is shown. */
function inCode(text) {
  return text
    .split(/(<[^<>\n]+>)/)
    .map((part) => (/^<[^<>\n]+>$/.test(part) ? token(part.slice(1, -1)) : unescape(part)));
}

/** One run of prose: code, styles, tokens, emoji, bare links. */
export function inline(text, options = { autolink: true }) {
  const nodes = [];
  let buffer = "";
  const flush = () => {
    if (buffer) nodes.push(unescape(buffer));
    buffer = "";
  };
  let i = 0;
  while (i < text.length) {
    const found =
      codeAt(text, i) ?? tokenAt(text, i) ?? styleAt(text, i, options) ?? emojiAt(text, i) ?? urlAt(text, i, options);
    if (found) {
      flush();
      nodes.push(found.node);
      i += found.length;
    } else {
      buffer += text[i];
      i += 1;
    }
  }
  flush();
  return nodes;
}

function codeAt(text, i) {
  if (text[i] !== "`") return null;
  const end = text.indexOf("`", i + 1);
  if (end <= i + 1 || text.slice(i, end).includes("\n")) return null;
  return { node: h("code", {}, inCode(text.slice(i + 1, end))), length: end + 1 - i };
}

function tokenAt(text, i) {
  if (text[i] !== "<") return null;
  const match = /^<([^<>\n]+)>/.exec(text.slice(i));
  return match && { node: token(match[1]), length: match[0].length };
}

function styleAt(text, i, options) {
  const mark = text[i];
  if (!STYLES[mark] || isWord(text[i - 1]) || !text[i + 1] || /\s/.test(text[i + 1]) || text[i + 1] === mark)
    return null;
  for (let end = i + 2; end < text.length && text[end] !== "\n"; end += 1) {
    if (text[end] === "`") {
      const code = text.indexOf("`", end + 1);
      if (code > end) end = code;
      continue;
    }
    if (text[end] === "<") {
      const close = text.indexOf(">", end);
      if (close > end) end = close;
      continue;
    }
    if (text[end] === mark && !/\s/.test(text[end - 1]) && !isWord(text[end + 1])) {
      return { node: h(STYLES[mark], {}, inline(text.slice(i + 1, end), options)), length: end + 1 - i };
    }
  }
  return null;
}

function emojiAt(text, i) {
  if (text[i] !== ":") return null;
  const match = /^:([+\-\w]+):/.exec(text.slice(i, i + 60));
  return match && EMOJI.has(match[1]) ? { node: emoji(match[1]), length: match[0].length } : null;
}

function urlAt(text, i, options) {
  if (!options.autolink || text[i] !== "h" || isWord(text[i - 1])) return null;
  const match = BARE_URL.exec(text.slice(i));
  if (!match) return null;
  const url = unescape(match[0]);
  return { node: link(url, url), length: match[0].length };
}

export function emoji(name) {
  const character = EMOJI.get(name);
  return character
    ? h("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, character)
    : `:${name}:`;
}

export function userMention(id, label) {
  const person = user(id);
  const name = person ? nameOf(person) : (label ?? id);
  return h(
    "span",
    {
      class: `mention${id === state.me ? " mention-me" : ""}${id === botId() ? " mention-app" : ""}`,
      data: { user: id },
    },
    `@${name}`,
  );
}

export function channelMention(id, label) {
  const channel = channelOf(id);
  const name = channel?.name ?? label ?? "private-channel";
  return channel
    ? h("a", { class: "mention", href: `#/${id}` }, `#${name}`)
    : h("span", { class: "mention" }, `#${name}`);
}

export function groupMention(id, label) {
  const group = state.world?.usergroups.find((g) => g.id === id);
  const mine = group?.members.includes(state.me);
  return h("span", { class: `mention${mine ? " mention-me" : ""}` }, group ? `@${group.handle}` : (label ?? `@${id}`));
}

/** A moment in the words of a `<!date^…>` template; `today`, `yesterday` and `ago` follow the clock. */
export const dateNode = (seconds, template) =>
  h(
    "time",
    { title: fullTime(seconds), datetime: new Date(seconds * 1000).toISOString() },
    following(() => slackDate(seconds, template)),
  );

/** `<…>` without its brackets. */
function token(inside) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? null : inside.slice(bar + 1);
  if (target.startsWith("@")) return userMention(target.slice(1), label && unescape(label).replace(/^@/, ""));
  if (target.startsWith("#")) return channelMention(target.slice(1), label && unescape(label));
  if (target.startsWith("!date^")) {
    const [, seconds, template, url] = target.split("^");
    if (!/^\d+$/.test(seconds ?? "") || !template) return unescape(label ?? "");
    const node = dateNode(Number(seconds), unescape(template));
    return url ? link(unescape(url), node) : node;
  }
  if (target.startsWith("!subteam^")) return groupMention(target.slice(9), label && unescape(label));
  if (target.startsWith("!")) {
    const name = target.slice(1).split("^");
    const broadcast = ["here", "channel", "everyone"].includes(name[0]);
    return h(
      "span",
      { class: `mention${broadcast ? " mention-me" : ""}` },
      broadcast ? `@${name[0]}` : unescape(label ?? `@${name.at(-1)}`),
    );
  }
  const url = unescape(target);
  if (!/^(https?:|mailto:)/i.test(url)) return unescape(`<${inside}>`);
  return link(url, label ? inline(label, { autolink: false }) : url.replace(/^mailto:/, ""));
}

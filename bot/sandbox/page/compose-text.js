// What a person typed, as Slack would send it: escaped, with mentions, channels and links in angle brackets. No DOM.
import { nameOf } from "./state.js";

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const quote = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Names people can type after @ or #, longest first so that "Mina Park" wins over "Mina". */
function names(world) {
  const all = [];
  for (const u of world.users) {
    for (const name of new Set([nameOf(u), u.name])) if (name) all.push(["@", name, `<@${u.id}>`]);
  }
  for (const name of ["channel", "here", "everyone"]) all.push(["@", name, `<!${name}>`]);
  for (const c of world.channels) if (c.name && !c.is_im) all.push(["#", c.name, `<#${c.id}|${c.name}>`]);
  return all.sort((a, b) => b[1].length - a[1].length);
}

/** Typed text as mrkdwn with tokens; code spans and blocks stay as they are. */
export function encode(text, world) {
  return text.split(/(```[\s\S]*?```|`[^`\n]+`)/).map((part, i) => (i % 2 ? escape(part) : prose(part, world))).join("");
}

function prose(text, world) {
  let out = escape(text).replace(/(^|[\s(])(https?:\/\/[^\s<>]+[^\s<>.,;:!?)])/g, "$1<$2>");
  for (const [mark, name, tokenText] of names(world)) {
    out = out.replace(new RegExp(`(^|[\\s(,])${mark}${quote(escape(name))}(?![\\w-])`, "giu"), `$1${tokenText}`);
  }
  return out;
}

/** A slash command keeps its words; the sandbox escapes names itself when the app asks for it. */
export function splitCommand(text) {
  const match = /^\/(\S+)\s*([\s\S]*)$/.exec(text);
  return match && { command: `/${match[1]}`, text: match[2].trim() };
}

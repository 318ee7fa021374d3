// What a person typed, as the control API takes it: chosen names become ids, the sandbox does Slack's escaping. No DOM.
import { nameOf } from "./state.js";

const quoted = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** "@Mina Park" becomes `<@U…>`; longest names first, so that "Mina Park" wins over "Mina". Code stays as it is. */
export function encode(text, world) {
  const named = world.users.map((u) => [nameOf(u), u.id]).sort((a, b) => b[0].length - a[0].length);
  return text
    .split(/(```[\s\S]*?```|`[^`\n]+`)/)
    .map((part, i) =>
      i % 2
        ? part
        : named.reduce(
            (out, [name, id]) => out.replace(new RegExp(`(^|[\\s(,])@${quoted(name)}(?![\\w-])`, "giu"), `$1<@${id}>`),
            part,
          ),
    )
    .join("");
}

/** `/word rest` as `{command, text}`; null for anything else. */
export function splitCommand(text) {
  const match = /^\/(\S+)\s*([\s\S]*)$/.exec(text);
  return match && { command: `/${match[1]}`, text: match[2].trim() };
}

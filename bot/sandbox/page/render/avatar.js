// The little square that stands for a person or the app.
import { h, hueOf, icon, initials } from "../dom.js";
import { botId, nameOf } from "../state.js";

export function avatar(person, size = 36) {
  const style = {
    width: `${size}px`,
    height: `${size}px`,
    "font-size": `${Math.round(size * 0.39)}px`,
    "--radius": `${Math.round(size / 4.5)}px`,
  };
  if (!person || person.is_bot || person.id === botId()) {
    return h(
      "span",
      { class: "avatar avatar-app", style, "aria-hidden": "true" },
      icon("sparkles", Math.round(size * 0.56)),
    );
  }
  const color = /^#?[0-9a-f]{6}$/i.test(person.color ?? "")
    ? `#${person.color.replace("#", "")}`
    : `hsl(${hueOf(person.id)} 45% 42%)`;
  return h(
    "span",
    { class: "avatar", style: { ...style, "--avatar": color }, "aria-hidden": "true" },
    initials(nameOf(person)),
  );
}

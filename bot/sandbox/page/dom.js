// Builds DOM nodes from data; the only way this page makes elements, so text can never become markup.
import { ICONS } from "./vendor/icons.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. `props`: `class`, `on` ({event: listener}), `data` (data-* attributes), `style` (object),
 * properties that are no attributes (`value`, `checked`, `disabled`…) and any attribute. Children: nodes, strings,
 * arrays; null and false are skipped.
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key === "on") for (const [name, listener] of Object.entries(value)) node.addEventListener(name, listener);
    else if (key === "data") for (const [name, v] of Object.entries(value)) v != null && (node.dataset[name] = v);
    else if (key === "style") for (const [name, v] of Object.entries(value)) node.style.setProperty(name, v);
    else if (key === "href" || key === "src") setUrl(node, key, value);
    else if (["value", "checked", "disabled", "indeterminate", "selected", "hidden"].includes(key)) node[key] = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(node, child);
    else node.append(child);
  }
}

/** Only http(s), mail and this sandbox's own addresses ever reach an href or src. */
function setUrl(node, key, value) {
  const url = safeUrl(value);
  if (url) node.setAttribute(key, url);
}

export function safeUrl(value) {
  const text = String(value ?? "").trim();
  if (/^(\/(?!\/)|#)/.test(text)) return text;
  try {
    const url = new URL(text);
    return ["http:", "https:", "mailto:", "blob:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link that leaves the page: new tab, no opener, no referrer; plain text when the address is not allowed. */
export function link(url, ...children) {
  const safe = safeUrl(url);
  if (!safe || safe.startsWith("/") || safe.startsWith("blob:")) return h("span", {}, ...children);
  return h("a", { class: "link", href: safe, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

export function icon(name, size = 18) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = {
    viewBox: "0 0 24 24",
    width: size,
    height: size,
    fill: "none",
    stroke: "currentColor",
    "stroke-width": 2,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": "true",
    class: `icon icon-${name}`,
  };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  for (const [tag, shape] of ICONS[name] ?? []) {
    const node = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(shape)) node.setAttribute(key, value);
    svg.append(node);
  }
  return svg;
}

/** A square button that shows only an icon; `label` is its name for everybody else. */
export function iconButton(name, label, onClick, { testid, size = 18, ...rest } = {}) {
  const { class: extra = "", ...props } = rest;
  return h(
    "button",
    {
      type: "button",
      class: `icon-button ${extra}`,
      "aria-label": label,
      title: label,
      data: { testid },
      on: { click: onClick },
      ...props,
    },
    icon(name, size),
  );
}

/** Make `parent` hold exactly `nodes` in order, moving and removing as little as possible (keeps focus and scroll). */
export function place(parent, nodes) {
  const wanted = nodes.filter(Boolean);
  const keep = new Set(wanted);
  for (const child of [...parent.childNodes]) if (!keep.has(child)) child.remove();
  wanted.forEach((node, i) => {
    if (parent.childNodes[i] !== node) parent.insertBefore(node, parent.childNodes[i] ?? null);
  });
}

const FOCUSABLE = 'button, [href], input, select, textarea, [tabindex]:not([tabindex="-1"])';

const stopsOf = (root) => [...root.querySelectorAll(FOCUSABLE)].filter((n) => !n.disabled && n.offsetParent !== null);

/** Give the focus to the first thing in `root` that takes it. */
export const focusFirst = (root) => stopsOf(root)[0]?.focus({ preventScroll: true });

/** Draw `root` anew; what had the focus in it has it again, by its test id or its words, else the first thing there. */
export function keepFocus(root, draw) {
  const at = document.activeElement;
  const inside = root.contains(at);
  const name = (node) => node.dataset.testid ?? node.textContent;
  const before = inside ? name(at) : null;
  draw();
  if (!inside || root.contains(document.activeElement)) return;
  const stops = stopsOf(root);
  (stops.find((n) => name(n) === before) ?? stops[0])?.focus();
}

/** Keep Tab inside `root` and call `onEscape` on Esc. */
export function trapFocus(root, onEscape) {
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) {
      event.preventDefault();
      event.stopPropagation();
      onEscape();
    }
    if (event.key !== "Tab") return;
    const stops = stopsOf(root);
    if (!stops.length) return;
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (document.activeElement === edge || !root.contains(document.activeElement)) {
      event.preventDefault();
      (event.shiftKey ? stops.at(-1) : stops[0]).focus();
    }
  });
}

export function hueOf(text) {
  let hash = 0;
  for (const letter of String(text)) hash = (hash * 31 + letter.codePointAt(0)) % 360;
  return hash;
}

export function initials(name) {
  const words = String(name || "?")
    .trim()
    .split(/\s+/);
  return (words[0][0] + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase();
}

export const bytes = (n) =>
  n < 1024
    ? `${n} B`
    : n < 1024 ** 2
      ? `${(n / 1024).toFixed(n < 10240 ? 1 : 0)} KB`
      : n < 1024 ** 3
        ? `${(n / 1024 ** 2).toFixed(1)} MB`
        : `${(n / 1024 ** 3).toFixed(2)} GB`;

// Things that float over the page: menus, popovers, toasts and yes/no questions; knows nothing of Slack's data but a confirm object.
import { focusFirst, h, icon, place, trapFocus } from "./dom.js";
import { textObject } from "./render/mrkdwn.js";

let open = null; // {node, anchor, onClose}

export function closePopup({ refocus = false } = {}) {
  if (!open) return;
  const { node, anchor, onClose } = open;
  open = null;
  node.remove();
  anchor.setAttribute?.("aria-expanded", "false");
  onClose?.();
  if (refocus) (anchor.isConnected ? anchor : again(anchor))?.focus();
}

/** What was drawn in the place of a button meanwhile. */
const again = ({ dataset: { testid } }) => testid && document.querySelector(`[data-testid="${CSS.escape(testid)}"]`);

document.addEventListener("mousedown", (event) => {
  if (open && !open.node.contains(event.target) && !open.anchor.contains(event.target)) closePopup();
});
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      closePopup({ refocus: true });
    }
  },
  true,
);
window.addEventListener("resize", () => closePopup());

/**
 * Float `content` by `anchor`: `side` is "below" (default) or "above", `align` "start" or "end". A dialog takes the focus,
 * keeps Tab inside and gives the focus back.
 */
export function popup(
  anchor,
  content,
  { side = "below", align = "start", width, role = "dialog", label, className = "", onClose, testid } = {},
) {
  const same = open?.anchor === anchor;
  closePopup();
  if (same) return null;
  const node = h("div", { class: `popup ${className}`, role, "aria-label": label, data: { testid } }, content);
  if (width) node.style.width = `${width}px`;
  document.body.append(node);
  open = { node, anchor, onClose };
  anchor.setAttribute?.("aria-expanded", "true");
  position(node, anchor, side, align);
  if (role === "dialog") {
    trapFocus(node, () => closePopup({ refocus: true }));
    focusFirst(node);
  }
  return node;
}

function position(node, anchor, side, align) {
  const at = anchor.getBoundingClientRect();
  const size = node.getBoundingClientRect();
  const gap = 6;
  const roomBelow = innerHeight - at.bottom - gap;
  const above =
    side === "above" ? at.top > size.height + gap || at.top > roomBelow : roomBelow < size.height && at.top > roomBelow;
  const room = Math.max((above ? at.top : roomBelow) - 2 * gap, 120);
  node.style.maxHeight = `${room}px`;
  const height = Math.min(size.height, room);
  node.style.top = `${Math.max(gap, above ? at.top - height - gap : at.bottom + gap)}px`;
  const left = align === "end" ? at.right - size.width : at.left;
  node.style.left = `${Math.max(gap, Math.min(left, innerWidth - size.width - gap))}px`;
}

/**
 * A menu of choices. Items: `{label, description?, icon?, danger?, checked?, testid?, data?, onSelect}`, `{heading}` or
 * `{separator: true}`.
 */
export function menu(anchor, items, options = {}) {
  const rows = items.filter(Boolean).map((item) => {
    if (item.separator) return h("div", { class: "menu-separator", role: "separator" });
    if (item.heading) return h("div", { class: "menu-heading" }, item.heading);
    return h(
      "button",
      {
        type: "button",
        class: `menu-item${item.danger ? " danger" : ""}`,
        role: item.checked === undefined ? "menuitem" : "menuitemradio",
        "aria-checked": item.checked === undefined ? null : String(item.checked),
        data: { testid: item.testid, ...item.data },
        disabled: item.disabled,
        on: {
          click: () => {
            closePopup({ refocus: true });
            item.onSelect?.();
          },
        },
      },
      item.node ?? (item.icon ? icon(item.icon, 16) : null),
      h(
        "span",
        { class: "menu-text" },
        h("span", { class: "menu-label" }, item.label),
        item.description ? h("small", {}, item.description) : null,
      ),
      item.checked ? icon("check", 16) : null,
    );
  });
  const node = popup(anchor, rows, { role: "menu", className: "menu", ...options });
  if (!node) return;
  node.addEventListener("keydown", (event) =>
    moveFocus(event, [...node.querySelectorAll(".menu-item:not(:disabled)")]),
  );
  node.querySelector(".menu-item:not(:disabled)")?.focus({ preventScroll: true });
}

export function moveFocus(event, stops) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !stops.length) return;
  event.preventDefault();
  const at = stops.indexOf(document.activeElement);
  stops[(at + step + stops.length) % stops.length].focus();
}

/** Ask a Slack confirm object; resolves to true when confirmed. */
export function confirmDialog(confirm) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const done = (answer) => {
      overlay.remove();
      if (before?.isConnected) before.focus();
      resolve(answer);
    };
    const yes = h(
      "button",
      {
        type: "button",
        class: `button ${confirm.style === "danger" ? "danger" : "primary"}`,
        data: { testid: "confirm-yes" },
        on: { click: () => done(true) },
      },
      textObject(confirm.confirm ?? "Yes"),
    );
    const overlay = h(
      "div",
      { class: "overlay overlay-top" },
      h(
        "div",
        {
          class: "dialog small",
          role: "alertdialog",
          "aria-modal": "true",
          "aria-label": confirm.title?.text ?? "Confirm",
          data: { testid: "confirm" },
        },
        h("h2", { class: "dialog-title" }, textObject(confirm.title ?? "Are you sure?")),
        h("div", { class: "dialog-body prose" }, textObject(confirm.text)),
        h(
          "div",
          { class: "dialog-actions" },
          h(
            "button",
            { type: "button", class: "button", data: { testid: "confirm-no" }, on: { click: () => done(false) } },
            textObject(confirm.deny ?? "Cancel"),
          ),
          yes,
        ),
      ),
    );
    trapFocus(overlay, () => done(false));
    document.body.append(overlay);
    yes.focus();
  });
}

const toasts = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
document.body.append(toasts);

export function toast(text, level = "info") {
  const node = h(
    "div",
    { class: `toast ${level}`, data: { testid: "toast" } },
    icon(level === "error" || level === "warning" ? "triangle-alert" : "info", 16),
    h("span", {}, text),
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Dismiss", on: { click: () => node.remove() } },
      icon("x", 14),
    ),
  );
  place(toasts, [...toasts.children].slice(-3).concat(node));
  setTimeout(() => node.remove(), level === "error" ? 9000 : 6000);
}

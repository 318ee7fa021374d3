// The open modal views: a stack of which the top is shown, its checks before submitting, and errors at the fields.
import * as api from "../api.js";
import { h, icon, iconButton, place, trapFocus } from "../dom.js";
import { closePopup } from "../popup.js";
import { appName, emit, state } from "../state.js";
import { refusal } from "./acting.js";
import { avatar } from "./avatar.js";
import { BlockColumn } from "./blocks.js";
import { FormState } from "./form.js";
import { textObject } from "./mrkdwn.js";

const forms = new Map(); // view id -> FormState, kept while the view is in the stack

/** A view's form starts with what the server already holds of it (the page may have been loaded again). */
function formOf(view) {
  if (!forms.has(view.id)) forms.set(view.id, new FormState(structuredClone(view.state?.values ?? {})));
  return forms.get(view.id);
}

/** A view's surface: the control API is told the values with every click. */
export function viewSurface(view, more = {}) {
  const surface = {
    id: view.id,
    kind: view.type === "home" ? "home" : "modal",
    form: formOf(view),
    act: async (action) => {
      try {
        return await api.post("click", { as: state.me, view_id: view.id, action, values: surface.form.values });
      } catch (error) {
        emit("toast", { text: refusal(error), level: "error" });
        return { ok: false, error: error.message };
      }
    },
    options: (query) => askOptions({ as: state.me, view_id: view.id, ...query }),
    ...more,
  };
  return surface;
}

/** The options the app gives for an external select; none, with a word about it, when it does not. */
export async function askOptions(query) {
  const answer = await api.post("options", query).catch((error) => ({ ok: false, error: error.message }));
  if (answer.ok === false) emit("toast", { text: `The app gave no options: ${answer.error}`, level: "error" });
  return answer.ok === false ? { options: [] } : answer;
}

export class Modals {
  constructor() {
    this.shown = null; // the view on screen
    this.before = null; // what had the focus
    this.overlay = h("div", { class: "overlay", hidden: true });
    trapFocus(this.overlay, () => this.close());
    document.addEventListener("keydown", (event) => {
      const lost = this.shown && document.activeElement === document.body;
      if (lost && event.key === "Escape" && !event.defaultPrevented) void this.close();
    });
    document.body.append(this.overlay);
  }

  show(stack) {
    for (const id of forms.keys())
      if (!id.startsWith("home") && !stack.some((v) => v.id === id) && id !== state.homeView?.id) forms.delete(id);
    const view = stack.at(-1) ?? null;
    if (!view) {
      if (this.shown) this.hide();
      return;
    }
    if (this.shown?.id !== view.id) this.open(view);
    this.shown = view;
    formOf(view).prune(view.blocks);
    this.draw(view, stack.length);
  }

  hide() {
    closePopup();
    this.shown = null;
    this.overlay.hidden = true;
    this.overlay.replaceChildren();
    if (this.before?.isConnected) this.before.focus();
  }

  open(view) {
    if (this.overlay.hidden) this.before = document.activeElement;
    closePopup();
    const surface = viewSurface(view, {
      changed: (block) => this.clearError(block),
      redraw: (block) => this.column.show(this.shown.blocks, new Set([block.block_id])),
    });
    this.column = new BlockColumn(h("div", { class: "blocks modal-blocks" }), surface);
    this.title = h("h2", { class: "modal-title" });
    this.head = h("header", { class: "modal-head" });
    this.foot = h("footer", { class: "modal-foot" });
    this.general = h("div", { class: "modal-error", role: "alert" });
    this.node = h(
      "form",
      {
        class: "modal",
        role: "dialog",
        "aria-modal": "true",
        data: { testid: "modal", viewId: view.id, callbackId: view.callback_id },
        novalidate: true,
        on: { submit: (e) => (e.preventDefault(), void this.submit()) },
      },
      this.head,
      h("div", { class: "modal-body", tabindex: "-1" }, this.general, this.column.node),
      this.foot,
    );
    this.overlay.replaceChildren(this.node);
    this.overlay.hidden = false;
    this.fresh = true;
    this.words = null;
  }

  draw(view, depth) {
    this.node.setAttribute("aria-label", view.title?.text ?? "Dialog");
    this.title.replaceChildren(...textObject(view.title));
    place(this.head, [
      depth > 1
        ? (this.back ??= iconButton("chevron-left", "Back", () => this.close(), { testid: "modal-back" }))
        : avatar(null, 28),
      this.title,
      (this.x ??= iconButton("x", "Close", () => this.close(true), { testid: "modal-x" })),
    ]);
    this.column.show(view.blocks);
    const words = JSON.stringify([view.submit, view.close, view.submit_disabled]);
    if (words !== this.words) this.drawFoot(view);
    this.words = words;
    if (this.fresh) {
      this.fresh = false;
      (
        this.column.node.querySelector("input:not([type=hidden]), textarea, .select") ?? this.foot.lastElementChild
      ).focus();
    }
  }

  drawFoot(view) {
    const submit = view.submit
      ? h(
          "button",
          { type: "submit", class: "button primary", disabled: view.submit_disabled, data: { testid: "modal-submit" } },
          h("span", { class: "button-label" }, textObject(view.submit)),
        )
      : null;
    const close = h(
      "button",
      { type: "button", class: "button", data: { testid: "modal-close" }, on: { click: () => this.close() } },
      h(
        "span",
        { class: "button-label" },
        textObject(view.close ?? { type: "plain_text", text: view.submit ? "Cancel" : "Close" }),
      ),
    );
    place(this.foot, [h("span", { class: "modal-by" }, `From ${appName()}`), close, submit]);
    this.submitButton = submit;
  }

  clearError(block) {
    const node = this.column.node.querySelector(`[data-testid="error-${CSS.escape(block.block_id)}"]`);
    if (!node?.hasChildNodes()) return;
    node.replaceChildren();
    node.parentElement.classList.remove("has-error");
    node.parentElement.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
  }

  showErrors(errors) {
    const form = formOf(this.shown);
    const blocks = this.shown.blocks;
    const touched = new Set([...Object.keys(form.errors), ...Object.keys(errors)]);
    form.errors = { ...errors };
    const nowhere = Object.entries(errors).filter(
      ([id]) => !blocks.some((b) => b.block_id === id && b.type === "input"),
    );
    this.general.replaceChildren(
      ...nowhere.map(([id, text]) => h("div", {}, icon("triangle-alert", 15), id ? `${id}: ${text}` : text)),
    );
    this.column.show(blocks, touched);
    this.column.node.querySelector(".has-error")?.scrollIntoView({ block: "center" });
    this.column.node.querySelector("[aria-invalid]")?.focus({ preventScroll: true });
  }

  /** Say something above the fields; false when no modal is open. */
  tell(text) {
    if (!this.shown) return false;
    this.general.replaceChildren(h("div", {}, icon("triangle-alert", 15), text));
    this.general.scrollIntoView({ block: "nearest" });
    return true;
  }

  async submit() {
    const view = this.shown;
    if (!view?.submit || this.busy) return;
    const errors = localErrors(view, formOf(view));
    this.showErrors(errors);
    if (Object.keys(errors).length) return;
    this.busy = true;
    this.submitButton?.classList.add("waiting");
    try {
      const answer = await api.post("submit", { as: state.me, view_id: view.id, values: formOf(view).values });
      if (this.shown?.id !== view.id) return;
      if (answer.errors) this.showErrors(answer.errors);
      else if (answer.ok === false) this.tell(answer.detail ?? answer.error);
    } catch (error) {
      this.tell(error.message);
    } finally {
      this.busy = false;
      this.submitButton?.classList.remove("waiting");
    }
  }

  async close(clear = false) {
    if (!this.shown) return;
    try {
      await api.post("close", { as: state.me, view_id: this.shown.id, ...(clear ? { clear: true } : {}) });
    } catch (error) {
      emit("toast", { text: error.message, level: "error" });
    }
  }
}

/** What Slack itself checks before it asks the app. */
export function localErrors(view, form) {
  const errors = {};
  for (const block of view.blocks) {
    if (block.type !== "input") continue;
    const el = block.element;
    const kept = form.get(block.block_id, el.action_id) ?? {};
    const value = Object.entries(kept).find(([key]) => key !== "type")?.[1];
    const empty = value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);
    if (empty) {
      if (!block.optional) errors[block.block_id] = "Please complete this required field.";
      continue;
    }
    const problem = check(el, value);
    if (problem) errors[block.block_id] = problem;
  }
  return errors;
}

function check(el, value) {
  switch (el.type) {
    case "plain_text_input":
      if (el.min_length && value.length < el.min_length) return `Must be at least ${el.min_length} characters.`;
      if (el.max_length && value.length > el.max_length) return `Must be at most ${el.max_length} characters.`;
      return null;
    case "number_input": {
      const number = Number(value);
      if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(value.trim()) || Number.isNaN(number)) return "Must be a number.";
      if (!el.is_decimal_allowed && !Number.isInteger(number)) return "Must be a whole number.";
      if (el.min_value != null && number < Number(el.min_value)) return `Must be at least ${el.min_value}.`;
      if (el.max_value != null && number > Number(el.max_value)) return `Must be at most ${el.max_value}.`;
      return null;
    }
    case "email_text_input":
      return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? null : "Must be an email address.";
    case "url_text_input":
      return /^https?:\/\/\S+$/.test(value) ? null : "Must be a web address.";
    default:
      return null;
  }
}

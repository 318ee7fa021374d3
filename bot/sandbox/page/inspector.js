// The drawer that lists what went between the app, Slack and OpenAI, with each request and answer.
import * as api from "./api.js";
import { h, icon, iconButton, place } from "./dom.js";
import { emit, state } from "./state.js";
import { clockTimeSecs, fullTime } from "./time.js";

const DIRECTIONS = {
  app_to_slack: ["App → Slack", "arrow-up-right"],
  slack_to_app: ["Slack → App", "arrow-down-left"],
  app_to_openai: ["App → OpenAI", "sparkles"],
};
const LOWEST = 140; // px
const SHOWN = 400; // rows kept in the page; the filter looks at all

export class Inspector {
  constructor({ onClose }) {
    this.open = false;
    this.from = 0; // calls up to this number were cleared away
    this.picked = null;
    this.off = new Set();
    this.rows = new Map();
    this.search = h("input", {
      class: "field",
      type: "search",
      placeholder: "Filter by name or content",
      "aria-label": "Filter calls",
      data: { testid: "inspector-filter" },
      on: { input: () => this.draw() },
    });
    this.onlyErrors = h(
      "button",
      {
        type: "button",
        class: "segment",
        "aria-pressed": "false",
        data: { testid: "inspector-errors" },
        on: { click: () => this.toggle(this.onlyErrors) },
      },
      "Errors only",
    );
    const sides = Object.entries(DIRECTIONS).map(([key, [name]]) =>
      h(
        "button",
        {
          type: "button",
          class: "segment on",
          "aria-pressed": "true",
          data: { testid: `inspector-${key}` },
          on: {
            click: (e) => {
              this.off.has(key) ? this.off.delete(key) : this.off.add(key);
              this.toggle(e.currentTarget);
            },
          },
        },
        name,
      ),
    );
    this.list = h("div", {
      class: "calls",
      role: "listbox",
      "aria-label": "Calls, the newest last",
      tabindex: "0",
      on: { keydown: (e) => this.arrow(e) },
    });
    this.detail = h("div", {
      class: "call-detail",
      role: "region",
      "aria-label": "What was sent and answered",
      tabindex: "0",
      data: { testid: "inspector-detail" },
    });
    this.node = h(
      "section",
      { class: "inspector", "aria-label": "Inspector", hidden: true, data: { testid: "inspector" } },
      (this.grip = h("div", {
        class: "inspector-grip",
        role: "separator",
        "aria-orientation": "horizontal",
        "aria-label": "Height of the inspector",
        tabindex: "0",
        on: { pointerdown: (e) => this.resize(e), keydown: (e) => this.stretch(e) },
      })),
      h(
        "header",
        { class: "inspector-head" },
        h("b", {}, "Inspector"),
        this.search,
        h("div", { class: "segments" }, sides),
        h("div", { class: "segments" }, this.onlyErrors),
        h("span", { class: "grow" }),
        iconButton("trash-2", "Clear the list", () => this.clear(), { size: 16 }),
        iconButton("x", "Close inspector", onClose, { size: 18 }),
      ),
      h("div", { class: "inspector-body" }, this.list, this.detail),
    );
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || this.search.value) return; // a search is emptied first
      event.stopPropagation();
      onClose();
    });
  }

  toggle(button) {
    const on = button.classList.toggle("on");
    button.setAttribute("aria-pressed", String(on));
    this.draw();
  }

  clear() {
    this.from = state.calls.at(-1)?.n ?? 0;
    this.picked = null;
    this.draw();
  }

  show(open) {
    this.open = open;
    this.node.hidden = !open;
    if (open) {
      this.tellHeight(this.node.offsetHeight);
      this.draw();
      this.list.scrollTop = this.list.scrollHeight;
      this.search.focus();
    }
  }

  matches(call) {
    if (call.n <= this.from || this.off.has(call.direction)) return false;
    if (this.onlyErrors.classList.contains("on") && call.ok) return false;
    const wanted = this.search.value.trim().toLowerCase();
    return (
      !wanted ||
      `${call.name} ${call.status} ${call.note}`.toLowerCase().includes(wanted) ||
      JSON.stringify([call.request, call.response]).toLowerCase().includes(wanted)
    );
  }

  draw() {
    if (!this.open) return;
    const calls = state.calls.filter((c) => this.matches(c)).slice(-SHOWN);
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    const rows = new Map(calls.map((c) => [c.n, this.rows.get(c.n) ?? this.row(c)]));
    this.rows = rows;
    place(
      this.list,
      rows.size
        ? [...rows.values()]
        : [h("div", { class: "empty small" }, "Nothing yet. Write something in a channel.")],
    );
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
    this.pick(this.picked, false);
  }

  row(call) {
    const [name, symbol] = DIRECTIONS[call.direction] ?? [call.direction, "activity"];
    return h(
      "div",
      {
        class: `call ${call.direction}${call.ok ? "" : " bad"}`,
        id: `call-${call.n}`,
        role: "option",
        "aria-selected": "false",
        data: { n: call.n, testid: `call-${call.n}` },
        on: { click: () => this.pick(call.n, true) },
      },
      h("span", { class: "call-time", title: fullTime(call.at) }, clockTimeSecs(call.at).replace(/ [AP]M$/, "")),
      h("span", { class: "call-way", title: name }, icon(symbol, 14)),
      h("span", { class: "call-name" }, call.name, call.note ? h("small", {}, call.note) : null),
      h("span", { class: "call-status" }, String(call.status || "–")),
      h("span", { class: "call-ms" }, `${Math.round(call.ms)} ms`),
    );
  }

  pick(n, redraw) {
    this.picked = n;
    for (const [number, row] of this.rows) row.setAttribute("aria-selected", String(number === n));
    if (this.rows.has(n)) this.list.setAttribute("aria-activedescendant", `call-${n}`);
    else this.list.removeAttribute("aria-activedescendant");
    const call = state.calls.find((c) => c.n === n);
    if (!call)
      place(this.detail, [h("div", { class: "empty small" }, "Choose a call to see what was sent and answered.")]);
    else if (redraw) place(this.detail, this.drawDetail(call));
  }

  arrow(event) {
    const numbers = [...this.rows.keys()];
    const last = numbers.length - 1;
    const at = this.rows.has(this.picked) ? numbers.indexOf(this.picked) : last + 1; // the newest first
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    const next = numbers[Math.max(0, Math.min(to, last))];
    this.pick(next, true);
    this.rows.get(next)?.scrollIntoView({ block: "nearest" });
  }

  drawDetail(call) {
    const again =
      call.direction === "slack_to_app"
        ? h(
            "button",
            {
              type: "button",
              class: "button small",
              data: { testid: "redeliver" },
              on: { click: () => void this.redeliver(call.n) },
            },
            icon("rotate-cw", 14),
            "Deliver again",
          )
        : null;
    return [
      h(
        "div",
        { class: "detail-head" },
        h("b", {}, call.name),
        h(
          "span",
          { class: `pill ${call.ok ? "good" : "bad"}` },
          call.ok ? `${call.status || "ok"}` : `${call.status || "no answer"}`,
        ),
        h(
          "span",
          { class: "faint" },
          `${DIRECTIONS[call.direction]?.[0] ?? call.direction} · ${call.ms.toFixed(1)} ms · ${fullTime(call.at)}`,
        ),
        h("span", { class: "grow" }),
        again,
      ),
      call.note ? h("div", { class: `detail-note${call.ok ? "" : " bad"}` }, call.note) : null,
      h("div", { class: "detail-part" }, h("h4", {}, "Sent"), json(call.request, true)),
      h("div", { class: "detail-part" }, h("h4", {}, "Answered"), json(call.response, true)),
    ];
  }

  async redeliver(n) {
    try {
      await api.post("redeliver", { n });
      emit("toast", { text: "Delivered again", level: "info" });
    } catch (error) {
      emit("toast", { text: error.message, level: "error" });
    }
  }

  tall(pixels) {
    const height = Math.round(Math.max(LOWEST, Math.min(innerHeight * 0.8, pixels)));
    this.node.style.setProperty("--height", `${height}px`);
    this.tellHeight(height);
  }

  tellHeight(height) {
    const told = { valuenow: height, valuemin: LOWEST, valuemax: Math.round(innerHeight * 0.8) };
    for (const [name, value] of Object.entries(told)) this.grip.setAttribute(`aria-${name}`, String(value));
  }

  stretch(event) {
    const step = { ArrowUp: 40, ArrowDown: -40 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.tall(this.node.offsetHeight + step);
  }

  resize(event) {
    event.preventDefault();
    const start = event.clientY;
    const height = this.node.offsetHeight;
    const move = (e) => this.tall(height + start - e.clientY);
    const stop = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", stop);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", stop);
  }
}

/** JSON that can be folded open; strings that hold JSON themselves are opened too. */
export function json(value, open = false) {
  if (typeof value === "string" && /^\s*[[{]/.test(value)) {
    try {
      value = JSON.parse(value);
    } catch {
      // not JSON after all: shown as the string it is
    }
  }
  if (value === null || typeof value !== "object")
    return h(
      "span",
      { class: `json-${value === null ? "null" : typeof value}` },
      typeof value === "string" ? JSON.stringify(value) : String(value),
    );
  const entries = Array.isArray(value) ? value.map((v, i) => [i, v]) : Object.entries(value);
  const [left, right] = Array.isArray(value) ? "[]" : "{}";
  if (!entries.length) return h("span", { class: "json-null" }, left + right);
  const body = h("div", { class: "json-body" });
  const fill = () => {
    if (!body.childElementCount)
      body.append(
        ...entries.map(([k, v]) =>
          h(
            "div",
            { class: "json-line" },
            h("span", { class: "json-key" }, `${k}: `),
            json(v, entries.length < 12 && JSON.stringify(v)?.length < 400),
          ),
        ),
      );
  };
  const node = h(
    "details",
    { class: "json", open, on: { toggle: () => node.open && fill() } },
    h(
      "summary",
      {},
      `${left}${
        Array.isArray(value)
          ? entries.length
          : entries
              .slice(0, 4)
              .map(([k]) => k)
              .join(", ") + (entries.length > 4 ? ", …" : "")
      }${right}`,
    ),
    body,
  );
  if (open) fill();
  return node;
}

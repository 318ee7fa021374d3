// The line on top: that nothing here is real, whether the app is connected, the clock, the faults, the inspector's switch.
import * as api from "./api.js";
import { h, icon, keepFocus, place } from "./dom.js";
import { popup } from "./popup.js";
import { emit, loadWorld, state } from "./state.js";
import { dayAndTime, sandboxNow, setSandboxNow, shortDayAndTime } from "./time.js";

const SPEEDS = [1, 10, 60, 300, 1200, 3600];
const SIDES = ["slack", "openai", "socket", "events", "files"];
const KINDS = {
  429: "429 Too many requests",
  500: "500 server error",
  timeout_before: "time out, work not done",
  timeout_after: "time out, work done",
  drop_before: "drop, work not done",
  drop_after: "drop, work done",
  slow: "slow answer",
  error: "refuse with an error",
};
const PRESETS = [
  ["Slack is rate limited, 3×", { side: "slack", match: "chat.*", kind: "429", times: 3, retry_after: 2 }],
  [
    "Creating a job times out after the work was done",
    { side: "openai", match: "POST /fine_tuning/jobs", kind: "timeout_after", times: 1, delay: 3 },
  ],
  ["OpenAI answers 500, 2×", { side: "openai", match: "*", kind: "500", times: 2 }],
  ["Slow model answers", { side: "openai", match: "POST /chat/completions", kind: "slow", times: 5, delay: 1 }],
];

const fail = (error) => emit("toast", { text: error.message, level: "error" });

export class TopBar {
  constructor({ onInspector }) {
    this.app = h("span", { class: "app-state", role: "status", data: { testid: "app-state" } });
    this.clock = h("button", {
      type: "button",
      class: "top-button",
      "aria-haspopup": "dialog",
      data: { testid: "clock" },
      on: { click: (e) => void this.clockMenu(e.currentTarget).catch(fail) },
    });
    this.faults = h(
      "button",
      {
        type: "button",
        class: "top-button",
        title: "Faults",
        "aria-haspopup": "dialog",
        data: { testid: "faults" },
        on: { click: (e) => void this.faultMenu(e.currentTarget).catch(fail) },
      },
      icon("bug", 15),
      h("span", { class: "wide" }, "Faults"),
    );
    this.inspector = h(
      "button",
      {
        type: "button",
        class: "top-button",
        "aria-pressed": "false",
        title: "Inspector: what went between the app, Slack and OpenAI",
        data: { testid: "inspector-toggle" },
        on: { click: onInspector },
      },
      icon("activity", 15),
      h("span", { class: "wide" }, "Inspector"),
      (this.errors = h("span", { class: "error-count", hidden: true })),
    );
    this.node = h(
      "header",
      { class: "topbar" },
      h(
        "span",
        { class: "simulated", data: { testid: "simulated" } },
        icon("flask-conical", 14),
        h("b", {}, "Simulated", h("span", { class: "roomy" }, " workspace")),
        h("span", { class: "wide" }, "nothing here is real"),
      ),
      h("span", { class: "grow" }),
      this.app,
      this.clock,
      this.faults,
      this.inspector,
    );
    setInterval(() => this.drawClock(), 1000);
  }

  draw() {
    const app = state.world?.app;
    const up = Boolean(app?.connected);
    this.app.className = `app-state ${!state.connected ? "lost" : up ? "up" : "down"}`;
    this.app.replaceChildren(
      h("i", { class: "lamp" }),
      h(
        "span",
        { class: "wide" },
        !state.connected
          ? "Sandbox out of reach, trying again…"
          : up
            ? `${app.name} is connected`
            : `${app?.name ?? "The app"} is not connected`,
      ),
    );
    this.app.title = up ? "" : "Start the app against this sandbox; the README says how.";
    this.drawClock();
  }

  drawClock() {
    if (!state.world) return;
    place(this.clock, [
      (this.clockIcon ??= icon("clock", 15)),
      h("span", { class: "wide" }, dayAndTime(sandboxNow())),
      h("span", { class: "narrow" }, shortDayAndTime(sandboxNow())),
      h("span", { class: "speed" }, `×${state.world.speed}`),
    ]);
    this.clock.setAttribute(
      "aria-label",
      `Clock: ${dayAndTime(sandboxNow())}, training runs ${state.world.speed} times as fast`,
    );
  }

  async clockMenu(anchor) {
    const set = async (body) => {
      const clock = await api.post("clock", body);
      setSandboxNow(clock.now);
      await loadWorld();
      draw();
    };
    const pane = h("div", { class: "mini-form" });
    const draw = () => keepFocus(pane, fill);
    const fill = () =>
      pane.replaceChildren(
        h("div", { class: "menu-heading" }, "Simulated training speed"),
        h(
          "div",
          { class: "segments" },
          [...new Set([...SPEEDS, state.world.speed])]
            .sort((a, b) => a - b)
            .map((s) =>
              h(
                "button",
                {
                  type: "button",
                  class: `segment${state.world.speed === s ? " on" : ""}`,
                  "aria-pressed": String(state.world.speed === s),
                  data: { testid: `speed-${s}` },
                  on: { click: () => set({ speed: s }).catch(fail) },
                },
                `×${s}`,
              ),
            ),
        ),
        h("div", { class: "menu-heading" }, "Skip ahead"),
        h(
          "div",
          { class: "segments" },
          [
            ["1 min", 60],
            ["10 min", 600],
            ["1 hour", 3600],
            ["1 day", 86_400],
          ].map(([name, seconds]) =>
            h(
              "button",
              {
                type: "button",
                class: "segment",
                data: { testid: `skip-${seconds}` },
                on: { click: () => set({ advance: seconds }).catch(fail) },
              },
              `+${name}`,
            ),
          ),
        ),
      );
    draw();
    popup(anchor, pane, { align: "end", width: 392, label: "Clock", testid: "clock-menu" });
  }

  async faultMenu(anchor) {
    const pane = h("div", { class: "mini-form" });
    const side = h(
      "select",
      { class: "field", "aria-label": "Side" },
      SIDES.map((s) => h("option", { value: s }, s)),
    );
    const kind = h(
      "select",
      { class: "field wide", "aria-label": "What goes wrong" },
      Object.entries(KINDS).map(([k, label]) => h("option", { value: k }, label)),
    );
    const match = h("input", {
      class: "field wide",
      value: "*",
      "aria-label": "Calls, as a pattern",
      placeholder: "chat.* or POST /files",
    });
    const times = h("input", { class: "field", type: "number", value: "1", min: "-1", "aria-label": "How often" });
    const add = (fault) => api.post("faults", fault).then(draw).catch(fail);
    const draw = async () => {
      const { faults } = await api.get("faults");
      const live = faults.filter((f) => f.times !== 0);
      this.faults.classList.toggle("on", live.length > 0);
      keepFocus(pane, () => fill(faults));
    };
    const fill = (faults) =>
      pane.replaceChildren(
        h("div", { class: "menu-heading" }, "Switched on"),
        ...(faults.length
          ? faults.map((f) =>
              h(
                "div",
                { class: `fault${f.times === 0 ? " used" : ""}` },
                h("code", {}, `${f.side} ${f.match}`),
                h("span", {}, KINDS[f.kind] ?? f.kind),
                h(
                  "small",
                  {},
                  `${f.hits} hit${f.hits === 1 ? "" : "s"}, ${f.times < 0 ? "until cleared" : `${f.times} left`}`,
                ),
              ),
            )
          : [h("p", { class: "faint" }, "Everything works as it should.")]),
        faults.length
          ? h(
              "button",
              {
                type: "button",
                class: "button small",
                data: { testid: "faults-clear" },
                on: { click: () => api.del("faults").then(draw).catch(fail) },
              },
              "Clear all",
            )
          : "",
        h("div", { class: "menu-heading" }, "Ready-made"),
        ...PRESETS.map(([name, fault]) =>
          h(
            "button",
            { type: "button", class: "menu-item", on: { click: () => add(fault) } },
            icon("bug", 15),
            h("span", { class: "menu-text" }, name),
          ),
        ),
        h("div", { class: "menu-heading" }, "Your own"),
        h(
          "div",
          { class: "fault-form" },
          side,
          match,
          kind,
          times,
          h(
            "button",
            {
              type: "button",
              class: "button primary",
              data: { testid: "fault-add" },
              on: {
                click: () =>
                  add({ side: side.value, match: match.value, kind: kind.value, times: Number(times.value) }),
              },
            },
            "Add",
          ),
        ),
      );
    await draw();
    popup(anchor, pane, { align: "end", width: 360, label: "Faults", testid: "faults-menu" });
  }

  countErrors() {
    const bad = state.calls.filter((c) => !c.ok).length;
    this.errors.hidden = !bad;
    this.errors.textContent = String(bad);
  }
}

// One select menu (single or multiple, with search, groups and descriptions); knows options, not where they come from.
import { h, icon } from "../dom.js";
import { closePopup, popup } from "../popup.js";

let lists = 0; // opened so far: each has an id of its own

/**
 * @param groups [{label?, options: [{key, label, description?, node?, raw}]}]
 * @param chosen keys that are chosen at the start
 * @param load for options that come as one types: `load(typed)` gives new groups, from `minLength` letters on
 * @param onChange called with the chosen options' `raw` (an array when `multi`, else one)
 */
export function selectMenu({
  groups,
  load = null,
  minLength = 0,
  chosen,
  multi = false,
  max = Infinity,
  placeholder,
  label,
  data,
  onChange,
}) {
  let all = groups.flatMap((g) => g.options);
  let keys = [...chosen];
  const face = h("button", {
    type: "button",
    class: "select",
    role: "combobox",
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    "aria-label": label,
    data,
    on: {
      click: () => openList(),
      keydown: (e) => ["ArrowDown", "ArrowUp"].includes(e.key) && (e.preventDefault(), openList()),
    },
  });

  function drawFace() {
    const picked = keys.map((k) => all.find((o) => o.key === k)).filter(Boolean);
    let shown = h("span", { class: "select-placeholder" }, placeholder || (multi ? "Choose…" : "Choose an option"));
    if (picked.length && multi)
      shown = h(
        "span",
        { class: "select-chips" },
        picked.map((o) => h("span", { class: "chip" }, o.label)),
      );
    else if (picked.length) shown = h("span", { class: "select-value" }, picked[0].label);
    face.replaceChildren(shown, icon("chevron-down", 16));
  }

  function pick(option) {
    if (multi) {
      if (keys.includes(option.key)) keys = keys.filter((k) => k !== option.key);
      else if (keys.length < max) keys = [...keys, option.key];
      drawFace();
      onChange(keys.map((k) => all.find((o) => o.key === k)?.raw));
      return;
    }
    keys = [option.key];
    drawFace();
    closePopup({ refocus: true });
    onChange(option.raw);
  }

  function openList() {
    const id = `list-${(lists += 1)}`;
    const list = h("div", {
      class: "select-list",
      id,
      role: "listbox",
      "aria-label": label,
      "aria-multiselectable": String(multi),
      tabindex: "-1",
    });
    face.setAttribute("aria-controls", id);
    const search = h("input", {
      class: "select-search",
      type: "search",
      placeholder: "Find…",
      role: "combobox",
      "aria-label": "Find an option",
      "aria-expanded": "true",
      "aria-controls": id,
      autocomplete: "off",
    });
    let active = -1;
    const rows = () => [...list.querySelectorAll("[role=option]")];
    const activate = (n) => {
      const here = rows();
      if (!here.length) return;
      active = (n + here.length) % here.length;
      here.forEach((row, i) => row.classList.toggle("active", i === active));
      for (const at of [list, search]) at.setAttribute("aria-activedescendant", here[active].id);
      here[active].scrollIntoView({ block: "nearest" });
    };
    const draw = () => {
      const wanted = load ? "" : search.value.trim().toLowerCase();
      list.replaceChildren(
        ...groups.flatMap((group) => {
          const hits = group.options.filter((o) => `${o.label} ${o.description ?? ""}`.toLowerCase().includes(wanted));
          if (!hits.length) return [];
          return [group.label ? h("div", { class: "select-group" }, group.label) : "", ...hits.map(row)];
        }),
      );
      if (!rows().length)
        list.append(
          h("div", { class: "select-none" }, load && search.value.length < minLength ? "Type to search" : "No results"),
        );
    };
    const row = (option) =>
      h(
        "div",
        {
          class: "select-option",
          id: `${id}-${all.indexOf(option)}`,
          role: "option",
          "aria-selected": String(keys.includes(option.key)),
          data: { value: option.key },
          on: {
            click: () => {
              const scroll = list.scrollTop;
              pick(option);
              if (multi) {
                draw();
                list.scrollTop = scroll;
              }
            },
          },
        },
        option.node ?? null,
        h(
          "span",
          { class: "menu-text" },
          h("span", { class: "menu-label" }, option.label),
          option.description ? h("small", {}, option.description) : null,
        ),
        keys.includes(option.key) ? icon("check", 16) : null,
      );
    search.addEventListener("input", () => {
      if (load) void ask();
      draw();
      activate(0);
    });
    let asked = 0;
    const ask = async () => {
      if (search.value.length < minLength) return;
      const n = (asked += 1);
      const found = await load(search.value);
      if (n !== asked) return; // an older answer that came late
      const picked = all.filter((o) => keys.includes(o.key));
      groups = found;
      all = [...picked, ...groups.flatMap((g) => g.options)];
      draw();
      activate(0);
    };
    draw();
    if (load) void ask();
    const searchable = load !== null || all.length > 7;
    const content = [
      searchable ? h("div", { class: "select-search-box" }, icon("search", 15), search) : null,
      list,
    ].filter(Boolean);
    const node = popup(face, content, {
      role: "presentation",
      className: "select-popup",
      onClose: () => face.removeAttribute("aria-controls"),
      width: Math.max(face.offsetWidth, 240),
    });
    if (!node) return;
    node.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        activate(active + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter" || (event.key === " " && event.target !== search)) {
        event.preventDefault();
        rows()[active]?.click();
      } else if (event.key === "Tab") {
        closePopup({ refocus: true });
      }
    });
    const current = rows().findIndex((r) => r.getAttribute("aria-selected") === "true");
    activate(Math.max(current, 0));
    (searchable ? search : list).focus({ preventScroll: true });
  }

  drawFace();
  return face;
}

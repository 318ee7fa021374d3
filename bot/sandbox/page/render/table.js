// The table and data_table blocks.
import { h, icon } from "../dom.js";
import { richText } from "./richtext.js";
import { textObject } from "./mrkdwn.js";

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value);
  if (value.type === "rich_text") return richText(value);
  if (value.type === "raw_number") return value.text ?? String(value.value ?? value.number ?? "");
  if (value.type === "mrkdwn" || value.type === "plain_text") return textObject(value);
  return value.text ?? JSON.stringify(value);
}

function grid(rows, settings = []) {
  const line = (cells, tag) =>
    h(
      "tr",
      {},
      cells.map((c, i) => {
        const align = settings[i]?.align ?? (c?.type === "raw_number" ? "right" : null);
        return h(
          tag,
          { class: settings[i]?.is_wrapped ? "wrapped" : null, style: align ? { "text-align": align } : {} },
          cell(c),
        );
      }),
    );
  const [head, ...body] = rows;
  return h(
    "div",
    { class: "table-scroll", tabindex: "0" },
    h(
      "table",
      {},
      h("thead", {}, line(head ?? [], "th")),
      h(
        "tbody",
        {},
        body.map((r) => line(r, "td")),
      ),
    ),
  );
}

export const table = (block) => grid(block.rows ?? [], block.column_settings ?? []);

/** A data table: caption, pages of `page_size` rows, sorted by a click on a column's name. */
export function dataTable(block) {
  const [head, ...body] = block.rows ?? [];
  const size = block.page_size ?? 5;
  const box = h("div", { class: "data-table" });
  let page = 0;
  let sorted = null;
  const plainOf = (c) => (typeof c === "object" && c ? (c.value ?? c.text ?? JSON.stringify(c)) : c);
  const draw = () => {
    const rows = [...body];
    if (sorted) {
      rows.sort((a, b) => {
        const [x, y] = [plainOf(a[sorted.column]), plainOf(b[sorted.column])];
        const order =
          Number.isFinite(Number(x)) && Number.isFinite(Number(y)) ? x - y : String(x).localeCompare(String(y));
        return sorted.down ? -order : order;
      });
    }
    const pages = Math.max(1, Math.ceil(rows.length / size));
    page = Math.min(page, pages - 1);
    const shown = grid([head ?? [], ...rows.slice(page * size, (page + 1) * size)], block.column_settings);
    shown.querySelectorAll("th").forEach((th, i) => {
      th.classList.add("sortable");
      th.setAttribute("aria-sort", sorted?.column === i ? (sorted.down ? "descending" : "ascending") : "none");
      th.addEventListener("click", () => {
        sorted = { column: i, down: sorted?.column === i ? !sorted.down : false };
        draw();
      });
    });
    const turn = (step, name, label) =>
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": label,
          disabled: page + step < 0 || page + step >= pages,
          on: { click: () => ((page += step), draw()) },
        },
        icon(name, 16),
      );
    box.replaceChildren(
      block.caption ? h("div", { class: "data-table-caption" }, textObject(block.caption)) : "",
      shown,
      pages > 1
        ? h(
            "div",
            { class: "data-table-pages" },
            turn(-1, "chevron-left", "Previous page"),
            `${page + 1} of ${pages}`,
            turn(1, "chevron-right", "Next page"),
          )
        : "",
    );
  };
  draw();
  return box;
}

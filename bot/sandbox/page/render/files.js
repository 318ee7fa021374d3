// Files of a message: pictures inline, texts with a preview, everything with name, size and download.
import { fileUrl } from "../api.js";
import { bytes, h, icon, link } from "../dom.js";

const TEXT = /^(text\/|application\/(json|x-ndjson|jsonl|xml|yaml))|jsonl/;
const PREVIEW_BYTES = 4000;

export function drawFile(file) {
  if (file.mode === "tombstone" || file.deleted) {
    return h("div", { class: "file file-gone" }, icon("trash-2", 16), "This file was deleted.");
  }
  if (file.mode === "hidden_by_limit")
    return h("div", { class: "file file-gone" }, icon("lock", 16), "This file is hidden by the plan's limit.");
  if (file.mode === "file_access")
    return h("div", { class: "file file-gone" }, icon("lock", 16), "A file from another organisation");
  const external = file.is_external || file.mode === "external";
  const picture = !external && (file.mimetype ?? "").startsWith("image/");
  if (picture) {
    return h(
      "figure",
      { class: "file-picture", data: { testid: `file-${file.id}` } },
      h(
        "figcaption",
        {},
        file.title || file.name,
        h(
          "a",
          {
            class: "file-download",
            href: fileUrl(file.id),
            download: file.name,
            "aria-label": `Download ${file.name}`,
          },
          icon("download", 15),
        ),
      ),
      h("img", { src: fileUrl(file.id), alt: file.alt_txt || file.title || file.name, loading: "lazy" }),
    );
  }
  const readable = !external && (file.mode === "snippet" || TEXT.test(`${file.mimetype} ${file.name}`));
  const kind = external
    ? "External file"
    : /\.jsonl$/i.test(file.name)
      ? "JSON Lines"
      : (file.pretty_type ?? file.filetype ?? "File");
  return h(
    "div",
    { class: "file", data: { testid: `file-${file.id}` } },
    h(
      "div",
      { class: "file-head" },
      h(
        "span",
        { class: `file-icon${readable ? " data" : ""}` },
        icon(external ? "external-link" : readable ? "braces" : "file-text", 20),
      ),
      h(
        "span",
        { class: "file-name" },
        external && file.url_private ? link(file.url_private, file.title || file.name) : file.title || file.name,
        h("small", {}, [kind, file.size ? bytes(file.size) : null].filter(Boolean).join(" · ")),
      ),
      external
        ? null
        : h(
            "a",
            {
              class: "icon-button",
              href: fileUrl(file.id),
              download: file.name,
              "aria-label": `Download ${file.name}`,
              title: "Download",
            },
            icon("download", 16),
          ),
    ),
    readable ? preview(file) : null,
  );
}

const previews = new Map(); // file id -> its first lines, once read

function preview(file) {
  const known = file.preview ?? previews.get(file.id);
  const node = h("pre", { class: "file-preview", "aria-label": `First lines of ${file.name}` }, known ?? "");
  if (known !== undefined) return known && node;
  firstBytes(file.id)
    .catch(() => "")
    .then((text) => {
      previews.set(file.id, text);
      if (text) node.textContent = text;
      else node.remove();
    });
  return node;
}

/** The first lines only: the body of a 500 MB file is dropped after its first chunk. */
async function firstBytes(id) {
  const stop = new AbortController();
  const response = await fetch(fileUrl(id), { signal: stop.signal });
  if (!response.ok || !response.body) return "";
  const { value } = await response.body.getReader().read();
  stop.abort();
  const text = new TextDecoder().decode((value ?? new Uint8Array()).slice(0, PREVIEW_BYTES));
  return text
    .split("\n")
    .slice(0, 5)
    .map((line) => (line.length > 220 ? `${line.slice(0, 220)}…` : line))
    .join("\n")
    .trimEnd();
}

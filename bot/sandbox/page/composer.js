// Where a person writes: text, files, slash commands and global shortcuts, with a draft per channel and thread.
import * as api from "./api.js";
import { Completion } from "./complete.js";
import { encode, splitCommand } from "./compose-text.js";
import { bytes, h, icon, iconButton } from "./dom.js";
import { menu } from "./popup.js";
import { runShortcut } from "./render/message.js";
import { channelOf, emit, nameOf, state } from "./state.js";

const drafts = new Map(); // "user|channel|thread" -> {text, files}

export class Composer {
  /** `where()` gives `{channel, thread}`; `name` goes into the test ids. */
  constructor(name, where) {
    this.where = where;
    this.textarea = h("textarea", {
      class: "composer-text",
      rows: 1,
      "aria-label": "Message",
      data: { testid: name === "main" ? "composer" : "thread-composer" },
      on: {
        input: () => this.typed(),
        keydown: (e) => this.key(e),
        click: () => this.completion.update(),
        paste: (e) => this.pasted(e),
      },
    });
    this.completion = new Completion(this.textarea, () => this.where().channel);
    this.textarea.addEventListener("blur", () => this.completion.close());
    this.input = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      data: { testid: name === "main" ? "upload-input" : "thread-upload-input" },
      on: { change: () => this.chosen() },
    });
    this.files = h("div", { class: "composer-files" });
    this.hint = h("div", { class: "composer-hint", "aria-live": "polite" });
    this.send = h(
      "button",
      {
        type: "button",
        class: "send",
        "aria-label": "Send",
        title: "Send (Enter)",
        data: { testid: name === "main" ? "send" : "thread-send" },
        on: { click: () => this.submit() },
      },
      icon("send-horizontal", 16),
    );
    this.attach = iconButton("plus", "Attach a file", () => this.attachMenu(this.attach), {
      testid: name === "main" ? "attach" : "thread-attach",
      "aria-haspopup": "menu",
    });
    const lightning =
      name === "main"
        ? iconButton("zap", "Shortcuts", () => this.shortcutMenu(lightning), {
            testid: "shortcuts",
            "aria-haspopup": "menu",
          })
        : null;
    const mention = iconButton("at-sign", "Mention someone", () => this.insert("@"), {});
    const command =
      name === "main" ? iconButton("code", "Run a slash command", () => this.insert("/", true), {}) : null;
    command?.replaceChildren(h("span", { class: "slash", "aria-hidden": "true" }, "/"));
    this.box = h(
      "div",
      { class: "composer-box" },
      this.textarea,
      this.files,
      h(
        "div",
        { class: "composer-bar" },
        this.attach,
        lightning,
        command,
        mention,
        h("span", { class: "grow" }),
        this.send,
      ),
    );
    this.node = h("div", { class: "composer" }, this.completion.node, this.box, this.hint, this.input);
    this.key_ = null;
  }

  /** Show the draft of where we are now. */
  show() {
    const { channel, thread } = this.where();
    const key = `${state.me}|${channel}|${thread ?? ""}`;
    const there = channelOf(channel);
    const placeholder = thread
      ? "Reply…"
      : `Message ${there?.is_im ? (state.world?.app?.name ?? "the app") : `#${there?.name ?? ""}`}`;
    this.textarea.placeholder = placeholder;
    this.textarea.setAttribute("aria-label", placeholder);
    if (key === this.key_) return;
    this.key_ = key;
    this.textarea.value = this.draft.text;
    this.completion.close();
    this.drawFiles();
    this.fit();
  }

  get draft() {
    if (!drafts.has(this.key_)) drafts.set(this.key_, { text: "", files: [] });
    return drafts.get(this.key_);
  }

  typed() {
    this.draft.text = this.textarea.value;
    this.fit();
    this.completion.update();
  }

  fit() {
    this.textarea.style.height = "auto";
    this.textarea.style.height = `${Math.min(this.textarea.scrollHeight, 280)}px`;
    const ready = Boolean(this.textarea.value.trim() || this.draft.files.length);
    this.send.disabled = !ready;
    this.box.classList.toggle("ready", ready);
    const split = splitCommand(this.textarea.value);
    const known = split && state.world?.commands.find((c) => c.command === split.command);
    if (known)
      this.hint.replaceChildren(
        h("b", {}, known.command),
        ` ${known.usage_hint ?? ""}`,
        this.where().thread ? h("span", { class: "warn" }, "Slack does not run commands in threads") : "",
      );
    else
      this.hint.replaceChildren(
        this.textarea.value ? h("span", { class: "faint" }, h("b", {}, "Shift + Enter"), " for a new line") : "",
      );
  }

  key(event) {
    if (this.completion.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      void this.submit();
    }
  }

  insert(text, replace = false) {
    this.textarea.focus();
    if (replace && this.textarea.value && !this.textarea.value.startsWith("/")) return;
    const lead =
      replace || !this.textarea.value || /\s$/.test(this.textarea.value.slice(0, this.textarea.selectionStart))
        ? ""
        : " ";
    if (replace) this.textarea.value = text;
    else this.textarea.setRangeText(lead + text, this.textarea.selectionStart, this.textarea.selectionEnd, "end");
    this.typed();
  }

  pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.add(files.map((file) => ({ file, name: file.name, size: file.size })));
  }

  chosen() {
    this.add([...this.input.files].map((file) => ({ file, name: file.name, size: file.size })));
    this.input.value = "";
  }

  add(files) {
    this.draft.files.push(...files);
    this.drawFiles();
    this.fit();
    this.textarea.focus();
  }

  drawFiles() {
    this.files.replaceChildren(
      ...this.draft.files.map((f) =>
        h(
          "div",
          {
            class: `composer-file${f.progress === undefined ? "" : " sending"}`,
            style: { "--progress": `${(f.progress ?? 0) * 100}%` },
            data: { testid: "composer-file" },
          },
          h("span", { class: "file-icon data" }, icon("braces", 18)),
          h(
            "span",
            { class: "file-name" },
            f.name,
            h("small", {}, f.progress === undefined ? bytes(f.size ?? 0) : `${Math.round(f.progress * 100)} %`),
          ),
          iconButton(
            "x",
            `Remove ${f.name}`,
            () => {
              this.draft.files.splice(this.draft.files.indexOf(f), 1);
              this.drawFiles();
              this.fit();
            },
            { size: 14 },
          ),
        ),
      ),
    );
  }

  attachMenu(anchor) {
    const samples = state.world?.samples ?? [];
    menu(
      anchor,
      [
        samples.length ? { heading: "Sample files" } : null,
        ...samples.map((s) => ({
          label: s.name,
          description: [s.about, s.size ? bytes(s.size) : null].filter(Boolean).join(" · "),
          icon: "flask-conical",
          testid: `sample-${s.name}`,
          onSelect: () => this.add([{ sample: s.name, name: s.name, size: s.size }]),
        })),
        samples.length ? { separator: true } : null,
        {
          label: "Upload from your computer",
          description: "Or drop a file anywhere on this window",
          icon: "upload",
          testid: "upload-from-computer",
          onSelect: () => this.input.click(),
        },
      ],
      { side: "above", width: 320 },
    );
  }

  shortcutMenu(anchor) {
    const shortcuts = (state.world?.shortcuts ?? []).filter((s) => s.type === "global");
    const items = shortcuts.map((s) => ({
      label: s.name,
      description: s.description,
      icon: "zap",
      testid: `shortcut-${s.callback_id}`,
      onSelect: () => runShortcut(s, this.where().channel),
    }));
    menu(
      anchor,
      [
        { heading: "Shortcuts" },
        ...(items.length ? items : [{ label: "This app has no global shortcuts", disabled: true }]),
      ],
      { side: "above", width: 320 },
    );
  }

  async submit() {
    const text = this.textarea.value.trim();
    const draft = this.draft;
    const { channel, thread } = this.where();
    if (this.sending || (!text && !draft.files.length)) return;
    this.completion.close();
    const split = draft.files.length || this.textarea.value.startsWith(" ") ? null : splitCommand(text);
    if (split && !this.isCommand(split.command)) {
      this.hint.replaceChildren(
        h(
          "span",
          { class: "warn" },
          `${split.command} is not a command here. To send it as a message, put a space before it.`,
        ),
      );
      return;
    }
    this.sending = true;
    try {
      if (split) {
        this.clear(draft);
        await this.command(split, channel, thread);
      } else if (draft.files.length) {
        await this.upload(draft, channel, thread, encode(text, state.world));
        this.clear(draft);
      } else {
        this.clear(draft);
        await api
          .post("message", {
            as: state.me,
            channel,
            text: encode(text, state.world),
            ...(thread ? { thread_ts: thread } : {}),
          })
          .catch((error) => {
            draft.text = text;
            throw error;
          });
      }
      emit("sent", { channel, thread });
    } catch (error) {
      if (draft === this.draft) this.textarea.value = draft.text;
      for (const f of draft.files) delete f.progress;
      this.drawFiles();
      emit("toast", { text: error.message, level: "error" });
    } finally {
      this.sending = false;
      this.fit();
    }
  }

  isCommand(command) {
    return command === "/invite" || state.world?.commands.some((c) => c.command === command);
  }

  clear(draft) {
    draft.text = "";
    draft.files = [];
    if (draft !== this.draft) return;
    this.textarea.value = "";
    this.drawFiles();
    this.fit();
  }

  async command({ command, text }, channel, thread) {
    if (command === "/invite") {
      const wanted = text.replace(/^@/, "").toLowerCase();
      const found = state.world.users.find((u) => [nameOf(u).toLowerCase(), u.name?.toLowerCase()].includes(wanted));
      if (!found) throw new Error(`There is nobody called “${text}” here`);
      await api.post("invite", { as: state.me, user: found.id, channel });
      return;
    }
    await api.post("command", {
      as: state.me,
      channel,
      command,
      text: encode(text, state.world),
      ...(thread ? { thread_ts: thread } : {}),
    });
  }

  async upload(draft, channel, thread, text) {
    let words = text;
    for (const f of [...draft.files]) {
      f.progress = 0;
      this.drawFiles();
      const fields = { as: state.me, channel, thread_ts: thread, text: words, sample: f.sample };
      await api.upload(fields, f.file, (progress) => {
        f.progress = progress;
        if (draft === this.draft) this.drawFiles();
      });
      words = "";
      draft.files.splice(draft.files.indexOf(f), 1);
      if (draft === this.draft) this.drawFiles();
    }
  }
}

// Puts the page together: the address bar says what is shown, the state says what is known, the panes draw both.
import { get, post } from "./api.js";
import { h, icon } from "./dom.js";
import { tellTime } from "./following.js";
import { Inspector } from "./inspector.js";
import { ChannelPane, HomePane, ThreadPane } from "./panes.js";
import { toast } from "./popup.js";
import { Modals } from "./render/modal.js";
import { Sidebar } from "./sidebar.js";
import {
  become,
  channelOf,
  isLoaded,
  loadCalls,
  loadChannel,
  loadThread,
  loadWorld,
  markRead,
  myChannels,
  myDm,
  nameOf,
  on,
  people,
  state,
  user,
} from "./state.js";
import { TopBar } from "./topbar.js";

const sidebar = new Sidebar();

/** On a narrow screen the channels come over the rest, as a dialog would. */
function openMenu(event) {
  const opener = event.currentTarget;
  document.body.classList.add("menu-open");
  sidebar.node.querySelector("[aria-current]")?.focus();
  closeMenu = () => {
    document.body.classList.remove("menu-open");
    if (opener.isConnected) opener.focus();
  };
}

let closeMenu = () => document.body.classList.remove("menu-open");
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && document.body.classList.contains("menu-open")) closeMenu();
});
const channelPane = new ChannelPane({ onMenu: openMenu });
const homePane = new HomePane({ onMenu: openMenu });
const threadPane = new ThreadPane();
const inspector = new Inspector({ onClose: () => toggleInspector(false) });
const topbar = new TopBar({ onInspector: () => toggleInspector(!inspector.open) });
const modals = new Modals();
const dropZone = h(
  "div",
  { class: "drop", hidden: true, data: { testid: "drop" } },
  h("div", { class: "drop-card" }, icon("upload", 40), h("h2", {}), h("p", {}, "It is shared when you press Send.")),
);
const scrim = h("div", { class: "scrim", on: { click: () => closeMenu() } });

document
  .getElementById("root")
  .replaceChildren(
    topbar.node,
    h("div", { class: "columns" }, sidebar.node, scrim, channelPane.node, homePane.node, threadPane.node),
    inspector.node,
    dropZone,
  );

// ---- the address: #/CHANNEL/thread/TS?as=USER or #/home?as=USER

function readHash() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [place, kind, ts] = path.split("/");
  return { as: new URLSearchParams(query).get("as"), place, thread: kind === "thread" ? ts : null };
}

function writeHash({ replace = false } = {}) {
  const place = state.home ? "home" : state.channel;
  const hash = `#/${place}${state.thread && !state.home ? `/thread/${state.thread}` : ""}?as=${state.me}`;
  if (hash === location.hash) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
}

let lastPlace = {}; // user -> what they looked at, so that switching back returns there

async function route() {
  const wanted = readHash();
  const as = user(wanted.as) ? wanted.as : (state.me ?? people()[0]?.id);
  if (as !== state.me) {
    if (state.me) lastPlace[state.me] = { channel: state.channel, home: state.home };
    channelPane.list.forget();
    threadPane.list.forget();
    await become(as);
    sessionStorage.setItem("sandbox-user", as);
  }
  const mine = [...myChannels(), myDm()].filter(Boolean);
  const before = lastPlace[as];
  const asked = mine.find((c) => c.id === wanted.place)?.id;
  state.home = wanted.place === "home" || (!asked && Boolean(before?.home));
  const first =
    mine.find((c) => c.members.includes(state.world.app.bot_user_id) && !c.is_im && /ft|support/.test(c.name)) ??
    mine[0];
  if (!state.home) state.channel = asked ?? mine.find((c) => c.id === before?.channel)?.id ?? first?.id ?? null;
  state.thread = asked ? wanted.thread : null;
  writeHash({ replace: true });
  document.body.classList.remove("menu-open");
  await show();
}

async function show() {
  document.title = `${state.home ? state.world.app.name : (channelOf(state.channel)?.name ?? "")} · ${state.world.team.name} (simulated)`;
  drawAll();
  await tellTab();
  if (state.home || !state.channel) return;
  markRead(state.channel);
  const work = [loadChannel(state.channel)];
  if (state.thread) work.push(loadThread(state.channel, state.thread));
  await Promise.all(work);
}

let lastTab = null;

/** The app hears when somebody comes to its Home or its messages, once per visit. */
async function tellTab() {
  const tab = state.home ? "home" : channelOf(state.channel)?.is_im ? "messages" : null;
  const visit = tab && `${state.me} ${tab}`;
  if (visit && visit !== lastTab) await post("home", { as: state.me, tab });
  lastTab = visit;
}

function drawAll() {
  sidebar.draw();
  topbar.draw();
  channelPane.node.hidden = state.home;
  document.body.classList.toggle("with-thread", Boolean(state.thread) && !state.home);
  if (!state.home) channelPane.draw();
  homePane.draw(myDm());
  threadPane.draw();
}

function toggleInspector(open) {
  const within = inspector.node.contains(document.activeElement);
  inspector.show(open);
  if (!open && within) topbar.inspector.focus();
  topbar.inspector.setAttribute("aria-pressed", String(open));
}

function goThread(ts) {
  state.thread = ts;
  writeHash();
  void show()
    .then(() => ts && threadPane.composer.textarea.focus())
    .catch(tell);
}

/** Streams and polls come in bursts; the screen needs one drawing of them. */
function oncePerFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

const tell = (error) => toast(error.message, "error");
const routed = () => void route().catch(tell);

setInterval(tellTime, 30_000);
addEventListener("hashchange", routed);

on("world", () => {
  tellTime();
  if (state.me) drawAll();
});
on("connected", () => topbar.draw());
on("unread", () => sidebar.draw());
on("status", () => {
  channelPane.drawStatus();
  threadPane.draw();
});
const drawMessages = oncePerFrame(() => {
  if (state.home || !isLoaded(state.channel)) return;
  if (!document.hidden) markRead(state.channel);
  channelPane.drawMessages();
  threadPane.draw();
});
on("messages", (channel) => channel === state.channel && drawMessages());
on("views", () => {
  homePane.draw(myDm());
  modals.show(state.modals);
});
on(
  "calls",
  oncePerFrame(() => {
    inspector.draw();
    topbar.countErrors();
  }),
);
on("toast", ({ text, level }) => toast(text, level));
on("notice", ({ text, level }) => modals.tell(text) || toast(text, level));
on("open-thread", goThread);
on("close-thread", () => goThread(null));
on("sent", ({ thread }) => (thread ? threadPane : channelPane).list.toBottom());
on("choose-user", () => {
  document.body.classList.add("menu-open");
  sidebar.chooseUser();
});
on("switch", (id) => {
  location.hash = `#/?as=${id}`;
  toast(`You are ${nameOf(user(id))} now`);
});
document.addEventListener(
  "visibilitychange",
  () => !document.hidden && !state.home && state.channel && markRead(state.channel),
);

// ---- dropping files anywhere on the window

let depth = 0;
const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
addEventListener("dragenter", (event) => {
  if (!carriesFiles(event) || state.home || state.modals.length) return;
  event.preventDefault();
  depth += 1;
  const there = channelOf(state.channel);
  dropZone.querySelector("h2").textContent =
    state.thread && event.target.closest?.(".thread-pane")
      ? "Upload to the thread"
      : `Upload to ${there?.is_im ? state.world.app.name : `#${there?.name}`}`;
  dropZone.hidden = false;
});
addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
addEventListener("dragleave", (event) => {
  if (!carriesFiles(event)) return;
  depth = Math.max(0, depth - 1);
  if (!depth) dropZone.hidden = true;
});
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth = 0;
  dropZone.hidden = true;
  if (state.home || state.modals.length) return;
  const inThread = state.thread && threadPane.node.getBoundingClientRect().left <= event.clientX;
  (inThread ? threadPane : channelPane).composer.add(
    [...event.dataTransfer.files].map((file) => ({ file, name: file.name, size: file.size })),
  );
});

// ---- start

async function start() {
  await loadWorld();
  const remembered = sessionStorage.getItem("sandbox-user");
  if (!readHash().as && user(remembered))
    history.replaceState(null, "", `${location.hash.split("?")[0] || "#/"}?as=${remembered}`);
  await route();
  await loadCalls();
  const { faults } = await get("faults");
  topbar.faults.classList.toggle(
    "on",
    faults.some((f) => f.times !== 0),
  );
}

start().catch((error) => {
  console.error(error);
  document
    .getElementById("root")
    .prepend(
      h(
        "div",
        { class: "start-error", role: "alert" },
        icon("triangle-alert", 18),
        ` The page could not start: ${error.message}`,
      ),
    );
});

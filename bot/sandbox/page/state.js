// What this browser knows of the workspace, for one acting user; holds data and tells who listens, draws nothing.
import * as api from "./api.js";
import { sandboxNow, setSandboxNow } from "./time.js";

export const state = {
  world: null,
  me: null, // user id
  channel: null, // channel id, or null while the App Home is shown
  thread: null, // ts of the open thread's parent
  home: false,
  modals: [],
  homeView: null,
  calls: [],
  connected: false, // the live socket
  unread: new Map(), // channel -> {count, mention}
  notices: new Map(), // channel -> [a message of Slack's own, for this person, at the ts when it was said]
  statuses: new Map(), // channel or channel:thread -> {user, text}
};

const listeners = new Map();

export function on(topic, listener) {
  if (!listeners.has(topic)) listeners.set(topic, new Set());
  listeners.get(topic).add(listener);
}

export function emit(topic, data) {
  for (const listener of listeners.get(topic) ?? []) listener(data);
}

// ---- looking things up

export const user = (id) => state.world?.users.find((u) => u.id === id);
export const me = () => user(state.me);
export const channelOf = (id) => state.world?.channels.find((c) => c.id === id);
export const nameOf = (u) => u?.real_name || u?.name || "Somebody";
export const appName = () => state.world?.app?.name ?? "App";
export const botId = () => state.world?.app?.bot_user_id;
export const people = () => (state.world?.users ?? []).filter((u) => !u.is_bot && !u.deleted);

/** The channels this person sees: their own, and public ones unless they are a guest. */
export function myChannels() {
  const guest = me()?.is_stranger || me()?.is_restricted;
  return (state.world?.channels ?? []).filter(
    (c) => !c.is_im && !c.is_archived && (c.members.includes(state.me) || (!c.is_private && !guest)),
  );
}

export const myDm = () => (state.world?.channels ?? []).find((c) => c.is_im && c.im_user === state.me);

// ---- messages: per channel a Map of every message known by ts

let channels = new Map(); // id -> {loaded, messages: Map, threads: Set of loaded thread_ts}

function shelf(channel) {
  if (!channels.has(channel)) channels.set(channel, { loaded: false, messages: new Map(), threads: new Set() });
  return channels.get(channel);
}

const byTs = (a, b) => Number(a.ts) - Number(b.ts);
export const isReply = (m) => Boolean(m.thread_ts && m.thread_ts !== m.ts);

const everything = (channel) => [...shelf(channel).messages.values(), ...(state.notices.get(channel) ?? [])];

export function topLevel(channel) {
  return everything(channel).filter((m) => !isReply(m) || m.subtype === "thread_broadcast").sort(byTs);
}

export function threadOf(channel, ts) {
  return everything(channel)
    .filter((m) => m.ts === ts || m.thread_ts === ts)
    .sort(byTs);
}

export const message = (channel, ts) => shelf(channel).messages.get(ts);
export const isLoaded = (channel) => shelf(channel).loaded;

export async function loadChannel(channel, { again = false } = {}) {
  if (shelf(channel).loaded && !again) return;
  const as = state.me;
  const { messages } = await api.get("messages", { channel, as });
  if (as !== state.me) return;
  const here = shelf(channel);
  here.loaded = true;
  for (const m of messages) here.messages.set(m.ts, m);
  emit("messages", channel);
}

export async function loadThread(channel, ts, { again = false } = {}) {
  if (shelf(channel).threads.has(ts) && !again) return;
  const as = state.me;
  const { messages } = await api.get("messages", { channel, thread_ts: ts, as });
  if (as !== state.me) return;
  shelf(channel).threads.add(ts);
  for (const m of messages) shelf(channel).messages.set(m.ts, m);
  emit("messages", channel);
}

function receive({ channel, message: m }) {
  const here = shelf(channel);
  const isNew = !here.messages.has(m.ts);
  if (m.deleted && m.subtype !== "tombstone") here.messages.delete(m.ts);
  else here.messages.set(m.ts, m);
  const thread = isReply(m) ? m.thread_ts : null;
  if (m.user !== state.me) state.statuses.delete(thread ? `${channel}:${thread}` : channel);
  const watched = !document.hidden && !state.home && state.channel === channel;
  if (
    isNew &&
    !m.deleted &&
    m.user !== state.me &&
    !watched &&
    (!thread || m.subtype === "thread_broadcast" || mentionsMe(m))
  ) {
    const before = state.unread.get(channel) ?? { count: 0, mention: false };
    const mention = before.mention || Boolean(channelOf(channel)?.is_im) || mentionsMe(m);
    state.unread.set(channel, { count: before.count + 1, mention });
    emit("unread");
  }
  emit("messages", channel);
}

const mentionsMe = (m) => JSON.stringify([m.text, m.blocks]).includes(`<@${state.me}`);

export function markRead(channel) {
  if (state.unread.delete(channel)) emit("unread");
}

/** What Slack tells this person: an ephemeral message of its own, where and when it was said. */
export function addNotice({ channel, thread_ts: thread, ts, text, level = "info" }) {
  if (!channel || !channelOf(channel)) {
    emit("notice", { text, level });
    return;
  }
  const said = {
    ts: ts ?? String(sandboxNow()),
    ...(thread ? { thread_ts: thread } : {}),
    user: "SANDBOX",
    username: "Slackbot (simulated)",
    bot_id: "BSANDBOX",
    text,
    is_ephemeral: true,
    dismiss: () => dropNotice(channel, said.ts),
  };
  state.notices.set(channel, [...(state.notices.get(channel) ?? []), said]);
  emit("messages", channel);
  const here = state.channel === channel && !state.home && (state.thread ?? "") === (thread || "");
  if (!here) emit("toast", { text, level });
}

function dropNotice(channel, ts) {
  state.notices.set(
    channel,
    (state.notices.get(channel) ?? []).filter((n) => n.ts !== ts),
  );
  emit("messages", channel);
}

// ---- loading and following

export async function loadWorld() {
  state.world = await api.get("world");
  setSandboxNow(state.world.now);
  emit("world");
}

function setViews({ modals, home }) {
  state.modals = modals ?? [];
  state.homeView = home ?? null;
  emit("views");
}

export const loadViews = async () => setViews(await api.get("views", { as: state.me }));

export async function loadCalls() {
  const since = state.calls.at(-1)?.n ?? 0;
  const { calls } = await api.get("calls", { since });
  addCalls(calls);
}

function addCalls(calls) {
  const known = state.calls.at(-1)?.n ?? 0;
  const fresh = calls.filter((c) => c.n > known);
  if (!fresh.length) return;
  state.calls.push(...fresh);
  if (state.calls.length > 2000) state.calls.splice(0, state.calls.length - 2000);
  emit("calls", fresh);
}

const handlers = {
  message: receive,
  message_deleted: ({ channel, ts }) => {
    shelf(channel).messages.delete(ts);
    emit("messages", channel);
  },
  views: setViews,
  world: () => void loadWorld(),
  call: ({ call }) => addCalls([call]),
  notice: addNotice,
  status: ({ channel, thread_ts: thread, status, user: who }) => {
    const key = thread ? `${channel}:${thread}` : channel;
    if (status) state.statuses.set(key, { user: who ?? botId(), text: status });
    else state.statuses.delete(key);
    emit("status");
  },
};

let stop = () => {};

/** Become `id`: forget what the last user saw, follow the new one's live socket. */
export async function become(id) {
  stop();
  state.me = id;
  channels = new Map();
  state.unread = new Map();
  state.notices = new Map();
  state.statuses = new Map();
  state.modals = [];
  state.homeView = null;
  emit("me");
  let first = true;
  stop = api.live(
    id,
    (event) => handlers[event.type]?.(event),
    (connected) => {
      state.connected = connected;
      emit("connected");
      if (connected && !first) void refresh();
      first = false;
    },
  );
  await loadViews();
}

/** After a lost connection: read everything shown again. */
async function refresh() {
  await loadWorld();
  await Promise.all([loadViews(), loadCalls()]);
  for (const [id, here] of channels) {
    if (here.loaded) await loadChannel(id, { again: true });
    for (const ts of here.threads) await loadThread(id, ts, { again: true });
  }
}

// Speaks the control API and the live socket of the sandbox (docs/sandbox.md); knows nothing of what is shown.

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.detail ? `${body.error}: ${body.detail}` : (body?.error ?? `HTTP ${status}`));
    this.status = status;
    this.body = body;
  }
}

async function call(method, path, body, signal) {
  const options = { method, signal };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  const response = await fetch(`/control/${path}`, options);
  const text = await response.text();
  let answer = {};
  try {
    answer = text ? JSON.parse(text) : {};
  } catch {
    answer = { error: text.slice(0, 200) };
  }
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

export const get = (path, query = {}) => {
  const given = Object.entries(query).filter(([, v]) => v !== undefined && v !== null && v !== "");
  return call("GET", given.length ? `${path}?${new URLSearchParams(given)}` : path);
};
export const post = (path, body) => call("POST", path, body);
export const del = (path) => call("DELETE", path);

/** Upload one file with progress (0…1); `fields` are the other form fields. */
export function upload(fields, file, onProgress = () => {}) {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) if (value) form.append(key, value);
  if (file) form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/control/upload");
    request.upload.onprogress = (e) => e.lengthComputable && onProgress(e.loaded / e.total);
    request.onload = () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        answer = { error: request.responseText.slice(0, 200) };
      }
      if (request.status < 400) resolve(answer);
      else reject(new ApiError(request.status, answer));
    };
    request.onerror = () => reject(new ApiError(0, { error: "The sandbox does not answer" }));
    request.send(form);
  });
}

/** The live socket of one user; reconnects until closed. `onState(true)` is called after each (re)connection. */
export function live(user, onEvent, onState) {
  let socket = null;
  let closed = false;
  let wait = 300;
  const open = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}/control/live?as=${encodeURIComponent(user)}`);
    socket.onopen = () => {
      wait = 300;
      onState(true);
    };
    socket.onmessage = (event) => !closed && onEvent(JSON.parse(event.data));
    socket.onclose = () => {
      if (closed) return;
      onState(false);
      setTimeout(() => closed || open(), wait);
      wait = Math.min(wait * 1.7, 5000);
    };
  };
  open();
  return () => {
    closed = true;
    socket.close();
  };
}

export const fileUrl = (id) => `/control/files/${encodeURIComponent(id)}`;

/** Pictures in messages point at Slack's private addresses; a person sees them through the control API. */
export function pictureUrl(url) {
  const match = /\/slack\/files\/([^/]+)\//.exec(String(url ?? ""));
  return match ? fileUrl(match[1]) : url;
}

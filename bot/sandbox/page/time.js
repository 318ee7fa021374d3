// Turns Slack timestamps and `<!date^…>` templates into words in the reader's own time zone; knows no DOM.

const LOCALE = "en-US";
const format = (options) => new Intl.DateTimeFormat(LOCALE, options);
const TIME = format({ hour: "numeric", minute: "2-digit" });
const TIME_SECS = format({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const DATE = format({ month: "long", day: "numeric", year: "numeric" });
const DATE_SHORT = format({ month: "short", day: "numeric", year: "numeric" });
const DATE_LONG = format({ weekday: "long", month: "long", day: "numeric", year: "numeric" });
const DAY = format({ weekday: "long", month: "long", day: "numeric" });

const SHORT_DAY_TIME = format({ month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
const DAY_TIME = format({ weekday: "short", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });

let skipped = 0; // seconds the sandbox's clock is ahead of this computer's

export function setSandboxNow(seconds) {
  skipped = seconds - Date.now() / 1000;
}

export const sandboxNow = () => Date.now() / 1000 + skipped;
export const shortDayAndTime = (seconds) => SHORT_DAY_TIME.format(dateOf(seconds));
export const dayAndTime = (seconds) => DAY_TIME.format(dateOf(seconds));
export const dateOf = (ts) => new Date(Number(ts) * 1000);
export const clockTime = (ts) => TIME.format(dateOf(ts));
export const clockTimeSecs = (ts) => TIME_SECS.format(dateOf(ts));
export const fullTime = (ts) => `${DATE_LONG.format(dateOf(ts))} at ${TIME_SECS.format(dateOf(ts))}`;
export const dayKey = (ts) => dateOf(ts).toDateString();

function nearDay(seconds) {
  const days = Math.round((new Date(dayKey(seconds)) - new Date(dayKey(sandboxNow()))) / 86_400_000);
  return { 0: "Today", "-1": "Yesterday", 1: "Tomorrow" }[days] ?? null;
}

export const dayName = (ts) => nearDay(ts) ?? DAY.format(dateOf(ts));

function ordinal(text, date) {
  const day = date.getDate();
  const suffix = day % 100 >= 11 && day % 100 <= 13 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[day % 10] ?? "th");
  return text.replace(new RegExp(`\\b${day}\\b`), `${day}${suffix}`);
}

export function ago(seconds) {
  const gap = sandboxNow() - seconds;
  const units = [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ];
  for (const [unit, size] of units) {
    const n = Math.floor(Math.abs(gap) / size);
    if (n >= 1) return gap >= 0 ? `${n} ${unit}${n > 1 ? "s" : ""} ago` : `in ${n} ${unit}${n > 1 ? "s" : ""}`;
  }
  return "just now";
}

/** Fill the tokens of a `<!date^seconds^template>`; tokens nobody knows stay as they are. */
export function slackDate(seconds, template) {
  const date = dateOf(seconds);
  const pad = (n) => String(n).padStart(2, "0");
  const lower = (text) => text && text.toLowerCase();
  const tokens = {
    date_num: () => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`,
    date_slash: () => `${pad(date.getMonth() + 1)}/${pad(date.getDate())}/${date.getFullYear()}`,
    date: () => ordinal(DATE.format(date), date),
    date_short: () => DATE_SHORT.format(date),
    date_long: () => ordinal(DATE_LONG.format(date), date),
    date_pretty: () => lower(nearDay(seconds)) ?? ordinal(DATE.format(date), date),
    date_short_pretty: () => lower(nearDay(seconds)) ?? DATE_SHORT.format(date),
    date_long_pretty: () => lower(nearDay(seconds)) ?? ordinal(DATE_LONG.format(date), date),
    day_divider_pretty: () => dayName(seconds),
    time: () => TIME.format(date),
    time_secs: () => TIME_SECS.format(date),
    ago: () => ago(seconds),
  };
  const text = template.replace(/\{(\w+)\}/g, (all, name) => tokens[name]?.() ?? all);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

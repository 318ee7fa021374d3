// The data_visualization block: line, area, bar and pie charts as plain SVG.
import { h } from "../dom.js";
import { unknown } from "./elements.js";

const SVG = "http://www.w3.org/2000/svg";
const COLORS = ["#1f7a8c", "#e07a3f", "#7b5ea7", "#2e9e5b", "#c9405b", "#4a6fd0"];

function s(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const label = (v) => (typeof v === "object" && v ? (v.text ?? "") : String(v ?? ""));
const number = (n) => (Math.abs(n) >= 1000 ? n.toLocaleString("en-US") : String(Number(n.toPrecision(3))));

/** `chart: {type, series: [{name, data: [{label, value}]}]}` or, for pies, `segments: [{label, value}]`. */
export function chart(block) {
  const data = block.chart ?? block;
  const type = data.type === "data_visualization" ? data.chart_type : data.type;
  const series = (data.series ?? []).map((one) => ({
    name: label(one.name),
    points: (one.data ?? one.values ?? []).map((p, i) => ({
      label: label(p.label ?? data.axis_config?.categories?.[i] ?? i + 1),
      value: Number(p.value ?? p),
    })),
  }));
  const segments = (data.segments ?? []).map((p) => ({ label: label(p.label), value: Number(p.value) }));
  if (!segments.length && !series.some((one) => one.points.length)) return unknown(block);
  const picture = segments.length ? pie(segments) : axes(series, type);
  const names = segments.length ? segments.map((p) => p.label) : series.map((one) => one.name);
  return h(
    "figure",
    { class: "chart" },
    block.title ? h("figcaption", {}, label(block.title)) : null,
    picture,
    h(
      "div",
      { class: "chart-legend" },
      names.map((name, i) => h("span", {}, h("i", { style: { background: COLORS[i % COLORS.length] } }), name)),
    ),
  );
}

function axes(series, type) {
  const [w, high, left, bottom, top] = [480, 200, 44, 24, 10];
  const values = series.flatMap((one) => one.points.map((p) => p.value));
  const max = Math.max(...values, 0) || 1;
  const min = Math.min(...values, 0);
  const count = Math.max(...series.map((one) => one.points.length));
  const bars = type === "bar";
  const x = (i) => left + ((w - left - 8) * (bars ? i + 0.5 : count > 1 ? i / (count - 1) : 0.5)) / (bars ? count : 1);
  const y = (v) => top + (high - top - bottom) * (1 - (v - min) / (max - min));
  const root = s("svg", {
    viewBox: `0 0 ${w} ${high}`,
    role: "img",
    "aria-label": series
      .map((one) => `${one.name}: ${one.points.map((p) => `${p.label} ${number(p.value)}`).join(", ")}`)
      .join("; "),
  });
  for (const t of [0, 0.5, 1]) {
    const v = min + (max - min) * t;
    root.append(
      s("line", { x1: left, x2: w - 8, y1: y(v), y2: y(v), class: "chart-grid" }),
      s("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end", class: "chart-text" }, number(v)),
    );
  }
  const step = Math.ceil(count / 8);
  series[0].points.forEach(
    (p, i) =>
      i % step === 0 &&
      root.append(s("text", { x: x(i), y: high - 6, "text-anchor": "middle", class: "chart-text" }, p.label)),
  );
  series.forEach((one, n) => {
    const color = COLORS[n % COLORS.length];
    if (bars) {
      const width = ((w - left) / count / series.length) * 0.7;
      one.points.forEach((p, i) =>
        root.append(
          s("rect", {
            x: x(i) + (n - series.length / 2) * width,
            y: Math.min(y(p.value), y(0)),
            width,
            height: Math.abs(y(0) - y(p.value)),
            rx: 2,
            fill: color,
          }),
        ),
      );
      return;
    }
    const line = one.points.map((p, i) => `${i ? "L" : "M"}${x(i)},${y(p.value)}`).join("");
    if (type === "area")
      root.append(
        s("path", {
          d: `${line}L${x(one.points.length - 1)},${y(min)}L${x(0)},${y(min)}Z`,
          fill: color,
          opacity: 0.18,
        }),
      );
    root.append(s("path", { d: line, fill: "none", stroke: color, "stroke-width": 2.2, "stroke-linejoin": "round" }));
  });
  return root;
}

function pie(segments) {
  const total = segments.reduce((sum, p) => sum + p.value, 0) || 1;
  const root = s("svg", {
    viewBox: "-110 -110 220 220",
    class: "chart-pie",
    role: "img",
    "aria-label": segments.map((p) => `${p.label} ${number(p.value)}`).join(", "),
  });
  let at = -Math.PI / 2;
  segments.forEach((p, i) => {
    const end = at + Math.min(p.value / total, 0.99999) * 2 * Math.PI;
    const big = end - at > Math.PI ? 1 : 0;
    const point = (a) => `${100 * Math.cos(a)},${100 * Math.sin(a)}`;
    root.append(
      s("path", { d: `M0,0L${point(at)}A100,100 0 ${big} 1 ${point(end)}Z`, fill: COLORS[i % COLORS.length] }),
    );
    at = end;
  });
  return root;
}

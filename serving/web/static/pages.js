// What script adds to pages that work without it: a chart that tells its values under the
// pointer, buttons that say they are busy, and focus on the decision once it is made.
"use strict";

const BUSY_AGAIN_AFTER_MS = 60000; // the server gives up on a plan before that

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Time-of-use shades below the series, limits and the issue time above them.
function drawShades(data) {
  return (plot) => {
    const { ctx, bbox } = plot;
    for (const span of data.spans) {
      if (span.role === "off-peak") continue;
      const left = Math.max(plot.valToPos(span.start, "x", true), bbox.left);
      const right = Math.min(plot.valToPos(span.end, "x", true), bbox.left + bbox.width);
      ctx.fillStyle = colour(`shade-${span.role}`);
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
  };
}

function drawLimits(data) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.lineWidth = 1.8 * devicePixelRatio;
    for (const line of data.lines) {
      const y = plot.valToPos(line.kw, "y", true);
      ctx.strokeStyle = colour(line.role);
      ctx.setLineDash(line.role === "floor" ? [8 * devicePixelRatio, 4 * devicePixelRatio] : []);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    const x = plot.valToPos(data.issue_time, "x", true);
    ctx.strokeStyle = colour("quiet");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  };
}

function seriesOptions(data) {
  const stepped = uPlot.paths.stepped({ align: 1 });
  const looks = {
    measured: { stroke: colour("measured"), width: 1.8 },
    median: { stroke: colour("median"), width: 1.8, dash: [5, 3] },
    planned: { stroke: colour("planned"), width: 2.2 },
  };
  return data.series.map((series) => ({
    label: series.label,
    paths: stepped,
    points: { show: false },
    ...(looks[series.role] ?? { stroke: "transparent", width: 0 }),
  }));
}

function position(data, role) {
  return data.series.findIndex((series) => series.role === role) + 1; // 0 is the time
}

function tellValues(data, figure) {
  const language = document.documentElement.lang;
  const clock = new Intl.DateTimeFormat(language, {
    timeZone: data.timezone, month: "short", day: "numeric", weekday: "short",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const power = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const readout = figure.querySelector(".readout");
  readout.hidden = false;
  return (plot) => {
    const at = plot.cursor.idx;
    if (at == null) {
      readout.textContent = "";
      return;
    }
    const parts = [clock.format(new Date(data.times[at] * 1000))];
    for (const series of data.series) {
      const told = !series.role.startsWith("q") && series.kw[at] != null;
      if (told) parts.push(`${series.label} ${power.format(series.kw[at])} kW`);
    }
    const low = data.series[position(data, "q0.1") - 1].kw[at];
    const high = data.series[position(data, "q0.9") - 1].kw[at];
    if (low != null) parts.push(`80% ${power.format(low)}–${power.format(high)} kW`);
    readout.textContent = parts.join(" · ");
  };
}

function chartOptions(data, figure, width) {
  const language = document.documentElement.lang;
  const day = new Intl.DateTimeFormat(language, {
    timeZone: data.timezone, month: "numeric", day: "numeric", weekday: "short",
  });
  const clock = new Intl.DateTimeFormat(language, {
    timeZone: data.timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: colour("quiet"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line") }, font };
  return {
    width,
    height: width < 600 ? 280 : 360,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.timezone),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: [0, data.top_kw] } },
    axes: [
      {
        ...axis,
        space: width < 600 ? 70 : 60,
        values: (plot, splits) => splits.map((seconds) => {
          const label = clock.format(new Date(seconds * 1000));
          return label === "00:00" ? `${label}\n${day.format(new Date(seconds * 1000))}` : label;
        }),
      },
      { ...axis, size: 56, values: (plot, splits) => splits.map((kw) => kw.toLocaleString(language)) },
    ],
    series: [{}, ...seriesOptions(data)],
    bands: [
      { series: [position(data, "q0.95"), position(data, "q0.05")], fill: colour("band-wide") },
      { series: [position(data, "q0.9"), position(data, "q0.1")], fill: colour("band-narrow") },
    ],
    hooks: {
      drawClear: [drawShades(data)],
      draw: [drawLimits(data)],
      setCursor: [tellValues(data, figure)],
    },
  };
}

async function replaceDrawing(figure) {
  const place = figure.querySelector(".plot");
  const answer = await fetch(place.dataset.chart);
  if (!answer.ok) return; // the drawing stays
  const data = await answer.json();
  const series = [data.times, ...data.series.map((one) => one.kw)];
  const drawings = [...place.children];
  let plot = null;
  const show = () => {
    plot?.destroy();
    plot = new uPlot(chartOptions(data, figure, place.clientWidth), series, place);
  };
  show();
  for (const drawing of drawings) drawing.remove();
  plot.root.setAttribute("role", "img");
  plot.root.setAttribute("aria-label", drawings[0].getAttribute("aria-label"));
  figure.dataset.live = "true";
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  addEventListener("resize", () => {
    if (place.clientWidth !== plot.width) show();
  });
}

function sayBusy(event) {
  const button = event.target.querySelector("button[data-busy]");
  if (!button) return;
  const text = button.textContent;
  // Disabled only after the form is on its way, or the browser would not send it.
  setTimeout(() => {
    button.disabled = true;
    button.textContent = button.dataset.busy;
  });
  setTimeout(() => {
    button.disabled = false;
    button.textContent = text;
  }, BUSY_AGAIN_AFTER_MS);
}

document.addEventListener("submit", sayBusy);
document.addEventListener("htmx:after:swap", () => {
  const decision = document.getElementById("decision");
  if (decision && !decision.contains(document.activeElement)) decision.focus();
});
if (window.uPlot) document.querySelectorAll("figure.chart").forEach(replaceDrawing);

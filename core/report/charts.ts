/** Charts as SVG, drawn when a page is written: nothing of them is left to whoever reads it. */
import type { TopLevelSpec } from "vega-lite";
import { html, type Markup } from "./markup.js";

/** In pixels: of what is plotted, and of the room around it for axes. */
export interface ChartRoom {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Charts are as wide as a phone has room for; beside each other where there is more. */
const usualRoom: ChartRoom = { width: 286, height: 170, left: 44, right: 12, top: 12, bottom: 40 };

/** Colours of the page, by names of its style sheet: what is drawn once is seen light and dark. */
export const colours = Array.from({ length: 8 }, (_, at) => `var(--s${at})`);

const ink = { labelColor: "var(--dim)", titleColor: "var(--dim)" } as const;
const lines = { gridColor: "var(--line)", domainColor: "var(--line)", tickColor: "var(--line)" } as const;

/** The look that all charts have in common. Legends are the page's own: words that wrap. */
const look = {
  axis: {
    ...ink,
    ...lines,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: "normal",
    labelFont: "inherit",
    titleFont: "inherit",
  },
  view: { stroke: null },
  text: { font: "inherit", fontSize: 11 },
  legend: { disable: true },
} as const;

/**
 * Draws a chart.
 *
 * @param spec of Vega-Lite, without size, background and look; names of strangers may stand in its data, and nowhere else
 * @param title what is seen, for those who do not see it
 */
export async function drawChart(spec: object, title: string, room: ChartRoom = usualRoom): Promise<Markup> {
  // Loaded when a page is written, not with fgkd.
  const [{ parse, View }, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const { width, height, left, right, top, bottom } = room;
  const whole = {
    ...spec,
    width,
    height,
    // Without a canvas the width of a text is guessed; nothing here depends on it.
    autosize: { type: "none" },
    padding: { left, right, top, bottom },
    background: null,
    config: { ...look, aria: false },
  };
  // Specs are built here, from parts that Vega-Lite's own types would have to be told one by one.
  const view = new View(parse(compile(whole as unknown as TopLevelSpec).spec), { renderer: "none" });
  try {
    const [box, inside] = [[left + width + right, top + height + bottom], await view.toSVG()] as const;
    const from = inside.indexOf(">") + 1;
    const drawn: Markup = { markup: inside.slice(from) };
    return html`<svg role="img" aria-label="${title}" width="${box[0]}" height="${box[1]}" viewBox="0 0 ${box[0]} ${box[1]}">${drawn}`;
  } finally {
    view.finalize();
  }
}

/** A chart with its words below. */
export function figure(chart: Markup, caption: Markup): Markup {
  return html`<figure>${chart}<figcaption>${caption}</figcaption></figure>`;
}

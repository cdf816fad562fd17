/** The page: one file of HTML that needs nothing else, neither scripts nor anything from elsewhere. */
import { calibrationSection } from "./calibration.js";
import { classSection } from "./classes.js";
import { comparisonSection } from "./comparison.js";
import { hardestSection, pairSection } from "./confusions.js";
import { curveFigures } from "./curves.js";
import { type Content, html, type Markup, nameOf } from "./markup.js";
import {
  adviceList,
  answerTable,
  noticeLists,
  settingTables,
  stageTable,
  timeAndMemory,
  whatWasRun,
} from "./overview.js";
import { style } from "./style.js";
import type { ReportedComparison, ReportedRun } from "./subject.js";

/** Nothing may be loaded, and nothing may run, whatever a name of a stranger pretends to be. */
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/**
 * A page about a run, or about several beside each other.
 *
 * @param runs one at least
 * @param comparisons of the later ones with the first
 * @returns a document of HTML
 */
export async function reportPage(
  runs: readonly ReportedRun[],
  comparisons: readonly ReportedComparison[] = [],
): Promise<string> {
  const [only, ...others] = runs;
  const title = others.length === 0 ? (only?.name ?? "") : `${runs.length} runs`;
  const body =
    only && others.length === 0
      ? await partsOf(only, 2)
      : html`${section("comparison", "Beside each other", await comparisonSection(runs, comparisons))}
        ${await Promise.all(runs.map(async (run) => html`<details class="run"><summary><h2>${nameOf(run.name)}</h2></summary>${await partsOf(run, 3)}</details>`))}`;
  return documentOf(title, "fgkd report", body);
}

/**
 * A whole document of HTML around what it tells.
 *
 * @param command that writes it
 */
export function documentOf(title: string, command: string, body: Content): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="color-scheme" content="light dark">
<title>${title} · ${command}</title><style>${{ markup: style }}</style></head>
<body><main><header><p class="dim">${command}</p><h1>${nameOf(title)}</h1></header>
${body}
</main></body></html>
`.markup;
}

async function partsOf(run: ReportedRun, level: 2 | 3): Promise<Markup> {
  const { answers } = run;
  const titles = new Map(run.stages.map(({ stage, title }) => [stage, title]));
  const part = (id: string, title: string, content: Content) => section(id, title, content, level);
  return html`${part("run", "What was run", whatWasRun(run))}
    ${part("notices", "To be known", noticeLists(run))}
    ${part("results", "Results", (answers || run.stages.length > 0) && html`${answers && answerTable(answers)}${stageTable(run)}`)}
    ${part("advice", "Advice", adviceList(run))}
    ${part("curves", "How it went", run.history.length > 0 && (await curveFigures(run.history, titles)))}
    ${part("confused", "Most confused", answers && pairSection(answers))}
    ${part("hardest", "Highest loss", answers && answers.hardest.length > 0 && hardestSection(answers))}
    ${part("classes", "Class by class", answers && (await classSection(answers.measures)))}
    ${part("calibration", "Is it as sure as it is right?", answers && (await calibrationSection(answers.measures)))}
    ${part("time", "Time and memory", run.stages.length > 0 && timeAndMemory(run))}
    ${part("settings", "Settings", run.settings.length > 0 && settingTables(run))}`;
}

/** Nothing where it has no content. */
function section(id: string, title: string, content: Content, level: 2 | 3 = 2): Markup | null {
  if (!content) return null;
  // Several runs have the same sections: there they need no address.
  return level === 2
    ? html`<section id="${id}"><h2>${title}</h2>${content}</section>`
    : html`<section class="${id}"><h3>${title}</h3>${content}</section>`;
}

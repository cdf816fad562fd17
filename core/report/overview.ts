/** What was run, and what it came to: facts, the table of stages, time and memory, settings. */
import { wilsonInterval } from "../measures/share.js";
import { between, count, duration, inWords, percent } from "../values/wording.js";
import { type Content, html, type Markup, nameOf } from "./markup.js";
import type { ReportedAnswers, ReportedRun, ReportedStage } from "./subject.js";
import { tableOf } from "./table.js";
import { brief, large, size } from "./words.js";

/** Preset, engine, data, models. */
export function whatWasRun(run: ReportedRun): Markup {
  const { preset, manifest, images, models } = run;
  const splits = Object.entries(images).filter(([, number]) => number > 0);
  const classes = manifest?.classes.length;
  const facts: readonly (readonly [string, Content])[] = [
    ["method", html`<b>${nameOf(preset.name)}</b>${preset.summary !== undefined && html`: ${preset.summary}`}`],
    ...(manifest
      ? [
          ["seed", manifest.seed] as const,
          ["engine", `${manifest.engine}, fgkd ${manifest.fgkd}, Node.js ${manifest.node}`] as const,
        ]
      : []),
    ["classes", classes === undefined ? null : count(classes, "class")],
    ["images", splits.map(([split, number]) => `${number.toLocaleString("en")} ${split}`).join(", ") || null],
    ["data", placesOf(run)],
    ...models.map(({ name, backbone, parameters, bytes }): readonly [string, Content] => [
      `model ${name}`,
      html`${backbone !== undefined && html`${nameOf(backbone)}, `}${large(parameters)} numbers, ${size(bytes)}`,
    ]),
  ];
  const shown = facts.filter(([, value]) => value !== null);
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div><dt>${nameOf(name)}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function placesOf({ settings }: ReportedRun): Content {
  const names = [
    ...new Set(settings.filter(({ path }) => /(^|\.)data\.(path|name)$/.test(path)).map(({ value }) => String(value))),
  ];
  return names.length === 0 ? null : names.map((name, at) => html`${at > 0 && ", "}${nameOf(name)}`);
}

/** A line a stage. Where it is known on how many images, the interval of 95 % that so few or many images leave. */
export function stageTable({ stages, images, manifest }: ReportedRun): Markup | null {
  if (stages.length === 0) return null;
  const measured = [...new Set(stages.flatMap((stage) => Object.keys(stage.measured)))].filter(
    (name) => !name.includes("/"),
  );
  const rows = stages.map((stage) => [
    nameOf(stage.title),
    nameOf(stage.role),
    stage.epochs,
    stage.split ?? "–",
    percent(stage.accuracy),
    intervalOf(stage, images),
    percent(stage.best),
    ...measured.map((name) => brief(stage.measured[name] ?? undefined)),
    manifest?.seconds[stage.stage] === undefined ? "–" : duration(manifest.seconds[stage.stage] as number),
  ]);
  const heads = [
    "stage",
    "trains",
    "epochs",
    "measured on",
    "accuracy",
    "95 % interval",
    "best epoch",
    ...measured.map(inWords),
    "time",
  ];
  const means = stages.some(({ meanOf }) => meanOf > 1);
  return html`${tableOf("stages", heads, rows)}
    ${means && html`<p class="dim">Accuracies are means of the last epochs that were measured; the interval is that of one test on as many images.</p>`}`;
}

function intervalOf({ accuracy, split, images: kept }: ReportedStage, images: ReportedRun["images"]): string {
  const number = kept ?? (split && images[split]);
  return accuracy === null || !number ? "–" : between(wilsonInterval((accuracy / 100) * number, number));
}

/** Accuracies of the models that were asked for this page. */
export function answerTable({ model, split, testTime, measures, teacher }: ReportedAnswers): Markup {
  const { images, top1, top5, macroAccuracy, ranks, calibration } = measures;
  const share = (
    name: Content,
    { accuracy, interval }: { readonly accuracy: number; readonly interval: readonly [number, number] },
    note: Content = "",
  ) => [name, percent(accuracy), between(interval), note];
  const rows = [
    share("top-1", top1),
    ...(top5 ? [share("top-5", top5)] : []),
    ["mean over classes", percent(macroAccuracy), "", ""],
    ...ranks.map((one) => share(html`by ${nameOf(one.rank)}`, one, count(one.groups, "group"))),
    ["calibration error", percent(calibration.error), "", ""],
    ...(teacher
      ? [
          share(
            html`same as ${nameOf(teacher.model)}`,
            teacher.agreement,
            `itself ${percent(teacher.top1.accuracy)} right`,
          ),
        ]
      : []),
  ];
  return html`<p><b class="number">${percent(top1.accuracy)}</b> of ${count(images, `${split} image`)} right:
    ${nameOf(model)}${testTime !== null && html`, ${testTime}`}. The interval says how far chance may have moved it, these being so many images and no others.</p>
    ${tableOf("accuracies", ["measure", "value", "95 % interval", ""], rows)}`;
}

/** By stage how long it took, how fast it went, how long it waited; and the memory. */
export function timeAndMemory({ stages, manifest, peakMemory }: ReportedRun): Markup {
  const rows = stages.map(({ stage, title, dataWait }) => {
    const [seconds, images] = [manifest?.seconds[stage], manifest?.images[stage]];
    return [
      nameOf(title),
      seconds === undefined ? "–" : duration(seconds),
      images === undefined ? "–" : images.toLocaleString("en"),
      seconds && images ? (images / seconds).toFixed(images / seconds < 10 ? 1 : 0) : "–",
      dataWait === undefined ? "–" : percent(100 * dataWait),
    ];
  });
  return html`${tableOf("time", ["stage", "time", "images trained on", "images a second", "waited for data"], rows)}
    <p>${peakMemory === null ? "How much memory it took is not kept." : html`At most ${size(peakMemory)} of memory were in use by the process that trained.`}
    <span class="dim">Times include the tests after epochs.</span></p>`;
}

/** What was said otherwise than by default comes first; the rest unfolds. */
export function settingTables({ settings }: ReportedRun): Markup {
  const row = ({ path, value, origin }: ReportedRun["settings"][number]) => [
    html`<code>${nameOf(path)}</code>`,
    html`<code>${nameOf(typeof value === "string" ? value : (JSON.stringify(value) ?? ""))}</code>`,
    nameOf(origin),
  ];
  const said = settings.filter(({ origin }) => origin !== "default");
  const rest = settings.filter(({ origin }) => origin === "default");
  const table = (name: string, of: readonly ReportedRun["settings"][number][]) =>
    tableOf(name, ["setting", "value", "from"], of.map(row));
  return html`<details><summary>${count(said.length, "setting")} that somebody chose</summary>${table("chosen settings", said)}</details>
    <details><summary>${count(rest.length, "default")}</summary>${table("defaults", rest)}</details>`;
}

/** What the run said while it trained, and what the page lacks. */
export function noticeLists({ warnings, missing, manifest }: ReportedRun): Markup | null {
  const all = [...missing, ...(manifest?.forced ?? []).map((words) => `It changed midway: ${words}.`), ...warnings];
  if (all.length === 0) return null;
  return html`<ul class="notices">${all.map((words) => html`<li>${words.slice(0, 2000)}</li>`)}</ul>`;
}

/** What to do about it. */
export function adviceList({ advice }: ReportedRun): Markup | null {
  return advice.length === 0 ? null : html`<ul class="notices">${advice.map((words) => html`<li>${words}</li>`)}</ul>`;
}

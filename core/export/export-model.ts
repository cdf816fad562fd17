/** `exportModel`: a trained model for other software, compared with fgkd's answers before it is kept. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Config } from "../config/config.js";
import type { GivenImage } from "../data/given.js";
import { simplified } from "../graph/simplify.js";
import { traceModel } from "../graph/trace.js";
import type { PluginOption } from "../lifecycle/plugin.js";
import type { Precision } from "../onnx/precision.js";
import { builtInPlugins } from "../prediction/built-in.js";
import { type ModelCalibration, toldCalibration } from "../prediction/calibration.js";
import { type OpenModels, openModels } from "../prediction/open-models.js";
import { asStorage } from "../store/storage.js";
import { unfinished } from "../values/artifacts.js";
import { invalidOption, pathProblem, unknownName } from "../values/errors.js";
import { type Logger, silentLogger } from "../values/logger.js";
import { shellWord } from "../values/words.js";
import { aboutExport } from "./about.js";
import { checkImages } from "./check-images.js";
import type { Exporter, ExportSubject } from "./exporter.js";
import { exporters } from "./exporters.js";
import { checkParity, type Parity } from "./parity.js";
import { withProbabilities } from "./probabilities.js";

export interface ExportOptions {
  /** A format of fgkd's, or one of yours. */
  readonly to: string | Exporter;
  /** Where it is written: nothing may be there. Default: the model's name, here. */
  readonly out?: string | undefined;
  /** The folder that it is meant from. Default: that of the process. */
  readonly from?: string | undefined;
  /** Which model of a run, `teacher` or `student@ema`. Default: the student, or the only one that was trained. */
  readonly role?: string | undefined;
  /** Of weights. Default `fp32`. */
  readonly precision?: Precision | undefined;
  /** On which images its answers are compared: places, bytes or pixels. Default: the run's own test images, or drawn ones. */
  readonly images?: readonly GivenImage[] | undefined;
  /** On how many. Default 100. */
  readonly count?: number | undefined;
  /** Kept without a comparison, which the file then says. Default false. */
  readonly unchecked?: boolean | undefined;
  /** Whether its calibration counts, where it has one for images as they are. Default true. */
  readonly calibrated?: boolean | undefined;
  /** The terms under which it may be used: a name of SPDX, or words. Default: it says nothing. */
  readonly license?: string | undefined;
  /** The engine that is started. Default: the run's, or `auto`; `null`: none, since one runs already. */
  readonly engine?: Config["engine"] | null;
  /** What registers the network and its images. Default: every plugin that fgkd brings. */
  readonly plugins?: PluginOption;
  /** Default: nobody is told. */
  readonly logger?: Logger;
  /** Once it is aborted, the export ends with its reason before the next batch of images, and leaves nothing behind. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of an export. */
export interface ExportReport {
  /** The file, or the folder. */
  readonly place: string;
  readonly to: string;
  readonly classes: readonly string[];
  /** By which its probabilities come about; `null` where it has none. */
  readonly calibration: ModelCalibration | null;
  /** How near its answers are to the model's; absent where they were not compared. */
  readonly parity?: Parity;
  /** Lines of code that load it, where the format has some. */
  readonly loader?: string;
}

/**
 * Exports one model: network, weights, class names, preprocessing, and what the run says of it. It is written beside its place, opened by
 * the software that its users have, and asked about real images; only what answers as the model does is moved to its place.
 *
 * @param path of a run folder, of a file in its `models/`, or of such a file wherever it was taken
 * @throws FGKD_EXPORT_MISMATCH, FGKD_NOT_EXPORTABLE, FGKD_INVALID_OPTION, FGKD_UNKNOWN_NAME, FGKD_PATH, FGKD_STORAGE, and what
 *   `loadModel` throws
 * @example
 * const { place, parity } = await exportModel("runs/dadkd-1", { to: "onnx" });
 */
export async function exportModel(path: string, options: ExportOptions): Promise<ExportReport> {
  const { role, engine, logger = silentLogger } = options;
  const exporter = chosen(options.to);
  const precision = checkedPrecision(exporter, options.precision ?? "fp32");
  const opened = await openModels(path, {
    plugins: options.plugins ?? (await builtInPlugins()),
    roles: role === undefined ? undefined : [role],
    ensembler: { name: "mean-logits" },
    layers: engine == null ? [] : [{ origin: "exportModel()", config: { engine } }],
    startsEngine: engine !== null,
    logger,
  });
  try {
    const subject = await subjectOf(opened, { ...options, precision });
    const name = options.out ?? `${subject.owner}${exporter.extension || `-${exporter.name}`}`;
    const place = resolve(options.from ?? "", name);
    if (existsSync(place))
      throw pathProblem(place, "there is something already", "Take it away, or name another place with --out.");
    const parity = await written(exporter, subject, place, opened, options);
    const loader = exporter.loader?.(place, subject.about);
    const { classes, calibration = null } = subject.about;
    return {
      place,
      to: exporter.name,
      classes,
      calibration,
      ...(parity && { parity }),
      ...(loader !== undefined && { loader }),
    };
  } finally {
    await opened.close();
  }
}

function chosen(to: string | Exporter): Exporter {
  if (typeof to !== "string") return to;
  const found = exporters.find(({ name }) => name === to);
  if (!found)
    throw unknownName(
      "export format",
      to,
      exporters.map(({ name }) => name),
      "One of yours is given to exportModel() itself.",
    );
  return found;
}

function checkedPrecision({ name, precisions }: Exporter, precision: Precision): Precision {
  if (precisions.includes(precision)) return precision;
  throw invalidOption(`export ${name}`, "precision", `one of ${precisions.join(", ")}`, precision, "Or leave it out.");
}

async function subjectOf(
  opened: OpenModels,
  options: ExportOptions & { readonly precision: Precision },
): Promise<ExportSubject> {
  const [first, ...others] = opened.models;
  // There is one at least.
  const { role: owner, model } = first as NonNullable<typeof first>;
  if (others.length > 0) {
    const names = opened.models.map(({ role }) => role);
    throw invalidOption(
      "export",
      "role",
      `one of ${names.join(", ")}`,
      options.role,
      "Each member has a file of its own.",
    );
  }
  // A graph is asked about images as they are, without mirror images or crops.
  const way = { models: [owner], ensembler: null, testTime: null };
  const calibration =
    options.calibrated === false ? null : toldCalibration(opened, way, options.logger ?? silentLogger);
  const traced = simplified(await traceModel(owner, model, { size: opened.settings.input.crop, also: ["features"] }));
  const graph = withProbabilities(traced, calibration?.temperature);
  const about = aboutExport(opened, { ...options, calibration, checked: options.unchecked !== true });
  return { owner, model, graph, about, precision: options.precision };
}

/** Beside its place, until it is known to be right. */
async function written(
  exporter: Exporter,
  subject: ExportSubject,
  place: string,
  opened: OpenModels,
  options: ExportOptions,
): Promise<Parity | undefined> {
  const { logger = silentLogger, unchecked = false } = options;
  const temporary = `${place}.${randomBytes(4).toString("hex")}${unfinished}`;
  try {
    asStorage(place, () => mkdirSync(dirname(place), { recursive: true }));
    options.signal?.throwIfAborted();
    await exporter.write(subject, temporary);
    options.signal?.throwIfAborted();
    const parity = unchecked ? undefined : await compared(exporter, subject, { temporary, place }, opened, options);
    if (unchecked) logger.warn(`Nobody has compared the answers of ${shellWord(place)} with the model's; it says so.`);
    asStorage(place, () => renameSync(temporary, place));
    return parity;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function compared(
  exporter: Exporter,
  subject: ExportSubject,
  { temporary, place }: { readonly temporary: string; readonly place: string },
  opened: OpenModels,
  { images: given, count = 100, logger = silentLogger, signal }: ExportOptions,
): Promise<Parity> {
  const { model, precision, about } = subject;
  const asked = await exporter.open(temporary, subject);
  try {
    const images = await checkImages(opened, given, count, logger);
    try {
      const { input } = opened.settings;
      const temperature = about.calibration?.temperature;
      return await checkParity({ model, asked, temperature, images, input, count, precision, file: place, signal });
    } finally {
      await images.close();
    }
  } finally {
    await asked.close();
  }
}

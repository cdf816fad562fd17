/** `fgkd explain MODEL… IMAGES…`: where trained models look on images. */

import { basename, resolve } from "node:path";
import {
  type ExplainedImage,
  type Explainer,
  type GivenImage,
  invalidConfig,
  loadExplainer,
  named,
} from "../../index.js";
import type { ExplainArguments } from "../arguments.js";
import type { Declaring } from "../declaring.js";
import { type Environment, lineLogger, print } from "../environment.js";
import { engineAsked, pluginsFor } from "../model-command.js";
import { unheard } from "../predict/predict-command.js";
import { count, visibleJson } from "../terminal/text.js";
import { createWriter } from "../terminal/writer.js";
import { type AskedImage, drawnBirds, imageFiles, modelsFirst } from "./explain-images.js";
import { withExplainOptions } from "./explain-options.js";
import { testedImages } from "./explain-parts.js";
import { pictureFolder } from "./explain-pictures.js";
import { explainedText, imageJson, meanShares, sharesTable, type ToldImage } from "./explain-text.js";

/**
 * @param heads of the columns. Default: what tells them apart, roles or runs
 * @returns the exit code
 */
export async function explainCommand(
  places: readonly string[],
  given: ExplainArguments,
  environment: Environment,
  heads?: readonly string[],
): Promise<number> {
  const { cwd } = environment;
  const [models, files] = modelsFirst(places, cwd);
  const { warn } = lineLogger(environment);
  let problems = 0;
  const tell = (problem: string) => {
    problems += 1;
    warn(problem);
  };
  const images = await imagesAsked(resolve(cwd, models[0] as string), files, given, environment, tell);
  const explainers: Asked[] = [];
  try {
    for (const model of models) explainers.push(await load(model, images, given, environment, explainers.length === 0));
    const columns = heads ?? columnsOf(models, explainers);
    const code = await explainAll(images, explainers, columns, given, environment, tell);
    if (problems > 0) warn(`${count(problems, "problem")} among ${count(images.length, "image")}: see above.`);
    return code === 0 && problems > 0 ? 1 : code;
  } finally {
    for (const { explainer } of explainers) await explainer.dispose();
  }
}

function imagesAsked(
  model: string,
  files: readonly string[],
  given: ExplainArguments,
  environment: Environment,
  tell: (problem: string) => void,
): Promise<readonly AskedImage[]> {
  const { drawn, tested } = given;
  const option = drawn === undefined ? "--tested" : "--drawn";
  if (drawn === undefined && tested === undefined) return imageFiles(files, environment, tell);
  const besides = files[0] ?? (drawn !== undefined && tested !== undefined ? "--tested" : undefined);
  if (besides !== undefined) throw invalidConfig(option, `${besides} is named, too`, "Leave one of them out.");
  if (drawn !== undefined) return drawnBirds(model, drawn, environment);
  return testedImages(model, tested as number, given, environment);
}

/** Models of one place, and the images as they are given to them. */
interface Asked {
  readonly explainer: Explainer;
  readonly given: readonly GivenImage[];
}

async function load(
  place: string,
  images: readonly AskedImage[],
  given: ExplainArguments,
  environment: Environment,
  isFirst: boolean,
): Promise<Asked> {
  const { role, method, map, batchSize } = given;
  const path = resolve(environment.cwd, place);
  const known = new Map<GivenImage, AskedImage>();
  const explainer: Explainer = await loadExplainer(path, {
    roles: role?.split(","),
    method,
    map,
    batchSize,
    // One engine runs for all of them: that of the first.
    engine: isFirst ? engineAsked(given) : null,
    classOf: classAsked(given, (image) => known.get(image)?.className(explainer.classes)),
    plugins: await pluginsFor(path, given, environment),
    logger: lineLogger(environment),
  });
  const all = images.map((image) => image.given(explainer));
  for (const [index, image] of images.entries()) known.set(all[index] as GivenImage, image);
  return { explainer, given: all };
}

/** As an explainer takes it. */
function classAsked({ class: asked }: ExplainArguments, own: (image: GivenImage) => string | undefined) {
  if (asked === "predicted") return undefined;
  return asked === "true" ? own : asked;
}

/** What tells them apart: the role, the run, or both; of runs with one name, the places that were given. */
function columnsOf(models: readonly string[], explainers: readonly Asked[]): readonly string[] {
  const names = models.map((model) => basename(model).replace(/\.safetensors$/, ""));
  const runs = new Set(names).size === names.length ? names : models;
  return explainers.flatMap(({ explainer: { roles } }, index) => {
    if (explainers.length === 1) return roles;
    const run = runs[index] as string;
    return roles.length === 1 ? [run] : roles.map((role) => `${run} ${role}`);
  });
}

async function explainAll(
  images: readonly AskedImage[],
  explainers: readonly Asked[],
  columns: readonly string[],
  given: ExplainArguments,
  environment: Environment,
  tell: (problem: string) => void,
): Promise<number> {
  const wantsPictures = given.out !== undefined || !given.json;
  const folder = wantsPictures ? await pictureFolder(columns, given, environment) : undefined;
  const writer = createWriter(environment);
  // Pictures and maps of one image alone are in memory at a time.
  const documents: object[] = [];
  const onParts: Pick<ToldImage, "shares" | "area">[] = [];
  let shown = 0;
  try {
    for await (const [image, found] of sideBySide(images, explainers)) {
      const problem = found.map((one) => one.problem).find((one) => one !== undefined);
      if (problem !== undefined) {
        tell(`${named(image.name)}: ${problem}`);
        continue;
      }
      const one = toldImage(image, found, explainers);
      shown += 1;
      await folder?.add(image.name, one.seen);
      const { shares, area } = one;
      if (shares && area) onParts.push({ shares, area });
      if (given.json) documents.push(imageJson(one, columns));
      else if (!(await writer.write(explainedText(one, columns, environment)))) return unheard;
    }
  } finally {
    writer.close();
  }
  const parts = meanShares(onParts, columns);
  if (given.json) print(environment, visibleJson({ columns, images: documents, ...(parts && { parts }) }));
  else if (parts) print(environment, `\n${sharesTable(parts, environment)}`);
  if (folder && shown > 0) {
    const rows = await folder.finish();
    const all = rows < shown ? `the first ${rows} images` : "them all";
    if (!given.json) print(environment, `\nPictures: ${folder.path} (grid.png has ${all})`);
  }
  return 0;
}

/** Each image with what came of it, from all explainers. */
async function* sideBySide(images: readonly AskedImage[], explainers: readonly Asked[]) {
  const streams = explainers.map(({ explainer, given }) => explainer.stream(given));
  try {
    for (const image of images) {
      const found: ExplainedImage[] = [];
      for (const stream of streams) {
        const next = await stream.next();
        if (!next.done) found.push(next.value);
      }
      yield [image, found] as const;
    }
  } finally {
    for (const stream of streams) await stream.return();
  }
}

function toldImage(image: AskedImage, found: readonly ExplainedImage[], explainers: readonly Asked[]): ToldImage {
  const seen = found.flatMap((one) =>
    one.problem === undefined ? one.explanations.map((explanation) => ({ picture: one.picture, explanation })) : [],
  );
  const owners = explainers.flatMap(({ explainer }) => explainer.roles.map(() => explainer));
  const all = seen.map(({ explanation }, index) => image.shares?.(explanation.map.values, owners[index] as Explainer));
  const even = seen[0] && new Float32Array(seen[0].picture.width * seen[0].picture.height).fill(1);
  const area = even && image.shares?.(even, owners[0] as Explainer);
  const shares = all.flatMap((one) => (one ? [one] : []));
  const isKnown = area && shares.length === seen.length;
  return { name: image.name, seen, ...(isKnown && { shares, area }) };
}

/** Its words and options. */
export function declareExplain({ command, run, environment }: Declaring): void {
  withExplainOptions(command("explain", "show where trained models look on images")).action(
    (places: readonly string[], given: ExplainArguments) => run(explainCommand(places, given, environment)),
  );
}

/** A published figure of where networks look, made of runs of a table by what `fgkd explain` does. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asFigurePage, type FigurePlan, figureMarkdown, findModels, type PublishedFigure } from "../../index.js";
import { print } from "../environment.js";
import { explainCommand } from "../explain/explain-command.js";
import { shortPath } from "../train/run-place.js";
import type { MadePlace } from "./tell-table.js";

/** @returns the exit code */
export async function tellFigure(figure: PublishedFigure, { cells }: FigurePlan, place: MadePlace): Promise<number> {
  const { home, given, environment, exitCode } = place;
  const { engine, threads, json = false, seeds = [0] } = given;
  const runs = cells.flatMap(({ row, runs: own }) =>
    own.map(({ name, seed }) => ({
      folder: join(home, name),
      title: seeds.length > 1 ? `${row.name} ${seed}` : row.name,
    })),
  );
  const ended = runs.filter(({ folder }) => existsSync(join(folder, "result.json")));
  const [first] = ended;
  if (!first || ended.length < runs.length) {
    print(environment, `${figure.name} is not drawn: not all of its runs have ended.`);
    return exitCode;
  }
  const folder = join(home, figure.name);
  // Of this figure as it was made before, and of nothing else: its grid says so.
  if (existsSync(join(folder, "grid.png"))) rmSync(folder, { recursive: true });
  const { roles = [], images = 4 } = figure;
  const heads = ended.flatMap(({ title }) => (roles.length > 1 ? roles.map((role) => `${title} ${role}`) : [title]));
  const code = await explainCommand(
    ended.map((run) => run.folder),
    {
      ...{
        method: figure.method ?? "auto",
        class: "true",
        opacity: 0.7,
        side: 192,
        out: folder,
        json,
        engine,
        threads,
      },
      ...(roles.length > 0 && { role: roles.join(",") }),
      ...(isOfBirds(first.folder) ? { drawn: images } : { tested: images }),
    },
    environment,
    heads,
  );
  const picture = join(folder, "grid.png");
  if (!existsSync(picture)) return code;
  const documents = {
    md: figureMarkdown(figure, `${figure.name}/grid.png`),
    html: asFigurePage(figure, readFileSync(picture)),
  };
  for (const [ending, text] of Object.entries(documents)) writeFileSync(join(home, `${figure.name}.${ending}`), text);
  if (!json) print(environment, `The same as ${shortPath(join(home, figure.name), environment.cwd)}.md and .html.`);
  return code === 0 ? exitCode : code;
}

function isOfBirds(run: string): boolean {
  const [found] = findModels(run);
  const { data } = (found?.stage ?? found?.run ?? {}) as { readonly data?: { readonly name?: string } };
  return data?.name === "birds";
}

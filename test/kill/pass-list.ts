/** The table of docs/reference/resume.md, written by the run that it tells of. */
import { readFile, writeFile } from "node:fs/promises";
import { version } from "../../core/index.js";

export interface Passed {
  readonly preset: string;
  readonly engine: string;
  /** Kills that met a living process. */
  readonly kills: number;
}

const page = new URL("../../docs/reference/resume.md", import.meta.url);
const begin = "<!-- pass list: npm run test:slow -->";
const end = "<!-- end of the pass list -->";

/** @param tested presets and engines */
export async function writePassList(
  passed: readonly Passed[],
  tested: readonly (readonly [preset: string, engine: string, ...unknown[]])[],
  seed: string,
): Promise<void> {
  const engines = [...new Set(tested.map(([, engine]) => engine))];
  const presets = [...new Set(tested.map(([preset]) => preset))];
  const cell = (preset: string, engine: string) => {
    const found = passed.find((entry) => entry.preset === preset && entry.engine === engine);
    if (found) return `${found.kills} of ${found.kills}`;
    return tested.some(([name, on]) => name === preset && on === engine) ? "failed" : "–";
  };
  const table = [
    `| preset | ${engines.join(" | ")} |`,
    `|---|${engines.map(() => "---|").join("")}`,
    ...presets.map((preset) => `| \`${preset}\` | ${engines.map((engine) => cell(preset, engine)).join(" | ")} |`),
  ].join("\n");
  const made = `Kills after which the run ended with the same bytes; fgkd ${version()}, Node.js ${process.version}, ${process.platform} ${process.arch}, seed ${seed}, \`npm run test:slow\` of ${new Date().toISOString().slice(0, 10)}.`;
  const text = await readFile(page, "utf8");
  const [before = "", rest = ""] = text.split(begin);
  const after = rest.split(end)[1] ?? "";
  await writeFile(page, `${before}${begin}\n${made}\n\n${table}\n${end}${after}`);
}

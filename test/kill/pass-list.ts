/** The table of docs/reference/resume.md, written by the run that it tells of. */
import { readFile, writeFile } from "node:fs/promises";
import { version } from "../../core/index.js";

/** A preset on an engine: what was asked of it, and what came of it. */
export interface Counted {
  readonly preset: string;
  readonly engine: string;
  /** Kills that the test is to make. */
  readonly asked: number;
  /** Kills that met a living process. */
  tried: number;
  /** Those after which the run ended with the bytes of one that was let be. */
  passed: number;
}

const page = new URL("../../docs/reference/resume.md", import.meta.url);
const begin = "<!-- pass list: npm run test:slow -->";
const end = "<!-- end of the pass list -->";

/** A row for each preset: on each engine, how many kills of how many passed. A test that did not come to its end says so. */
export function passTable(counted: readonly Counted[]): string {
  const engines = [...new Set(counted.map(({ engine }) => engine))];
  const presets = [...new Set(counted.map(({ preset }) => preset))];
  const cell = (preset: string, engine: string) => {
    const found = counted.find((entry) => entry.preset === preset && entry.engine === engine);
    if (!found) return "–";
    const { asked, tried, passed } = found;
    if (tried === 0) return "**no kill made**";
    return passed === tried && passed >= asked ? `${passed} of ${tried}` : `**failed: ${passed} of ${tried}**`;
  };
  return [
    `| preset | ${engines.join(" | ")} |`,
    `|---|${engines.map(() => "---|").join("")}`,
    ...presets.map((preset) => `| \`${preset}\` | ${engines.map((engine) => cell(preset, engine)).join(" | ")} |`),
  ].join("\n");
}

/** @param counted every preset on every engine that the run was to kill it on */
export async function writePassList(counted: readonly Counted[], seed: string): Promise<void> {
  const made = `Kills after which the run ended with the same bytes, of those made; fgkd ${version()}, Node.js ${process.version}, ${process.platform} ${process.arch}, seed ${seed}, \`npm run test:slow\` of ${new Date().toISOString().slice(0, 10)}.`;
  const text = await readFile(page, "utf8");
  const [before = "", rest = ""] = text.split(begin);
  const after = rest.split(end)[1] ?? "";
  await writeFile(page, `${before}${begin}\n${made}\n\n${passTable(counted)}\n${end}${after}`);
}

/** `fgkd doctor`: what this machine offers, which engines can run, and what would cure those that cannot. */

import { availableParallelism, cpus, totalmem } from "node:os";
import { type Engine, type EngineCapabilities, type EngineCheck, version } from "../index.js";
import type { Declaring } from "./declaring.js";
import { colorsOf, type Environment, print, widthOf } from "./environment.js";
import { enginesOf, projectRegistries } from "./project/project.js";
import { wrap } from "./terminal/text.js";

/** @returns 0 when at least one engine can run, else 1 */
async function doctorCommand(environment: Environment): Promise<number> {
  const colors = colorsOf(environment.stdout, environment.variables);
  for (const [label, value] of await machine(environment)) line(environment, label, value);
  await tellJpegDecoder(environment);
  print(environment);
  print(environment, `${colors.bold("engines")}, in the order in which "auto" tries them`);
  const checks = await checkEngines(environment);
  for (const { engine, check } of checks) {
    const mark = check.available ? colors.green("✔") : colors.yellow("✘");
    line(environment, `${mark} ${engine.name}`, check.detail, engine.name.length + 2);
    if (!check.available && check.remedy) line(environment, "", `cure: ${check.remedy}`);
    const devices = (await engine.devices?.()) ?? [];
    // The only one is what the check has told of.
    if (devices.length > 1 || !check.available)
      for (const [at, { name, detail }] of devices.entries())
        line(environment, "", `--device ${at}: ${name}, ${detail}`);
    if (check.available && check.automatic === false)
      line(environment, "", `left out by "auto": --engine ${engine.name} takes it`);
    if (check.available && check.advice) line(environment, "", check.advice);
    line(environment, "", colors.dim(`priority ${engine.priority ?? 0}; ${capabilitiesOf(engine.capabilities)}`));
  }
  print(environment);
  const chosen = checks.find(({ check }) => check.available && check.automatic !== false)?.engine.name;
  print(environment, chosen ? `fgkd will run on ${colors.bold(chosen)}.` : colors.red("No engine can run here."));
  return chosen ? 0 : 1;
}

async function machine({ load }: Environment): Promise<readonly (readonly [string, string])[]> {
  const [processor] = cpus();
  const gibibytes = (totalmem() / 2 ** 30).toFixed(1);
  return [
    ["fgkd", version()],
    ["Node", `${process.version}, ${process.platform} ${process.arch}`],
    [
      "processor",
      `${processor?.model.trim() ?? "unknown"}, ${availableParallelism()} of ${cpus().length} cores to use`,
    ],
    ["memory", `${gibibytes} GiB`],
    [
      "tfjs",
      await moduleVersion(load, "@tensorflow/tfjs", (module) => (module.version as { readonly tfjs?: string }).tfjs),
    ],
    ["sharp", await moduleVersion(load, "sharp", sharpVersion)],
  ];
}

/** Which of two decoders is here, and what has the faster one built. */
async function tellJpegDecoder(environment: Environment): Promise<void> {
  const { jpegDecoder } = await environment.load("fgkd/plugins");
  // fgkd's own module.
  const { name, reason, remedy } = (jpegDecoder as () => Readonly<Record<"name" | "reason" | "remedy", string>>)();
  line(environment, "JPEGs", reason ? `by ${name}; libjpeg-turbo would take less time: ${reason}` : `by ${name}`);
  if (remedy) line(environment, "", `cure: ${remedy}`);
}

async function moduleVersion(
  load: Environment["load"],
  name: string,
  read: (module: Readonly<Record<string, unknown>>) => string | undefined,
): Promise<string> {
  try {
    return read(await load(name)) ?? "unknown";
  } catch (cause) {
    // A doctor tells of a failure instead of failing.
    return `does not load: ${(cause instanceof Error ? cause.message : String(cause)).split("\n")[0]}`;
  }
}

function sharpVersion(module: Readonly<Record<string, unknown>>): string {
  const { versions } = module.default as { readonly versions: { readonly sharp?: string; readonly vips: string } };
  return `${versions.sharp ?? "unknown"}, libvips ${versions.vips}`;
}

async function checkEngines(environment: Environment) {
  const checks: { readonly engine: Engine; readonly check: EngineCheck }[] = [];
  // One after the other: two native libraries loading at once is not what a diagnosis should depend on.
  for (const engine of enginesOf(await projectRegistries(environment)))
    checks.push({ engine, check: await engine.check() });
  return checks;
}

/** In words; what an engine does not declare, it does not have. */
function capabilitiesOf({
  halfPrecision = false,
  deterministic = false,
  threads = 1,
}: EngineCapabilities = {}): string {
  const words = [
    deterministic ? "repeats to the byte" : "results vary in the last bits",
    halfPrecision ? "half precision" : "float32",
    threads === null ? "threads by its library" : `${threads} ${threads === 1 ? "thread" : "threads"}`,
  ];
  return words.join(", ");
}

/** A label and, beside it, as many lines as the text needs. */
function line(environment: Environment, label: string, text: string, labelLength = label.length): void {
  const column = 14;
  const [first = "", ...rest] = wrap(text, widthOf(environment.stdout) - column);
  print(environment, `${label}${" ".repeat(Math.max(1, column - labelLength))}${first}`);
  for (const more of rest) print(environment, " ".repeat(column) + more);
}

/** Its words and options. */
export function declareDoctor({ command, run, environment }: Declaring): void {
  command("doctor", "tell which compute engines can run here, and what the others lack").action(() =>
    run(doctorCommand(environment)),
  );
}

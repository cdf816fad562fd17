/** `fgkd list variants`: the rows of publications that presets have by name. */
import { type Environment, print } from "../environment.js";
import { builtInPresets } from "../settings/load-preset.js";
import { table } from "../terminal/tables.js";

/** @returns the exit code */
export async function listVariants(environment: Environment): Promise<number> {
  const { stdout, variables } = environment;
  const presets = await builtInPresets(environment);
  const rows = presets.flatMap(({ name, variants = {} }) =>
    Object.entries(variants).map(([variant, summary]) => [name, variant, summary]),
  );
  const columns = [{ head: "preset" }, { head: "variant" }, { head: "what it is" }] as const;
  print(environment, table(columns, rows, stdout, variables));
  const [example] = rows;
  if (example) print(environment, `Such a row is chosen by --preset ${example[0]} --set variant=${example[1]}.`);
  return 0;
}

/** `fgkd list weights`: what `models.<role>.weights` may say by a name, for each backbone. */
import { colorsOf, type Environment, print } from "../environment.js";
import { projectRegistries } from "../project/project.js";
import { table } from "../terminal/tables.js";

/** @returns the exit code */
export async function listWeights(environment: Environment): Promise<number> {
  const { stdout, variables } = environment;
  const { backbones } = await projectRegistries(environment);
  const rows = backbones.names.flatMap((backbone) =>
    backbones.publicWeights(backbone).map(({ name, reference }) => [backbone, name, reference]),
  );
  const columns = [{ head: "backbone" }, { head: "weights" }, { head: "from" }] as const;
  print(environment, table(columns, rows, stdout, variables));
  const { dim } = colorsOf(stdout, variables);
  print(environment, dim("models.<role>.weights takes such a name, any hf://owner/name[@revision][/file], or a file."));
  return 0;
}

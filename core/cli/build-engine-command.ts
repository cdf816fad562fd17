/** `fgkd build-engine NAME`: compiles an engine's native parts, where its install script did not run or could not. */
import type { Declaring } from "./declaring.js";
import { type Environment, print } from "./environment.js";
import { projectRegistries } from "./project/project.js";

/**
 * @returns 0 when the engine is built, or has nothing to build
 * @throws FGKD_UNKNOWN_NAME
 */
async function buildEngineCommand(name: string, environment: Environment): Promise<number> {
  const { engines } = await projectRegistries(environment);
  const engine = engines.choose({ name } as { readonly name: string });
  if (engine.build === undefined) {
    print(environment, `Engine "${name}" has nothing to build.`);
    return 0;
  }
  const { built, detail } = await engine.build();
  print(environment, detail);
  return built ? 0 : 1;
}

/** Its words and options. */
export function declareBuildEngine({ command, run, environment }: Declaring): void {
  command("build-engine <name>", "compile an engine that has native parts (onednn)").action((name: string) =>
    run(buildEngineCommand(name, environment)),
  );
}

/** Whether a driver for Vulkan is described where its loader looks. Asked first, since Dawn warns on the console. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What is missing; undefined where a driver is described. Other systems have Metal or Direct3D. */
export function noDriver(
  { env, platform }: Pick<NodeJS.Process, "env" | "platform"> = process,
  lists: (folder: string) => readonly string[] = filesIn,
): string | undefined {
  if (platform !== "linux" || env.VK_ADD_DRIVER_FILES) return undefined;
  const named = env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES;
  if (named !== undefined)
    return named.split(":").some((path) => existsSync(path)) ? undefined : `${named} describes no driver for Vulkan`;
  const isThere = places(env).some((place) =>
    lists(join(place, "vulkan/icd.d")).some((file) => file.endsWith(".json")),
  );
  return isThere ? undefined : "no driver for Vulkan is described in /usr/share/vulkan/icd.d, or where else they are";
}

/** As in "Vulkan-Loader", LoaderDriverInterface.md; and where NixOS and conda put them. */
function places(env: NodeJS.ProcessEnv): readonly string[] {
  const list = (paths: string) => paths.split(":").filter((path) => path !== "");
  const conda = env.CONDA_PREFIX ? [join(env.CONDA_PREFIX, "etc"), join(env.CONDA_PREFIX, "share")] : [];
  return [
    env.XDG_CONFIG_HOME || join(homedir(), ".config"),
    ...list(env.XDG_CONFIG_DIRS || "/etc/xdg"),
    "/etc",
    "/usr/local/etc",
    env.XDG_DATA_HOME || join(homedir(), ".local/share"),
    ...list(env.XDG_DATA_DIRS || ""),
    "/usr/local/share",
    "/usr/share",
    "/run/opengl-driver/share",
    ...conda,
  ];
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // It is not there, or not ours to read.
    return [];
  }
}

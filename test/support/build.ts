/** Whether dist/ was built from the sources as they are: a build of others would be tested in vain. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("../../", import.meta.url));

/**
 * What dist/ lacks, and how to get it; `null` when every source of core, plugins and presets has been compiled since it was
 * last written.
 *
 * @param root of the checkout. Default: this one
 */
export function staleBuild(root = here): string | null {
  const stale = ["core", "plugins", "presets"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith(".ts"))
    .filter((file) => {
      const built = statSync(join(root, "dist", file.replace(/\.ts$/, ".js")), { throwIfNoEntry: false });
      return !built || built.mtimeMs < statSync(join(root, file)).mtimeMs;
    });
  if (stale.length === 0) return null;
  const others = stale.length > 1 ? ` and ${stale.length - 1} more` : "";
  return `dist/ is older than ${stale[0]}${others}: npm run build comes first`;
}

/** Paths of images below a folder, a hundred thousand at a time. */
import { join, sep } from "node:path";

/**
 * `join(root, path)`, which makes ten times as much garbage as the path is long: where there is nothing to tidy, none of that.
 *
 * @param root as `resolve` gives it, or empty
 */
export function under(root: string, path: string): string {
  const isTidy = sep === "/" && root !== "" && !root.endsWith("/") && !/(^|\/)(\.|\/|$)/.test(path);
  return isTidy ? `${root}/${path}` : join(root, path);
}

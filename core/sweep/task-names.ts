/** Names of run folders that say what varies: `learningRate=0.1,backbone=resnet18,seed=0`. */
import { createHash } from "node:crypto";
import type { Json } from "../values/state.js";

/** In characters, of names of folders; most file systems take 255. */
const longest = 120;

/** By dotted path, as few of its last parts as tell it from the others. */
export function shortKeys(paths: readonly string[]): ReadonlyMap<string, string> {
  const end = (path: string, parts: number) => path.split(".").slice(-parts).join(".");
  return new Map(
    paths.map((path) => {
      const parts = path.split(".").length;
      const others = paths.filter((other) => other !== path);
      for (let count = 1; count < parts; count++)
        if (!others.some((other) => end(other, count) === end(path, count))) return [path, end(path, count)];
      return [path, path];
    }),
  );
}

/** A value in few characters, none of which a shell or a file system would take for something else. */
export function valueText(value: Json): string {
  const named =
    typeof value === "object" && value !== null && !Array.isArray(value) ? (value as { name?: Json }).name : undefined;
  const text = typeof value === "string" ? value : typeof named === "string" ? named : JSON.stringify(value);
  return (
    text
      .replaceAll(/[^\w.+-]+/g, "-")
      .replaceAll(/^[-.]+|-+$/g, "")
      .slice(-40) || "none"
  );
}

/**
 * Names for tasks, each different from every other also where capitals do not count.
 *
 * @param tasks what varies of each, and all of it, by which names that come out equal are told apart
 */
export function taskNames(
  tasks: readonly {
    readonly prefix?: string;
    readonly varies: Readonly<Record<string, Json>>;
    readonly identity: string;
  }[],
): readonly string[] {
  const keys = shortKeys([...new Set(tasks.flatMap(({ varies }) => Object.keys(varies)))]);
  const plain = tasks.map(({ prefix, varies }) => {
    const parts = Object.entries(varies).map(([path, value]) => `${keys.get(path)}=${valueText(value)}`);
    return [...(prefix === undefined ? [] : [prefix]), ...parts].join(",") || "run";
  });
  const seen = new Map<string, number>();
  for (const name of plain) seen.set(name.toLowerCase(), (seen.get(name.toLowerCase()) ?? 0) + 1);
  return plain.map((name, at) => {
    if (name.length <= longest && seen.get(name.toLowerCase()) === 1) return name;
    const mark = createHash("sha256")
      .update(tasks[at]?.identity ?? "")
      .digest("hex")
      .slice(0, 8);
    return `${name.slice(0, longest - mark.length - 1)}-${mark}`;
  });
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

// Where one interface is augmented through two modules, TypeScript keeps the entries of only one of them, and which one
// depends on the order of files. Users can only say "fgkd", which is core/index.js: so must everything here.
test("names and fields are merged through the core's face, never behind it", () => {
  const offenders = ["core", "plugins", "presets", "test"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(folder, file))
      .filter((file) => /^declare module "[./]*core\/(?!index\.js")/m.test(readFileSync(join(root, file), "utf8"))),
  );
  expect(offenders).toEqual([]);
});

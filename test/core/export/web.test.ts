import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exportModel } from "../../../core/index.js";
import { alone, createHome, type Home, plugins, trained } from "../prediction/pictures.js";

let home: Home;
beforeAll(async () => {
  home = await createHome();
});
afterAll(() => home.remove());

test("a page is not written of a model whose pictures are made by transforms that the page does not have", async () => {
  const input = { transforms: { test: [{ name: "resize" }, { name: "center-crop" }] } };
  const run = await trained(home, alone, { input }, "transformed");
  const out = join(home.path, "page");
  await expect(exportModel(run, { to: "web", out, plugins, engine: null })).rejects.toThrow(
    /^FGKD_NOT_EXPORTABLE \[student\] .*input\.transforms\.test.*Export it to onnx or tfjs/,
  );
  expect(existsSync(out)).toBe(false);
  expect(existsSync((await exportModel(run, { to: "tfjs", out, plugins, engine: null })).place)).toBe(true);
}, 60_000);

import { expect, test } from "vitest";
import { fillWithMany, openApart } from "../../bench/large-set.js";
import { folderWith } from "./support.js";

test("a hundred thousand images are open within 300 MiB", async () => {
  const root = await folderWith({});
  await fillWithMany(root);
  const { train, peak } = await openApart(root);
  expect(train).toBe(80_000);
  expect(peak).toBeLessThan(300);
}, 120_000);

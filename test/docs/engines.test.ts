import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTraining } from "../../core/index.js";
import { fusedKernels, type KernelRow } from "../../core/ops/index.js";
import { engines } from "../../plugins/engines/index.js";
import { root } from "./blocks.js";

const page = readFileSync(join(root, "docs/reference/engines.md"), "utf8");

/** The rows of the table under a heading that has such a first column. */
function rowsOf(firstColumn: string, text = page): readonly (readonly string[])[] {
  const [, after = ""] = text.split(`| ${firstColumn} |`);
  const lines = after.split("\n").slice(2);
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(0, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const list = (cells: readonly string[]) => cells.join("; ") || "–";

function row(
  name: string,
  { inputs, besides, attributes, outputs, computes, otherwise }: KernelRow,
): readonly string[] {
  const named = (shapes: Readonly<Record<string, string>>) =>
    list(Object.entries(shapes).map(([name, shape]) => `\`${name}\` ${shape}`));
  const described = Object.entries(attributes).map(
    ([name, { type, says }]) => `\`${name}\` ${type}${says === "" ? "" : `: ${says}`}`,
  );
  return [`\`${name}\``, named({ ...inputs, ...besides }), list(described), named(outputs), computes, otherwise];
}

describe("the reference of engines", () => {
  test("has the table of fused kernels as it is typed", () => {
    expect(rowsOf("kernel")).toEqual(Object.entries(fusedKernels).map(([name, kernel]) => row(name, kernel)));
  });

  test("tells every option of onednn, and that it stands in the manifest", () => {
    const { engines: registry } = createTraining({ plugins: [engines()] });
    const options = Object.keys(registry.choose({ name: "onednn" }).options ?? {});
    expect(rowsOf("option").map(([name]) => name)).toEqual(options.map((name) => `\`${name}\``));
  });

  test("tells every option of webgpu", () => {
    const { engines: registry } = createTraining({ plugins: [engines()] });
    const [, own = ""] = page.split("## Options of `webgpu`");
    const options = Object.keys(registry.choose({ name: "webgpu" }).options ?? {});
    expect(rowsOf("option", own).map(([name]) => name)).toEqual(options.map((name) => `\`${name}\``));
  });

  test("tells the priorities of fgkd's own", () => {
    const { engines: registry } = createTraining({ plugins: [engines()] });
    const [first, ...others] = registry.names.map((name) => [name, registry.choose({ name }).priority]);
    const told = [
      `\`${first?.[0]}\` has ${first?.[1]}`,
      ...others.map(([name, priority]) => `\`${name}\` ${priority}`),
    ];
    expect(rowsOf("member").find(([name]) => name === "`priority`")?.[1]).toContain(told.join(", "));
  });
});

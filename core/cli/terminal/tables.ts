/** Tables without lines: columns that stand apart, a head in bold. */
import Table from "cli-table3";
import { visible } from "../../index.js";
import { colorsOf, type Environment, type Output } from "../environment.js";

/** A column: its head, and on which side its cells stand. Default left. */
export interface Column {
  readonly head: string;
  readonly align?: "left" | "right";
}

/** Lines of text, without a newline at the end. Text in cells may be coloured. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  output: Output,
  variables: Environment["variables"],
): string {
  const colors = colorsOf(output, variables);
  const drawn = new Table({
    head: columns.map(({ head }) => colors.bold(head)),
    colAligns: columns.map(({ align = "left" }) => align),
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
    chars: {
      top: "",
      "top-mid": "",
      "top-left": "",
      "top-right": "",
      bottom: "",
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: "",
    },
  });
  // A cell stays in its line.
  const inLine = (cell: string) => visible(cell, colors.isColorSupported).replaceAll(/[\n\t]/g, " ");
  drawn.push(...rows.map((row) => row.map(inLine)));
  return drawn.toString().replaceAll(/ +$/gm, "");
}

/** Tables of publications on a terminal. */
import { columnHeads, notesOf, type Preset, type PublishedTable, rowsOf, type TableOutcome } from "../../index.js";
import { colorsOf, type Environment, print } from "../environment.js";
import { table } from "../terminal/tables.js";

/** Figures stand to the right. */
const columns = columnHeads.map((head, at) => ({
  head,
  align: at === 0 || at === columnHeads.length - 1 ? ("left" as const) : ("right" as const),
}));

export function showTable(outcome: TableOutcome, environment: Environment): void {
  const { stdout, variables } = environment;
  const colors = colorsOf(stdout, variables);
  print(environment, colors.bold(outcome.table.title));
  for (const { title, rows } of rowsOf(outcome)) {
    print(environment);
    print(environment, title);
    print(environment, table(columns, rows, stdout, variables));
  }
  print(environment);
  for (const note of notesOf(outcome)) print(environment, colors.dim(note));
}

/** @returns the exit code */
export function showTables({ name, tables = [], figures = [] }: Preset, environment: Environment): number {
  if (tables.length === 0) {
    print(environment, `${name} brings no table of a publication.`);
    return 0;
  }
  const { stdout, variables } = environment;
  const dataOf = ({ columns }: PublishedTable, column?: string) =>
    [...new Set(columns.filter(({ name }) => column === undefined || name === column).map(({ data }) => data))].join(
      ", ",
    );
  const rows = [
    ...tables.map((one) => [one.name, one.title, one.rows.filter(({ made }) => made).length, dataOf(one)]),
    ...figures.flatMap((one) => {
      const of = tables.find((table) => table.name === one.table);
      return of ? [[one.name, one.title, one.rows.length, dataOf(of, one.column)]] : [];
    }),
  ];
  const heads = [
    { head: "name" },
    { head: "what it is" },
    { head: "rows made", align: "right" },
    { head: "data" },
  ] as const;
  print(
    environment,
    table(
      heads,
      rows.map((row) => row.map(String)),
      stdout,
      variables,
    ),
  );
  return 0;
}

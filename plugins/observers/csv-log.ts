/** A table of epochs for spreadsheets, written while a run trains. */
import { z } from "zod";
import { csvCell, definePlugin, describeOptions, type OptionsOf } from "../../core/index.js";
import { followPace, numbersOf } from "./log/numbers.js";

const name = "csv-log";

const schema = z.object({
  folder: z.string().min(1).default("log").describe("Where they lie, below artifacts/; a file a stage."),
});

export type CsvLogOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Plugins {
    "csv-log": CsvLogOptions;
  }
}

/** An epoch, counted from 1, and its numbers by name. */
interface Row {
  readonly epoch: number;
  readonly numbers: Readonly<Record<string, number | null>>;
}

/**
 * Keeps `artifacts/log/<stage>.csv`, a line an epoch: `epoch`, then the numbers that `tensorboard` writes as well. A column stays where
 * it is; what is measured later for the first time comes after all others, and is empty before. The lines are part of checkpoints:
 * a resumed run has those of the epochs that it goes on from, each once.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_INVALID_NAME
 */
export const csvLog = definePlugin<CsvLogOptions>({
  name,
  ...describeOptions(name, schema),
  apply(training, { folder }) {
    const { hooks, stage, artifacts, state } = training;
    const pace = followPace(training, name);
    let rows: readonly Row[] = [];
    state.declare(name, {
      save: () => ({ values: rows.map(({ epoch, numbers }) => ({ epoch, numbers })) }),
      load: ({ values }) => {
        // As `save` gave them.
        rows = values as unknown as readonly Row[];
      },
    });
    hooks.epoch.tap(name, (report) => {
      // JSON, which checkpoints are in, has no NaN.
      const finite = Object.entries(numbersOf(report, pace.speed)).map(([key, value]) => [
        key,
        Number.isFinite(value) ? value : null,
      ]);
      rows = [...rows, { epoch: report.epoch + 1, numbers: Object.fromEntries(finite) }];
      artifacts.write(`${folder}/${stage}.csv`, tableOf(rows));
    });
  },
});

function tableOf(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap(({ numbers }) => Object.keys(numbers)))];
  const lines = rows.map(({ epoch, numbers }) => [epoch, ...columns.map((column) => numbers[column] ?? "")].join(","));
  return `${[["epoch", ...columns].map(csvCell).join(","), ...lines].join("\n")}\n`;
}

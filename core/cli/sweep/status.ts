/** `fgkd sweep status FILE`: how far each task is. */
import { print } from "../environment.js";
import { table } from "../terminal/tables.js";
import { count, visibleJson } from "../terminal/text.js";
import { shortPath } from "../train/run-place.js";
import type { LoadedSweep } from "./load-sweep.js";
import { type SeenTask, seeTasks } from "./task-state.js";

const states: readonly SeenTask["state"][] = ["ended", "runs", "stopped", "failed", "other", "to begin"];

/** Of a failure's message, in a table. */
const longest = 70;

/** @returns the exit code */
export async function statusOf(sweep: LoadedSweep, json: boolean): Promise<number> {
  const { environment } = sweep;
  const seen = await seeTasks(sweep);
  if (json) {
    const tasks = seen.map(({ task, ...how }) => ({ ...short(task), run: sweep.runOf(task), ...how }));
    print(environment, visibleJson({ tasks }));
    return 0;
  }
  const heads = [
    { head: "task", align: "right" },
    { head: "run" },
    { head: "state" },
    { head: "epochs", align: "right" },
    { head: "" },
  ] as const;
  const rows = seen.map(({ task, state, epochs, detail = "" }) => [
    String(task.number),
    task.name,
    state === "other" ? "other settings" : state,
    epochs === 0 ? "" : String(epochs),
    detail.length > longest ? `${detail.slice(0, longest)}…` : detail,
  ]);
  print(environment, table(heads, rows, environment.stdout, environment.variables));
  print(environment);
  const found = states.map((state) => [state, seen.filter((one) => one.state === state).length] as const);
  const told = found
    .filter(([, number]) => number > 0)
    .map(([state, number]) => `${number} ${state === "other" ? "of other settings" : state}`);
  print(environment, `${count(seen.length, "task")} in ${shortPath(sweep.home, environment.cwd)}: ${told.join(", ")}.`);
  return 0;
}

function short({ number, name, varies, seed, teacher, isShared }: SeenTask["task"]) {
  return {
    number,
    name,
    varies,
    ...(seed !== undefined && { seed }),
    ...(teacher !== undefined && { teacher }),
    isShared,
  };
}

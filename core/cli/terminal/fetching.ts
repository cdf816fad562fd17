/** Shows how weights come from a hub: a bar on a terminal; elsewhere the hub's own lines do. */
import cliProgress from "cli-progress";
import { createHub, type Hub, type Logger } from "../../index.js";
import { colorsOf, type Environment, widthOf } from "../environment.js";

/** The hub that the environment names. @param isQuiet whether only warnings are told */
export function shownHub(environment: Environment, logger: Logger, isQuiet = false): Hub {
  const { stderr, variables } = environment;
  const told = isQuiet ? { ...logger, info: () => {} } : logger;
  if (isQuiet || !stderr.isTTY || variables.TERM === "dumb") return createHub({ variables, logger: told });
  const { dim, green } = colorsOf(stderr, variables);
  const bar = new cliProgress.SingleBar({
    stream: stderr,
    hideCursor: true,
    gracefulExit: false,
    clearOnComplete: true,
    format: (_options, { value, total }) => {
      const room = Math.min(30, widthOf(stderr) - 30);
      const full = Math.round((room * value) / Math.max(1, total));
      return `${green("━".repeat(full))}${dim("╌".repeat(room - full))}  ${megabytes(value)} of ${megabytes(total)}`;
    },
  });
  const stop = () => bar.stop();
  const hub = createHub({
    variables,
    logger: told,
    onProgress: ({ received, size }) => {
      if (size === undefined) return;
      if (!bar.isActive) bar.start(size, received);
      bar.setTotal(size);
      bar.update(received);
      // What is said next has the line to itself.
      if (received === size) stop();
    },
  });
  return { fetch: (...asked) => hub.fetch(...asked).finally(stop) };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

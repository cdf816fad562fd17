/**
 * Time that a process had for itself. A laptop's lid, `SIGSTOP` or a machine that gives others the turn is nobody's fault: no
 * limit may run out meanwhile. Imports nothing, so that threads without a tensor library may load it.
 */

/** Milliseconds between looks; a gap of more than twice as long was not the process's own. */
const interval = 250;

/** A stopwatch. */
export interface OwnTime {
  /** Milliseconds since the start, as far as the event loop turned in them. */
  read(): number;
  stop(): void;
}

/**
 * Starts a stopwatch that stands still while the process, or this thread's event loop, does.
 *
 * @param onLook called at every look, a few times a second: the process stays alive for it
 */
export function startOwnTime(onLook?: (elapsed: number) => void): OwnTime {
  let elapsed = 0;
  let last = performance.now();
  const read = () => {
    const now = performance.now();
    elapsed += Math.min(now - last, 2 * interval);
    last = now;
    return elapsed;
  };
  const timer = setInterval(() => {
    const now = read();
    onLook?.(now);
  }, interval);
  if (!onLook) timer.unref();
  return { read, stop: () => clearInterval(timer) };
}

/**
 * Waits for work, but no longer than so many seconds of the process's own time. Any number of seconds will do: timers of the
 * system run out at once when they are set to more than 2³¹ milliseconds.
 *
 * @param late makes the error of work that takes longer
 */
export async function withinOwnTime<T>(work: Promise<T>, seconds: number, late: () => Error): Promise<T> {
  let time: OwnTime | undefined;
  const limit = new Promise<never>((_, reject) => {
    time = startOwnTime((elapsed) => {
      if (elapsed >= seconds * 1000) reject(late());
    });
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    time?.stop();
  }
}

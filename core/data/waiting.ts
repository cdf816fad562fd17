/** How long a stage waits for its data: what is lost to a source that is slower than the engine. */
import type { Source } from "./source.js";

/** A source that is watched. */
export interface WatchedSource {
  readonly source: Source;
  /**
   * Seconds waited for batches over seconds that passes were under way, steps and tests included: 0 where the engine never
   * waits, towards 1 where it does nothing else. `null` before the first pass.
   */
  share(): number | null;
}

/** Milliseconds so far; a clock that only this is told by. */
type Clock = () => number;

/** The same source; how long each batch is waited for is noted on the way. */
export function watchSource(source: Source, now: Clock = () => performance.now()): WatchedSource {
  let [waited, passed, open, since] = [0, 0, 0, 0];
  /** Tests run while a pass of training is under way: time counts once. */
  const begin = () => {
    if (open++ === 0) since = now();
  };
  const end = () => {
    if (--open === 0) passed += now() - since;
  };
  const watched: Source = {
    ...source,
    async *batches(pass) {
      begin();
      const batches = source.batches(pass);
      try {
        for (;;) {
          const asked = now();
          const next = await batches.next();
          waited += now() - asked;
          if (next.done) return;
          yield next.value;
        }
      } finally {
        end();
        await batches.return();
      }
    },
  };
  const share = () => {
    const whole = passed + (open > 0 ? now() - since : 0);
    return whole > 0 ? waited / whole : null;
  };
  return { source: watched, share };
}

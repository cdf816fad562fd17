/** Writes more text than fits into memory, as fast as somebody reads it. */
import { once } from "node:events";
import { visible } from "../../index.js";
import { colorsOf, type Environment } from "../environment.js";

export interface Writer {
  /** False when nobody reads any more. */
  write(text: string): Promise<boolean>;
  /** No longer listens to the stream, which stays open. */
  close(): void;
}

/** To standard output; whatever names the text has, nothing but colours has an effect on a terminal. */
export function createWriter({ stdout, variables }: Pick<Environment, "stdout" | "variables">): Writer {
  const { isColorSupported } = colorsOf(stdout, variables);
  // That of a process stays writable when its reader is gone: each write fails.
  let isHeard = true;
  const lose = () => {
    isHeard = false;
  };
  const ends = ["error", "close"];
  for (const event of ends) stdout.on(event, lose);
  return {
    write: async (text) => {
      if (!isHeard || text === "" || stdout.write(visible(text, isColorSupported))) return isHeard;
      const waiting = new AbortController();
      const told = (event: string) => once(stdout, event, { signal: waiting.signal });
      await Promise.race([told("drain"), told("close")]).catch(() => {});
      waiting.abort();
      return isHeard;
    },
    close: () => {
      for (const event of ends) stdout.off(event, lose);
    },
  };
}

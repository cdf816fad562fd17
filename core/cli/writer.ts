/** Writes more text than fits into memory, as fast as somebody reads it. */
import { once } from "node:events";
import { visible } from "../index.js";
import { colorsOf, type Environment } from "./environment.js";

export interface Writer {
  /** False when nobody reads any more. */
  write(text: string): Promise<boolean>;
}

/** To standard output; whatever names the text has, nothing but colours has an effect on a terminal. */
export function createWriter({ stdout, variables }: Pick<Environment, "stdout" | "variables">): Writer {
  const { isColorSupported } = colorsOf(stdout, variables);
  return {
    write: async (text) => {
      if (text === "") return stdout.writable;
      if (!stdout.writable) return false;
      if (stdout.write(visible(text, isColorSupported))) return true;
      const waiting = new AbortController();
      const heard = (event: string) => once(stdout, event, { signal: waiting.signal });
      // An error is told elsewhere; the stream closes after it.
      await Promise.race([heard("drain"), heard("close")]).catch(() => {});
      waiting.abort();
      return stdout.writable;
    },
  };
}

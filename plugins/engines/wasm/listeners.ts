/** The loader's listeners for what nobody caught: a library has none. */
import type { EventEmitter } from "node:events";

const events = ["uncaughtException", "unhandledRejection"] as const;
const listened: EventEmitter = process;

type Listener = ReturnType<EventEmitter["listeners"]>[number];

/**
 * Does something by which Emscripten's loader begins to listen, and takes its listeners away again. They throw whatever they
 * are given, so that Node would show a line of the loader in place of the line that is at fault.
 */
export async function withoutLoaderListeners<T>(load: () => Promise<T>): Promise<T> {
  const before = events.map((event) => listened.listeners(event));
  try {
    return await load();
  } finally {
    for (const [index, event] of events.entries())
      for (const listener of listened.listeners(event))
        if (!before[index]?.includes(listener) && isLoaders(listener)) remove(event, listener);
  }
}

/** Others may have begun to listen meanwhile. */
function isLoaders(listener: Listener): boolean {
  const text = String(listener);
  return text.includes("ExitStatus") || /^function ?\(reason\) ?\{ ?throw reason;? ?\}$/.test(text);
}

/** Does something by which the loader would take every listener of the process away, its user's too, and puts them back. */
export function keepingListeners(dispose: () => void): void {
  const before = events.map((event) => listened.rawListeners(event));
  dispose();
  for (const [index, event] of events.entries()) {
    listened.removeAllListeners(event);
    for (const listener of before[index] ?? []) add(event, listener);
  }
}

// Node types what it hands out more widely than what it takes.
const add = (event: string, listener: Listener) => listened.on(event, listener as () => void);
const remove = (event: string, listener: Listener) => listened.removeListener(event, listener as () => void);

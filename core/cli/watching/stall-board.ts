/** The memory that a run and the thread that watches it share: counters, and a few words on what goes on. */

/** What the watching thread is told when it starts. Times in milliseconds. */
export interface StallOrders {
  readonly memory: SharedArrayBuffer;
  readonly limit: number;
  readonly factor: number;
  readonly interval: number;
  /** Messages, with `{part}`, `{position}` and `{seconds}` to be filled in. */
  readonly blocked: string;
  readonly waiting: string;
}

export interface Board {
  readonly memory: SharedArrayBuffer;
  /** @param patient whether silence is fine as long as the event loop turns */
  note(part: string, position: string, patient: boolean): void;
  /** The event loop turns. */
  tick(): void;
  stop(): void;
  read(): BoardState;
  /** Waits for so long, or for `stop`; false when stopped. */
  sleep(milliseconds: number): boolean;
}

export interface BoardState {
  readonly notes: number;
  readonly ticks: number;
  readonly patient: boolean;
  readonly part: string;
  readonly position: string;
}

const [notes, ticks, patience, stopped, length, words] = [0, 1, 2, 3, 4, 5];
const separator = "\n";

/** Both sides make one of the same memory. */
export function boardOf(memory: SharedArrayBuffer): Board {
  const counters = new Int32Array(memory, 0, words);
  const text = Buffer.from(memory, 4 * words);
  return {
    memory,
    note: (part, position, patient) => {
      counters[length] = text.write(`${part}${separator}${position}`);
      counters[patience] = patient ? 1 : 0;
      Atomics.add(counters, notes, 1);
    },
    tick: () => void Atomics.add(counters, ticks, 1),
    stop: () => {
      Atomics.store(counters, stopped, 1);
      Atomics.notify(counters, stopped);
    },
    read: () => {
      const [part = "", position = ""] = text.toString("utf8", 0, counters[length]).split(separator);
      return {
        notes: Atomics.load(counters, notes),
        ticks: Atomics.load(counters, ticks),
        patient: Atomics.load(counters, patience) === 1,
        part,
        position,
      };
    },
    sleep: (milliseconds) => Atomics.wait(counters, stopped, 0, milliseconds) === "timed-out",
  };
}

/** What the thread that hears Ctrl-C shares with the main one. */

export interface InterruptOrders {
  /** Of as many 32-bit integers as there are cells. */
  readonly memory: SharedArrayBuffer;
  /** What is said where work is asked to stop. */
  readonly line: string;
}

/** Places in the shared memory. */
export const cell = {
  /** Never changes: to wait on. */
  idle: 0,
  /** How many Ctrl-C the main thread has dealt with. */
  heard: 1,
  /** Whether there is work that can be asked to stop; without any, Ctrl-C ends the process. */
  held: 2,
  /** Whether work was asked to stop already, so that Ctrl-C ends the process. */
  insisted: 3,
  /** Whether the thread has told the user. */
  told: 4,
} as const;

/** In bytes. */
export const cellsLength = 4 * Object.keys(cell).length;

/** What is read one step late on a device with a queue: whether the update before may stand. */

import type { HeldUpdate } from "./optimizer.js";

/** An update that was applied before anybody knew whether its losses and gradients are finite. */
interface LateRead {
  /** The losses of its step; rejects where something is not finite. */
  readonly losses: Promise<Readonly<Record<string, number>>>;
  /** The weights of before; absent where none moved. */
  readonly held?: HeldUpdate | undefined;
  /** Told the losses, when they are read and the update stands. */
  note(losses: Readonly<Record<string, number>>): void;
  /** Then tells others of the update. */
  tell(): Promise<void>;
}

/** The reads of a run, shared by its stages: one is under way at most, so that one update at most has to be taken back. */
export interface LateReads {
  readonly isPending: boolean;
  /** Settle first. */
  add(read: LateRead): void;
  /** Waits for the read under way, if there is one. @throws FGKD_NOT_FINITE once the weights of before are back */
  settle(): Promise<void>;
  /** Lets go of it without waiting. */
  drop(): void;
}

export function createLateReads(): LateReads {
  let pending: LateRead | undefined;
  const take = () => {
    const read = pending;
    pending = undefined;
    return read;
  };
  return {
    get isPending() {
      return pending !== undefined;
    },
    add: (read) => {
      // Who settles hears of it; until then it is nobody's fault.
      read.losses.catch(() => {});
      pending = read;
    },
    settle: async () => {
      const read = take();
      if (!read) return;
      let losses: Awaited<LateRead["losses"]>;
      try {
        losses = await read.losses;
      } catch (error) {
        read.held?.undo();
        throw error;
      }
      read.held?.letGo();
      read.note(losses);
      await read.tell();
    },
    drop: () => take()?.held?.letGo(),
  };
}

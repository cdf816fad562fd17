/** When a recording may be used: once the same work was noted twice, and did the same both times. */
import type { Recording } from "../ops/recording.js";

/** A recording, and what else is to be known to repeat the work. */
export interface Noted<Facts> {
  readonly recording: Recording;
  /** Plain data. */
  readonly facts: Facts;
}

/** How often work is noted before it is held for one that differs each time. */
const patience = 8;

export class Attempt<Facts> {
  /** What may be repeated. */
  ready: Noted<Facts> | undefined;
  #last: Noted<Facts> | undefined;
  #left = patience;

  /** Whether another recording is of use. */
  get isOpen(): boolean {
    return !this.ready && this.#left > 0;
  }

  /** `ready`, where there is no doubt of it. */
  get whole(): Noted<Facts> {
    if (!this.ready) throw new Error("a pass is repeated that was not noted");
    return this.ready;
  }

  /** @param noted `undefined` where the engine says that the work cannot be repeated */
  add(noted: Noted<Facts> | undefined): void {
    const last = this.#last;
    const isSame = noted && last?.recording.equals(noted.recording) && sameFacts(last.facts, noted.facts);
    if (isSame) this.ready = noted;
    this.#last = isSame ? undefined : noted;
    this.#left--;
  }
}

function sameFacts(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

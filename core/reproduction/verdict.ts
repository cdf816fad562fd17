/** Whether a published figure was reproduced, in words. */
import { count, points } from "../values/wording.js";
import { type Estimate, gainOver, timesEnough } from "./estimate.js";

type Outcome = "reproduced" | "not reproduced" | "too few";

export interface Verdict {
  readonly outcome: Outcome;
  /** One sentence. */
  readonly words: string;
}

interface Held {
  readonly ours: Estimate;
  readonly published: number;
  /** The row that gains are counted from; of itself, none. */
  readonly baseline?: { readonly ours: Estimate; readonly published: number };
}

/**
 * On the published data: reproduced where the 95 % interval reaches the published figure, and is narrow enough to tell it from the
 * baseline's; not reproduced where it ends below.
 */
export function judgeAccuracy({ ours, published, baseline }: Held): Verdict {
  const { mean, reach } = ours;
  if (mean + reach < published)
    return told(
      "not reproduced",
      `${(published - mean).toFixed(1)} points below, where chance explains ${reach.toFixed(1)}`,
    );
  const distance = baseline ? Math.abs(published - baseline.published) : Number.POSITIVE_INFINITY;
  if (reach > distance)
    return tooFew([ours], reach, distance, `what was published lies ${distance.toFixed(1)} from the baseline`);
  const beside =
    mean - reach > published ? `${(mean - published).toFixed(1)} points above` : `within ${reach.toFixed(1)} points`;
  return told("reproduced", beside);
}

/** On other data, gains over the baseline are all that can be held against each other: whether they point the same way. */
export function judgeGain({ ours, published, baseline }: Required<Held>): Verdict {
  const { gain, reach } = gainOver(ours, baseline.ours);
  const claimed = published - baseline.published;
  if (Math.abs(gain) <= reach)
    return tooFew([ours, baseline.ours], reach, Math.abs(gain), `the gain here is ${points(gain)}`);
  const sameWay = Math.sign(gain) === Math.sign(claimed);
  const words = `${points(gain)} ± ${reach.toFixed(1)} points over the baseline here, published ${points(claimed)}`;
  // How far others would lie from it, one seed does not say.
  return told(sameWay ? "reproduced" : "not reproduced", ours.seeds < 2 ? `${words}; of one seed` : words);
}

/** @param estimates that it is told by, that of the row first */
function tooFew(estimates: readonly Estimate[], reach: number, distance: number, found: string): Verdict {
  const [{ images, seeds }] = estimates as readonly [Estimate];
  const open = `± ${reach.toFixed(1)} points are open with ${count(images, "image")} and ${count(seeds, "seed")}, and ${found}`;
  return told(
    "too few",
    `too few images or seeds: ${open}; ${enough(timesEnough(estimates, distance), images, seeds)}`,
  );
}

/** What would do, as long as what was found stays as it is. */
function enough(times: number, images: number, seeds: number): string {
  if (!Number.isFinite(times)) return "no number of them settles a difference of nothing";
  const more = `${(times * images).toLocaleString("en")} images`;
  // What one seed comes to says nothing of how far others lie from it.
  return seeds < 2
    ? `${more} would do, if other seeds agree`
    : `${more} and ${times * seeds} seeds would do, if that stays`;
}

function told(outcome: Outcome, words: string): Verdict {
  return { outcome, words: outcome === "too few" ? words : `${outcome}: ${words}` };
}

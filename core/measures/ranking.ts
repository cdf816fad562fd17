/** Which classes a model holds likeliest. */

/**
 * How many classes come before this one; of equal scores the earlier class comes first, and a score that is NaN before all
 * others. Infinity where its own score is NaN.
 *
 * @param scores by class
 */
export function rankOf(label: number, scores: ArrayLike<number>): number {
  const own = scores[label] as number;
  if (Number.isNaN(own)) return Number.POSITIVE_INFINITY;
  let before = 0;
  for (let at = 0; at < scores.length; at++) {
    const other = scores[at] as number;
    if (!(other <= own) || (other === own && at < label)) before += 1;
  }
  return before;
}

/** The classes of the `count` largest scores, the largest first; of equals the earlier class. One that is NaN is none of them. */
export function bestOf(scores: ArrayLike<number>, count: number): readonly number[] {
  const best: number[] = [];
  for (let at = 0; at < scores.length; at++) {
    const own = scores[at] as number;
    const place = best.findIndex((other) => own > (scores[other] as number));
    if (Number.isNaN(own)) continue;
    if (place >= 0) best.splice(place, 0, at);
    else if (best.length < count) best.push(at);
    if (best.length > count) best.pop();
  }
  return best;
}

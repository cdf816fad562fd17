/** Parts of a data set, and what each is for. */

export const splits = ["train", "validation", "test"] as const;

/**
 * A part of a data set that has no image in common with the others: images to train on, images to measure epochs on and to
 * choose the best by, and images that are looked at when all is decided.
 */
export type Split = (typeof splits)[number];

/** Answers of two networks to two images, `[batch, classes]`: those by which the specification gives values of its losses. */
export const teacher = [
  [2, 1, 0.1, -1, 0.5],
  [0.3, 2.2, -0.7, 1.5, 0],
];
export const student = [
  [1, 0.5, 0.2, -0.3, 0.8],
  [0.1, 1, 0.4, 0.9, -0.5],
];

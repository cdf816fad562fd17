/** Networks at 16 px for tests of data-free distillation. */

export const tinyNetwork = {
  name: "resnet",
  depths: [1, 1],
  widths: [4, 6],
  stem: { filters: 4, size: 3, stride: 2, pool: false },
} as const;

export const tinyGenerator = {
  name: "attention-generator",
  size: 16,
  noise: 6,
  widths: [16, 8, 8, 4, 4],
} as const;

import { createPixels, type TransformFunction } from "fgkd/pixels";

/** Full or empty, nothing between. */
export const transform: TransformFunction<{ readonly above: number }> = ({ width, height, data }, { options }) => {
  const result = createPixels(width, height);
  data.forEach((value, index) => {
    result.data[index] = value > options.above ? 255 : 0;
  });
  return result;
};

/** Means and sums of squares around them, of each channel: in parts first, then together. */
import type { Shader } from "../shader.js";
import { channelOf, declare, elementsOf, gather, keyOf, mergeMoments, type Plan, planFields } from "./columns.js";

/** Mean and sum of squares around it, of each channel in each part: `[images, parts, 2, channels]`. */
export function momentsShader(plan: Plan): Shader {
  const element = elementsOf(plan);
  return {
    key: `moments/${keyOf(plan)}`,
    reads: [{ name: "x", element }],
    writes: [{ name: "moments", element }],
    numbers: planFields,
    workgroup: [plan.lanes, plan.depth, 1],
    text: () => ({
      declarations: declare(plan, 3),
      main: `${channelOf(plan)}
${gather(plan, {
  states: ["mean", "squares", "count"],
  from: "group.y * numbers.span",
  to: "min((group.y + 1u) * numbers.span, numbers.rows)",
  each: `      let value = x[(group.z * numbers.rows + row) * numbers.channels + channel];
      count = count + V(1.0);
      let apart = value - mean;
      mean = mean + apart / count;
      squares = squares + apart * (value - mean);`,
  merge: mergeMoments,
})}
  if (inside && thread.y == 0u) {
    let place = 2u * (group.z * numbers.parts + group.y) * numbers.channels + channel;
    moments[place] = mean;
    moments[place + numbers.channels] = squares;
  }`,
    }),
  };
}

/** What merges the parts that `momentsShader` wrote, of the image `image`. */
export function gatherMoments(plan: Plan): string {
  return gather(plan, {
    states: ["mean", "squares", "count"],
    from: "0u",
    to: "numbers.parts",
    each: `      let place = 2u * row * numbers.channels + channel;
      let mean_ = moments[place];
      let squares_ = moments[place + numbers.channels];
      let count_ = V(f32(min(numbers.span, numbers.rows - row * numbers.span)));
${mergeMoments}`,
    merge: mergeMoments,
  });
}

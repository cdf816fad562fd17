/** Operations on maps in float64, with their gradients, written for reading: what float32 engines are held against. */

/** `[batch, channels, side, side]`, as PyTorch lays them out. */
export interface Maps {
  readonly values: Float64Array;
  readonly batch: number;
  readonly channels: number;
  readonly side: number;
}

/** A result and the way back: from the result's gradient to the input's. */
export interface Applied {
  readonly y: Maps;
  readonly back: (dy: Float64Array) => Float64Array;
}

export interface Filter {
  /** `[out, in, size, size]` */
  readonly values: Float64Array;
  readonly shape: readonly number[];
}

/** A convolution, and the gradients of its input and its filter; a filter with one channel in is a depthwise one. */
export function convolution(x: Maps, filter: Filter, stride: number) {
  const [outputs = 0, inputs = 0, size = 0] = filter.shape;
  const padding = (size - 1) / 2;
  const side = Math.floor((x.side + 2 * padding - size) / stride) + 1;
  const y = maps(x.batch, outputs, side);
  /** Visits the sum's products row by row: where the row of the result begins, that of the input, and the weight. */
  const visit = (products: (result: number, input: number, weight: number, first: number, end: number) => void) => {
    for (let image = 0; image < x.batch; image++)
      for (let out = 0; out < outputs; out++)
        for (let from = 0; from < inputs; from++)
          for (let place = 0; place < size * size; place++) {
            const [row, column] = [Math.floor(place / size) - padding, (place % size) - padding];
            const first = Math.max(0, Math.ceil(-column / stride));
            const end = Math.min(side, Math.floor((x.side - 1 - column) / stride) + 1);
            for (let top = 0; top < side; top++) {
              const above = top * stride + row;
              if (above < 0 || above >= x.side) continue;
              const result = ((image * outputs + out) * side + top) * side;
              const channel = inputs === x.channels ? from : out;
              const input = ((image * x.channels + channel) * x.side + above) * x.side + column;
              products(result, input, (out * inputs + from) * size * size + place, first, end);
            }
          }
  };
  visit((result, input, weight, first, end) => {
    const factor = at(filter.values, weight);
    for (let left = first; left < end; left++)
      add(y.values, result + left, factor * at(x.values, input + left * stride));
  });
  return {
    y,
    inputGradient(dy: Float64Array): Float64Array {
      const dx = new Float64Array(x.values.length);
      visit((result, input, weight, first, end) => {
        const factor = at(filter.values, weight);
        for (let left = first; left < end; left++) add(dx, input + left * stride, factor * at(dy, result + left));
      });
      return dx;
    },
    filterGradient(dy: Float64Array): Float64Array {
      const gradient = new Float64Array(filter.values.length);
      visit((result, input, weight, first, end) => {
        let total = 0;
        for (let left = first; left < end; left++) total += at(dy, result + left) * at(x.values, input + left * stride);
        add(gradient, weight, total);
      });
      return gradient;
    },
  };
}

/** Batch norm with the batch's own statistics, epsilon 1e-5, and its gradients. */
export function batchNorm(x: Maps, scale: Float64Array, offset: Float64Array) {
  const count = x.batch * x.side ** 2;
  const channelOf = (index: number) => Math.floor(index / x.side ** 2) % x.channels;
  const sums = (term: (index: number, channel: number) => number) => {
    const totals = new Float64Array(x.channels);
    for (let index = 0; index < x.values.length; index++) add(totals, channelOf(index), term(index, channelOf(index)));
    return totals;
  };
  const mean = sums((index) => at(x.values, index) / count);
  const variance = sums((index, channel) => (at(x.values, index) - at(mean, channel)) ** 2 / count);
  const spread = variance.map((value) => Math.sqrt(value + 1e-5));
  const whitened = x.values.map((value, index) => {
    const channel = channelOf(index);
    return (value - at(mean, channel)) / at(spread, channel);
  });
  const values = whitened.map((value, index) => value * at(scale, channelOf(index)) + at(offset, channelOf(index)));
  return {
    y: { ...x, values },
    gradients(dy: Float64Array) {
      const dOffset = sums((index) => at(dy, index));
      const dScale = sums((index) => at(dy, index) * at(whitened, index));
      const dx = dy.map((slope, index) => {
        const channel = channelOf(index);
        const inner = slope - (at(dOffset, channel) + at(whitened, index) * at(dScale, channel)) / count;
        return (inner * at(scale, channel)) / at(spread, channel);
      });
      return { dx, dScale, dOffset };
    },
  };
}

export function relu(x: Maps): Applied {
  const values = x.values.map((value) => Math.max(value, 0));
  return { y: { ...x, values }, back: (dy) => dy.map((slope, index) => (at(x.values, index) > 0 ? slope : 0)) };
}

export function relu6(x: Maps): Applied {
  const values = x.values.map((value) => Math.min(Math.max(value, 0), 6));
  const back = (dy: Float64Array) =>
    dy.map((slope, index) => (at(x.values, index) > 0 && at(x.values, index) < 6 ? slope : 0));
  return { y: { ...x, values }, back };
}

/** Maxima of windows of 3×3 at stride 2 with one pixel of padding: a residual network's first pool. */
export function maxPool(x: Maps): Applied {
  const side = Math.floor((x.side - 1) / 2) + 1;
  const y = maps(x.batch, x.channels, side);
  const winners = new Int32Array(y.values.length);
  y.values.fill(-Infinity);
  for (let plane = 0; plane < x.batch * x.channels; plane++)
    for (let index = 0; index < side * side; index++)
      for (let place = 0; place < 9; place++) {
        const row = Math.floor(index / side) * 2 + Math.floor(place / 3) - 1;
        const column = (index % side) * 2 + (place % 3) - 1;
        if (row < 0 || column < 0 || row >= x.side || column >= x.side) continue;
        const from = (plane * x.side + row) * x.side + column;
        const to = plane * side * side + index;
        if (at(x.values, from) <= at(y.values, to)) continue;
        y.values[to] = at(x.values, from);
        winners[to] = from;
      }
  const back = (dy: Float64Array) => {
    const dx = new Float64Array(x.values.length);
    dy.forEach((slope, index) => {
      add(dx, winners[index] as number, slope);
    });
    return dx;
  };
  return { y, back };
}

export function maps(batch: number, channels: number, side: number): Maps {
  return { values: new Float64Array(batch * channels * side ** 2), batch, channels, side };
}

export function sum(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, index) => value + at(b, index));
}

/** Every index in these loops lies inside its array. */
function at(values: Float64Array, index: number): number {
  return values[index] as number;
}

function add(values: Float64Array, index: number, value: number): void {
  values[index] = at(values, index) + value;
}

// Kernels that move values without computing: transpose, pad, slice, concatenate, gather, one-hot, cast, fill.
#include <cstring>

#include "bindings.h"
#include "parallel.h"

namespace fgkd {
namespace {

using Shape = std::vector<int64_t>;

/** Checks that `b` has the element size of `a` and `count` elements. */
void demand(const Bytes& a, const Bytes& b, size_t count) {
  if (a.element != b.element || b.size != count) fail("the result has the wrong size or element type");
}

Shape stridesOf(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

/**
 * Visits a block of `sizes` in two tensors at once, a run of the last axis at a time: `body(first, second)` gets the
 * element offsets where the run starts. Runs, of `cost` elements each, are shared out over the threads.
 */
template <class Body>
void eachRun(const Shape& sizes, const Shape& first, const Shape& second, size_t cost, const Body& body) {
  size_t rank = sizes.size(), runs = 1;
  for (size_t i = 0; i + 1 < rank; ++i) runs *= size_t(sizes[i]);
  if (rank > 0 && sizes.back() == 0) return;
  parallelRanges(runs, cost, [&](size_t begin, size_t end) {
    // An odometer: dividing once per run would cost more than copying a short one.
    std::vector<size_t> index(rank, 0);
    size_t rest = begin, a = 0, b = 0;
    for (size_t i = rank - (rank > 0); i-- > 0;) {
      index[i] = rest % size_t(sizes[i]);
      rest /= size_t(sizes[i]);
      a += index[i] * size_t(first[i]);
      b += index[i] * size_t(second[i]);
    }
    for (size_t run = begin; run < end; ++run) {
      body(a, b);
      for (size_t i = rank - (rank > 0); i-- > 0;) {
        a += size_t(first[i]);
        b += size_t(second[i]);
        if (++index[i] < size_t(sizes[i])) break;
        a -= size_t(first[i] * sizes[i]);
        b -= size_t(second[i] * sizes[i]);
        index[i] = 0;
      }
    }
  });
}

/** Joins neighbouring axes of a copied block that lie one behind the other on both sides. */
void joinAxes(Shape& sizes, Shape& first, Shape& second) {
  for (size_t i = sizes.size(); i-- > 1;) {
    bool joins = first[i - 1] == first[i] * sizes[i] && second[i - 1] == second[i] * sizes[i];
    if (!joins) continue;
    sizes[i - 1] *= sizes[i];
    first[i - 1] = first[i];
    second[i - 1] = second[i];
    sizes.erase(sizes.begin() + i);
    first.erase(first.begin() + i);
    second.erase(second.begin() + i);
  }
}

/** Copies a block whose last axis is contiguous on both sides. */
void copyBlock(const uint8_t* from, uint8_t* to, size_t element, Shape sizes, Shape fromStrides, Shape toStrides) {
  joinAxes(sizes, fromStrides, toStrides);
  size_t run = (sizes.empty() ? 1 : size_t(sizes.back())) * element;
  auto copy = [&](auto bytes) {
    eachRun(sizes, fromStrides, toStrides, run / element,
            [&](size_t a, size_t b) { std::memcpy(to + b * element, from + a * element, bytes()); });
  };
  // Pixels of three channels are the usual short run: with a known length, copying is one or two instructions.
  if (run == 12) return copy([] { return size_t{12}; });
  if (run == 32) return copy([] { return size_t{32}; });
  copy([run] { return run; });
}

template <class T>
void transposeInto(const T* x, T* y, const Shape& sizes, const Shape& from, const Shape& to) {
  size_t n = size_t(sizes.back());
  size_t step = size_t(from.back());
  // Tiles of the two axes that are contiguous on one side each, so that both sides stay in the cache.
  size_t fast = sizes.size() - 1;
  for (size_t i = 0; i < sizes.size(); ++i)
    if (from[i] == 1) fast = i;
  if (fast == sizes.size() - 1) {
    eachRun(sizes, from, to, n, [&](size_t a, size_t b) {
      for (size_t i = 0; i < n; ++i) y[b + i] = x[a + i * step];
    });
    return;
  }
  constexpr size_t kTile = 16;
  size_t m = size_t(sizes[fast]), stepTo = size_t(to[fast]);
  Shape outer = sizes, outerFrom = from, outerTo = to;
  outer[fast] = int64_t((m + kTile - 1) / kTile);
  outerFrom[fast] = kTile;
  outerTo[fast] = int64_t(kTile * stepTo);
  outer.back() = 1;  // the body goes along the last axis itself
  eachRun(outer, outerFrom, outerTo, kTile * n, [&](size_t a, size_t b) {
    size_t height = std::min(kTile, m - b / stepTo % m);
    for (size_t start = 0; start < n; start += kTile) {
      size_t width = std::min(kTile, n - start);
      for (size_t r = 0; r < height; ++r)
        for (size_t i = start; i < start + width; ++i) y[b + r * stepTo + i] = x[a + r + i * step];
    }
  });
}

/** `transpose(x, y, shape, permutation)` */
Napi::Value transpose(const Args& args) {
  auto x = args.bytes(0), y = args.bytes(1);
  auto shape = args.shape(2), permutation = args.shape(3);
  size_t rank = shape.size();
  if (permutation.size() != rank || x.size != product(shape)) fail("transpose: shape, permutation and values differ");
  demand(x, y, x.size);
  if (x.size == 0) return args.info().Env().Undefined();
  auto strides = stridesOf(shape);
  Shape sizes, from;
  std::vector<bool> seen(rank, false);
  for (auto axis : permutation) {
    if (size_t(axis) >= rank || seen[axis]) fail("transpose: not a permutation");
    seen[axis] = true;
    if (shape[axis] == 1) continue;
    // Axes that stay neighbours are one axis.
    if (!sizes.empty() && from.back() == strides[axis] * shape[axis]) {
      sizes.back() *= shape[axis];
      from.back() = strides[axis];
    } else {
      sizes.push_back(shape[axis]);
      from.push_back(strides[axis]);
    }
  }
  if (sizes.size() <= 1) {
    std::memcpy(y.data, x.data, x.size * x.element);
    return args.info().Env().Undefined();
  }
  auto to = stridesOf(sizes);
  if (from.back() == 1) {
    copyBlock(x.data, y.data, x.element, sizes, from, to);
  } else if (x.element == 4) {
    transposeInto(reinterpret_cast<uint32_t*>(x.data), reinterpret_cast<uint32_t*>(y.data), sizes, from, to);
  } else {
    transposeInto(x.data, y.data, sizes, from, to);
  }
  return args.info().Env().Undefined();
}

/** `slice(x, y, shape, begin, size)` */
Napi::Value slice(const Args& args) {
  auto x = args.bytes(0), y = args.bytes(1);
  auto shape = args.shape(2), begin = args.shape(3), size = args.shape(4);
  if (begin.size() != shape.size() || size.size() != shape.size() || x.size != product(shape))
    fail("slice: shapes differ");
  demand(x, y, product(size));
  auto strides = stridesOf(shape);
  size_t offset = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (begin[i] + size[i] > shape[i]) fail("slice: beyond the end of the tensor");
    offset += size_t(begin[i] * strides[i]);
  }
  if (y.size > 0) copyBlock(x.data + offset * x.element, y.data, x.element, size, strides, stridesOf(size));
  return args.info().Env().Undefined();
}

/** `insert(x, y, shape, place, shapeOfY)`: writes x into y with its first value at `place`. */
Napi::Value insert(const Args& args) {
  auto x = args.bytes(0), y = args.bytes(1);
  auto shape = args.shape(2), place = args.shape(3), whole = args.shape(4);
  if (place.size() != shape.size() || whole.size() != shape.size() || x.size != product(shape))
    fail("insert: shapes differ");
  demand(x, y, product(whole));
  auto strides = stridesOf(whole);
  size_t offset = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (place[i] + shape[i] > whole[i]) fail("insert: beyond the end of the tensor");
    offset += size_t(place[i] * strides[i]);
  }
  if (x.size > 0) copyBlock(x.data, y.data + offset * y.element, x.element, shape, stridesOf(shape), strides);
  return args.info().Env().Undefined();
}

/** `fill(y, value)` */
Napi::Value fill(const Args& args) {
  auto y = args.bytes(0);
  double value = args.number(1);
  auto each = [&](auto* data, auto same) {
    parallelRanges(y.size, 1, [&](size_t begin, size_t end) { std::fill(data + begin, data + end, same); });
  };
  if (args.info()[0].As<Napi::TypedArray>().TypedArrayType() == napi_float32_array) {
    each(reinterpret_cast<float*>(y.data), float(value));
  } else if (y.element == 4) {
    each(reinterpret_cast<int32_t*>(y.data), args.integer(1));
  } else {
    each(y.data, uint8_t(args.integer(1)));
  }
  return args.info().Env().Undefined();
}

/** `gather(x, indices, y, [batch, outer, axis, inner], indicesPerBatch)`: rows of the axis, by index. */
Napi::Value gather(const Args& args) {
  auto x = args.bytes(0), y = args.bytes(2);
  auto shape = args.shape(3);
  if (shape.size() != 4) fail("gather: four sizes expected");
  size_t batch = shape[0], outer = shape[1], axis = shape[2], inner = shape[3], count = args.count(4);
  auto indices = args.array<int32_t>(1, times({batch, count}));
  if (x.size != times({batch, outer, axis, inner})) fail("gather: shape and values differ");
  demand(x, y, times({batch, outer, count, inner}));
  for (size_t i = 0; i < indices.size; ++i)
    if (indices[i] < 0 || size_t(indices[i]) >= axis)
      fail("GatherV2: the index value " + std::to_string(indices[i]) + " is not in [0, " + std::to_string(axis - 1) +
           "]");
  size_t run = inner * x.element;
  parallelRanges(batch * outer, count * inner, [&](size_t begin, size_t end) {
    for (size_t line = begin; line < end; ++line)
      for (size_t i = 0; i < count; ++i)
        std::memcpy(y.data + (line * count + i) * run,
                    x.data + (line * axis + size_t(indices[line / outer * count + i])) * run, run);
  });
  return args.info().Env().Undefined();
}

/** `blockChannels(x, y, n, area, c, back)`: [n, area, c] to blocks of eight channels [n, c / 8, area, 8], or back. */
Napi::Value blockChannels(const Args& args) {
  size_t n = args.count(2), area = args.count(3), c = args.count(4);
  bool back = args.flag(5);
  if (c % 8 != 0) fail("blocks are of eight channels");
  size_t size = times({n, area, c});
  auto x = args.f32(0, size), y = args.f32(1, size);
  size_t blocks = c / 8;
  constexpr size_t kTile = 64;  // pixels: both sides of a tile stay in the cache
  size_t tiles = (area + kTile - 1) / kTile;
  parallelRanges(n * tiles, kTile * c, [&](size_t begin, size_t end) {
    for (size_t item = begin; item < end; ++item) {
      size_t image = item / tiles, first = item % tiles * kTile, last = std::min(area, first + kTile);
      for (size_t block = 0; block < blocks; ++block)
        for (size_t pixel = first; pixel < last; ++pixel) {
          size_t plain = (image * area + pixel) * c + block * 8, blocked = ((image * blocks + block) * area + pixel) * 8;
          if (back) std::memcpy(y.data + plain, x.data + blocked, 32);
          else std::memcpy(y.data + blocked, x.data + plain, 32);
        }
    }
  });
  return args.info().Env().Undefined();
}

/** `cast(x, y)`: between float32, int32 (towards zero) and bool (not zero); the arrays' types say which. */
Napi::Value cast(const Args& args) {
  auto x = args.bytes(0), y = args.bytes(1);
  if (x.size != y.size) fail("cast: sizes differ");
  bool fromFloat = args.info()[0].As<Napi::TypedArray>().TypedArrayType() == napi_float32_array;
  bool toFloat = args.info()[1].As<Napi::TypedArray>().TypedArrayType() == napi_float32_array;
  auto each = [&](auto* from, auto* to, auto convert) {
    parallelRanges(x.size, 1, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) to[i] = convert(from[i]);
    });
  };
  auto* xf = reinterpret_cast<float*>(x.data);
  auto* xi = reinterpret_cast<int32_t*>(x.data);
  auto* yf = reinterpret_cast<float*>(y.data);
  auto* yi = reinterpret_cast<int32_t*>(y.data);
  // As JavaScript does: what is no int32, and NaN, wraps or becomes 0.
  auto toInt = [](float v) { return std::abs(v) < 9e18f ? int32_t(uint32_t(uint64_t(int64_t(v)))) : 0; };
  auto isSet = [](auto v) { return uint8_t(v != 0); };
  auto asFloat = [](auto v) { return float(v); };
  auto asInt = [](auto v) { return int32_t(v); };
  if (fromFloat && y.element == 1) each(xf, y.data, isSet);
  else if (fromFloat && !toFloat) each(xf, yi, toInt);
  else if (fromFloat || (x.element == y.element && !toFloat)) std::memcpy(y.data, x.data, x.size * x.element);
  else if (x.element == 1 && toFloat) each(x.data, yf, asFloat);
  else if (x.element == 1) each(x.data, yi, asInt);
  else if (toFloat) each(xi, yf, asFloat);
  else each(xi, y.data, isSet);
  return args.info().Env().Undefined();
}

}  // namespace

void bindLayout(Napi::Object& exports) {
  bind(exports, "transpose", transpose);
  bind(exports, "slice", slice);
  bind(exports, "insert", insert);
  bind(exports, "fill", fill);
  bind(exports, "gather", gather);
  bind(exports, "blockChannels", blockChannels);
  bind(exports, "cast", cast);
}

}  // namespace fgkd

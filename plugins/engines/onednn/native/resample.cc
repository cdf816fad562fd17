// Crops of images, and resizing by a weight for every pair of input and output line (antialiased resizing).
#include <cmath>
#include <cstring>

#include "bindings.h"
#include "loops.h"
#include "parallel.h"

namespace fgkd {
namespace {

/** The entries of a matrix [to, from] that are not zero: each row is taken to have one run of them. */
struct Bands {
  std::vector<int> first, count;
  std::vector<float> weights;  // [to, longest]
  size_t longest = 1;

  Bands(Span<float> matrix, size_t to, size_t from) : first(to, 0), count(to, 0) {
    for (size_t row = 0; row < to; ++row) {
      const float* values = matrix.data + row * from;
      size_t begin = 0, end = from;
      while (begin < end && values[begin] == 0.f) ++begin;
      while (end > begin && values[end - 1] == 0.f) --end;
      first[row] = int(begin);
      count[row] = int(end - begin);
      longest = std::max(longest, end - begin);
    }
    weights.assign(to * longest, 0.f);
    for (size_t row = 0; row < to; ++row)
      std::copy_n(matrix.data + row * from + first[row], count[row], weights.data() + row * longest);
  }
  const float* of(size_t row) const { return weights.data() + row * longest; }
};

/** `resample(x, rows, columns, y, [n, h, w, c, oh, ow])`: y = rows · x · columnsᵀ of each image and channel. */
Napi::Value resample(const Args& args) {
  auto f = args.fields(4, 6);
  for (size_t i = 0; i < 6; ++i)
    if (f[i] <= 0) fail("resample: every size must be positive");
  const size_t n = f[0], h = f[1], w = f[2], c = f[3], oh = f[4], ow = f[5];
  auto x = args.f32(0, times({n, h, w, c})), y = args.f32(3, times({n, oh, ow, c}));
  const Bands rows(args.f32(1, times({oh, h})), oh, h), columns(args.f32(2, times({ow, w})), ow, w);
  const ResampleLine line{int(ow), int(c), columns.first.data(), columns.count.data(), columns.weights.data(),
                          columns.longest};
  parallelRanges(n * oh, (w * rows.longest + ow * columns.longest) * c, [&](size_t begin, size_t end) {
    std::vector<float> between(w * c);
    for (size_t i = begin; i < end; ++i) {
      const size_t image = i / oh, row = i % oh;
      const float* from = x.data + (image * h + rows.first[row]) * w * c;
      loops().weightedRows(from, w * c, rows.of(row), rows.count[row], between.data());
      loops().resampleLine(line, between.data(), y.data + i * ow * c);
    }
  });
  return args.info().Env().Undefined();
}

struct CropAxis {
  std::vector<int> low, high;  // low is -1 where the crop leaves the image
  std::vector<float> part;

  /** Positions as tfjs computes them, in double. */
  CropAxis(double begin, double end, int size, int out, bool nearest) : low(out, -1), high(out, -1), part(out, 0.f) {
    const double scale = out > 1 ? (end - begin) * (size - 1) / (out - 1) : 0;
    for (int i = 0; i < out; ++i) {
      const double at = out > 1 ? begin * (size - 1) + i * scale : 0.5 * (begin + end) * (size - 1);
      if (!(at >= 0 && at <= size - 1)) continue;
      low[i] = int(nearest ? std::floor(at + 0.5) : std::floor(at));
      high[i] = nearest ? low[i] : int(std::ceil(at));
      part[i] = nearest ? 0.f : float(at - low[i]);
    }
  }
};

/** `cropAndResize(x, boxes, images, y, [n, h, w, c, oh, ow], nearest, outside)`; boxes: [count, 4], images: [count]. */
Napi::Value cropAndResize(const Args& args) {
  auto f = args.fields(4, 6);
  for (size_t i = 0; i < 6; ++i)
    if (f[i] <= 0) fail("cropAndResize: every size must be positive");
  const int n = f[0], h = f[1], w = f[2], c = f[3], oh = f[4], ow = f[5];
  auto images = args.array<int32_t>(2);
  const size_t count = images.size, line = size_t(ow) * c;
  auto x = args.f32(0, times({size_t(n), size_t(h), size_t(w), size_t(c)})), boxes = args.f32(1, times({count, 4})),
       y = args.f32(3, times({count, size_t(oh), size_t(ow), size_t(c)}));
  const bool nearest = args.flag(5);
  const float outside = float(args.number(6));
  for (size_t i = 0; i < count; ++i)
    if (images[i] < 0) fail("cropAndResize: negative number of an image");
  parallelItems(count, size_t(oh) * line, [&](size_t box) {
    float* crop = y.data + box * oh * line;
    if (images[box] >= n) {
      std::fill(crop, crop + oh * line, 0.f);
      return;
    }
    const float* corners = boxes.data + box * 4;
    const CropAxis rows(corners[0], corners[2], h, oh, nearest), columns(corners[1], corners[3], w, ow, nearest);
    const float* image = x.data + size_t(images[box]) * h * w * c;
    const CropLine crops{ow, c, columns.low.data(), columns.high.data(), columns.part.data(), outside};
    for (int row = 0; row < oh; ++row, crop += line) {
      if (rows.low[row] < 0) {
        std::fill(crop, crop + line, outside);
        continue;
      }
      const float *top = image + size_t(rows.low[row]) * w * c, *bottom = image + size_t(rows.high[row]) * w * c;
      if (nearest) loops().pickPixels(crops, top, crop);
      else loops().blendPixels(crops, top, bottom, rows.part[row], crop);
    }
  });
  return args.info().Env().Undefined();
}

}  // namespace

void bindResample(Napi::Object& exports) {
  bind(exports, "resample", resample);
  bind(exports, "cropAndResize", cropAndResize);
}

}  // namespace fgkd

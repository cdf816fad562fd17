// Layer normalisation over the last axis, and group normalisation of images, with gradients.
#include <cmath>
#include <cstring>

#include "bf16.h"
#include "bindings.h"
#include "loops.h"
#include "parallel.h"

namespace fgkd {
namespace {

/** Rows in pieces that are a function of the sizes alone: sums of pieces give the same bytes whatever the threads. */
size_t rowsOfPiece(size_t rows) { return std::max<size_t>(32, (rows + 63) / 64); }

/** `layerNorm(x, scale, offset, y, mean, variance, rows, c, epsilon)` */
Napi::Value layerNorm(const Args& args) {
  size_t rows = args.count(6), c = args.count(7);
  if (c == 0) fail("layer normalisation of no values");
  size_t size = times({rows, c});
  const auto x = Stored::read(args, 0, size), y = Stored::read(args, 3, size);
  auto scale = args.f32(1, c), offset = args.f32(2, c), mean = args.f32(4, rows), variance = args.f32(5, rows);
  float epsilon = float(args.number(8));
  parallelRanges(rows, c * 4, [&](size_t begin, size_t end) {
    inParts(x.bf16 || y.bf16, end - begin, c, [&](size_t part, size_t count) {
      const size_t row = begin + part, at = row * c, n = count * c;
      float* to = y.room(1, n);
      loops().layerNorm(x.floats(at, n, x.room(0, n)), scale.data, offset.data, y.place(at, to), mean.data + row,
                        variance.data + row, count, c, epsilon);
      y.keep(at, n, to);
    });
  });
  return args.info().Env().Undefined();
}

/** `layerNormGrad(dy, x, scale, mean, variance, dx, dScale, dOffset, rows, c, epsilon)` */
Napi::Value layerNormGrad(const Args& args) {
  size_t rows = args.count(8), c = args.count(9);
  if (c == 0 || rows == 0) fail("layer normalisation of no values");
  size_t size = times({rows, c});
  const auto dy = Stored::read(args, 0, size), x = Stored::read(args, 1, size), dx = Stored::read(args, 5, size);
  auto scale = args.f32(2, c), mean = args.f32(3, rows), variance = args.f32(4, rows), dScale = args.f32(6, c),
       dOffset = args.f32(7, c);
  float epsilon = float(args.number(10));
  size_t block = rowsOfPiece(rows), pieces = (rows + block - 1) / block;
  std::vector<float> partial(pieces * c * 2, 0.f);
  parallelItems(pieces, block * c * 4, [&](size_t piece) {
    size_t first = piece * block, count = std::min(block, rows - first);
    float* sums = partial.data() + piece * c * 2;
    inParts(dy.bf16 || x.bf16 || dx.bf16, count, c, [&](size_t part, size_t many) {
      const size_t row = first + part, at = row * c, n = many * c;
      float* to = dx.room(2, n);
      loops().layerNormGrad(dy.floats(at, n, dy.room(0, n)), x.floats(at, n, x.room(1, n)), scale.data,
                            mean.data + row, variance.data + row, dx.place(at, to), sums, sums + c, many, c, epsilon);
      dx.keep(at, n, to);
    });
  });
  std::vector<double> total(c * 2, 0);
  for (size_t piece = 0; piece < pieces; ++piece)
    for (size_t i = 0; i < c * 2; ++i) total[i] += partial[piece * c * 2 + i];
  for (size_t i = 0; i < c; ++i) {
    dScale[i] = float(total[i]);
    dOffset[i] = float(total[c + i]);
  }
  return args.info().Env().Undefined();
}

/** Images of `area` pixels as [n, area, c], or in blocks of eight channels as [n, c / 8, area, 8]. */
struct Images {
  size_t n, area, c, groups;
  bool blocked;

  static Images read(const Args& args, size_t i) {
    Images made{args.count(i), args.count(i + 1), args.count(i + 2), args.count(i + 3), args.flag(i + 4)};
    if (made.n == 0 || made.area == 0 || made.c == 0) fail("group normalisation of no values");
    if (made.groups == 0 || made.c % made.groups != 0) fail("channels must be a multiple of the groups");
    if (made.blocked && made.c % 8 != 0) fail("blocks do not fit the sizes");
    return made;
  }
  size_t size() const { return times({n, area, c}); }
  size_t width() const { return blocked ? 8 : c; }
  size_t rows() const { return blocked ? area : rowsOfPiece(area); }
  size_t pieces() const { return blocked ? c / 8 : (area + rows() - 1) / rows(); }
  double count() const { return double(area) * double(c / groups); }
  size_t groupOf(size_t channel) const { return channel / (c / groups); }
  /** Where channel `i` of an image begins. */
  size_t start(size_t image, size_t i) const {
    return image * area * c + (blocked ? i / 8 * area * 8 + i % 8 : i);
  }

  /** Calls `body(offset, rows, first of the values [n, c], piece)` for pieces of one image and neighbouring channels. */
  template <class Body>
  void each(const Body& body) const {
    parallelItems(n * pieces(), rows() * width(), [&](size_t i) {
      size_t image = i / pieces(), piece = i % pieces();
      size_t first = blocked ? 0 : piece * rows(), channel = blocked ? piece * 8 : 0;
      size_t offset = image * area * c + (blocked ? piece * area * 8 : first * c);
      body(offset, std::min(rows(), area - first), image * c + channel, i);
    });
  }
};

struct Sums {
  std::vector<double> first, second;  // [n, c]
};

template <class Body>
Sums sumPairs(const Images& s, const Body& body) {
  size_t width = s.width();
  std::vector<float> partial(s.n * s.pieces() * width * 2, 0.f);
  s.each([&](size_t offset, size_t rows, size_t channel, size_t piece) {
    float* sums = partial.data() + piece * width * 2;
    body(offset, rows, channel, sums, sums + width);
  });
  Sums total{std::vector<double>(s.n * s.c, 0), std::vector<double>(s.n * s.c, 0)};
  for (size_t i = 0; i < s.n * s.pieces(); ++i) {
    size_t channel = i / s.pieces() * s.c + (s.blocked ? i % s.pieces() * 8 : 0);
    for (size_t k = 0; k < width; ++k) {
      total.first[channel + k] += partial[i * width * 2 + k];
      total.second[channel + k] += partial[i * width * 2 + width + k];
    }
  }
  return total;
}

/** `groupNorm(x, scale, offset, y, mean, variance, n, area, c, groups, blocked, epsilon)` */
Napi::Value groupNorm(const Args& args) {
  auto s = Images::read(args, 6);
  auto x = args.f32(0, s.size()), scale = args.f32(1, s.c), offset = args.f32(2, s.c), y = args.f32(3, s.size()),
       mean = args.f32(4, times({s.n, s.groups})), variance = args.f32(5, times({s.n, s.groups}));
  double epsilon = args.number(11);
  // Sums of differences from a channel's first value stay exact where the mean is far from zero.
  std::vector<float> pivot(s.n * s.c);
  for (size_t i = 0; i < pivot.size(); ++i) pivot[i] = x[s.start(i / s.c, i % s.c)];
  auto sums = sumPairs(s, [&](size_t at, size_t rows, size_t channel, float* sum, float* squares) {
    loops().moments(x.data + at, rows, s.width(), pivot.data() + channel, sum, squares);
  });
  std::vector<double> means(s.n * s.groups, 0), squares(s.n * s.groups, 0);
  auto groupAt = [&](size_t i) { return i / s.c * s.groups + s.groupOf(i % s.c); };
  for (size_t i = 0; i < pivot.size(); ++i) means[groupAt(i)] += pivot[i] * double(s.area) + sums.first[i];
  for (double& value : means) value /= s.count();
  for (size_t i = 0; i < pivot.size(); ++i) {
    double shift = means[groupAt(i)] - pivot[i];
    squares[groupAt(i)] += sums.second[i] - 2 * shift * sums.first[i] + shift * shift * double(s.area);
  }
  std::vector<float> centre(s.n * s.c), factor(s.n * s.c);
  for (size_t i = 0; i < means.size(); ++i) {
    mean[i] = float(means[i]);
    double spread = squares[i] / s.count();
    variance[i] = float(spread < 0 ? 0 : spread);  // a NaN stays
  }
  for (size_t i = 0; i < centre.size(); ++i) {
    centre[i] = mean[groupAt(i)];
    factor[i] = float(scale[i % s.c] / std::sqrt(variance[groupAt(i)] + epsilon));
  }
  s.each([&](size_t at, size_t rows, size_t channel, size_t) {
    Affine f{factor.data() + channel, offset.data + channel % s.c};
    loops().centredAffine(x.data + at, y.data + at, rows, s.width(), centre.data() + channel, f);
  });
  return args.info().Env().Undefined();
}

/** `groupNormGrad(dy, x, scale, mean, variance, dx, dScale, dOffset, n, area, c, groups, blocked, epsilon)` */
Napi::Value groupNormGrad(const Args& args) {
  auto s = Images::read(args, 8);
  auto dy = args.f32(0, s.size()), x = args.f32(1, s.size()), scale = args.f32(2, s.c),
       mean = args.f32(3, times({s.n, s.groups})), variance = args.f32(4, times({s.n, s.groups})), dx = args.f32(5, s.size()),
       dScale = args.f32(6, s.c), dOffset = args.f32(7, s.c);
  double epsilon = args.number(13);
  size_t channels = s.n * s.c;
  auto groupAt = [&](size_t i) { return i / s.c * s.groups + s.groupOf(i % s.c); };
  std::vector<float> centre(channels), p(channels), q(channels), r(channels);
  for (size_t i = 0; i < channels; ++i) centre[i] = mean[groupAt(i)];
  auto sums = sumPairs(s, [&](size_t at, size_t rows, size_t channel, float* sumDy, float* sumDyX) {
    Affine none{p.data(), p.data()};  // only a ReLU would read it
    loops().normGradSums(dy.data + at, x.data + at, rows, s.width(), none, centre.data() + channel, false, sumDy,
                         sumDyX);
  });
  std::vector<double> sum(s.n * s.groups, 0), along(s.n * s.groups, 0), scales(s.c, 0), offsets(s.c, 0);
  for (size_t i = 0; i < channels; ++i) {
    sum[groupAt(i)] += scale[i % s.c] * sums.first[i];
    along[groupAt(i)] += scale[i % s.c] * sums.second[i];
  }
  for (size_t i = 0; i < channels; ++i) {
    double inverse = 1.0 / std::sqrt(variance[groupAt(i)] + epsilon);
    scales[i % s.c] += sums.second[i] * inverse;
    offsets[i % s.c] += sums.first[i];
    p[i] = float(scale[i % s.c] * inverse);
    q[i] = float(-along[groupAt(i)] / s.count() * inverse * inverse * inverse);
    r[i] = float(-sum[groupAt(i)] / s.count() * inverse);
  }
  for (size_t i = 0; i < s.c; ++i) {
    dScale[i] = float(scales[i]);
    dOffset[i] = float(offsets[i]);
  }
  s.each([&](size_t at, size_t rows, size_t channel, size_t) {
    Affine none{p.data(), p.data()};
    loops().normGradApply(dy.data + at, x.data + at, dx.data + at, rows, s.width(), none, centre.data() + channel,
                          false, p.data() + channel, q.data() + channel, r.data() + channel);
  });
  return args.info().Env().Undefined();
}

}  // namespace

void bindLayerNorm(Napi::Object& exports) {
  bind(exports, "layerNorm", layerNorm);
  bind(exports, "layerNormGrad", layerNormGrad);
  bind(exports, "groupNorm", groupNorm);
  bind(exports, "groupNormGrad", groupNormGrad);
}

}  // namespace fgkd

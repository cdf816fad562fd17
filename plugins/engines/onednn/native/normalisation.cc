// Batch normalisation, optionally with ReLU, which may have a greatest value: in training with its gradient, and in inference.
#include <cmath>

#include "bf16.h"
#include "bindings.h"
#include "loops.h"
#include "parallel.h"

namespace fgkd {
namespace {

/**
 * How rows of channels lie in memory: [rows, c], or with `area` pixels an image, in blocks of eight channels,
 * [rows / area, c / 8, area, 8]. Either way a tensor is a number of pieces whose channels are contiguous.
 */
struct Layout {
  size_t rows, c, area;

  static Layout read(const Args& args, size_t i) {
    Layout made{args.count(i), args.count(i + 1), args.count(i + 2)};
    if (made.rows == 0 || made.c == 0) fail("batch normalisation of no rows");
    if (made.area > 0 && (made.c % 8 != 0 || made.rows % made.area != 0)) fail("blocks do not fit the sizes");
    return made;
  }
  size_t size() const { return times({rows, c}); }
  size_t width() const { return area > 0 ? 8 : c; }
  size_t blocks() const { return area > 0 ? c / 8 : 1; }
  size_t rowsOfPiece() const { return area > 0 ? area : std::max<size_t>(32, (rows + 63) / 64); }
  size_t pieces() const { return area > 0 ? rows / area * blocks() : (rows + rowsOfPiece() - 1) / rowsOfPiece(); }

  /**
   * Calls `body(offset, rows, first channel, piece)` for every piece, pieces shared out over the threads. How a tensor is
   * cut is a function of its sizes alone: sums of pieces give the same bytes whatever the threads.
   */
  template <class Body>
  void each(const Body& body) const {
    parallelItems(pieces(), rowsOfPiece() * width(), [&](size_t piece) {
      size_t first = piece * rowsOfPiece();
      size_t count = area > 0 ? area : std::min(rowsOfPiece(), rows - first);
      body(first * width(), count, piece % blocks() * 8, piece);
    });
  }
  /** The same for the parts of pieces that are widened at a time; rooms are as large as a part, or nothing is widened. */
  template <class Body>
  void eachPart(bool widens, const Body& body) const {
    each([&](size_t at, size_t count, size_t channel, size_t piece) {
      inParts(widens, count, width(), [&](size_t row, size_t n) { body(at + row * width(), n, channel, piece); });
    });
  }
};

struct Sums {
  std::vector<double> first, second;
};

/** Two sums per channel, from the sums of pieces; `body(offset, rows, first channel, sums, sums)` adds to its sums. */
template <class Body>
Sums sumPairs(const Layout& layout, bool widens, const Body& body) {
  size_t width = layout.width();
  std::vector<float> partial(layout.pieces() * width * 2, 0.f);
  layout.eachPart(widens, [&](size_t offset, size_t rows, size_t channel, size_t piece) {
    float* sums = partial.data() + piece * width * 2;
    body(offset, rows, channel, sums, sums + width);
  });
  Sums total{std::vector<double>(layout.c, 0), std::vector<double>(layout.c, 0)};
  for (size_t piece = 0; piece < layout.pieces(); ++piece) {
    const float* sums = partial.data() + piece * width * 2;
    size_t channel = piece % layout.blocks() * 8;
    for (size_t i = 0; i < width; ++i) {
      total.first[channel + i] += sums[i];
      total.second[channel + i] += sums[width + i];
    }
  }
  return total;
}

struct AffineValues {
  std::vector<float> scale, shift;
  Affine from(size_t channel) const { return {scale.data() + channel, shift.data() + channel}; }
};

/** Normalisation as y = x * scale + shift. Empty scale and offset are 1 and 0. */
AffineValues affineOf(Span<float> scale, Span<float> offset, const float* mean, const float* variance, size_t c,
                      double epsilon) {
  AffineValues made{std::vector<float>(c), std::vector<float>(c)};
  for (size_t i = 0; i < c; ++i) {
    double factor = (scale ? scale[i] : 1.0) / std::sqrt(variance[i] + epsilon);
    made.scale[i] = float(factor);
    made.shift[i] = float((offset ? offset[i] : 0.0) - mean[i] * factor);
  }
  return made;
}

/** Nothing is added where `add` has no values; else a ReLU follows, and what is kept as bf16 is rounded first. */
void apply(const AffineValues& f, const Stored& x, const Stored& add, const Stored& y, const Layout& layout,
           float most) {
  const bool adds = add.size > 0;
  if (x.bf16 && y.bf16 && (add.bf16 || !adds)) {
    layout.each([&](size_t at, size_t rows, size_t channel, size_t) {
      const uint16_t* more = adds ? add.bf16 + at : nullptr;
      loops().affineOfBf16(x.bf16 + at, more, y.bf16 + at, rows, layout.width(), f.from(channel), most);
    });
    return;
  }
  const bool rounds = adds && x.bf16;
  layout.eachPart(x.bf16 || y.bf16 || add.bf16, [&](size_t at, size_t rows, size_t channel, size_t) {
    const size_t width = layout.width(), n = rows * width;
    float *room = y.room(1, n), *to = y.place(at, room);
    const float *from = x.floats(at, n, x.room(0, n)), *more = adds ? add.floats(at, n, add.room(2, n)) : nullptr;
    loops().affine(from, rounds ? nullptr : more, to, rows, width, f.from(channel), rounds ? 0.f : most);
    if (rounds) {
      loops().roundInPlace(to, to, n);
      loops().binary(kFgkdAddRelu, to, more, to, n, 1, 1);
    }
    y.keep(at, n, room);
  });
}

/** `batchNormTraining(x, scale, offset, y, mean, variance, rows, c, area, epsilon, most, residual | null)` */
Napi::Value batchNormTraining(const Args& args) {
  auto layout = Layout::read(args, 6);
  size_t rows = layout.rows, c = layout.c;
  const auto x = Stored::read(args, 0, layout.size()), y = Stored::read(args, 3, layout.size());
  const auto residual = args.missing(11) ? Stored{} : Stored::read(args, 11, layout.size());
  auto scale = args.f32(1, c), offset = args.f32(2, c), mean = args.f32(4, c), variance = args.f32(5, c);
  // Sums of differences from the first row stay exact where the mean is far from zero.
  std::vector<float> pivot(c);
  for (size_t i = 0; i < c; ++i) pivot[i] = x.at(layout.area > 0 ? i / 8 * layout.area * 8 + i % 8 : i);
  auto sums = sumPairs(layout, false, [&](size_t at, size_t count, size_t channel, float* sum, float* squares) {
    const float* first = pivot.data() + channel;
    if (x.bf16) loops().momentsOfBf16(x.bf16 + at, count, layout.width(), first, sum, squares);
    else loops().moments(x.f32 + at, count, layout.width(), first, sum, squares);
  });
  for (size_t i = 0; i < c; ++i) {
    double shifted = sums.first[i] / double(rows);
    mean[i] = float(pivot[i] + shifted);
    variance[i] = float(std::max(0.0, sums.second[i] / double(rows) - shifted * shifted));
    if (std::isnan(sums.second[i])) variance[i] = float(sums.second[i]);
  }
  auto f = affineOf(scale, offset, mean.data, variance.data, c, args.number(9));
  apply(f, x, residual, y, layout, float(args.number(10)));
  return args.info().Env().Undefined();
}

/** `batchNormTrainingGrad(dy, x, scale, offset, mean, variance, dx, dScale, dOffset, rows, c, area, epsilon, most)` */
Napi::Value batchNormTrainingGrad(const Args& args) {
  auto layout = Layout::read(args, 9);
  size_t rows = layout.rows, c = layout.c, width = layout.width();
  const auto dy = Stored::read(args, 0, layout.size()), x = Stored::read(args, 1, layout.size()),
             dx = Stored::read(args, 6, layout.size());
  auto scale = args.f32(2, c), offset = args.f32(3, c), mean = args.f32(4, c), variance = args.f32(5, c),
       dScale = args.f32(7, c), dOffset = args.f32(8, c);
  const bool isBf16 = dy.bf16 && x.bf16 && dx.bf16, widens = !isBf16 && (dy.bf16 || x.bf16 || dx.bf16);
  double epsilon = args.number(12);
  float most = float(args.number(13));
  auto f = affineOf(scale, offset, mean.data, variance.data, c, epsilon);
  auto sums = sumPairs(layout, widens, [&](size_t at, size_t count, size_t channel, float* sumDy, float* sumDyX) {
    if (isBf16) {
      loops().normGradSumsOfBf16(dy.bf16 + at, x.bf16 + at, count, width, f.from(channel), mean.data + channel, most,
                                 sumDy, sumDyX);
      return;
    }
    const size_t n = count * width;
    loops().normGradSums(dy.floats(at, n, dy.room(0, n)), x.floats(at, n, x.room(1, n)), count, width, f.from(channel),
                         mean.data + channel, most, sumDy, sumDyX);
  });
  std::vector<float> p(c), q(c), r(c);
  for (size_t i = 0; i < c; ++i) {
    double inverse = 1.0 / std::sqrt(variance[i] + epsilon), factor = scale[i] * inverse;
    dOffset[i] = float(sums.first[i]);
    dScale[i] = float(sums.second[i] * inverse);
    p[i] = float(factor);
    q[i] = float(-factor * inverse * inverse * sums.second[i] / double(rows));
    r[i] = float(-factor * sums.first[i] / double(rows));
  }
  layout.eachPart(widens, [&](size_t at, size_t count, size_t channel, size_t) {
    if (isBf16) {
      loops().normGradApplyOfBf16(dy.bf16 + at, x.bf16 + at, dx.bf16 + at, count, width, f.from(channel),
                                  mean.data + channel, most, p.data() + channel, q.data() + channel,
                                  r.data() + channel);
      return;
    }
    const size_t n = count * width;
    float* to = dx.room(2, n);
    loops().normGradApply(dy.floats(at, n, dy.room(0, n)), x.floats(at, n, x.room(1, n)), dx.place(at, to), count, width,
                          f.from(channel), mean.data + channel, most, p.data() + channel, q.data() + channel,
                          r.data() + channel);
    dx.keep(at, n, to);
  });
  return args.info().Env().Undefined();
}

/** `batchNormInference(x, scale | null, offset | null, mean, variance, y, rows, c, area, epsilon, most)` */
Napi::Value batchNormInference(const Args& args) {
  auto layout = Layout::read(args, 6);
  size_t c = layout.c;
  const auto x = Stored::read(args, 0, layout.size()), y = Stored::read(args, 5, layout.size());
  auto scale = args.optionalF32(1, c), offset = args.optionalF32(2, c), mean = args.f32(3, c), variance = args.f32(4, c);
  auto f = affineOf(scale, offset, mean.data, variance.data, c, args.number(9));
  apply(f, x, {}, y, layout, float(args.number(10)));
  return args.info().Env().Undefined();
}

}  // namespace

void bindNormalisation(Napi::Object& exports) {
  bind(exports, "batchNormTraining", batchNormTraining);
  bind(exports, "batchNormTrainingGrad", batchNormTrainingGrad);
  bind(exports, "batchNormInference", batchNormInference);
}

}  // namespace fgkd

// Batch normalisation over rows of channels: statistics, the affine map with optional ReLU, and the gradient.
#include <cmath>
#include <type_traits>

#include "isa.h"
#include "stored.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

// With C = 8, a row is one register: rows are taken kRows at a time, so that sums do not wait for one another.
constexpr size_t kBlock = 8, kRows = 4, kLanes = kBlock * kRows;

inline void fold(const float* lanes, float* __restrict sums) {
  for (size_t lane = 0; lane < kLanes; ++lane) sums[lane % kBlock] += lanes[lane];
}

void momentsOfBlock(const float* __restrict x, size_t rows, const float* pivot, float* sum, float* squares) {
  float p[kLanes], s[kLanes] = {}, q[kLanes] = {};
  for (size_t lane = 0; lane < kLanes; ++lane) p[lane] = pivot[lane % kBlock];
  size_t row = 0;
  for (; row + kRows <= rows; row += kRows) {
    FGKD_SIMD for (size_t lane = 0; lane < kLanes; ++lane) {
      const float d = x[row * kBlock + lane] - p[lane];
      s[lane] += d;
      q[lane] += d * d;
    }
  }
  for (; row < rows; ++row) {
    for (size_t lane = 0; lane < kBlock; ++lane) {
      const float d = x[row * kBlock + lane] - p[lane];
      s[lane] += d;
      q[lane] += d * d;
    }
  }
  fold(s, sum);
  fold(q, squares);
}

/** Rows that are added before a sum goes back to memory, one after the other. */
constexpr size_t kTogether = 4;

/** Calls `body(first row, constant)` for kTogether rows at a time, where the constant says how many, then for single ones. */
template <class Body>
inline void inRows(size_t rows, const Body& body) {
  size_t row = 0;
  for (; row + kTogether <= rows; row += kTogether) body(row, std::integral_constant<size_t, kTogether>{});
  for (; row < rows; ++row) body(row, std::integral_constant<size_t, 1>{});
}

template <class T>
void momentsOfRows(const T* x, size_t rows, size_t c, const float* __restrict pivot, float* __restrict sum,
                   float* __restrict squares) {
  inRows(rows, [=](size_t first, auto count) {
    const T* __restrict row = x + first * c;
    FGKD_SIMD for (size_t i = 0; i < c; ++i) {
      float s = sum[i], q = squares[i];
      for (size_t r = 0; r < count; ++r) {
        const float d = valueOf(row[r * c + i]) - pivot[i];
        s += d;
        q += d * d;
      }
      sum[i] = s;
      squares[i] = q;
    }
  });
}

void moments(const float* x, size_t rows, size_t c, const float* pivot, float* sum, float* squares) {
  if (c == kBlock) return momentsOfBlock(x, rows, pivot, sum, squares);
  momentsOfRows(x, rows, c, pivot, sum, squares);
}

// What follows the affine map: nothing, max(., 0), or that with a greatest value.
enum Follows { kNothing, kRelu, kCapped };

inline Follows followsOf(float most) { return most == 0.f ? kNothing : std::isinf(most) ? kRelu : kCapped; }

// Forward and gradient must agree on which outputs are positive, so both compute them here.
inline float affineOf(float x, float scale, float shift) { return x * scale + shift; }

template <Follows kFollows>
inline float clipped(float value, float most) {
  if (kFollows != kNothing && value < 0.f) return 0.f;
  return kFollows == kCapped && value > most ? most : value;
}

template <Follows kFollows>
inline bool isOpen(float value, float most) {
  if (kFollows == kCapped) return value > 0.f && value < most;
  return kFollows == kNothing || value > 0.f;
}

/** The one of three instances of a loop; and of one for values of a type. */
#define FGKD_FOLLOWS_OF(loop, type, most) \
  (followsOf(most) == kNothing ? loop<kNothing, type> : followsOf(most) == kRelu ? loop<kRelu, type> : loop<kCapped, type>)
#define FGKD_FOLLOWS(loop, most)                                                       \
  (followsOf(most) == kNothing ? loop<kNothing> : followsOf(most) == kRelu ? loop<kRelu> : loop<kCapped>)

template <Follows kFollows, bool kAdd>
void affineOfBlock(const float* __restrict x, const float* __restrict add, float* __restrict y, size_t rows,
                   const float* scale, const float* shift, float most) {
  float s[kBlock], t[kBlock];
  for (size_t lane = 0; lane < kBlock; ++lane) {
    s[lane] = scale[lane];
    t[lane] = shift[lane];
  }
  for (size_t row = 0; row < rows; ++row) {
    FGKD_SIMD for (size_t lane = 0; lane < kBlock; ++lane) {
      const size_t at = row * kBlock + lane;
      float value = affineOf(x[at], s[lane], t[lane]);
      if (kAdd) value += add[at];
      y[at] = clipped<kFollows>(value, most);
    }
  }
}

template <Follows kFollows, bool kAdd, class T>
void affineRows(const T* x, const T* add, T* y, size_t rows, size_t c, const float* __restrict scale,
                const float* __restrict shift, float most) {
  for (size_t r = 0; r < rows; ++r) {
    const T* __restrict in = x + r * c;
    const T* __restrict more = kAdd ? add + r * c : nullptr;
    T* __restrict out = y + r * c;
    FGKD_SIMD for (size_t i = 0; i < c; ++i) {
      float value = affineOf(valueOf(in[i]), scale[i], shift[i]);
      if (kAdd) value = asKept<T>(value) + valueOf(more[i]);
      keep(out[i], clipped<kFollows>(value, most));
    }
  }
}

template <Follows kFollows, class T>
void affineFor(const T* x, const T* add, T* y, size_t rows, size_t c, Affine f, float most) {
  if constexpr (std::is_same_v<T, float>) {
    if (c == kBlock) {
      auto run = add != nullptr ? affineOfBlock<kFollows, true> : affineOfBlock<kFollows, false>;
      return run(x, add, y, rows, f.scale, f.shift, most);
    }
  }
  auto run = add != nullptr ? affineRows<kFollows, true, T> : affineRows<kFollows, false, T>;
  run(x, add, y, rows, c, f.scale, f.shift, most);
}

template <class T>
void affine(const T* x, const T* add, T* y, size_t rows, size_t c, Affine f, float most) {
  FGKD_FOLLOWS_OF(affineFor, T, most)(x, add, y, rows, c, f, most);
}

void centredAffineOfBlock(const float* __restrict x, float* __restrict y, size_t rows, const float* mean, Affine f) {
  float m[kBlock], s[kBlock], t[kBlock];
  for (size_t lane = 0; lane < kBlock; ++lane) {
    m[lane] = mean[lane];
    s[lane] = f.scale[lane];
    t[lane] = f.shift[lane];
  }
  for (size_t row = 0; row < rows; ++row) {
    FGKD_SIMD for (size_t lane = 0; lane < kBlock; ++lane)
      y[row * kBlock + lane] = (x[row * kBlock + lane] - m[lane]) * s[lane] + t[lane];
  }
}

void centredAffine(const float* x, float* y, size_t rows, size_t c, const float* mean, Affine f) {
  if (c == kBlock) return centredAffineOfBlock(x, y, rows, mean, f);
  const float* __restrict m = mean;
  const float* __restrict s = f.scale;
  const float* __restrict t = f.shift;
  for (size_t r = 0; r < rows; ++r) {
    const float* __restrict in = x + r * c;
    float* __restrict out = y + r * c;
    FGKD_SIMD for (size_t i = 0; i < c; ++i) out[i] = (in[i] - m[i]) * s[i] + t[i];
  }
}

template <Follows kFollows>
void gradSumsOfBlock(const float* __restrict dy, const float* __restrict x, size_t rows, Affine f, const float* mean,
                     float most, float* sumDy, float* sumDyX) {
  float a[kLanes], b[kLanes], m[kLanes], s[kLanes] = {}, q[kLanes] = {};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    a[lane] = f.scale[lane % kBlock];
    b[lane] = f.shift[lane % kBlock];
    m[lane] = mean[lane % kBlock];
  }
  auto add = [&](size_t at, size_t lane) {
    const float d = isOpen<kFollows>(affineOf(x[at], a[lane], b[lane]), most) ? dy[at] : 0.f;
    s[lane] += d;
    q[lane] += d * (x[at] - m[lane]);
  };
  size_t row = 0;
  for (; row + kRows <= rows; row += kRows) {
    FGKD_SIMD for (size_t lane = 0; lane < kLanes; ++lane) add(row * kBlock + lane, lane);
  }
  for (; row < rows; ++row)
    for (size_t lane = 0; lane < kBlock; ++lane) add(row * kBlock + lane, lane);
  fold(s, sumDy);
  fold(q, sumDyX);
}

template <Follows kFollows, class T>
void gradSums(const T* dy, const T* x, size_t rows, size_t c, const float* __restrict scale,
              const float* __restrict shift, const float* __restrict mean, float most, float* __restrict sumDy,
              float* __restrict sumDyX) {
  inRows(rows, [=](size_t first, auto count) {
    const T* __restrict g = dy + first * c;
    const T* __restrict v = x + first * c;
    FGKD_SIMD for (size_t i = 0; i < c; ++i) {
      float s = sumDy[i], q = sumDyX[i];
      for (size_t r = 0; r < count; ++r) {
        const float value = valueOf(v[r * c + i]);
        const float d = isOpen<kFollows>(affineOf(value, scale[i], shift[i]), most) ? valueOf(g[r * c + i]) : 0.f;
        s += d;
        q += d * (value - mean[i]);
      }
      sumDy[i] = s;
      sumDyX[i] = q;
    }
  });
}

void normGradSums(const float* dy, const float* x, size_t rows, size_t c, Affine f, const float* mean, float most,
                  float* sumDy, float* sumDyX) {
  if (c == kBlock) return FGKD_FOLLOWS(gradSumsOfBlock, most)(dy, x, rows, f, mean, most, sumDy, sumDyX);
  FGKD_FOLLOWS_OF(gradSums, float, most)(dy, x, rows, c, f.scale, f.shift, mean, most, sumDy, sumDyX);
}

template <Follows kFollows>
void gradApplyOfBlock(const float* __restrict dy, const float* __restrict x, float* __restrict dx, size_t rows,
                      Affine f, const float* mean, float most, const float* p, const float* q, const float* r) {
  float a[kBlock], b[kBlock], m[kBlock], g[kBlock], h[kBlock], rest[kBlock];
  for (size_t lane = 0; lane < kBlock; ++lane) {
    a[lane] = f.scale[lane];
    b[lane] = f.shift[lane];
    g[lane] = p[lane];
    h[lane] = q[lane];
    m[lane] = mean[lane];
    rest[lane] = r[lane];
  }
  for (size_t row = 0; row < rows; ++row) {
    FGKD_SIMD for (size_t lane = 0; lane < kBlock; ++lane) {
      const size_t at = row * kBlock + lane;
      const float d = isOpen<kFollows>(affineOf(x[at], a[lane], b[lane]), most) ? dy[at] : 0.f;
      dx[at] = g[lane] * d + h[lane] * (x[at] - m[lane]) + rest[lane];
    }
  }
}

template <Follows kFollows, class T>
void gradApply(const T* dy, const T* x, T* dx, size_t rows, size_t c, const float* __restrict scale,
               const float* __restrict shift, const float* __restrict mean, float most, const float* __restrict p,
               const float* __restrict q, const float* __restrict r) {
  for (size_t row = 0; row < rows; ++row) {
    const T* __restrict g = dy + row * c;
    const T* __restrict v = x + row * c;
    T* __restrict out = dx + row * c;
    FGKD_SIMD for (size_t i = 0; i < c; ++i) {
      const float value = valueOf(v[i]);
      const float d = isOpen<kFollows>(affineOf(value, scale[i], shift[i]), most) ? valueOf(g[i]) : 0.f;
      keep(out[i], p[i] * d + q[i] * (value - mean[i]) + r[i]);
    }
  }
}

void normGradApply(const float* dy, const float* x, float* dx, size_t rows, size_t c, Affine f, const float* mean,
                   float most, const float* p, const float* q, const float* r) {
  if (c == kBlock) return FGKD_FOLLOWS(gradApplyOfBlock, most)(dy, x, dx, rows, f, mean, most, p, q, r);
  FGKD_FOLLOWS_OF(gradApply, float, most)(dy, x, dx, rows, c, f.scale, f.shift, mean, most, p, q, r);
}

// Of values kept as bf16: read and rounded where they lie.

void normGradSumsOfBf16(const uint16_t* dy, const uint16_t* x, size_t rows, size_t c, Affine f, const float* mean,
                        float most, float* sumDy, float* sumDyX) {
  FGKD_FOLLOWS_OF(gradSums, uint16_t, most)(dy, x, rows, c, f.scale, f.shift, mean, most, sumDy, sumDyX);
}

void normGradApplyOfBf16(const uint16_t* dy, const uint16_t* x, uint16_t* dx, size_t rows, size_t c, Affine f,
                         const float* mean, float most, const float* p, const float* q, const float* r) {
  FGKD_FOLLOWS_OF(gradApply, uint16_t, most)(dy, x, dx, rows, c, f.scale, f.shift, mean, most, p, q, r);
}

}  // namespace

void fillNormalisation(Loops& loops) {
  loops.moments = moments;
  loops.affine = affine<float>;
  loops.centredAffine = centredAffine;
  loops.normGradSums = normGradSums;
  loops.normGradApply = normGradApply;
  loops.momentsOfBf16 = momentsOfRows<uint16_t>;
  loops.affineOfBf16 = affine<uint16_t>;
  loops.normGradSumsOfBf16 = normGradSumsOfBf16;
  loops.normGradApplyOfBf16 = normGradApplyOfBf16;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

// Softmax of rows and its logarithm, with gradients.
#include "exponential.h"
#include "isa.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** Calls `body(place, vector, count)` for a row's vectors; the last one's missing values are −∞. */
template <class Body>
inline void eachVector(const float* x, size_t n, Body body) {
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) body(i, load(x + i), size_t(kLanes));
  if (i == n) return;
  Vector rest = Vector{} - INFINITY;
  std::memcpy(&rest, x + i, (n - i) * sizeof(float));
  body(i, rest, n - i);
}

inline void storeSome(float* to, Vector value, size_t count) {
  if (count == size_t(kLanes)) store(to, value);
  else std::memcpy(to, &value, count * sizeof(float));
}

/** A NaN anywhere may or may not be the greatest, but spoils the sum. */
float greatest(const float* x, size_t n) {
  Vector best = Vector{} - INFINITY;
  eachVector(x, n, [&](size_t, Vector value, size_t) { best = value > best ? value : best; });
  float top = best[0];
  for (int lane = 1; lane < kLanes; ++lane) top = best[lane] > top ? best[lane] : top;
  return top;
}

void softmax(const float* x, float* y, size_t n, bool log) {
  const float top = greatest(x, n);
  Vector sum = {};
  if (log) {
    eachVector(x, n, [&](size_t, Vector value, size_t) { sum += expOfNegative(value - top); });
    const float shift = top + logOf(sumOfLanes(sum));
    FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] = x[i] - shift;
    return;
  }
  eachVector(x, n, [&](size_t i, Vector value, size_t count) {
    const Vector e = expOfNegative(value - top);
    sum += e;
    storeSome(y + i, e, count);
  });
  const float factor = 1.f / sumOfLanes(sum);
  FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] *= factor;
}

void softmaxGrad(const float* dy, const float* y, float* dx, size_t n, bool log) {
  if (log) {
    const float total = sumOf(n, [&](size_t i, auto get) { return get(dy + i); });
    eachVector(y, n, [&](size_t i, Vector value, size_t count) {
      Vector slope = {};
      std::memcpy(&slope, dy + i, count * sizeof(float));
      storeSome(dx + i, slope - expOfNegative(value) * total, count);
    });
    return;
  }
  const float total = sumOf(n, [&](size_t i, auto get) { return get(dy + i) * get(y + i); });
  FGKD_SIMD for (size_t i = 0; i < n; ++i) dx[i] = (dy[i] - total) * y[i];
}

}  // namespace

void fillSoftmax(Loops& loops) {
  loops.softmax = softmax;
  loops.softmaxGrad = softmaxGrad;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

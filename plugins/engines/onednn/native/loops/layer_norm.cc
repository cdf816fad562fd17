// Layer normalisation of rows, and its gradient: each row is read from memory once and then stays in the cache.
#include "isa.h"
#include "vectors.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

inline float inverseDeviation(float variance, float epsilon) { return 1.f / __builtin_sqrtf(variance + epsilon); }

void layerNorm(const float* x, const float* __restrict scale, const float* __restrict offset, float* y, float* mean,
               float* variance, size_t rows, size_t c, float epsilon) {
  for (size_t r = 0; r < rows; ++r) {
    const float* __restrict in = x + r * c;
    float* __restrict out = y + r * c;
    // Differences from the first value stay exact where the mean is far from zero.
    const float pivot = in[0];
    const float m = pivot + sumOf(c, [&](size_t i, auto get) { return get(in + i) - pivot; }) / float(c);
    const float squares = sumOf(c, [&](size_t i, auto get) {
      const auto d = get(in + i) - m;
      return d * d;
    });
    const float v = squares / float(c), factor = inverseDeviation(v, epsilon);
    FGKD_SIMD for (size_t i = 0; i < c; ++i) out[i] = (in[i] - m) * factor * scale[i] + offset[i];
    mean[r] = m;
    variance[r] = v;
  }
}

void layerNormGrad(const float* dy, const float* x, const float* __restrict scale, const float* mean,
                   const float* variance, float* dx, float* __restrict dScale, float* __restrict dOffset, size_t rows,
                   size_t c, float epsilon) {
  for (size_t r = 0; r < rows; ++r) {
    const float* __restrict in = x + r * c;
    const float* __restrict g = dy + r * c;
    float* __restrict out = dx + r * c;
    const float m = mean[r], factor = inverseDeviation(variance[r], epsilon);
    const float sum = sumOf(c, [&](size_t i, auto get) { return get(g + i) * get(scale + i); });
    const float along = sumOf(c, [&](size_t i, auto get) { return get(g + i) * get(scale + i) * (get(in + i) - m); });
    const float shift = -sum / float(c) * factor, slope = -along / float(c) * factor * factor * factor;
    FGKD_SIMD for (size_t i = 0; i < c; ++i) {
      const float d = in[i] - m;
      out[i] = g[i] * scale[i] * factor + d * slope + shift;
      dScale[i] += g[i] * d * factor;
      dOffset[i] += g[i];
    }
  }
}

}  // namespace

void fillLayerNorm(Loops& loops) {
  loops.layerNorm = layerNorm;
  loops.layerNormGrad = layerNormGrad;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

// Lines of images, weighted and picked: for antialiased resizing and for crops.
#include "isa.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

void weightedRows(const float* x, size_t n, const float* weights, size_t count, float* __restrict y) {
  // A stretch at a time, so that the sums stay in the first-level cache.
  constexpr size_t kStretch = 1024;
  for (size_t start = 0; start < n; start += kStretch) {
    const size_t length = n - start < kStretch ? n - start : kStretch;
    float* __restrict out = y + start;
    FGKD_SIMD for (size_t i = 0; i < length; ++i) out[i] = 0.f;
    for (size_t k = 0; k < count; ++k) {
      const float* __restrict in = x + k * n + start;
      const float weight = weights[k];
      FGKD_SIMD for (size_t i = 0; i < length; ++i) out[i] += in[i] * weight;
    }
  }
}

void resampleLine(const ResampleLine& s, const float* __restrict x, float* __restrict y) {
  const int c = s.c;
  if (c == 3) {
    for (int o = 0; o < s.count; ++o) {
      const float* in = x + size_t(s.first[o]) * 3;
      const float* weights = s.weights + size_t(o) * s.longest;
      float red = 0.f, green = 0.f, blue = 0.f;
      for (int k = 0; k < s.counts[o]; ++k) {
        red += in[k * 3] * weights[k];
        green += in[k * 3 + 1] * weights[k];
        blue += in[k * 3 + 2] * weights[k];
      }
      y[o * 3] = red;
      y[o * 3 + 1] = green;
      y[o * 3 + 2] = blue;
    }
    return;
  }
  for (int o = 0; o < s.count; ++o) {
    float* __restrict out = y + size_t(o) * c;
    FGKD_SIMD for (int i = 0; i < c; ++i) out[i] = 0.f;
    for (int k = 0; k < s.counts[o]; ++k) {
      const float* __restrict in = x + size_t(s.first[o] + k) * c;
      const float weight = s.weights[size_t(o) * s.longest + k];
      FGKD_SIMD for (int i = 0; i < c; ++i) out[i] += in[i] * weight;
    }
  }
}

void pickPixels(const CropLine& s, const float* x, float* y) {
  int begin = 0;
  while (begin < s.count) {
    const int from = s.low[begin];
    int end = begin + 1;
    if (from < 0) {
      for (int i = 0; i < s.c; ++i) y[size_t(begin) * s.c + i] = s.outside;
    } else {
      // Neighbours that stay neighbours are copied together.
      while (end < s.count && s.low[end] == from + (end - begin)) ++end;
      std::memcpy(y + size_t(begin) * s.c, x + size_t(from) * s.c, sizeof(float) * (end - begin) * s.c);
    }
    begin = end;
  }
}

void blendPixels(const CropLine& s, const float* top, const float* bottom, float part, float* y) {
  for (int o = 0; o < s.count; ++o) {
    float* __restrict out = y + size_t(o) * s.c;
    if (s.low[o] < 0) {
      for (int i = 0; i < s.c; ++i) out[i] = s.outside;
      continue;
    }
    const size_t low = size_t(s.low[o]) * s.c, high = size_t(s.high[o]) * s.c;
    const float across = s.part[o];
    FGKD_SIMD for (int i = 0; i < s.c; ++i) {
      const float upper = top[low + i] + (top[high + i] - top[low + i]) * across;
      const float lower = bottom[low + i] + (bottom[high + i] - bottom[low + i]) * across;
      out[i] = upper + (lower - upper) * part;
    }
  }
}

}  // namespace

void fillResample(Loops& loops) {
  loops.weightedRows = weightedRows;
  loops.resampleLine = resampleLine;
  loops.pickPixels = pickPixels;
  loops.blendPixels = blendPixels;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

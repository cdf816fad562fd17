// Sums and extremes. Sums are cut into blocks of fixed length, so that their bytes depend on nothing else.
#include "isa.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

double sum(const float* x, size_t n) {
  constexpr size_t kBlock = 1024;
  double total = 0;
  for (size_t start = 0; start < n; start += kBlock) {
    const size_t length = n - start < kBlock ? n - start : kBlock;
    const float* block = x + start;
    float part = 0;
#pragma omp simd reduction(+ : part)
    for (size_t i = 0; i < length; ++i) part += block[i];
    total += part;
  }
  return total;
}

template <class Better>
float extreme(const float* x, size_t n, Better better) {
  constexpr size_t kLanes = 16;
  if (n < kLanes) {
    float best = x[0];
    for (size_t i = 1; i < n; ++i) best = better(best, x[i]);
    return best;
  }
  float lanes[kLanes];
  for (size_t i = 0; i < kLanes; ++i) lanes[i] = x[i];
  size_t start = kLanes;
  for (; start + kLanes <= n; start += kLanes) {
    FGKD_SIMD for (size_t i = 0; i < kLanes; ++i) lanes[i] = better(lanes[i], x[start + i]);
  }
  for (; start < n; ++start) lanes[0] = better(lanes[0], x[start]);
  for (size_t i = 1; i < kLanes; ++i) lanes[0] = better(lanes[0], lanes[i]);
  return lanes[0];
}

float maxOf(const float* x, size_t n) { return extreme(x, n, [](float a, float b) { return maximum(a, b); }); }
float minOf(const float* x, size_t n) { return extreme(x, n, [](float a, float b) { return minimum(a, b); }); }

void addRows(const float* x, size_t rows, size_t stride, size_t columns, float* __restrict sums) {
  for (size_t r = 0; r < rows; ++r) {
    const float* __restrict row = x + r * stride;
    FGKD_SIMD for (size_t c = 0; c < columns; ++c) sums[c] += row[c];
  }
}

void maxRows(const float* x, size_t rows, size_t stride, size_t columns, float* __restrict best) {
  for (size_t r = 0; r < rows; ++r) {
    const float* __restrict row = x + r * stride;
    FGKD_SIMD for (size_t c = 0; c < columns; ++c) best[c] = maximum(best[c], row[c]);
  }
}

void minRows(const float* x, size_t rows, size_t stride, size_t columns, float* __restrict best) {
  for (size_t r = 0; r < rows; ++r) {
    const float* __restrict row = x + r * stride;
    FGKD_SIMD for (size_t c = 0; c < columns; ++c) best[c] = minimum(best[c], row[c]);
  }
}

}  // namespace

void fillReductions(Loops& loops) {
  loops.sum = sum;
  loops.max = maxOf;
  loops.min = minOf;
  loops.addRows = addRows;
  loops.maxRows = maxRows;
  loops.minRows = minRows;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

// Products with a panel of columns that lies ready, of rows that lie in blocks of eight.
#include "tile.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** A panel takes whole blocks of eight channels. */
constexpr bool kTilesFit = kTileColumns % 8 == 0;
constexpr int kVectors = kTilesFit ? kTileVectors : 4, kRows = kTilesFit ? kTileRows : 6;
constexpr int kPanel = kLanes * kVectors;
static_assert(kPanel % 8 == 0, "a panel takes whole blocks");

/**
 * Meanwhile it calls for the values at `ahead`, as many as `b` has: what the next product reads.
 * Step p of the sum finds row r at `starts[r][p / 8 * outer + p % 8 * Step]`.
 */
template <int Rows, int Step>
void product(const float* const* starts, size_t outer, const float* b, size_t eights, float* y, bool add,
             const float* ahead) {
  Vector sums[Rows][kVectors];
  const float* rows[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
    rows[r] = starts[r];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[r][v] = add ? load(y + r * kPanel + v * kLanes) : Vector{};
  }
  for (size_t e = 0; e < eights; ++e, b += 8 * kPanel, ahead += 8 * kPanel) {
#pragma GCC unroll 4
    for (int p = 0; p < 8; ++p) {
      for (int line = 0; line < kPanel; line += 16) __builtin_prefetch(ahead + p * kPanel + line);
      Vector columns[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) columns[v] = load(b + p * kPanel + v * kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        const Vector value = splat(rows[r][p * Step]);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sums[r][v] += value * columns[v];
      }
    }
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) rows[r] += outer;
  }
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) store(y + r * kPanel + v * kLanes, sums[r][v]);
}

template <int Step, int Rows = kRows>
void anyRows(int rows, const float* const* starts, size_t outer, const float* b, size_t eights, float* y, bool add,
             const float* ahead) {
  if constexpr (Rows > 1)
    if (rows < Rows) return anyRows<Step, Rows - 1>(rows, starts, outer, b, eights, y, add, ahead);
  product<Rows, Step>(starts, outer, b, eights, y, add, ahead);
}

void panelProduct(const float* a, size_t strip, size_t rows, const float* b, size_t depth, float* y, bool add,
                  const float* ahead) {
  for (size_t first = 0; first < rows; first += kRows) {
    const int count = static_cast<int>(rows - first < kRows ? rows - first : kRows);
    const float* starts[kRows];
    for (int r = 0; r < count; ++r) starts[r] = a + first / kRows * strip + r * 8;
    anyRows<1>(count, starts, kRows * 8, b, depth / 8, y + first * kPanel, add, first == 0 ? ahead : b);
  }
}

void panelOuterProduct(const float* a, size_t block, size_t rows, const float* b, size_t depth, float* y, bool add,
                  const float* ahead) {
  for (size_t first = 0; first < rows; first += kRows) {
    const int count = static_cast<int>(rows - first < kRows ? rows - first : kRows);
    const float* starts[kRows];
    for (int r = 0; r < count; ++r) starts[r] = a + (first + r) / 8 * block + (first + r) % 8;
    anyRows<8>(count, starts, 64, b, depth / 8, y + first * kPanel, add, first == 0 ? ahead : b);
  }
}

}  // namespace

void fillPanels(Loops& loops) {
  loops.panel = kPanel;
  loops.stripRows = kRows;
  loops.panelProduct = panelProduct;
  loops.panelOuterProduct = panelOuterProduct;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

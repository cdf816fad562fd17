// Splits work over the OpenMP threads. How work is cut never depends on the number of threads wherever the cut could be
// seen in the result, so that the same inputs give the same bytes.
#pragma once
#include <omp.h>

#include <algorithm>
#include <cstddef>

namespace fgkd {

/** Below this many elements, waking the threads costs more than it saves. */
constexpr size_t kGrain = 1 << 16;

/** Calls `body(begin, end)` for disjoint ranges that cover [0, n); `cost` is the number of elements behind one item. */
template <class Body>
void parallelRanges(size_t n, size_t cost, const Body& body) {
  if (n == 0) return;
  int threads = omp_get_max_threads();
  if (threads <= 1 || n <= 1 || n * cost < kGrain) {
    body(size_t{0}, n);
    return;
  }
  size_t pieces = std::min<size_t>(threads, n);
#pragma omp parallel for schedule(static) num_threads(threads)
  for (size_t piece = 0; piece < pieces; ++piece) body(n * piece / pieces, n * (piece + 1) / pieces);
}

/** Calls `body(i)` for every item; for items of uneven cost. */
template <class Body>
void parallelItems(size_t n, size_t cost, const Body& body) {
  int threads = omp_get_max_threads();
  if (threads <= 1 || n <= 1 || n * cost < kGrain) {
    for (size_t i = 0; i < n; ++i) body(i);
    return;
  }
  int chunk = static_cast<int>(std::max<size_t>(1, n / (size_t(threads) * 8)));
#pragma omp parallel for schedule(dynamic, chunk) num_threads(threads)
  for (size_t i = 0; i < n; ++i) body(i);
}

}  // namespace fgkd

// Maximum pooling over NHWC images, of floats and of bf16 where it lies.
#include "isa.h"
#include "some.h"
#include "stored.h"
#include "tile.h"
#include "vectors.h"
#include "windows.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** A window that lies inside its image: where it begins, its size, and the values from row to row and pixel to pixel. */
template <class Kept>
struct Seen {
  const Kept* first;
  int rows, columns;
  size_t rowStep, columnStep;
};

/** A NaN never wins, as in tfjs; where there is nothing else it is what is left. */
template <class Kept>
float maximumOf(const Seen<Kept>& s, int channel) {
  float best = s.rows * s.columns > 0 ? NAN : -INFINITY;
  for (int r = 0; r < s.rows; ++r)
    for (int q = 0; q < s.columns; ++q) {
      const float value = valueOf(s.first[r * s.rowStep + q * s.columnStep + channel]);
      if (value > best || best != best) best = value;
    }
  return best;
}

/** The least maxima of N channels of some windows. */
template <int N>
struct Least {
  typename Some<N>::Floats values = typename Some<N>::Floats{} + INFINITY;
  /** Where one is -Infinity there may have been NaNs only. */
  bool isSure() const {
    bool all = true;
    for (int lane = 0; lane < N; ++lane) all &= values[lane] > -INFINITY;
    return all;
  }
};

/** Maxima of N channels, and -Infinity where there are NaNs only. */
template <int N, class Kept>
FGKD_INLINE void maxima(const Seen<Kept>& s, int channel, Kept* out, Least<N>& least) {
  typename Some<N>::Floats best = typename Some<N>::Floats{} - INFINITY;
  const Kept* row = s.first + channel;
  const auto meet = [&](const Kept* in) FGKD_INLINE_LAMBDA {
    const auto values = take<N>(in);
    best = values > best ? values : best;
  };
  if (s.columns == 3) {
    for (int r = 0; r < s.rows; ++r, row += s.rowStep) meet(row), meet(row + s.columnStep), meet(row + 2 * s.columnStep);
  } else {
    for (int r = 0; r < s.rows; ++r, row += s.rowStep)
      for (int q = 0; q < s.columns; ++q) meet(row + q * s.columnStep);
  }
  put<N>(out, best);
  least.values = least.values < best ? least.values : best;
}

/** Calls `body(window, results)` for the pixels of one row of output. */
template <class Kept, class Body>
FGKD_INLINE void eachPixel(const PoolShape& s, const Kept* x, Kept* y, size_t line, Body body) {
  const size_t rowStep = size_t(s.dh) * s.w * s.c, columnStep = size_t(s.dw) * s.c;
  eachOutput(s, line, line + 1, [&](size_t image, int oy, int ox, const Window& rows, const Window& columns) {
    const int top = rows.origin + rows.from * s.dh, left = columns.origin + columns.from * s.dw;
    const Kept* first = x + pixel(image, s.h, s.w, top, left, s.c);
    const Seen<Kept> seen{first, rows.to - rows.from, columns.to - columns.from, rowStep, columnStep};
    body(seen, y + pixel(image, s.oh, s.ow, oy, ox, s.c));
  });
}

template <class Kept>
void maxPool(const PoolShape& s, const Kept* x, Kept* y, size_t begin, size_t end) {
  // Images in blocks have eight channels.
  const int inMany = s.c / kLanes * kLanes, inEights = s.c / 8 * 8;
  for (size_t line = begin; line < end; ++line) {
    Least<kLanes> least;
    Least<8> leastOfEight;
    eachPixel(s, x, y, line, [&](const Seen<Kept>& seen, Kept* out) {
      int channel = 0;
      for (; channel < inMany; channel += kLanes) maxima<kLanes>(seen, channel, out + channel, least);
      for (; channel < inEights; channel += 8) maxima<8>(seen, channel, out + channel, leastOfEight);
      for (; channel < s.c; ++channel) keep(out[channel], maximumOf(seen, channel));
    });
    if (least.isSure() && leastOfEight.isSure()) continue;
    eachPixel(s, x, y, line, [&](const Seen<Kept>& seen, Kept* out) {
      for (int channel = 0; channel < s.c; ++channel) keep(out[channel], maximumOf(seen, channel));
    });
  }
}

}  // namespace

void fillMaxPooling(Loops& loops) {
  loops.maxPool = maxPool<float>;
  loops.maxPoolOfBf16 = maxPool<uint16_t>;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

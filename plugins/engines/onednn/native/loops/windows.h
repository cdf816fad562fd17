// The windows of a pooling over NHWC images.
#pragma once
#include "isa.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** The part [from, to) of a window that lies inside the image, in steps of the dilation. */
struct Window {
  int origin, from, to;
  Window(int out, int stride, int before, int size, int dilation, int limit) : origin(out * stride - before) {
    from = origin < 0 ? (-origin + dilation - 1) / dilation : 0;
    const int pixels = limit - origin;
    // A division costs as much as a small window.
    const int inside = pixels <= 0 ? 0 : dilation == 1 ? pixels : (pixels + dilation - 1) / dilation;
    to = inside < size ? inside : size;
    if (to < from) to = from;
  }
};

/** Calls `body(image, y, x, rows, columns)` for the outputs of the output rows [begin, end). */
template <class Body>
void eachOutput(const PoolShape& s, size_t begin, size_t end, Body body) {
  for (size_t line = begin; line < end; ++line) {
    const size_t image = line / s.oh;
    const int oy = static_cast<int>(line % s.oh);
    const Window rows(oy, s.sh, s.pt, s.kh, s.dh, s.h);
    for (int ox = 0; ox < s.ow; ++ox) body(image, oy, ox, rows, Window(ox, s.sw, s.pl, s.kw, s.dw, s.w));
  }
}

inline size_t pixel(size_t image, int height, int width, int y, int x, int channels) {
  return ((image * height + y) * width + x) * channels;
}

}  // namespace
}  // namespace FGKD_ISA
}  // namespace fgkd

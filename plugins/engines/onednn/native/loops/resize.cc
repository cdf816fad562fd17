// Bilinear resize of NHWC images, and its gradient. Positions are computed in double, as tfjs does.
#include "isa.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** Where one output line falls between two input lines. */
struct Position {
  int low, high;
  float part;
};

Position positionOf(int out, int outSize, int inSize, bool alignCorners, bool halfPixelCenters) {
  const bool shrink = alignCorners && outSize > 1;
  const double ratio = static_cast<double>(shrink ? inSize - 1 : inSize) / (shrink ? outSize - 1 : outSize);
  const double source = halfPixelCenters ? ratio * (out + 0.5) - 0.5 : ratio * out;
  const double floor = std::floor(source) > 0 ? std::floor(source) : 0;
  const double ceil = std::ceil(source) < inSize - 1 ? std::ceil(source) : inSize - 1;
  const double high = ceil > 0 ? ceil : 0;
  const double low = floor < inSize - 1 ? floor : inSize - 1;
  return {static_cast<int>(low), static_cast<int>(high), static_cast<float>(source - floor)};
}

void resize(const ResizeShape& s, const float* x, float* y, size_t begin, size_t end) {
  for (size_t line = begin; line < end; ++line) {
    const size_t image = line / s.oh;
    const Position row = positionOf(static_cast<int>(line % s.oh), s.oh, s.h, s.alignCorners, s.halfPixelCenters);
    const float* top = x + (image * s.h + row.low) * s.w * s.c;
    const float* bottom = x + (image * s.h + row.high) * s.w * s.c;
    for (int ox = 0; ox < s.ow; ++ox) {
      const Position column = positionOf(ox, s.ow, s.w, s.alignCorners, s.halfPixelCenters);
      const float* __restrict tl = top + static_cast<size_t>(column.low) * s.c;
      const float* __restrict tr = top + static_cast<size_t>(column.high) * s.c;
      const float* __restrict bl = bottom + static_cast<size_t>(column.low) * s.c;
      const float* __restrict br = bottom + static_cast<size_t>(column.high) * s.c;
      float* __restrict out = y + (line * s.ow + ox) * s.c;
      FGKD_SIMD for (int c = 0; c < s.c; ++c) {
        const float upper = tl[c] + (tr[c] - tl[c]) * column.part;
        const float lower = bl[c] + (br[c] - bl[c]) * column.part;
        out[c] = upper + (lower - upper) * row.part;
      }
    }
  }
}

void resizeGrad(const ResizeShape& s, const float* dy, float* dx, size_t image) {
  for (int oy = 0; oy < s.oh; ++oy) {
    const Position row = positionOf(oy, s.oh, s.h, s.alignCorners, s.halfPixelCenters);
    float* top = dx + (image * s.h + row.low) * s.w * s.c;
    float* bottom = dx + (image * s.h + row.high) * s.w * s.c;
    for (int ox = 0; ox < s.ow; ++ox) {
      const Position column = positionOf(ox, s.ow, s.w, s.alignCorners, s.halfPixelCenters);
      const float* __restrict in = dy + ((image * s.oh + oy) * s.ow + ox) * s.c;
      float* corners[] = {top + static_cast<size_t>(column.low) * s.c, top + static_cast<size_t>(column.high) * s.c,
                          bottom + static_cast<size_t>(column.low) * s.c,
                          bottom + static_cast<size_t>(column.high) * s.c};
      const float weights[] = {(1.f - row.part) * (1.f - column.part), (1.f - row.part) * column.part,
                               row.part * (1.f - column.part), row.part * column.part};
      for (int corner = 0; corner < 4; ++corner) {  // corners may coincide, so one after the other
        float* __restrict out = corners[corner];
        const float weight = weights[corner];
        FGKD_SIMD for (int c = 0; c < s.c; ++c) out[c] += in[c] * weight;
      }
    }
  }
}

}  // namespace

void fillResize(Loops& loops) {
  loops.resize = resize;
  loops.resizeGrad = resizeGrad;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

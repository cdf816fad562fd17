// Average pooling over NHWC images, and the gradients of both poolings.
#include <type_traits>

#include "windows.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** Channels taken at once: their intermediate values stay in registers, or at least on the stack. */
constexpr int kWidest = 256;

/** Calls `body(fixed, first, count)` for runs of channels; `fixed` is 8 if there are eight, and 0 for any number. */
template <class Body>
void eachRunOfChannels(int first, int channels, const Body& body) {
  if (channels == 8) return body(std::integral_constant<int, 8>(), first, 8);
  for (int start = first; start < first + channels; start += kWidest) {
    const int rest = first + channels - start;
    body(std::integral_constant<int, 0>(), start, rest < kWidest ? rest : kWidest);
  }
}

void avgPool(const PoolShape& s, const float* x, float* y, size_t begin, size_t end) {
  eachRunOfChannels(0, s.c, [&](auto fixed, int first, int channels) {
    const int count = fixed() > 0 ? fixed() : channels;
    eachOutput(s, begin, end, [&](size_t image, int oy, int ox, const Window& rows, const Window& columns) {
      float sums[fixed() > 0 ? fixed() : kWidest];
      FGKD_SIMD for (int c = 0; c < count; ++c) sums[c] = 0.f;
      for (int r = rows.from; r < rows.to; ++r) {
        for (int q = columns.from; q < columns.to; ++q) {
          const float* in = x + pixel(image, s.h, s.w, rows.origin + r * s.dh, columns.origin + q * s.dw, s.c) + first;
          FGKD_SIMD for (int c = 0; c < count; ++c) sums[c] += in[c];
        }
      }
      float* out = y + pixel(image, s.oh, s.ow, oy, ox, s.c) + first;
      const float factor = 1.f / static_cast<float>((rows.to - rows.from) * (columns.to - columns.from));
      FGKD_SIMD for (int c = 0; c < count; ++c) out[c] = sums[c] * factor;
    });
  });
}

/** The first of equal maxima receives the gradient, as in tfjs. */
void maxPoolGrad(const PoolShape& s, const float* dy, const float* x, const float* y, float* dx, size_t image,
                 size_t firstChannel, size_t channels) {
  eachRunOfChannels(static_cast<int>(firstChannel), static_cast<int>(channels), [&](auto fixed, int first, int some) {
    const int count = fixed() > 0 ? fixed() : some;
    eachOutput(s, image * s.oh, (image + 1) * s.oh,
               [&](size_t n, int oy, int ox, const Window& rows, const Window& columns) {
      float left[fixed() > 0 ? fixed() : kWidest];  // the gradient not yet given away
      const size_t at = pixel(n, s.oh, s.ow, oy, ox, s.c) + first;
      const float* best = y + at;
      FGKD_SIMD for (int c = 0; c < count; ++c) left[c] = dy[at + c];
      for (int r = rows.from; r < rows.to; ++r) {
        for (int q = columns.from; q < columns.to; ++q) {
          const size_t from = pixel(n, s.h, s.w, rows.origin + r * s.dh, columns.origin + q * s.dw, s.c) + first;
          const float* __restrict in = x + from;
          float* __restrict out = dx + from;
          FGKD_SIMD for (int c = 0; c < count; ++c) {
            const bool hit = in[c] == best[c];
            out[c] += hit ? left[c] : 0.f;
            left[c] = hit ? 0.f : left[c];
          }
        }
      }
    });
  });
}

void avgPoolGrad(const PoolShape& s, const float* dy, float* dx, size_t image, size_t firstChannel, size_t channels) {
  const float factor = 1.f / static_cast<float>(s.kh * s.kw);
  eachRunOfChannels(static_cast<int>(firstChannel), static_cast<int>(channels), [&](auto fixed, int first, int some) {
    const int count = fixed() > 0 ? fixed() : some;
    eachOutput(s, image * s.oh, (image + 1) * s.oh,
               [&](size_t n, int oy, int ox, const Window& rows, const Window& columns) {
      const float* __restrict gradient = dy + pixel(n, s.oh, s.ow, oy, ox, s.c) + first;
      for (int r = rows.from; r < rows.to; ++r) {
        for (int q = columns.from; q < columns.to; ++q) {
          float* __restrict out =
              dx + pixel(n, s.h, s.w, rows.origin + r * s.dh, columns.origin + q * s.dw, s.c) + first;
          FGKD_SIMD for (int c = 0; c < count; ++c) out[c] += gradient[c] * factor;
        }
      }
    });
  });
}

}  // namespace

void fillPooling(Loops& loops) {
  loops.avgPool = avgPool;
  loops.maxPoolGrad = maxPoolGrad;
  loops.avgPoolGrad = avgPoolGrad;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

// Maximum and average pooling over NHWC images, and their gradients.
#include <type_traits>

#include "isa.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** The part [from, to) of a window that lies inside the image, in steps of the dilation. */
struct Window {
  int origin, from, to;
  Window(int out, int stride, int before, int size, int dilation, int limit) : origin(out * stride - before) {
    from = origin < 0 ? (-origin + dilation - 1) / dilation : 0;
    const int inside = origin < limit ? (limit - origin + dilation - 1) / dilation : 0;
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

/** Folds every window: `start` is what results begin with, `add` takes in a value, `finish` closes; both know the count. */
template <class Start, class Add, class Finish>
void poolWindows(const PoolShape& s, const float* x, float* y, size_t begin, size_t end, Start start, Add add,
                 Finish finish) {
  eachRunOfChannels(0, s.c, [&](auto fixed, int first, int channels) {
    const int count = fixed() > 0 ? fixed() : channels;
    eachOutput(s, begin, end, [&](size_t image, int oy, int ox, const Window& rows, const Window& columns) {
      float folded[fixed() > 0 ? fixed() : kWidest];
      const int seen = (rows.to - rows.from) * (columns.to - columns.from);
      const float nothing = start(seen);
      FGKD_SIMD for (int c = 0; c < count; ++c) folded[c] = nothing;
      for (int r = rows.from; r < rows.to; ++r) {
        for (int q = columns.from; q < columns.to; ++q) {
          const float* in = x + pixel(image, s.h, s.w, rows.origin + r * s.dh, columns.origin + q * s.dw, s.c) + first;
          FGKD_SIMD for (int c = 0; c < count; ++c) folded[c] = add(folded[c], in[c]);
        }
      }
      float* out = y + pixel(image, s.oh, s.ow, oy, ox, s.c) + first;
      const float factor = finish(seen);
      FGKD_SIMD for (int c = 0; c < count; ++c) out[c] = folded[c] * factor;
    });
  });
}

void maxPool(const PoolShape& s, const float* x, float* y, size_t begin, size_t end) {
  // A NaN never wins, as in tfjs; where there is nothing else it is what is left.
  poolWindows(s, x, y, begin, end, [](int seen) { return seen > 0 ? NAN : -INFINITY; },
              [](float best, float v) { return v > best || best != best ? v : best; }, [](int) { return 1.f; });
}

void avgPool(const PoolShape& s, const float* x, float* y, size_t begin, size_t end) {
  poolWindows(s, x, y, begin, end, [](int) { return 0.f; }, [](float sum, float v) { return sum + v; },
              [](int seen) { return 1.f / static_cast<float>(seen); });
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
  loops.maxPool = maxPool;
  loops.avgPool = avgPool;
  loops.maxPoolGrad = maxPoolGrad;
  loops.avgPoolGrad = avgPoolGrad;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

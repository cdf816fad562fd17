// Maximum and average pooling over NHWC images, and their gradients.
#include "isa.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** The part [from, to) of a window that lies inside the image, in steps of the dilation. */
struct Window {
  int origin, from, to;
  Window(int out, int stride, int before, int size, int dilation, int limit) : origin(out * stride - before) {
    from = origin < 0 ? (-origin + dilation - 1) / dilation : 0;
    to = size;
    while (to > from && origin + (to - 1) * dilation >= limit) --to;
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

void maxPool(const PoolShape& s, const float* x, float* y, size_t begin, size_t end) {
  eachOutput(s, begin, end, [&](size_t image, int oy, int ox, const Window& rows, const Window& columns) {
    float* __restrict out = y + pixel(image, s.oh, s.ow, oy, ox, s.c);
    FGKD_SIMD for (int c = 0; c < s.c; ++c) out[c] = -INFINITY;
    for (int r = rows.from; r < rows.to; ++r) {
      for (int q = columns.from; q < columns.to; ++q) {
        const float* __restrict in =
            x + pixel(image, s.h, s.w, rows.origin + r * s.dh, columns.origin + q * s.dw, s.c);
        // A NaN never wins, as in tfjs.
        FGKD_SIMD for (int c = 0; c < s.c; ++c) out[c] = in[c] > out[c] ? in[c] : out[c];
      }
    }
  });
}

void avgPool(const PoolShape& s, const float* x, float* y, size_t begin, size_t end) {
  eachOutput(s, begin, end, [&](size_t image, int oy, int ox, const Window& rows, const Window& columns) {
    float* __restrict out = y + pixel(image, s.oh, s.ow, oy, ox, s.c);
    FGKD_SIMD for (int c = 0; c < s.c; ++c) out[c] = 0.f;
    const int seen = (rows.to - rows.from) * (columns.to - columns.from);
    for (int r = rows.from; r < rows.to; ++r) {
      for (int q = columns.from; q < columns.to; ++q) {
        const float* __restrict in =
            x + pixel(image, s.h, s.w, rows.origin + r * s.dh, columns.origin + q * s.dw, s.c);
        FGKD_SIMD for (int c = 0; c < s.c; ++c) out[c] += in[c];
      }
    }
    const float factor = 1.f / static_cast<float>(seen);
    FGKD_SIMD for (int c = 0; c < s.c; ++c) out[c] *= factor;
  });
}

/** Channels whose "already given" marks fit on the stack. */
constexpr size_t kMarks = 256;

/** The first of equal maxima receives the gradient, as in tfjs. */
void maxPoolGrad(const PoolShape& s, const float* dy, const float* x, const float* y, float* dx, size_t image,
                 size_t firstChannel, size_t channels) {
  for (size_t start = firstChannel; start < firstChannel + channels; start += kMarks) {
    const size_t rest = firstChannel + channels - start;
    const int count = static_cast<int>(rest < kMarks ? rest : kMarks);
    eachOutput(s, image * s.oh, (image + 1) * s.oh,
               [&](size_t n, int oy, int ox, const Window& rows, const Window& columns) {
      float left[kMarks];  // the gradient not yet given away
      const size_t at = pixel(n, s.oh, s.ow, oy, ox, s.c) + start;
      const float* __restrict best = y + at;
      const float* __restrict gradient = dy + at;
      FGKD_SIMD for (int c = 0; c < count; ++c) left[c] = gradient[c];
      for (int r = rows.from; r < rows.to; ++r) {
        for (int q = columns.from; q < columns.to; ++q) {
          const size_t from =
              pixel(n, s.h, s.w, rows.origin + r * s.dh, columns.origin + q * s.dw, s.c) + start;
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
  }
}

void avgPoolGrad(const PoolShape& s, const float* dy, float* dx, size_t image, size_t firstChannel, size_t channels) {
  const int count = static_cast<int>(channels);
  eachOutput(s, image * s.oh, (image + 1) * s.oh,
             [&](size_t n, int oy, int ox, const Window& rows, const Window& columns) {
    const float* __restrict gradient = dy + pixel(n, s.oh, s.ow, oy, ox, s.c) + firstChannel;
    const float factor = 1.f / static_cast<float>(s.kh * s.kw);
    for (int r = rows.from; r < rows.to; ++r) {
      for (int q = columns.from; q < columns.to; ++q) {
        float* __restrict out =
            dx + pixel(n, s.h, s.w, rows.origin + r * s.dh, columns.origin + q * s.dw, s.c) + firstChannel;
        FGKD_SIMD for (int c = 0; c < count; ++c) out[c] += gradient[c] * factor;
      }
    }
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

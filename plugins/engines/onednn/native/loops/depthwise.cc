// Depthwise convolution of NHWC images at stride 1, and the gradient of its filter. (The gradient of its input is the
// convolution with the filter turned around.)
//
// The image rows under the window wait in a ring, padded with zeros and with the channels of a vector side by side, so
// that the loops meet neither edges nor strides.
#include "isa.h"
#include "vectors.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

constexpr int kTile = DepthwiseShape::kTile;

/** `count` pixels of `channels` channels, from `from` on, to [vector][pixel][lane]; zeros for channels beyond. */
void pack(const float* from, size_t stride, int count, int channels, float* to, size_t plane) {
  const int whole = channels / kLanes, rest = channels % kLanes;
  for (int x = 0; x < count; ++x) {
    const float* pixel = from + size_t(x) * stride;
    float* out = to + size_t(x) * kLanes;
    for (int v = 0; v < whole; ++v)
      *reinterpret_cast<Vector*>(out + v * plane) = *reinterpret_cast<const LooseVector*>(pixel + v * kLanes);
    for (int i = 0; i < (rest > 0 ? kLanes : 0); ++i)
      out[whole * plane + i] = i < rest ? pixel[whole * kLanes + i] : 0.f;
  }
}

int vectorsOf(const DepthwisePart& part) { return (part.channels + kLanes - 1) / kLanes; }

/** The rows of one image, some channels wide, that lie under the window. */
class Ring {
 public:
  Ring(const DepthwiseShape& s, const float* x, const DepthwisePart& part, float* memory)
      : s_(s), memory_(memory), plane_(size_t(s.paddedWidth()) * kLanes), row_(plane_ * vectorsOf(part)),
        channels_(part.channels) {
    image_ = x + size_t(part.image) * s.h * s.w * s.c + part.channel;
    next_ = part.row - s.pt;
    std::memset(memory, 0, sizeof(float) * s.kh * row_);
  }

  /** Brings in the rows for output row `oy`; call it for one row after the other. */
  void advanceTo(int oy) {
    for (const int end = oy - s_.pt + s_.kh; next_ < end; ++next_) {
      if (next_ < 0 || next_ >= s_.h) continue;
      const int from = s_.pl < 0 ? -s_.pl : 0;  // a negative padding crops
      const int to = s_.w < s_.paddedWidth() - s_.pl ? s_.w : s_.paddedWidth() - s_.pl;
      float* row = slot(next_) + size_t(from + s_.pl) * kLanes;
      pack(image_ + (size_t(next_) * s_.w + from) * s_.c, s_.c, to - from, channels_, row, plane_);
    }
    first_ = oy - s_.pt;
  }

  /** Row `r` of the window, vector `v` of the channels; null outside the image. */
  const float* row(int r, int v) const {
    const int y = first_ + r;
    return y < 0 || y >= s_.h ? nullptr : slot(y) + v * plane_;
  }

 private:
  float* slot(int y) const { return memory_ + size_t(y % s_.kh) * row_; }

  const DepthwiseShape& s_;
  float* memory_;
  const float* image_;
  size_t plane_, row_;
  int channels_, next_, first_ = 0;
};

/** The rows under the window that lie in the image, each with its row of the filter. */
struct Window {
  const Vector* in[DepthwiseShape::kTallest];
  const Vector* weights[DepthwiseShape::kTallest];
  int rows = 0;

  Window(const Ring& ring, const DepthwiseShape& s, int v, const float* filter) {
    for (int r = 0; r < s.kh; ++r) {
      const float* row = ring.row(r, v);
      if (row == nullptr) continue;
      in[rows] = reinterpret_cast<const Vector*>(row);
      weights[rows++] = reinterpret_cast<const Vector*>(filter) + (v * s.kh + r) * s.kw;
    }
  }
};

template <int K>
inline void convolveTile(const Window& window, int at, Vector start, Vector* sums) {
  Vector sum[kTile];
#pragma GCC unroll 16
  for (int t = 0; t < kTile; ++t) sum[t] = start;
  for (int r = 0; r < window.rows; ++r) {
    const Vector* in = window.in[r] + at;
    const Vector* weights = window.weights[r];
    Vector f[K];
#pragma GCC unroll 16
    for (int i = 0; i < K; ++i) f[i] = weights[i];
#pragma GCC unroll 32
    for (int i = 0; i < kTile + K - 1; ++i) {
      const Vector value = in[i];
#pragma GCC unroll 16
      for (int t = 0; t < kTile; ++t)
        if (i - t >= 0 && i - t < K) sum[t] += value * f[i - t];
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < kTile; ++t) sums[t] = sum[t];
}

template <int K>
void forward(const DepthwiseShape& s, const DepthwisePart& part, const float* x, const float* filter,
             const float* bias, float* y, float* memory) {
  Ring ring(s, x, part, memory);
  float* image = y + size_t(part.image) * s.oh * s.ow * s.c + part.channel;
  for (int oy = part.row; oy < part.row + part.rows; ++oy) {
    ring.advanceTo(oy);
    for (int v = 0; v * kLanes < part.channels; ++v) {
      const int lanes = part.channels - v * kLanes < kLanes ? part.channels - v * kLanes : kLanes;
      const Window window(ring, s, v, filter);
      const Vector start = *reinterpret_cast<const Vector*>(bias + v * kLanes);
      for (int ox = 0; ox < s.ow; ox += kTile) {
        Vector sums[kTile];
        convolveTile<K>(window, ox, start, sums);
        float* out = image + (size_t(oy) * s.ow + ox) * s.c + v * kLanes;
        const int count = s.ow - ox < kTile ? s.ow - ox : kTile;
        if (lanes == kLanes) {
          for (int t = 0; t < count; ++t) *reinterpret_cast<LooseVector*>(out + size_t(t) * s.c) = sums[t];
        } else {
          for (int t = 0; t < count; ++t) std::memcpy(out + size_t(t) * s.c, &sums[t], sizeof(float) * lanes);
        }
      }
    }
  }
}

/** One row of the filter's gradient, from one row of the image and one of the output's gradient. */
template <int K>
void correlateRow(const float* row, const float* gradient, int width, float* sums) {
  const Vector* in = reinterpret_cast<const Vector*>(row);
  const Vector* dy = reinterpret_cast<const Vector*>(gradient);
  Vector sum[K] = {};
  for (int x = 0; x < width; x += kTile) {
    Vector d[kTile];
#pragma GCC unroll 16
    for (int t = 0; t < kTile; ++t) d[t] = dy[x + t];
#pragma GCC unroll 32
    for (int i = 0; i < kTile + K - 1; ++i) {
      const Vector value = in[x + i];
#pragma GCC unroll 16
      for (int t = 0; t < kTile; ++t)
        if (i - t >= 0 && i - t < K) sum[i - t] += value * d[t];
    }
  }
  for (int k = 0; k < K; ++k) reinterpret_cast<Vector*>(sums)[k] += sum[k];
}

template <int K>
void filterGradient(const DepthwiseShape& s, const DepthwisePart& part, const float* x, const float* dy, float* sums,
                    float* memory) {
  Ring ring(s, x, part, memory);
  const int width = s.tiledWidth();
  const size_t plane = size_t(width) * kLanes;
  float* gradient = memory + s.ringSize();
  std::memset(gradient, 0, sizeof(float) * plane * vectorsOf(part));
  const float* image = dy + size_t(part.image) * s.oh * s.ow * s.c + part.channel;
  for (int oy = part.row; oy < part.row + part.rows; ++oy) {
    ring.advanceTo(oy);
    pack(image + size_t(oy) * s.ow * s.c, s.c, s.ow, part.channels, gradient, plane);
    for (int v = 0; v * kLanes < part.channels; ++v) {
      for (int r = 0; r < s.kh; ++r) {
        const float* row = ring.row(r, v);
        if (row == nullptr) continue;
        correlateRow<K>(row, gradient + v * plane, width, sums + (size_t(v) * s.kh + r) * K * kLanes);
      }
    }
  }
}

void depthwise(const DepthwiseShape& s, const DepthwisePart& part, const float* x, const float* filter,
               const float* bias, float* y, float* memory) {
  if (s.kw == 3) return forward<3>(s, part, x, filter, bias, y, memory);
  if (s.kw == 5) return forward<5>(s, part, x, filter, bias, y, memory);
  forward<7>(s, part, x, filter, bias, y, memory);
}

void depthwiseFilterGrad(const DepthwiseShape& s, const DepthwisePart& part, const float* x, const float* dy,
                         float* sums, float* memory) {
  if (s.kw == 3) return filterGradient<3>(s, part, x, dy, sums, memory);
  if (s.kw == 5) return filterGradient<5>(s, part, x, dy, sums, memory);
  filterGradient<7>(s, part, x, dy, sums, memory);
}

}  // namespace

void fillDepthwise(Loops& loops) {
  loops.lanes = kLanes;
  loops.depthwise = depthwise;
  loops.depthwiseFilterGrad = depthwiseFilterGrad;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

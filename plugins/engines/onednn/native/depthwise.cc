// Depthwise convolutions at stride 1 and their gradients, cut into parts that the threads share.
#include <cstring>
#include <memory>

#include "bindings.h"
#include "engine.h"
#include "loops.h"
#include "parallel.h"

namespace fgkd {
namespace {

/** Rows of output in one part: more parts for many threads, against rows that two parts both bring in. */
constexpr int kRows = 32;

struct Free {
  void operator()(float* data) const { freeAligned(data); }
};
using Memory = std::unique_ptr<float[], Free>;

Memory allocate(size_t count) {
  Memory made(static_cast<float*>(allocateAligned(count * sizeof(float))));
  if (!made) throw std::bad_alloc();
  return made;
}

DepthwiseShape readShape(const Args& args, size_t i) {
  auto fields = args.fields(i, DepthwiseShape::kFields);
  DepthwiseShape s;
  static_assert(sizeof s == DepthwiseShape::kFields * sizeof(int), "fields are read in one piece");
  std::memcpy(&s, fields.data, sizeof s);
  if (!(s.n > 0 && s.h > 0 && s.w > 0 && s.c > 0 && s.kh > 0 && s.kh <= DepthwiseShape::kTallest && s.oh > 0 && s.ow > 0))
    fail("depthwise convolution: every size must be positive");
  if (s.kw != 3 && s.kw != 5 && s.kw != 7) fail("depthwise convolution: the filter must have 3, 5 or 7 columns");
  auto far = [](int pad, int size) { return pad > size || pad < -size; };
  if (far(s.pt, s.h + s.kh) || far(s.pl, s.w + s.kw)) fail("depthwise convolution: padding beyond the image");
  return s;
}

size_t inputSize(const DepthwiseShape& s) { return times({size_t(s.n), size_t(s.h), size_t(s.w), size_t(s.c)}); }
size_t outputSize(const DepthwiseShape& s) { return times({size_t(s.n), size_t(s.oh), size_t(s.ow), size_t(s.c)}); }
size_t filterSize(const DepthwiseShape& s) { return times({size_t(s.kh), size_t(s.kw), size_t(s.c)}); }
/** Channels in the loops' layout: whole groups of them. */
size_t roundedChannels(const DepthwiseShape& s) {
  return size_t(s.c + DepthwiseShape::kGroup - 1) / DepthwiseShape::kGroup * DepthwiseShape::kGroup;
}

/** Parts of a shape: strips of rows of spans of channels of images. A function of the sizes alone. */
struct Parts {
  const DepthwiseShape& s;
  size_t strips = size_t(s.oh + kRows - 1) / kRows, spans = size_t(s.c + s.span() - 1) / s.span();

  size_t count() const { return size_t(s.n) * spans * strips; }
  DepthwisePart at(size_t i) const {
    const int strip = int(i % strips), channel = int(i / strips % spans) * s.span(), image = int(i / strips / spans);
    const int first = int(size_t(s.oh) * strip / strips), last = int(size_t(s.oh) * (strip + 1) / strips);
    return {image, first, last - first, channel, std::min(s.span(), s.c - channel)};
  }
  template <class Body>
  void each(const Body& body) const {
    auto memory = allocate(s.memory() * omp_get_max_threads());
    parallelItems(count(), size_t(s.oh / strips) * s.ow * s.span() * s.kh * s.kw,
                  [&](size_t i) { body(at(i), i, memory.get() + s.memory() * omp_get_thread_num()); });
  }
};

/** Where the weight of channel `c` at place `k` of the window is, in the loops' layout. */
size_t placeOf(const DepthwiseShape& s, size_t k, size_t c) {
  const size_t lanes = loops().lanes;
  return (c / lanes * s.kh * s.kw + k) * lanes + c % lanes;
}

void convolve(const DepthwiseShape& s, const float* x, const float* filter, Span<float> bias, float* y, bool turned) {
  const size_t window = size_t(s.kh) * s.kw, channels = roundedChannels(s);
  auto packed = allocate(window * channels), start = allocate(channels);
  std::memset(packed.get(), 0, window * channels * sizeof(float));
  std::memset(start.get(), 0, channels * sizeof(float));
  for (size_t k = 0; k < window; ++k)
    for (size_t c = 0; c < size_t(s.c); ++c)
      packed[placeOf(s, k, c)] = filter[(turned ? window - 1 - k : k) * s.c + c];
  if (bias) std::memcpy(start.get(), bias.data, s.c * sizeof(float));
  Parts{s}.each([&](const DepthwisePart& part, size_t, float* memory) {
    loops().depthwise(s, part, x, packed.get() + part.channel * window, start.get() + part.channel, y, memory);
  });
}

/** `depthwise(x, filter, bias | null, y, shape)` */
Napi::Value forward(const Args& args) {
  auto s = readShape(args, 4);
  auto x = args.f32(0, inputSize(s)), filter = args.f32(1, filterSize(s)), bias = args.optionalF32(2, s.c),
       y = args.f32(3, outputSize(s));
  convolve(s, x.data, filter.data, bias, y.data, false);
  return args.info().Env().Undefined();
}

/** `depthwiseInputGrad(dy, filter, dx, shape)`: the convolution of dy with the filter turned around. */
Napi::Value inputGrad(const Args& args) {
  auto s = readShape(args, 3);
  auto dy = args.f32(0, outputSize(s)), filter = args.f32(1, filterSize(s)), dx = args.f32(2, inputSize(s));
  DepthwiseShape back{s.n, s.oh, s.ow, s.c, s.kh, s.kw, s.kh - 1 - s.pt, s.kw - 1 - s.pl, s.h, s.w};
  convolve(back, dy.data, filter.data, {}, dx.data, true);
  return args.info().Env().Undefined();
}

/** `depthwiseFilterGrad(x, dy, dFilter, shape)` */
Napi::Value filterGrad(const Args& args) {
  auto s = readShape(args, 3);
  auto x = args.f32(0, inputSize(s)), dy = args.f32(1, outputSize(s)), filter = args.f32(2, filterSize(s));
  const size_t window = size_t(s.kh) * s.kw, channels = roundedChannels(s);
  // One sum for each strip of rows of each image, added up in order.
  Parts parts{s};
  const size_t terms = s.n * parts.strips;
  auto partial = allocate(terms * window * channels);
  parts.each([&](const DepthwisePart& part, size_t i, float* memory) {
    const size_t term = part.image * parts.strips + i % parts.strips;
    float* sums = partial.get() + (term * channels + part.channel) * window;
    std::memset(sums, 0, window * std::min<size_t>(s.span(), channels - part.channel) * sizeof(float));
    loops().depthwiseFilterGrad(s, part, x.data, dy.data, sums, memory);
  });
  std::vector<double> total(window * channels, 0);
  for (size_t term = 0; term < terms; ++term)
    for (size_t k = 0; k < total.size(); ++k) total[k] += partial[term * total.size() + k];
  for (size_t k = 0; k < window; ++k)
    for (size_t c = 0; c < size_t(s.c); ++c) filter[k * s.c + c] = float(total[placeOf(s, k, c)]);
  return args.info().Env().Undefined();
}

}  // namespace

void bindDepthwise(Napi::Object& exports) {
  bind(exports, "depthwise", forward);
  bind(exports, "depthwiseInputGrad", inputGrad);
  bind(exports, "depthwiseFilterGrad", filterGrad);
}

}  // namespace fgkd

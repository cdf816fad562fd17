#include "winograd.h"

#include "engine.h"
#include "parallel.h"

namespace fgkd {
namespace {

constexpr int kTile = 4;
/** Tiles of a block for one thread: transformed, with few channels, they stay in its second cache. */
constexpr size_t kOwnTiles = 24;
/** Tiles of a block for all threads. */
constexpr size_t kSharedTiles = 96, kGradientTiles = 128;
/** Panels of results, channels to sum over, and rows of a filter's gradient that are computed in one go. */
constexpr size_t kChunkPanels = 2, kPartDepth = 128, kGradientRows = 24;

size_t ceilDivide(size_t a, size_t b) { return (a + b - 1) / b; }
/** Positions an odd number of cache lines apart, so that they do not compete for the same places in the cache. */
size_t spread(size_t floats) { return (ceilDivide(floats, 16) | 1) * 16; }

WinogradImages imagesOf(int h, int w, int channels, bool blocked, int top, int left, int oh, int ow) {
  const size_t area = size_t(h) * w, pixel = blocked ? 8 : channels;
  return {(oh + kTile - 1) / kTile, (ow + kTile - 1) / kTile, h, w, top, left,
          area * channels,          blocked ? area * 8 : 8,   w * pixel, pixel};
}

}  // namespace

bool Winograd::fits(const ConvShape& s) {
  return s.kh == 3 && s.kw == 3 && s.sh == 1 && s.sw == 1 && s.dh == 1 && s.dw == 1 && s.groups == 1 && s.c % 8 == 0 &&
         s.k % 8 == 0;
}

bool Winograd::pays(const ConvShape& s) { return fits(s) && s.c >= 32 && s.k >= 32; }

Winograd::Winograd(const ConvShape& s) : shape_(s) {
  const bool isInputGradient = s.kind == int(ConvKind::kInputGradient);
  const bool isFilterGradient = s.kind == int(ConvKind::kFilterGradient);
  if (isInputGradient) {
    from_ = imagesOf(s.oh, s.ow, s.k, s.outputBlocked, 2 - s.pt, 2 - s.pl, s.h, s.w);
    to_ = imagesOf(s.h, s.w, s.c, s.inputBlocked, 0, 0, s.h, s.w);
  } else {
    from_ = imagesOf(s.h, s.w, s.c, s.inputBlocked, s.pt, s.pl, s.oh, s.ow);
    to_ = imagesOf(s.oh, s.ow, s.k, s.outputBlocked, 0, 0, s.oh, s.ow);
  }
  depth_ = isInputGradient ? s.k : s.c;
  width_ = isInputGradient ? s.c : s.k;
  tiles_ = size_t(s.n) * to_.tilesY * to_.tilesX;
  panel_ = loops().panel;
  panels_ = ceilDivide(width_, panel_);
  if (isFilterGradient) {
    shared_ = true;
    blockTiles_ = std::min(kGradientTiles, ceilDivide(tiles_, 8) * 8);
    chunkPanels_ = 1;
    chunkRows_ = kGradientRows;
    partDepth_ = depth_;
    return;
  }
  const size_t threads = omp_get_max_threads();
  shared_ = depth_ > 128 || tiles_ < kOwnTiles * threads;
  blockTiles_ = std::min(shared_ ? kSharedTiles : kOwnTiles, tiles_);
  chunkPanels_ = std::min(panels_, kChunkPanels);
  partDepth_ = std::min(depth_, kPartDepth);
  chunkRows_ = 0;
}

std::string Winograd::describe() const {
  return "fgkd:winograd F(4x4, 3x3), blocks of " + std::to_string(blockTiles_) + " tiles";
}

void Winograd::run(float* input, float* filter, float* output, float* bias, void*) const {
  switch (ConvKind(shape_.kind)) {
    case ConvKind::kForward: return runResult(input, filter, output, bias);
    case ConvKind::kInputGradient: return runResult(output, filter, input, nullptr);
    case ConvKind::kFilterGradient: return runFilterGradient(input, output, filter);
  }
}

/** One chunk of panels for one part of the depth, as [position][panel][depth][column]. */
void Winograd::transformFilter(const float* filter, size_t chunk, size_t part, float* u) const {
  const bool turned = shape_.kind == int(ConvKind::kInputGradient);
  const size_t first = part * partDepth_, depth = std::min(partDepth_, depth_ - first);
  for (size_t p = 0; p < chunkPanels_; ++p) {
    const size_t wide = (chunk * chunkPanels_ + p) * panel_;
    if (wide >= width_) return;
    for (size_t row = 0; row < depth; row += 8)
      loops().winogradFilter(filter, shape_.c, shape_.k, turned, first + row, wide, std::min(panel_, width_ - wide),
                             u + (p * depth + row) * panel_, chunkPanels_ * depth * panel_, panel_);
  }
}

/** Multiplies the tiles [begin, end), transformed in `v`, with one chunk of the filter, and transforms back. */
void Winograd::computeChunk(size_t chunk, size_t begin, size_t end, const float* v, const float* filter,
                            const float* u, float* scratch, float* results, const float* bias) const {
  const size_t count = end - begin, firstPanel = chunk * chunkPanels_;
  const size_t panels = std::min(chunkPanels_, panels_ - firstPanel);
  const size_t vStride = spread(blockTiles_ * depth_), mStride = spread(blockTiles_ * chunkPanels_ * panel_);
  float* m = scratch;
  float* ownFilter = scratch + kWinogradPositions * mStride;
  for (size_t part = 0; part * partDepth_ < depth_; ++part) {
    const size_t first = part * partDepth_, depth = std::min(partDepth_, depth_ - first);
    const float* piece = u + kWinogradPositions * panel_ * chunkPanels_ * (chunk * depth_ + first);
    if (u == nullptr) transformFilter(filter, chunk, part, ownFilter), piece = ownFilter;
    for (size_t position = 0; position < kWinogradPositions; ++position)
      for (size_t p = 0; p < panels; ++p)
        loops().panelProduct(v + position * vStride + first * blockTiles_, blockTiles_ * 8, count,
                             piece + (position * chunkPanels_ + p) * depth * panel_, depth,
                             m + position * mStride + p * blockTiles_ * panel_, part > 0);
  }
  for (size_t p = 0; p < panels; ++p)
    for (size_t column = 0; column < panel_; column += 8) {
      const size_t channel = (firstPanel + p) * panel_ + column;
      if (channel >= width_) break;
      loops().winogradResult(to_, results, channel / 8, begin, end, m + p * blockTiles_ * panel_ + column, mStride,
                             panel_, bias == nullptr ? nullptr : bias + channel, shape_.activation);
    }
}

void Winograd::runResult(const float* images, const float* filter, float* results, const float* bias) const {
  const int threads = omp_get_max_threads();
  const size_t chunks = ceilDivide(panels_, chunkPanels_), parts = ceilDivide(depth_, partDepth_);
  const size_t vStride = spread(blockTiles_ * depth_), mStride = spread(blockTiles_ * chunkPanels_ * panel_);
  const size_t vSize = kWinogradPositions * vStride, chunkWidth = chunkPanels_ * panel_;
  const size_t ownFilter = shared_ ? kWinogradPositions * partDepth_ * chunkWidth : 0;
  const size_t ownSize = kWinogradPositions * mStride + ownFilter + (shared_ ? 0 : vSize);
  const size_t commonSize = shared_ ? vSize : kWinogradPositions * depth_ * chunkWidth * chunks;
  float* common = static_cast<float*>(scratch((commonSize + threads * ownSize) * sizeof(float)));
  float* own = common + commonSize;
  const size_t blocks = ceilDivide(tiles_, blockTiles_), eights = depth_ / 8;
  const auto transform = [&](size_t block, size_t eight, float* v) {
    const size_t begin = block * blockTiles_, end = std::min(begin + blockTiles_, tiles_);
    loops().winogradData(from_, images, eight, begin, end, v + eight * blockTiles_ * 8, vStride, 8);
  };
  const auto multiply = [&](size_t block, size_t chunk, const float* v, const float* u, float* space) {
    const size_t begin = block * blockTiles_, end = std::min(begin + blockTiles_, tiles_);
    computeChunk(chunk, begin, end, v, filter, u, space, results, bias);
  };
#pragma omp parallel num_threads(threads)
  {
    float* space = own + omp_get_thread_num() * ownSize;
    if (shared_) {
      for (size_t block = 0; block < blocks; ++block) {
#pragma omp for schedule(dynamic, 2)
        for (size_t eight = 0; eight < eights; ++eight) transform(block, eight, common);
#pragma omp for schedule(dynamic, 1)
        for (size_t chunk = 0; chunk < chunks; ++chunk) multiply(block, chunk, common, nullptr, space);
      }
    } else {
#pragma omp for schedule(dynamic, 1)
      for (size_t i = 0; i < chunks * parts; ++i)
        transformFilter(filter, i / parts, i % parts,
                        common + kWinogradPositions * chunkWidth * (i / parts * depth_ + i % parts * partDepth_));
      float* v = space + kWinogradPositions * mStride;
#pragma omp for schedule(dynamic, 1)
      for (size_t block = 0; block < blocks; ++block) {
        for (size_t eight = 0; eight < eights; ++eight) transform(block, eight, v);
        for (size_t chunk = 0; chunk < chunks; ++chunk) multiply(block, chunk, v, common, space);
      }
    }
  }
}

void Winograd::runFilterGradient(const float* x, const float* dy, float* gradient) const {
  const int threads = omp_get_max_threads();
  const size_t vStride = spread(blockTiles_ * depth_), dStride = spread(blockTiles_ * panels_ * panel_);
  const size_t uStride = spread(chunkRows_ * panel_), uSize = kWinogradPositions * uStride;
  const size_t size = kWinogradPositions * (vStride + dStride) + threads * uSize;
  float* v = static_cast<float*>(scratch(size * sizeof(float)));
  float* d = v + kWinogradPositions * vStride;
  float* own = d + kWinogradPositions * dStride;
  const size_t blocks = ceilDivide(tiles_, blockTiles_), eightsOfX = depth_ / 8, eightsOfDy = width_ / 8;
  const size_t rowChunks = ceilDivide(depth_, chunkRows_);
#pragma omp parallel num_threads(threads)
  {
    float* u = own + omp_get_thread_num() * uSize;
    for (size_t block = 0; block < blocks; ++block) {
      const size_t begin = block * blockTiles_, end = std::min(begin + blockTiles_, tiles_);
      const size_t count = end - begin, padded = ceilDivide(count, 8) * 8;
#pragma omp for schedule(dynamic, 2)
      for (size_t i = 0; i < eightsOfX + eightsOfDy; ++i) {
        const bool isX = i < eightsOfX;
        const size_t channel = (isX ? i : i - eightsOfX) * 8;
        const size_t position = isX ? vStride : dStride, tile = isX ? 8 : panel_;
        float* to = isX ? v + channel * blockTiles_ : d + channel / panel_ * panel_ * blockTiles_ + channel % panel_;
        (isX ? loops().winogradData : loops().winogradResultGrad)(isX ? from_ : to_, isX ? x : dy, channel / 8, begin,
                                                                  end, to, position, tile);
        for (size_t t = count; t < padded; ++t)
          for (size_t p = 0; p < kWinogradPositions; ++p) std::fill_n(to + p * position + t * tile, 8, 0.f);
      }
#pragma omp for schedule(dynamic, 1)
      for (size_t task = 0; task < panels_ * rowChunks; ++task) {
        const size_t first = task / panels_ * chunkRows_, wide = task % panels_ * panel_;
        const size_t rows = std::min(chunkRows_, depth_ - first);
        for (size_t p = 0; p < kWinogradPositions; ++p)
          loops().panelOuterProduct(v + p * vStride + first * blockTiles_, blockTiles_ * 8, rows,
                                    d + p * dStride + wide * blockTiles_, padded, u + p * uStride, false);
        loops().winogradFilterGrad(u, uStride, panel_, first, rows, wide, std::min(panel_, width_ - wide), gradient,
                                   shape_.c, shape_.k, block > 0);
      }
    }
  }
}

}  // namespace fgkd

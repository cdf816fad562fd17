#include "winograd.h"

#include "engine.h"
#include "parallel.h"

namespace fgkd {
namespace {

constexpr int kTile = 4;
/**
 * Tiles that one thread transforms at a time: with few channels they stay in its second cache, with more the third has
 * room for so many that the filter, which then does not fit the second cache, is read seldom.
 */
constexpr size_t kFewChannels = 128, kTiles = 24, kTilesOfMany = 96, kFewestTiles = 12;
/** Channels that are summed over in one go. They decide how sums are rounded, so no thread count may change them. */
constexpr size_t kPartDepth = 256;
/** Columns of the filter that a thread transforms, or meets, at a time: with more, these do not fit its second cache. */
constexpr size_t kChunkColumns = 32;
/** For the gradient of a filter: tiles summed in one go, as many as keep their transforms below these values. */
constexpr size_t kGradientTiles = 256, kFewestGradientTiles = 64, kGradientValues = 2400000;
constexpr size_t kGradientRows = 64, kFewestGradientRows = 24;

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

bool Winograd::pays(const ConvShape& s) {
  // Fewer channels gain less, and small networks under batch norm feel the rounding most.
  if (!fits(s) || s.c < 32 || s.k < 32) return false;
  // Tiles over the border compute results that nobody wants, and a filter's transform wants some tiles to serve.
  const bool isInputGradient = s.kind == int(ConvKind::kInputGradient);
  const size_t height = isInputGradient ? s.h : s.oh, width = isInputGradient ? s.w : s.ow, area = height * width;
  const size_t covered = ceilDivide(height, kTile) * ceilDivide(width, kTile) * kTile * kTile;
  return 4 * area >= covered && s.n * area >= 4 * kTile * kTile;
}

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
  isFilterGradient ? planFilterGradient() : planResult();
}

/** Threads take blocks of tiles; where there are too few, they share one block and take channels of the result. */
void Winograd::planResult() {
  const size_t threads = omp_get_max_threads(), many = depth_ > kFewChannels;
  const size_t wanted = many ? kTilesOfMany : kTiles;
  shared_ = depth_ > kPartDepth || tiles_ < threads * (many ? kTilesOfMany / 2 : kFewestTiles);
  const size_t rounds = ceilDivide(tiles_, shared_ ? kTilesOfMany : wanted * threads);
  blockTiles_ = ceilDivide(tiles_, shared_ ? rounds : rounds * threads);
  const size_t widest = std::max<size_t>(1, kChunkColumns / panel_);
  chunkPanels_ = std::min(panels_, shared_ && depth_ <= kPartDepth ? 1 : widest);
  if (shared_ && ceilDivide(panels_, chunkPanels_) < threads) chunkPanels_ = 1;
  partDepth_ = std::min(depth_, kPartDepth);
}

void Winograd::planFilterGradient() {
  const size_t threads = omp_get_max_threads();
  const size_t fitting = kGradientValues / kWinogradPositions / (depth_ + width_);
  const size_t wanted = std::min(std::max(fitting, kFewestGradientTiles), kGradientTiles);
  blockTiles_ = ceilDivide(ceilDivide(tiles_, ceilDivide(tiles_, wanted)), 8) * 8;
  const bool isParallel = panels_ * ceilDivide(depth_, kGradientRows) >= 2 * threads;
  chunkRows_ = isParallel ? kGradientRows : kFewestGradientRows;
}

std::string Winograd::describe() const {
  return "fgkd:winograd F(4x4, 3x3), blocks of " + std::to_string(blockTiles_) + " tiles";
}

void Winograd::run(const ConvOperands& o) const {
  switch (ConvKind(shape_.kind)) {
    case ConvKind::kForward: return runResult(o.input, o.filter, o.output, o.bias, o.residual);
    case ConvKind::kInputGradient: return runResult(o.output, o.filter, o.input, nullptr, nullptr);
    case ConvKind::kFilterGradient: return runFilterGradient(o.input, o.output, o.filter);
  }
}

void Winograd::transformImages(const void* images, size_t block, size_t begin, size_t end, float* v,
                               const WinogradTiles& to) const {
  if (shape_.bf16)
    loops().winogradDataOfBf16(from_, static_cast<const uint16_t*>(images), block, begin, end, v, to);
  else loops().winogradData(from_, static_cast<const float*>(images), block, begin, end, v, to);
}

void Winograd::transformSlopes(const void* dy, size_t block, size_t begin, size_t end, float* d,
                               const WinogradTiles& to) const {
  if (shape_.bf16) loops().winogradResultGradOfBf16(to_, static_cast<const uint16_t*>(dy), block, begin, end, d, to);
  else loops().winogradResultGrad(to_, static_cast<const float*>(dy), block, begin, end, d, to);
}

size_t Winograd::stripedTiles() const { return ceilDivide(blockTiles_, loops().stripRows) * loops().stripRows; }

size_t Winograd::filterPieceSize() const { return kWinogradPositions * spread(chunkPanels_ * partDepth_ * panel_); }

/** One chunk of panels for one part of the depth, as [position][panel][depth][column]. */
void Winograd::transformFilter(const float* filter, size_t chunk, size_t part, float* u) const {
  const bool turned = shape_.kind == int(ConvKind::kInputGradient);
  const size_t first = part * partDepth_, depth = std::min(partDepth_, depth_ - first);
  for (size_t p = 0; p < chunkPanels_; ++p) {
    const size_t wide = (chunk * chunkPanels_ + p) * panel_;
    if (wide >= width_) return;
    for (size_t row = 0; row < depth; row += 8)
      loops().winogradFilter(filter, shape_.c, shape_.k, turned, shape_.bf16, first + row, wide, std::min(panel_, width_ - wide),
                             u + (p * depth + row) * panel_, spread(chunkPanels_ * depth * panel_), panel_);
  }
}

/** Multiplies the tiles [begin, end), transformed in `v`, with one chunk of the filter, and transforms back. */
void Winograd::computeChunk(size_t chunk, size_t begin, size_t end, const float* v, const float* filter,
                            const float* u, float* scratch, void* results, const float* bias,
                            const float* residual) const {
  const size_t count = end - begin, firstPanel = chunk * chunkPanels_;
  const size_t panels = std::min(chunkPanels_, panels_ - firstPanel);
  const size_t vStride = spread(stripedTiles() * depth_), mStride = spread(blockTiles_ * chunkPanels_ * panel_);
  float* m = scratch;
  float* ownFilter = scratch + kWinogradPositions * mStride;
  for (size_t part = 0; part * partDepth_ < depth_; ++part) {
    const size_t first = part * partDepth_, depth = std::min(partDepth_, depth_ - first);
    const size_t uStride = spread(chunkPanels_ * depth * panel_);
    const float* piece = u + (chunk * ceilDivide(depth_, partDepth_) + part) * filterPieceSize();
    if (u == nullptr) transformFilter(filter, chunk, part, ownFilter), piece = ownFilter;
    for (size_t position = 0; position < kWinogradPositions; ++position)
      for (size_t p = 0; p < panels; ++p) {
        const float* right = piece + position * uStride + p * depth * panel_;
        const float* ahead = p + 1 < panels ? right + depth * panel_ : piece + (position + 1) * uStride;
        loops().panelProduct(v + position * vStride + first * loops().stripRows, depth_ * loops().stripRows, count,
                             right, depth, m + position * mStride + p * blockTiles_ * panel_, part > 0, ahead);
      }
  }
  for (size_t p = 0; p < panels; ++p)
    for (size_t column = 0; column < panel_; column += 8) {
      const size_t channel = (firstPanel + p) * panel_ + column;
      if (channel >= width_) break;
      const float *sums = m + p * blockTiles_ * panel_ + column, *added = bias == nullptr ? nullptr : bias + channel;
      if (shape_.bf16)
        loops().winogradResultOfBf16(to_, static_cast<uint16_t*>(results), channel / 8, begin, end, sums, mStride,
                                     panel_, added, shape_.activation);
      else
        loops().winogradResult(to_, static_cast<float*>(results), channel / 8, begin, end, sums, mStride, panel_, added,
                               residual, shape_.activation);
    }
}

void Winograd::runResult(const void* images, const float* filter, void* results, const float* bias,
                         const float* residual) const {
  const int threads = omp_get_max_threads();
  const size_t chunks = ceilDivide(panels_, chunkPanels_), parts = ceilDivide(depth_, partDepth_);
  const size_t vStride = spread(stripedTiles() * depth_), mStride = spread(blockTiles_ * chunkPanels_ * panel_);
  const size_t vSize = kWinogradPositions * vStride, strip = loops().stripRows;
  const size_t ownFilter = shared_ ? filterPieceSize() : 0;
  const size_t ownSize = kWinogradPositions * mStride + ownFilter + (shared_ ? 0 : vSize);
  const size_t commonSize = shared_ ? vSize : filterPieceSize() * chunks * parts;
  float* common = static_cast<float*>(scratch((commonSize + threads * ownSize) * sizeof(float)));
  float* own = common + commonSize;
  const size_t blocks = ceilDivide(tiles_, blockTiles_), eights = depth_ / 8;
  const size_t strips = stripedTiles() / strip, groups = ceilDivide(eights, 8);
  // Strip by strip, so that what is written lies one behind the other.
  const auto transform = [&](size_t block, size_t s, size_t firstEight, size_t lastEight, float* v) {
    const size_t begin = block * blockTiles_ + s * strip;
    const size_t end = std::min({begin + strip, (block + 1) * blockTiles_, tiles_});
    for (size_t eight = firstEight; eight < lastEight && begin < end; ++eight)
      transformImages(images, eight, begin, end, v + (s * depth_ + eight * 8) * strip, {vStride, 8, strip, 0});
  };
  const auto multiply = [&](size_t block, size_t chunk, const float* v, const float* u, float* space) {
    const size_t begin = block * blockTiles_, end = std::min(begin + blockTiles_, tiles_);
    computeChunk(chunk, begin, end, v, filter, u, space, results, bias, residual);
  };
#pragma omp parallel num_threads(threads)
  {
    float* space = own + omp_get_thread_num() * ownSize;
    if (shared_) {
      for (size_t block = 0; block < blocks; ++block) {
#pragma omp for schedule(dynamic, 2)
        for (size_t i = 0; i < strips * groups; ++i)
          transform(block, i / groups, i % groups * 8, std::min(i % groups * 8 + 8, eights), common);
#pragma omp for schedule(dynamic, 1)
        for (size_t chunk = 0; chunk < chunks; ++chunk) multiply(block, chunk, common, nullptr, space);
      }
    } else {
#pragma omp for schedule(dynamic, 1)
      for (size_t i = 0; i < chunks * parts; ++i)
        transformFilter(filter, i / parts, i % parts, common + i * filterPieceSize());
      float* v = space + kWinogradPositions * mStride;
#pragma omp for schedule(dynamic, 1)
      for (size_t block = 0; block < blocks; ++block) {
        for (size_t s = 0; s < strips; ++s) transform(block, s, 0, eights, v);
        for (size_t chunk = 0; chunk < chunks; ++chunk) multiply(block, chunk, v, common, space);
      }
    }
  }
}

void Winograd::runFilterGradient(const void* x, const void* dy, float* gradient) const {
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
        const WinogradTiles lie{position, tile, blockTiles_, 0};
        if (isX) transformImages(x, channel / 8, begin, end, to, lie);
        else transformSlopes(dy, channel / 8, begin, end, to, lie);
        for (size_t t = count; t < padded; ++t)
          for (size_t p = 0; p < kWinogradPositions; ++p) std::fill_n(to + p * position + t * tile, 8, 0.f);
      }
#pragma omp for schedule(dynamic, 1)
      for (size_t task = 0; task < panels_ * rowChunks; ++task) {
        const size_t first = task / panels_ * chunkRows_, wide = task % panels_ * panel_;
        const size_t rows = std::min(chunkRows_, depth_ - first);
        for (size_t p = 0; p < kWinogradPositions; ++p) {
          const float* right = d + p * dStride + wide * blockTiles_;
          loops().panelOuterProduct(v + p * vStride + first * blockTiles_, blockTiles_ * 8, rows, right, padded,
                                    u + p * uStride, false, right + dStride);
        }
        loops().winogradFilterGrad(u, uStride, panel_, first, rows, wide, std::min(panel_, width_ - wide), gradient,
                                   shape_.c, shape_.k, block > 0);
      }
    }
  }
}

}  // namespace fgkd

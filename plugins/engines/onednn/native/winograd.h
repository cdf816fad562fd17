// Convolutions of 3×3 with stride 1 by Winograd's F(4×4, 3×3), in all three directions: a quarter of the products.
// Images may be kept as bf16; a filter that meets these is rounded, and all else is floats.
#pragma once
#include "conv.h"
#include "loops.h"

namespace fgkd {

class Winograd final : public ConvMethod {
 public:
  /** Whether it computes this convolution at all. */
  static bool fits(const ConvShape& shape);
  /** Whether it is the faster way, by a fixed rule. */
  static bool pays(const ConvShape& shape);

  explicit Winograd(const ConvShape& shape);
  void run(const ConvOperands& operands) const override;
  std::string describe() const override;

 private:
  void planResult();
  void planFilterGradient();
  void runResult(const void* images, const float* filter, void* results, const float* bias,
                 const float* residual) const;
  void runFilterGradient(const void* x, const void* dy, float* gradient) const;
  void transformImages(const void* images, size_t block, size_t begin, size_t end, float* v,
                       const WinogradTiles& to) const;
  void transformSlopes(const void* dy, size_t block, size_t begin, size_t end, float* d, const WinogradTiles& to) const;
  size_t stripedTiles() const;
  size_t filterPieceSize() const;
  void transformFilter(const float* filter, size_t chunk, size_t part, float* u) const;
  void computeChunk(size_t chunk, size_t begin, size_t end, const float* v, const float* filter, const float* u,
                    float* scratch, void* results, const float* bias, const float* residual) const;

  ConvShape shape_;
  /** Where windows are read from and tiles are written to; for the gradient of the filter both are read. */
  WinogradImages from_, to_;
  /** Channels that are summed over and channels of the result; input and output channels for the filter's gradient. */
  size_t depth_, width_;
  size_t tiles_, blockTiles_, panel_, panels_, chunkPanels_ = 1, partDepth_ = 0, chunkRows_ = 0;
  /** Whether all threads work on one block of tiles, each on other channels of the result. */
  bool shared_ = true;
};

}  // namespace fgkd

// Convolutions of 1×1 as matrix products: every pixel's channels times the filter.
#pragma once
#include "conv.h"
#include "gemm.h"

namespace fgkd {

class Pointwise final : public ConvMethod {
 public:
  /** Whether it computes this convolution: whatever its strides, of images in the usual order. */
  static bool fits(const ConvShape& shape);

  explicit Pointwise(const ConvShape& shape) : shape_(shape) {}
  void run(const ConvOperands& operands) const override;
  std::string describe() const override { return "fgkd:product"; }

 private:
  Matrix inputPixels(float* input) const;

  ConvShape shape_;
};

}  // namespace fgkd

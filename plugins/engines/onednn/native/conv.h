// Convolutions and their two gradients over NHWC images and HWIO filters, as plans that are made once per shape.
#pragma once
#include <dnnl.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "args.h"

namespace fgkd {

enum class ConvKind { kForward = 0, kInputGradient = 1, kFilterGradient = 2 };
enum class Activation { kNone = 0, kRelu = 1, kRelu6 = 2 };

/** What a plan is made for, in the order in which JavaScript lists it. */
struct ConvShape {
  int n, h, w, c, k, kh, kw, sh, sw, dh, dw, pt, pb, pl, pr, oh, ow, groups;
  int kind, bias, activation;
  /** Whether the images before and after lie in blocks of eight channels, [n, c / 8, h, w, 8], and not as NHWC. */
  int inputBlocked, outputBlocked;
  /** Whether the images before and after are kept as bf16; the filter's values of record are floats. */
  int bf16;
  static constexpr size_t kFields = 24;

  void check() const;
  size_t inputSize() const { return times({size_t(n), size_t(h), size_t(w), size_t(c)}); }
  size_t outputSize() const { return times({size_t(n), size_t(oh), size_t(ow), size_t(k)}); }
  size_t filterSize() const { return times({size_t(kh), size_t(kw), size_t(c / groups), size_t(k)}); }
  double flops() const { return 2.0 * outputSize() * kh * kw * (c / groups); }
};

/** One tensor of a primitive: as tfjs holds it, as the primitive wants it, and the way between. */
struct ConvTensor {
  int arg;
  bool written;
  dnnl::memory::desc user, wanted;
  std::optional<dnnl::reorder> reorder;
  size_t scratchOffset = 0;
};

/** What a convolution works on, as tfjs holds it. */
struct ConvOperands {
  void* input;
  float* filter;
  void* output;
  float* bias;
  /** Laid out as the output: where it is not null, the result of a convolution without activation is max(· + residual, 0). */
  const float* residual;
  /** In place of a filter that is read, or null. */
  void* packed;
};

/** One way to compute a convolution of one shape. */
class ConvMethod {
 public:
  virtual ~ConvMethod() = default;
  virtual void run(const ConvOperands& operands) const = 0;
  /** Bytes of the filter in the layout wanted, 0 when there is none worth keeping. */
  virtual size_t packedBytes() const { return 0; }
  virtual void pack(float*, void*) const {}
  virtual std::string describe() const = 0;
};

/** An implementation of oneDNN with the layouts it wants. */
class ConvCandidate final : public ConvMethod {
 public:
  /** `blocked` lets oneDNN choose the layout of the images, which then are reordered; null when there is no such. */
  static std::unique_ptr<ConvCandidate> make(const ConvShape& shape, bool blocked, int implementation);

  void run(const ConvOperands& operands) const override;
  size_t packedBytes() const override;
  void pack(float* filter, void* packed) const override;
  std::string describe() const override { return info_; }

 private:
  template <class Descriptor>
  void finish(const Descriptor& descriptor, bool blocked);
  void prepare(ConvTensor& tensor);

  ConvKind kind_;
  std::string info_;
  dnnl::primitive primitive_;
  dnnl::memory::desc scratchpad_, bias_;
  ConvTensor input_, filter_, output_;
  size_t scratchBytes_ = 0;
  /** Whether a signal must not come while it runs: see SignalsHeld. */
  bool usesStackFreely_ = false;
};

}  // namespace fgkd

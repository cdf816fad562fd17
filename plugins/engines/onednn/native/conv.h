// Convolutions and their two gradients over NHWC images and HWIO filters, as plans that are made once per shape.
#pragma once
#include <dnnl.hpp>

#include <optional>
#include <string>
#include <vector>

namespace fgkd {

enum class ConvKind { kForward = 0, kInputGradient = 1, kFilterGradient = 2 };
enum class Activation { kNone = 0, kRelu = 1, kRelu6 = 2 };

/** What a plan is made for, in the order in which JavaScript lists it. */
struct ConvShape {
  int n, h, w, c, k, kh, kw, sh, sw, dh, dw, pt, pb, pl, pr, oh, ow, groups;
  int kind, bias, activation;
  /** Whether the images before and after lie in blocks of eight channels, [n, c / 8, h, w, 8], and not as NHWC. */
  int inputBlocked, outputBlocked;
  static constexpr size_t kFields = 23;

  void check() const;
  size_t inputSize() const { return size_t(n) * h * w * c; }
  size_t outputSize() const { return size_t(n) * oh * ow * k; }
  size_t filterSize() const { return size_t(kh) * kw * (c / groups) * k; }
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

/** One way to compute a convolution: an implementation of oneDNN with the layouts it wants. */
class ConvCandidate {
 public:
  /** `blocked` lets oneDNN choose the layout of the images, which then are reordered; null when there is no such. */
  static std::optional<ConvCandidate> make(const ConvShape& shape, bool blocked, int implementation);

  /** `images`, `filter`, `results` as tfjs holds them, or `packed` in place of a filter that is read. */
  void run(float* input, float* filter, float* output, float* bias, void* packed) const;
  /** Bytes of the filter in the layout wanted, 0 when that is the one tfjs uses. */
  size_t packedBytes() const;
  void pack(float* filter, void* packed) const;
  std::string describe() const { return info_; }

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
};

}  // namespace fgkd

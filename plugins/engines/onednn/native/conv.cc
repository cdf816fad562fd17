#include "conv.h"

#include <stdexcept>

#include "engine.h"
#include "loops.h"
#include "parallel.h"
#include "versions.h"

namespace fgkd {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using tag = memory::format_tag;
using dt = memory::data_type;

void ConvShape::check() const {
  auto demand = [](bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(std::string("convolution: ") + what);
  };
  demand(n > 0 && h > 0 && w > 0 && c > 0 && k > 0 && oh > 0 && ow > 0, "every size must be positive");
  demand(kh > 0 && kw > 0 && sh > 0 && sw > 0 && dh > 0 && dw > 0, "filter, strides and dilations must be positive");
  demand(groups > 0 && c % groups == 0 && k % groups == 0, "channels must be a multiple of the groups");
  demand((!inputBlocked || c % 8 == 0) && (!outputBlocked || k % 8 == 0), "blocks are of eight channels");
  demand(kind >= 0 && kind <= 2 && activation >= 0 && activation <= 2, "unknown kind or activation");
  auto follows = [](int64_t in, int64_t before, int64_t after, int64_t size, int64_t dilation, int64_t stride, int64_t out) {
    int64_t room = in + before + after - (size - 1) * dilation - 1;
    return room >= 0 && room / stride + 1 == out;
  };
  demand(follows(h, pt, pb, kh, dh, sh, oh) && follows(w, pl, pr, kw, dw, sw, ow),
         "the output's size does not follow from input, filter, strides and padding");
}

namespace {

struct Descs {
  memory::desc input, filter, output, bias;
  ConvGeometry geometry;
};

Descs describeTensors(const ConvShape& s) {
  memory::dims filterDims = s.groups > 1 ? memory::dims{s.groups, s.k / s.groups, s.c / s.groups, s.kh, s.kw}
                                         : memory::dims{s.k, s.c, s.kh, s.kw};
  const dt images = s.bf16 ? dt::bf16 : dt::f32;
  return {memory::desc({s.n, s.c, s.h, s.w}, images, s.inputBlocked ? tag::nChw8c : tag::nhwc),
          memory::desc(filterDims, dt::f32, s.groups > 1 ? tag::hwigo : tag::hwio),
          memory::desc({s.n, s.k, s.oh, s.ow}, images, s.outputBlocked ? tag::nChw8c : tag::nhwc),
          memory::desc({s.k}, dt::f32, tag::x),
          {{s.sh, s.sw}, {s.dh - 1, s.dw - 1}, {s.pt, s.pl}, {s.pb, s.pr}}};
}

dnnl::primitive_attr attributes(const ConvShape& s) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (s.activation == int(Activation::kNone)) return attr;
  dnnl::post_ops ops;
  bool six = s.activation == int(Activation::kRelu6);
  appendEltwise(ops, six ? algorithm::eltwise_clip : algorithm::eltwise_relu, 0.f, six ? 6.f : 0.f);
  attr.set_post_ops(ops);
  return attr;
}

template <class Descriptor>
bool advance(Descriptor& descriptor, int implementation) {
  for (int i = 0; i < implementation; ++i)
    if (!descriptor.next_impl()) return false;
  return true;
}

}  // namespace

void ConvCandidate::prepare(ConvTensor& tensor) {
  if (tensor.user == tensor.wanted) return;
  memory from(tensor.written ? tensor.wanted : tensor.user, cpuEngine(), nullptr);
  memory to(tensor.written ? tensor.user : tensor.wanted, cpuEngine(), nullptr);
  dnnl::primitive_attr attr;
  tensor.reorder = dnnl::reorder(dnnl::reorder::primitive_desc(from, to, attr));
  tensor.scratchOffset = scratchBytes_;
  scratchBytes_ += (tensor.wanted.get_size() + 63) / 64 * 64;
}

template <class Descriptor>
void ConvCandidate::finish(const Descriptor& descriptor, bool blocked) {
  const std::string name = descriptor.impl_info_str();
  usesStackFreely_ = name.find("gemm") != std::string::npos;
  info_ = name + (blocked ? ", any layout" : ", given layout");
  scratchpad_ = descriptor.scratchpad_desc();
  scratchBytes_ = (scratchpad_.get_size() + 63) / 64 * 64;
  prepare(input_);
  prepare(filter_);
  prepare(output_);
}

std::unique_ptr<ConvCandidate> ConvCandidate::make(const ConvShape& s, bool blocked, int implementation) {
  const Descs d = describeTensors(s);
  const dt images = s.bf16 ? dt::bf16 : dt::f32;
  const memory::desc input = blocked ? memory::desc(dimsOf(d.input), images, tag::any) : d.input;
  const memory::desc output = blocked ? memory::desc(dimsOf(d.output), images, tag::any) : d.output;
  // A filter that is read is rounded as it is brought into the layout wanted; a gradient of one stays as it is summed.
  const bool rounds = s.bf16 && s.kind != int(ConvKind::kFilterGradient);
  const memory::desc filter(dimsOf(d.filter), rounds ? dt::bf16 : dt::f32, tag::any);
  const auto attr = attributes(s);
  auto owner = std::make_unique<ConvCandidate>();
  ConvCandidate& made = *owner;
  made.kind_ = ConvKind(s.kind);
  made.bias_ = d.bias;
  const memory::desc read(dimsOf(d.filter), images, tag::any);
  const auto direct = algorithm::convolution_direct;
  auto fwd = forwardDescriptor(cpuEngine(), prop_kind::forward_training, direct, input, read,
                               s.bias ? &d.bias : nullptr, output, d.geometry, attr);
  if (made.kind_ == ConvKind::kForward) {
    if (!advance(fwd, implementation)) return nullptr;
    made.primitive_ = dnnl::convolution_forward(fwd);
    made.input_ = {DNNL_ARG_SRC, false, d.input, fwd.src_desc(), {}};
    made.filter_ = {DNNL_ARG_WEIGHTS, false, d.filter, fwd.weights_desc(), {}};
    made.output_ = {DNNL_ARG_DST, true, d.output, fwd.dst_desc(), {}};
    made.finish(fwd, blocked);
  } else if (made.kind_ == ConvKind::kInputGradient) {
    auto bwd = backwardDescriptor<dnnl::convolution_backward_data::primitive_desc>(
        cpuEngine(), direct, input, filter, output, d.geometry, attr, fwd);
    if (!advance(bwd, implementation)) return nullptr;
    made.primitive_ = dnnl::convolution_backward_data(bwd);
    made.input_ = {DNNL_ARG_DIFF_SRC, true, d.input, bwd.diff_src_desc(), {}};
    made.filter_ = {DNNL_ARG_WEIGHTS, false, d.filter, bwd.weights_desc(), {}};
    made.output_ = {DNNL_ARG_DIFF_DST, false, d.output, bwd.diff_dst_desc(), {}};
    made.finish(bwd, blocked);
  } else {
    auto bwd = backwardDescriptor<dnnl::convolution_backward_weights::primitive_desc>(
        cpuEngine(), direct, input, filter, output, d.geometry, attr, fwd);
    if (!advance(bwd, implementation)) return nullptr;
    made.primitive_ = dnnl::convolution_backward_weights(bwd);
    made.input_ = {DNNL_ARG_SRC, false, d.input, bwd.src_desc(), {}};
    made.filter_ = {DNNL_ARG_DIFF_WEIGHTS, true, d.filter, bwd.diff_weights_desc(), {}};
    made.output_ = {DNNL_ARG_DIFF_DST, false, d.output, bwd.diff_dst_desc(), {}};
    made.finish(bwd, blocked);
  }
  return owner;
}

size_t ConvCandidate::packedBytes() const {
  return filter_.written || !filter_.reorder ? 0 : filter_.wanted.get_size();
}

void ConvCandidate::pack(float* filter, void* packed) const {
  if (!filter_.reorder || filter_.written) return;
  memory from(filter_.user, cpuEngine(), filter), to(filter_.wanted, cpuEngine(), packed);
  filter_.reorder->execute(cpuStream(), from, to);
  cpuStream().wait();
}

void ConvCandidate::run(const ConvOperands& o) const {
  auto& stream = cpuStream();
  char* base = static_cast<char*>(scratch(scratchBytes_));
  std::unordered_map<int, memory> args;
  args.emplace(DNNL_ARG_SCRATCHPAD, memory(scratchpad_, cpuEngine(), base));
  if (o.bias != nullptr) args.emplace(DNNL_ARG_BIAS, memory(bias_, cpuEngine(), o.bias));

  const ConvTensor* tensors[] = {&input_, &filter_, &output_};
  void* data[] = {o.input, o.filter, o.output};
  for (int i = 0; i < 3; ++i) {
    const auto& t = *tensors[i];
    void* place = t.reorder ? base + t.scratchOffset : data[i];
    bool isPacked = i == 1 && o.packed != nullptr && t.reorder && !t.written;
    if (isPacked) place = o.packed;
    memory wanted(t.wanted, cpuEngine(), place);
    if (t.reorder && !t.written && !isPacked) {
      memory user(t.user, cpuEngine(), data[i]);
      t.reorder->execute(stream, user, wanted);
    }
    args.emplace(t.arg, wanted);
  }
  {
    std::optional<SignalsHeld> held;
    if (usesStackFreely_) held.emplace();
    primitive_.execute(stream, args);
  }
  for (int i = 0; i < 3; ++i) {
    const auto& t = *tensors[i];
    if (!t.reorder || !t.written) continue;
    memory wanted(t.wanted, cpuEngine(), base + t.scratchOffset), user(t.user, cpuEngine(), data[i]);
    t.reorder->execute(stream, wanted, user);
  }
  stream.wait();
  if (o.residual == nullptr) return;
  float* y = static_cast<float*>(o.output);
  parallelRanges(output_.user.get_size() / sizeof(float), 1, [&](size_t begin, size_t end) {
    loops().binary(kFgkdAddRelu, y + begin, o.residual + begin, y + begin, end - begin, 1, 1);
  });
}

}  // namespace fgkd

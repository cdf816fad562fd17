// What differs between the interfaces of oneDNN 2.6 and 3.x, and nowhere else: 3.x makes descriptors of primitives in one
// step, without a descriptor of the operation, and scales no element-wise operation that follows.
#pragma once
#include <dnnl.hpp>

namespace fgkd {

/** Strides, dilations less one, and paddings. */
struct ConvGeometry {
  dnnl::memory::dims strides, dilations, before, after;
};

#if DNNL_VERSION_MAJOR >= 3

inline dnnl::memory::dims dimsOf(const dnnl::memory::desc& desc) { return desc.get_dims(); }

inline void appendEltwise(dnnl::post_ops& ops, dnnl::algorithm kind, float alpha, float beta) {
  ops.append_eltwise(kind, alpha, beta);
}

/** `bias` is null where there is none. */
inline dnnl::convolution_forward::primitive_desc forwardDescriptor(
    const dnnl::engine& engine, dnnl::prop_kind prop, dnnl::algorithm kind, const dnnl::memory::desc& in,
    const dnnl::memory::desc& filter, const dnnl::memory::desc* bias, const dnnl::memory::desc& out,
    const ConvGeometry& g, const dnnl::primitive_attr& attr) {
  using Made = dnnl::convolution_forward::primitive_desc;
  if (bias == nullptr)
    return Made(engine, prop, kind, in, filter, out, g.strides, g.dilations, g.before, g.after, attr);
  return Made(engine, prop, kind, in, filter, *bias, out, g.strides, g.dilations, g.before, g.after, attr);
}

/** Of either gradient: in and out are those of the forward pass. */
template <class Descriptor>
Descriptor backwardDescriptor(const dnnl::engine& engine, dnnl::algorithm kind, const dnnl::memory::desc& in,
                              const dnnl::memory::desc& filter, const dnnl::memory::desc& out, const ConvGeometry& g,
                              const dnnl::primitive_attr& attr, const dnnl::convolution_forward::primitive_desc& hint) {
  return Descriptor(engine, kind, in, filter, out, g.strides, g.dilations, g.before, g.after, hint, attr);
}

/** `bias` is null where there is none. */
inline dnnl::matmul::primitive_desc matmulDescriptor(const dnnl::engine& engine, const dnnl::memory::desc& a,
                                                     const dnnl::memory::desc& b, const dnnl::memory::desc* bias,
                                                     const dnnl::memory::desc& y, const dnnl::primitive_attr& attr) {
  using Made = dnnl::matmul::primitive_desc;
  return bias == nullptr ? Made(engine, a, b, y, attr) : Made(engine, a, b, *bias, y, attr);
}

#else

inline dnnl::memory::dims dimsOf(const dnnl::memory::desc& desc) { return desc.dims(); }

inline void appendEltwise(dnnl::post_ops& ops, dnnl::algorithm kind, float alpha, float beta) {
  ops.append_eltwise(1.f, kind, alpha, beta);
}

inline dnnl::convolution_forward::primitive_desc forwardDescriptor(
    const dnnl::engine& engine, dnnl::prop_kind prop, dnnl::algorithm kind, const dnnl::memory::desc& in,
    const dnnl::memory::desc& filter, const dnnl::memory::desc* bias, const dnnl::memory::desc& out,
    const ConvGeometry& g, const dnnl::primitive_attr& attr) {
  using Operation = dnnl::convolution_forward::desc;
  const auto operation = bias == nullptr
      ? Operation(prop, kind, in, filter, out, g.strides, g.dilations, g.before, g.after)
      : Operation(prop, kind, in, filter, *bias, out, g.strides, g.dilations, g.before, g.after);
  return {operation, attr, engine};
}

template <class Descriptor>
Descriptor backwardDescriptor(const dnnl::engine& engine, dnnl::algorithm kind, const dnnl::memory::desc& in,
                              const dnnl::memory::desc& filter, const dnnl::memory::desc& out, const ConvGeometry& g,
                              const dnnl::primitive_attr& attr, const dnnl::convolution_forward::primitive_desc& hint) {
  return Descriptor({kind, in, filter, out, g.strides, g.dilations, g.before, g.after}, attr, engine, hint);
}

inline dnnl::matmul::primitive_desc matmulDescriptor(const dnnl::engine& engine, const dnnl::memory::desc& a,
                                                     const dnnl::memory::desc& b, const dnnl::memory::desc* bias,
                                                     const dnnl::memory::desc& y, const dnnl::primitive_attr& attr) {
  using Operation = dnnl::matmul::desc;
  return {bias == nullptr ? Operation(a, b, y) : Operation(a, b, *bias, y), attr, engine};
}

#endif

}  // namespace fgkd

// Some values at once, kept as floats or as bf16: widened as they are read, rounded as they are written, as by `valueOf` and
// `keep`. For files of loops/ only, after isa.h.
#pragma once

// They are passed between inlined functions only, so how an instruction set passes them is no matter.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace fgkd {
namespace FGKD_ISA {

template <int N>
struct Some {
  typedef float Floats __attribute__((vector_size(N * sizeof(float))));
  typedef uint32_t Bits __attribute__((vector_size(N * sizeof(float))));
  /** Anywhere in memory. */
  typedef float LooseFloats __attribute__((vector_size(N * sizeof(float)), aligned(4), may_alias));
  typedef uint16_t LooseHalves __attribute__((vector_size(N * sizeof(uint16_t)), aligned(2), may_alias));
};

template <int N>
inline typename Some<N>::Floats take(const float* x) {
  return *reinterpret_cast<const typename Some<N>::LooseFloats*>(x);
}

template <int N>
inline typename Some<N>::Floats take(const uint16_t* x) {
  typedef typename Some<N>::LooseHalves Halves;
  return reinterpret_cast<typename Some<N>::Floats>(
      __builtin_convertvector(*reinterpret_cast<const Halves*>(x), typename Some<N>::Bits) << 16);
}

template <int N>
inline void put(float* x, const typename Some<N>::Floats& value) {
  *reinterpret_cast<typename Some<N>::LooseFloats*>(x) = value;
}

template <int N>
inline void put(uint16_t* x, const typename Some<N>::Floats& value) {
  typedef typename Some<N>::Bits Bits;
  typedef typename Some<N>::LooseHalves Halves;
  const Bits bits = reinterpret_cast<Bits>(value), rounded = bits + (0x7fffu + ((bits >> 16) & 1u));
  const Bits isNaN = reinterpret_cast<Bits>((bits & 0x7fffffffu) > 0x7f800000u);
  *reinterpret_cast<Halves*>(x) =
      __builtin_convertvector(((rounded & ~isNaN) | ((bits | 0x400000u) & isNaN)) >> 16, Halves);
}

}  // namespace FGKD_ISA
}  // namespace fgkd

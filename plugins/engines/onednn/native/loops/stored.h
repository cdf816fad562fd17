// Values kept as floats or as bf16, for loops that are written once for both. Included after isa.h.
#pragma once

namespace fgkd {
namespace FGKD_ISA {

/** Of a float the bits whose upper half is the nearest bf16, of two alike the even one; a NaN stays one, and is quiet. */
static inline uint32_t roundedBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  return (bits & 0x7fffffffu) > 0x7f800000u ? bits | 0x400000u : rounded;
}

/** The nearest float that a bf16 could hold. */
static inline float roundedToBf16(float value) {
  return bitsToFloat(static_cast<int32_t>(roundedBits(value) & 0xffff0000u));
}

static inline float valueOf(float kept) { return kept; }
static inline float valueOf(uint16_t kept) { return bitsToFloat(static_cast<int32_t>(static_cast<uint32_t>(kept) << 16)); }

/** The value that reading gives after keeping. */
template <class T>
static inline float asKept(float value) {
  return sizeof(T) == sizeof(float) ? value : roundedToBf16(value);
}

static inline void keep(float& place, float value) { place = value; }
static inline void keep(uint16_t& place, float value) { place = static_cast<uint16_t>(roundedBits(value) >> 16); }

}  // namespace FGKD_ISA
}  // namespace fgkd

// Tensors whose values are kept as bf16: the loops know float alone, and meet such values in parts that stay in a cache.
#pragma once
#include <cstdint>
#include <vector>

#include "args.h"
#include "loops.h"

namespace fgkd {

/** Room of this thread for the parts of four operands, of at least `n` floats each. */
inline float* roomFor(int operand, size_t n) {
  static thread_local std::vector<float> rooms[4];
  auto& room = rooms[operand];
  if (room.size() < n) room.resize(n);
  return room.data();
}

/** The values of a tensor as it is kept: one of the two is null. */
struct Stored {
  float* f32 = nullptr;
  uint16_t* bf16 = nullptr;
  size_t size = 0;

  static Stored read(const Args& args, size_t i) {
    if (args.is<uint16_t>(i)) return of(args.array<uint16_t>(i));
    return of(args.array<float>(i));
  }
  static Stored of(Span<float> values) { return {values.data, nullptr, values.size}; }
  static Stored of(Span<uint16_t> values) { return {nullptr, values.data, values.size}; }
  /** The typed array at `i`, of floats or of bf16. */
  static Stored read(const Args& args, size_t i, size_t length) {
    if (args.is<uint16_t>(i)) return {nullptr, args.array<uint16_t>(i, length).data, length};
    return {args.f32(i, length).data, nullptr, length};
  }
  /** `n` values from `at` on, in place, or widened into `room`. */
  const float* floats(size_t at, size_t n, float* room) const {
    if (bf16 == nullptr) return f32 + at;
    loops().widen(bf16 + at, room, n);
    return room;
  }
  /** Where a part of `n` values may be widened, as one of four operands; null where none is. */
  float* room(int operand, size_t n) const { return bf16 == nullptr ? nullptr : roomFor(operand, n); }
  float at(size_t i) const {
    float one;
    return *floats(i, 1, &one);
  }
  /** Where values from `at` on are to be written before `keep`. */
  float* place(size_t at, float* room) const { return bf16 == nullptr ? f32 + at : room; }
  /** Keeps the `n` values that were written to `place`. */
  void keep(size_t at, size_t n, const float* room) const {
    if (bf16 != nullptr) loops().round(room, bf16 + at, n);
  }
};

/** Values of one operand that are widened at a time: with two more of them they fit a first-level cache. */
constexpr size_t kWidened = 2048;

/** Calls `body(first row, rows)` for parts of rows: all at once where nothing is to be widened. */
template <class Body>
void inParts(bool widens, size_t rows, size_t width, const Body& body) {
  const size_t most = widens ? std::max<size_t>(1, kWidened / width) : rows;
  for (size_t row = 0; row < rows; row += most) body(row, std::min(most, rows - row));
}

/** Calls `body(at, values)` for parts of a run of values, as `inParts` of rows. */
template <class Body>
void inPieces(bool widens, size_t n, const Body& body) {
  inParts(widens, n, 1, body);
}

/** Whether this processor multiplies bf16 at once, and in tiles of a matrix. */
bool hasBf16Units();
bool hasBf16Tiles();

}  // namespace fgkd

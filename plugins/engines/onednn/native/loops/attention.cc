// Attention of the tokens of one image in one head, some queries at a time, so that their maps stay in a cache.
#include "attention.h"
#include "pack.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** A strip of a transposed A that lies where it was made: element (i, p) at data[p * stride + i]. */
struct StripAcross {
  const float* data;
  size_t stride;
  float at(size_t i, size_t p) const { return data[p * stride + i]; }
};

/** What both directions need. Tokens in rows, `result` floats apart, serve as rows of A and of B. */
struct Common {
  float *keysTurned, *queries, *maps, *result;

  Common(const AttentionHead& h, const Strides& s, Memory& free)
      : keysTurned(free.take(roundUp(h.tokens, kTileColumns) * h.channels)),
        queries(free.take(kQueries * s.result)),
        maps(free.take(kQueries * s.map)),
        result(free.take(kQueries * s.result)) {}
};
/** What the forward pass needs besides. */
struct Forward {
  float* values;

  Forward(const AttentionHead& h, const Strides& s, Memory& free)
      : values(free.take(roundUp(h.tokens, kTileRows) * s.result)) {}
};
/** What the gradient needs besides. */
struct Backward {
  float *valuesTurned, *keys, *slopes, *mapSlopes, *dk, *dv;

  Backward(const AttentionHead& h, const Strides& s, Memory& free)
      : valuesTurned(free.take(roundUp(h.tokens, kTileColumns) * h.channels)),
        keys(free.take(roundUp(h.tokens, kTileRows) * s.result)),
        slopes(free.take(kQueries * s.result)),
        mapSlopes(free.take(kQueries * s.map)),
        dk(free.take(roundUp(h.tokens, kTileRows) * s.result)),
        dv(free.take(roundUp(h.tokens, kTileRows) * s.result)) {}
};

/** Tokens as the columns of B: [panel][channel][kTileColumns]. */
void packTurned(const AttentionHead& h, const float* from, float* out) {
  const Matrix lines{from, h.stride, true};
  for (size_t token = 0; token < h.tokens; token += kTileColumns, out += kTileColumns * h.channels)
    for (size_t first = 0; first < h.channels; first += kPackedDepth)
      packLinesTurned(lines, token, std::min(kTileColumns, h.tokens - token), first,
                      std::min(kPackedDepth, h.channels - first), out + first * kTileColumns);
}

/** Rows of `channels` values, times `scale`, to other places. */
void copyRows(const float* from, size_t fromStride, size_t rows, size_t channels, float scale, float* to,
              size_t toStride) {
  for (size_t row = 0; row < rows; ++row, from += fromStride, to += toStride)
    FGKD_SIMD for (size_t i = 0; i < channels; ++i) to[i] = from[i] * scale;
}

/** Tokens as this file has them, with zeros up to whole panels and up to a whole strip. */
void packTokens(const AttentionHead& h, const float* from, size_t stride, size_t rows, float scale, float* out,
                const Strides& s) {
  copyRows(from, stride, rows, h.channels, scale, out, s.result);
  if (h.channels < s.result)
    for (size_t row = 0; row < rows; ++row)
      std::memset(out + row * s.result + h.channels, 0, (s.result - h.channels) * sizeof(float));
  std::memset(out + rows * s.result, 0, (roundUp(rows, kTileRows) - rows) * s.result * sizeof(float));
}

constexpr auto asIs = [](Vector difference) { return difference; };

/** One tile. Rows and columns beyond the result's are written as well: its memory has room for whole tiles. */
template <class Strip>
FGKD_INLINE void multiplyWhole(Strip strip, const float* panel, size_t step, size_t depth, bool add, float* to,
                               size_t stride, size_t columns) {
  const Ending ending{add, nullptr, 0};
  computeTile(strip, panel, step, depth, EvenRows{to, stride}, ending, kTileRows,
              columns <= size_t(kLanes) ? size_t(kLanes) : kTileColumns);
}

/** maps[query][key] = Σ a[query][channel] b[channel][key]: as logits, and as the gradient of what softmax returned. */
void mapsOf(const AttentionHead& h, const float* a, size_t rows, const float* turned, float* maps, const Strides& s) {
  for (size_t key = 0; key < h.tokens; key += kTileColumns)
    for (size_t row = 0; row < rows; row += kTileRows)
      multiplyWhole(StripRows{a + row * s.result, s.result}, turned + key * h.channels, kTileColumns, h.channels, false,
                    maps + row * s.map + key, s.map, h.tokens - key);
}

/** result[query][channel] = Σ maps[query][key] b[key][channel] */
void alongKeys(const AttentionHead& h, const float* maps, size_t rows, const float* b, float* result, const Strides& s) {
  const size_t parts = depthParts(h.tokens, false);
  for (size_t part = 0; part < parts; ++part) {
    const size_t begin = h.tokens * part / parts, end = h.tokens * (part + 1) / parts;
    for (size_t c = 0; c < h.channels; c += kTileColumns)
      for (size_t row = 0; row < rows; row += kTileRows)
        multiplyWhole(StripRows{maps + row * s.map + begin, s.map}, b + begin * s.result + c, s.result, end - begin,
                      part > 0, result + row * s.result + c, s.result, h.channels - c);
  }
}

/** result[key][channel] (+)= Σ maps[query][key] b[query][channel] */
void alongQueries(const AttentionHead& h, const float* maps, size_t rows, const float* b, bool add, float* result,
                  const Strides& s) {
  for (size_t key = 0; key < h.tokens; key += kTileRows)
    for (size_t c = 0; c < h.channels; c += kTileColumns)
      multiplyWhole(StripAcross{maps + key, s.map}, b + c, s.result, rows, add, result + key * s.result + c, s.result,
                    h.channels - c);
}

size_t attentionMemory(const AttentionHead& h, bool gradient) {
  const Strides s(h);
  Memory none{nullptr};
  Common(h, s, none);
  if (gradient) Backward(h, s, none);
  else Forward(h, s, none);
  return none.taken;
}

void attend(const AttentionHead& h, size_t begin, size_t end, float* y, size_t yStride, float* memory) {
  const Strides s(h);
  Memory free{memory};
  const Common own(h, s, free);
  const Forward more(h, s, free);
  packTurned(h, h.k, own.keysTurned);
  packTokens(h, h.v, h.stride, h.tokens, 1.f, more.values, s);
  const size_t most = rowsOfBlock(end - begin);
  for (size_t first = begin; first < end; first += most) {
    const size_t rows = std::min(most, end - first);
    packTokens(h, h.q + first * h.stride, h.stride, rows, h.scale, own.queries, s);
    mapsOf(h, own.queries, rows, own.keysTurned, own.maps, s);
    for (size_t row = 0; row < rows; ++row) softmaxOf(own.maps + row * s.map, h.tokens, asIs);
    alongKeys(h, own.maps, rows, more.values, own.result, s);
    copyRows(own.result, s.result, rows, h.channels, 1.f, y + first * yStride, yStride);
  }
}

void attendGrad(const AttentionHead& h, size_t begin, size_t end, const float* dy, size_t dyStride,
                const AttentionGrad& to, float* memory) {
  const Strides s(h);
  Memory free{memory};
  const Common own(h, s, free);
  const Backward more(h, s, free);
  packTurned(h, h.k, own.keysTurned);
  packTurned(h, h.v, more.valuesTurned);
  packTokens(h, h.k, h.stride, h.tokens, 1.f, more.keys, s);
  const size_t most = rowsOfBlock(end - begin);
  for (size_t first = begin; first < end; first += most) {
    const size_t rows = std::min(most, end - first);
    const bool add = first > begin;
    packTokens(h, h.q + first * h.stride, h.stride, rows, h.scale, own.queries, s);
    packTokens(h, dy + first * dyStride, dyStride, rows, 1.f, more.slopes, s);
    mapsOf(h, own.queries, rows, own.keysTurned, own.maps, s);
    mapsOf(h, more.slopes, rows, more.valuesTurned, more.mapSlopes, s);
    for (size_t row = 0; row < rows; ++row) {
      softmaxOf(own.maps + row * s.map, h.tokens, asIs);
      softmaxGradOf(more.mapSlopes + row * s.map, own.maps + row * s.map, h.tokens);
    }
    alongQueries(h, own.maps, rows, more.slopes, add, more.dv, s);
    alongQueries(h, more.mapSlopes, rows, own.queries, add, more.dk, s);
    alongKeys(h, more.mapSlopes, rows, more.keys, own.result, s);
    copyRows(own.result, s.result, rows, h.channels, h.scale, to.dq + first * to.dqStride, to.dqStride);
  }
  copyRows(more.dk, s.result, h.tokens, h.channels, 1.f, to.dk, to.stride);
  copyRows(more.dv, s.result, h.tokens, h.channels, 1.f, to.dv, to.stride);
}

}  // namespace

void fillAttention(Loops& loops) {
  loops.attentionMemory = attentionMemory;
  loops.attend = attend;
  loops.attendGrad = attendGrad;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

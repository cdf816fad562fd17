// Attention of tokens kept as bf16: operands of its products are rounded to bf16, maps among them; sums and softmax are floats.
#include "rounded.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** Values of A in the place of a float. */
constexpr size_t kOfFloat = sizeof(float) / sizeof(Rounded);

/** What both directions need. Rows of A are `operand` values apart, those of B and of sums `result`. */
struct Common {
  float *keysTurned, *maps, *result;
  Rounded* queries;
  size_t operand;

  Common(const AttentionHeadOfBf16& h, const Strides& s, Memory& free)
      : keysTurned(free.take(roundUp(h.tokens, kTileColumns) * together(h.channels))),
        maps(free.take(kQueries * s.map)),
        result(free.take(kQueries * s.result)),
        operand(kTogether * together(h.channels)) {
    queries = takeRows(free);
  }
  Rounded* takeRows(Memory& free) const {
    return reinterpret_cast<Rounded*>(free.take(kQueries * operand / kOfFloat));
  }
};
/** What the forward pass needs besides. */
struct Forward {
  float* values;

  Forward(const AttentionHeadOfBf16& h, const Strides& s, Memory& free) : values(free.take(together(h.tokens) * s.result)) {}
};
/** What the gradient needs besides. Queries and their slopes serve as A and as B. */
struct Backward {
  float *valuesTurned, *keys, *queryRows, *slopeRows, *mapSlopes, *dk, *dv;
  Rounded* slopes;

  Backward(const AttentionHeadOfBf16& h, const Strides& s, const Common& own, Memory& free)
      : valuesTurned(free.take(roundUp(h.tokens, kTileColumns) * together(h.channels))),
        keys(free.take(together(h.tokens) * s.result)),
        queryRows(free.take(together(kQueries) * s.result)),
        slopeRows(free.take(together(kQueries) * s.result)),
        mapSlopes(free.take(kQueries * s.map)),
        dk(free.take(roundUp(h.tokens, kTileRows) * s.result)),
        dv(free.take(roundUp(h.tokens, kTileRows) * s.result)),
        slopes(own.takeRows(free)) {}
};

/** Rows as those of A, with zeros up to a whole pair and up to a whole strip. */
void packRounded(const uint16_t* from, size_t stride, size_t rows, size_t channels, Rounded* out, size_t outStride) {
  for (size_t row = 0; row < rows; ++row, from += stride, out += outStride) {
    FGKD_SIMD for (size_t i = 0; i < channels; ++i) out[i] = roundedOf(from[i]);
    if (channels < outStride) out[channels] = Rounded{};
  }
  std::memset(out, 0, (roundUp(rows, kTileRows) - rows) * outStride * sizeof(Rounded));
}

/** Rows as those of B, with zeros up to whole panels. */
void packDepths(const uint16_t* from, size_t stride, size_t rows, size_t channels, float* out, size_t outStride) {
  for (size_t row = 0; row < rows; row += kTogether, from += kTogether * stride, out += outStride) {
    packRow(from, row + 1 < rows ? from + stride : nullptr, channels, out);
    std::memset(out + channels, 0, (outStride - channels) * sizeof(float));
  }
}

/** Tokens as the columns of B: [panel][depth][kTileColumns]. `room` has that of a panel. */
void packTurned(const AttentionHeadOfBf16& h, const uint16_t* from, float* room, float* out) {
  const size_t depth = together(h.channels);
  for (size_t token = 0; token < h.tokens; token += kTileColumns, out += kTileColumns * depth) {
    const size_t tokens = std::min(kTileColumns, h.tokens - token);
    for (size_t i = 0; i < tokens; ++i) packColumn(from + (token + i) * h.stride, h.channels, room + i * depth);
    const Matrix lines{room, depth, true};
    for (size_t first = 0; first < depth; first += kPackedDepth)
      packLinesTurned(lines, 0, tokens, first, std::min(kPackedDepth, depth - first), out + first * kTileColumns);
  }
}

/** Sums, times `scale`, to where they are kept. */
void keepRows(const float* from, size_t fromStride, size_t rows, size_t channels, float scale, uint16_t* to,
              size_t toStride) {
  for (size_t row = 0; row < rows; ++row, from += fromStride, to += toStride)
    FGKD_SIMD for (size_t i = 0; i < channels; ++i) keep(to[i], from[i] * scale);
}

/** One tile. Rows and columns beyond the result's are written as well: its memory has room for whole tiles. */
template <class Strip>
FGKD_INLINE void multiplyWhole(Strip strip, const float* b, size_t step, size_t depth, bool add, float* to,
                               size_t stride, size_t columns) {
  if (columns <= size_t(kLanes)) multiplyRounded<1>(strip, b, step, depth, add, to, stride);
  else multiplyRounded<kTileVectors>(strip, b, step, depth, add, to, stride);
}

/** maps[query][key] = Σ a[query][channel] b[channel][key]: as logits, and as the gradient of what softmax returned. */
void mapsOf(const AttentionHeadOfBf16& h, const Rounded* a, size_t aStride, size_t rows, const float* turned,
            float* maps, const Strides& s) {
  const size_t depth = together(h.channels);
  for (size_t key = 0; key < h.tokens; key += kTileColumns)
    for (size_t row = 0; row < rows; row += kTileRows)
      multiplyWhole(RoundedRows{a + row * aStride, aStride}, turned + key * depth, kTileColumns, depth, false,
                    maps + row * s.map + key, s.map, h.tokens - key);
}

/** result[query][channel] = Σ maps[query][key] b[key][channel], of rounded maps. */
void alongKeys(const AttentionHeadOfBf16& h, const float* maps, size_t rows, const float* b, float* result,
               const Strides& s) {
  const size_t depth = together(h.tokens), parts = depthParts(depth, false), stride = kOfFloat * s.map;
  const auto* a = reinterpret_cast<const Rounded*>(maps);
  for (size_t part = 0; part < parts; ++part) {
    const size_t begin = depth * part / parts, end = depth * (part + 1) / parts;
    for (size_t c = 0; c < h.channels; c += kTileColumns)
      for (size_t row = 0; row < rows; row += kTileRows)
        multiplyWhole(RoundedRows{a + row * stride + kTogether * begin, stride}, b + begin * s.result + c, s.result,
                      end - begin, part > 0, result + row * s.result + c, s.result, h.channels - c);
  }
}

/** result[key][channel] (+)= Σ maps[query][key] b[query][channel], of rounded maps that lie for it. */
void alongQueries(const AttentionHeadOfBf16& h, const float* maps, size_t rows, const float* b, bool add,
                  float* result, const Strides& s) {
  const auto* a = reinterpret_cast<const Rounded*>(maps);
  for (size_t key = 0; key < h.tokens; key += kTileRows)
    for (size_t c = 0; c < h.channels; c += kTileColumns)
      multiplyWhole(RoundedAcross(a, kOfFloat * s.map, key), b + c, s.result, together(rows),
                    add, result + key * s.result + c, s.result, h.channels - c);
}

void softmaxOfBlock(const AttentionHeadOfBf16& h, float* maps, size_t rows, const Strides& s) {
  const float scale = h.scale;
  for (size_t row = 0; row < rows; ++row)
    softmaxOf(maps + row * s.map, h.tokens, [scale](Vector difference) { return difference * scale; });
}

/** As `roundMaps` of whole pairs of rows: a row that only fills up the last is zeros, and so is what it meets. */
const float* roundBlock(const AttentionHeadOfBf16& h, float* maps, float* slopes, size_t rows, const Strides& s) {
  const size_t vectors = vectorsOf(h.tokens);
  if (rows % 2 == 1)
    for (float* block : {maps, slopes}) std::memset(block + rows * s.map, 0, vectors * kLanes * sizeof(float));
  return roundMaps(maps, slopes, (rows + 1) / 2 * 2, s.map, vectors);
}

size_t attentionMemory(const AttentionHeadOfBf16& h, bool gradient) {
  const Strides s(h);
  Memory none{nullptr};
  const Common own(h, s, none);
  if (gradient) Backward(h, s, own, none);
  else Forward(h, s, none);
  return none.taken;
}

void attend(const AttentionHeadOfBf16& h, size_t begin, size_t end, uint16_t* y, size_t yStride, float* memory) {
  const Strides s(h);
  Memory free{memory};
  const Common own(h, s, free);
  const Forward more(h, s, free);
  packTurned(h, h.k, own.result, own.keysTurned);
  packDepths(h.v, h.stride, h.tokens, h.channels, more.values, s.result);
  const size_t most = rowsOfBlock(end - begin);
  for (size_t first = begin; first < end; first += most) {
    const size_t rows = std::min(most, end - first);
    packRounded(h.q + first * h.stride, h.stride, rows, h.channels, own.queries, own.operand);
    mapsOf(h, own.queries, own.operand, rows, own.keysTurned, own.maps, s);
    softmaxOfBlock(h, own.maps, rows, s);
    for (size_t row = 0; row < rows; ++row) roundRow(own.maps + row * s.map, vectorsOf(h.tokens));
    alongKeys(h, own.maps, rows, more.values, own.result, s);
    keepRows(own.result, s.result, rows, h.channels, 1.f, y + first * yStride, yStride);
  }
}

/** Where the sums over queries go: rounded to those of the tokens, or as they are, to be added to those of other queries. */
void keepSums(const AttentionHeadOfBf16& h, const Backward& own, const AttentionGradOfBf16& to, const Strides& s) {
  if (to.sums == nullptr) {
    keepRows(own.dk, s.result, h.tokens, h.channels, h.scale, to.dk, to.stride);
    keepRows(own.dv, s.result, h.tokens, h.channels, 1.f, to.dv, to.stride);
    return;
  }
  for (size_t row = 0; row < h.tokens; ++row) {
    float *dk = to.sums + row * 2 * h.channels, *dv = dk + h.channels;
    FGKD_SIMD for (size_t i = 0; i < h.channels; ++i) dk[i] = own.dk[row * s.result + i] * h.scale;
    std::memcpy(dv, own.dv + row * s.result, h.channels * sizeof(float));
  }
}

void attendGrad(const AttentionHeadOfBf16& h, size_t begin, size_t end, const uint16_t* dy, size_t dyStride,
                const AttentionGradOfBf16& to, float* memory) {
  const Strides s(h);
  Memory free{memory};
  const Common own(h, s, free);
  const Backward more(h, s, own, free);
  packTurned(h, h.k, own.result, own.keysTurned);
  packTurned(h, h.v, own.result, more.valuesTurned);
  packDepths(h.k, h.stride, h.tokens, h.channels, more.keys, s.result);
  const size_t most = rowsOfBlock(end - begin);
  for (size_t first = begin; first < end; first += most) {
    const size_t rows = std::min(most, end - first);
    const bool add = first > begin;
    const uint16_t *queries = h.q + first * h.stride, *slopes = dy + first * dyStride;
    packRounded(queries, h.stride, rows, h.channels, own.queries, own.operand);
    packDepths(queries, h.stride, rows, h.channels, more.queryRows, s.result);
    packRounded(slopes, dyStride, rows, h.channels, more.slopes, own.operand);
    packDepths(slopes, dyStride, rows, h.channels, more.slopeRows, s.result);
    mapsOf(h, own.queries, own.operand, rows, own.keysTurned, own.maps, s);
    mapsOf(h, more.slopes, own.operand, rows, more.valuesTurned, more.mapSlopes, s);
    softmaxOfBlock(h, own.maps, rows, s);
    for (size_t row = 0; row < rows; ++row)
      softmaxGradOf(more.mapSlopes + row * s.map, own.maps + row * s.map, h.tokens);
    const float* slopesAcross = roundBlock(h, own.maps, more.mapSlopes, rows, s);
    alongQueries(h, own.maps, rows, more.slopeRows, add, more.dv, s);
    alongQueries(h, slopesAcross, rows, more.queryRows, add, more.dk, s);
    alongKeys(h, more.mapSlopes, rows, more.keys, own.result, s);
    keepRows(own.result, s.result, rows, h.channels, h.scale, to.dq + first * to.stride, to.stride);
  }
  keepSums(h, more, to, s);
}

}  // namespace

void fillAttentionOfBf16(Loops& loops) {
  loops.attentionMemoryOfBf16 = attentionMemory;
  loops.attendOfBf16 = attend;
  loops.attendGradOfBf16 = attendGrad;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

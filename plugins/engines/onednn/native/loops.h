// Loops over contiguous memory, compiled once per instruction set and chosen at run time: the binary stays portable.
#pragma once
#include <cstddef>
#include <cstdint>

#include "gemm.h"

namespace fgkd {

// Names are tfjs' kernel names; JavaScript finds an operation's number by its name.
#define FGKD_UNARY(X)                                                                                                  \
  X(Abs) X(Neg) X(Square) X(Sqrt) X(Rsqrt) X(Reciprocal) X(Exp) X(Expm1) X(Log) X(Log1p) X(Sigmoid) X(Tanh) X(Relu)    \
  X(Relu6) X(LeakyRelu) X(Elu) X(Selu) X(Softplus) X(Erf) X(Step) X(Sign) X(Floor) X(Ceil) X(Round) X(ClipByValue)     \
  X(Sin) X(Cos) X(FgkdGelu)
#define FGKD_BINARY(X)                                                                                                 \
  X(Add) X(Sub) X(Multiply) X(RealDiv) X(Maximum) X(Minimum) X(SquaredDifference) X(Pow) X(Prelu) X(Mod)   \
  X(EluGrad) X(FgkdAddRelu) X(FgkdReluGrad) X(FgkdGeluGrad)
#define FGKD_COMPARE(X) X(Equal) X(NotEqual) X(Less) X(LessEqual) X(Greater) X(GreaterEqual)

#define FGKD_ENUM(name) k##name,
enum UnaryOp { FGKD_UNARY(FGKD_ENUM) kUnaryCount };
enum BinaryOp { FGKD_BINARY(FGKD_ENUM) kBinaryCount };
enum CompareOp { FGKD_COMPARE(FGKD_ENUM) kCompareCount };
#undef FGKD_ENUM

struct PoolShape {
  int n, h, w, c, kh, kw, sh, sw, dh, dw, pt, pl, oh, ow;
  static constexpr size_t kFields = 14;
};

struct ResizeShape {
  int n, h, w, c, oh, ow, alignCorners, halfPixelCenters;
  static constexpr size_t kFields = 8;
};

/** A depthwise convolution at stride 1, of images of `c` channels with a window of 3, 5 or 7 columns. */
struct DepthwiseShape {
  int n, h, w, c, kh, kw, pt, pl, oh, ow;
  static constexpr size_t kFields = 10;
  /** Channels come in multiples of a cache line. */
  static constexpr int kGroup = 16;
  /** Output pixels computed together: with a row of the filter they fill the registers of AVX2. */
  static constexpr int kTile = 7;
  static constexpr int kTallest = 15;
  /** Floats of the rows under a window that stay in the second-level cache. */
  static constexpr int kCached = 1 << 16;

  int tiledWidth() const { return (ow + kTile - 1) / kTile * kTile; }
  int paddedWidth() const { return tiledWidth() + kw - 1; }
  /** Channels done together: as many as leave the rows under the window in the cache. */
  int span() const {
    const int groups = (c + kGroup - 1) / kGroup;
    const int fitting = int(kCached / (size_t(kh) * paddedWidth() * kGroup));
    const int spans = fitting > 1 ? (groups + fitting - 1) / fitting : groups;
    return (groups + spans - 1) / spans * kGroup;
  }
  size_t ringSize() const { return size_t(kh) * paddedWidth() * span(); }
  /** Floats that a part needs to work. */
  size_t memory() const { return ringSize() + size_t(tiledWidth()) * span(); }
};

/** Some rows of output of some channels of one image. */
struct DepthwisePart {
  int image, row, rows, channel, channels;
};

/**
 * Images under tiles of 4×4 results: `top` and `left` zeros stand before the first pixel that the first tile reads.
 * Eight channels lie together; blocks of them, images, rows and pixels are that many values apart.
 */
struct WinogradImages {
  int tilesY, tilesX, h, w, top, left;
  size_t image, block, row, pixel;
};
/** Where transformed tiles lie: their positions `position` apart, and `run` tiles `tile` apart in a row; runs `next`. */
struct WinogradTiles {
  size_t position, tile, run, next;
};
/** A tile reads 6×6 pixels. */
constexpr int kWinogradPositions = 36;

/** A line of `count` output pixels, each a weighted sum of a run of input pixels. */
struct ResampleLine {
  int count, c;
  const int *first, *counts;
  const float* weights;  // [count, longest]
  size_t longest;
};

/** A line of `count` output pixels that lie between two input pixels each; `low` is -1 outside the image. */
struct CropLine {
  int count, c;
  const int *low, *high;
  const float* part;
  float outside;
};

/** The tokens of one image in one head: `channels` values of each, rows `stride` apart. Queries are taken `scale` times. */
template <class Value>
struct HeadOf {
  const Value *q, *k, *v;
  size_t tokens, channels, stride;
  float scale;
};
using AttentionHead = HeadOf<float>;
using AttentionHeadOfBf16 = HeadOf<uint16_t>;
/** Where the gradients of one head go. Those of keys and values lie in rows of the same stride. */
struct AttentionGrad {
  float *dq, *dk, *dv;
  size_t dqStride, stride;
};
/** The same of bf16; where there are `sums`, those of keys and values go there instead: [token][2][channels]. */
struct AttentionGradOfBf16 {
  uint16_t *dq, *dk, *dv;
  size_t stride;
  float* sums;
};

/** Per channel: y = x * scale + shift. */
struct Affine {
  const float *scale, *shift;
};

/** `step` arguments are 0 (one value for all) or 1. Ranges [begin, end) count the unit that the comment names. */
struct Loops {
  const char* name;
  void (*unary)(int op, const float* x, float* y, size_t n, float alpha, float beta);
  void (*binary)(int op, const float* a, const float* b, float* y, size_t n, int stepA, int stepB);
  /** The same of values kept as bf16, all in steps of 1, for what networks do with images and tokens; false for others. */
  bool (*unaryOfBf16)(int op, const uint16_t* x, uint16_t* y, size_t n);
  bool (*binaryOfBf16)(int op, const uint16_t* a, const uint16_t* b, uint16_t* y, size_t n);
  void (*compare)(int op, const float* a, const float* b, uint8_t* y, size_t n, int stepA, int stepB);
  void (*select)(const uint8_t* condition, const float* a, const float* b, float* y, size_t n);
  void (*sgd)(float* p, const float* g, float* m, float* newP, float* newM, size_t n, const float* options);
  void (*adam)(const float* p, const float* g, const float* m, const float* v, float* newP, float* newM, float* newV,
               size_t n, const float* options);

  double (*sum)(const float* x, size_t n);
  float (*max)(const float* x, size_t n);
  float (*min)(const float* x, size_t n);
  /** sums[c] += Σ_r x[r * stride + c] */
  void (*addRows)(const float* x, size_t rows, size_t stride, size_t columns, float* sums);
  void (*maxRows)(const float* x, size_t rows, size_t stride, size_t columns, float* best);
  void (*minRows)(const float* x, size_t rows, size_t stride, size_t columns, float* best);
  void (*softmax)(const float* x, float* y, size_t n, bool log);
  void (*softmaxGrad)(const float* dy, const float* y, float* dx, size_t n, bool log);

  /** Sums of (x - pivot) and of its square, per channel, added to what is there. */
  void (*moments)(const float* x, size_t rows, size_t c, const float* pivot, float* sum, float* squares);
  /** Then + add, unless that is null, max(., 0), if `most` is not 0, and min(., most), if it is finite. */
  void (*affine)(const float* x, const float* add, float* y, size_t rows, size_t c, Affine f, float most);
  /** y = (x - mean) * scale + shift */
  void (*centredAffine)(const float* x, float* y, size_t rows, size_t c, const float* mean, Affine f);
  /** Sums of dy and dy * (x - mean), dy masked where `most` of `affine` cuts its result. */
  void (*normGradSums)(const float* dy, const float* x, size_t rows, size_t c, Affine f, const float* mean, float most,
                       float* sumDy, float* sumDyX);
  /** dx = p dy + q (x - mean) + r */
  void (*normGradApply)(const float* dy, const float* x, float* dx, size_t rows, size_t c, Affine f, const float* mean,
                        float most, const float* p, const float* q, const float* r);

  /** The same of values kept as bf16; what is added to is rounded first, as if it had been kept in between. */
  void (*momentsOfBf16)(const uint16_t* x, size_t rows, size_t c, const float* pivot, float* sum, float* squares);
  void (*affineOfBf16)(const uint16_t* x, const uint16_t* add, uint16_t* y, size_t rows, size_t c, Affine f,
                       float most);
  void (*normGradSumsOfBf16)(const uint16_t* dy, const uint16_t* x, size_t rows, size_t c, Affine f, const float* mean,
                             float most, float* sumDy, float* sumDyX);
  void (*normGradApplyOfBf16)(const uint16_t* dy, const uint16_t* x, uint16_t* dx, size_t rows, size_t c, Affine f,
                              const float* mean, float most, const float* p, const float* q, const float* r);

  /** Floats that a call of `attend`, or of `attendGrad`, needs to work: so many times the tokens, not their square. */
  size_t (*attentionMemory)(const AttentionHead& head, bool gradient);
  /** softmax(q kᵀ) v, for the queries [begin, end). */
  void (*attend)(const AttentionHead& head, size_t begin, size_t end, float* y, size_t yStride, float* memory);
  /** Writes the gradients of these queries, and what they add to those of all keys and values. */
  void (*attendGrad)(const AttentionHead& head, size_t begin, size_t end, const float* dy, size_t dyStride,
                     const AttentionGrad& to, float* memory);
  /** The same of values kept as bf16: operands of products are rounded, maps among them; sums and softmax are floats. */
  size_t (*attentionMemoryOfBf16)(const AttentionHeadOfBf16& head, bool gradient);
  void (*attendOfBf16)(const AttentionHeadOfBf16& head, size_t begin, size_t end, uint16_t* y, size_t yStride,
                       float* memory);
  void (*attendGradOfBf16)(const AttentionHeadOfBf16& head, size_t begin, size_t end, const uint16_t* dy,
                           size_t dyStride, const AttentionGradOfBf16& to, float* memory);

  /** Per row of c values; writes mean and variance of each row. */
  void (*layerNorm)(const float* x, const float* scale, const float* offset, float* y, float* mean, float* variance,
                    size_t rows, size_t c, float epsilon);
  /** Adds to dScale and dOffset. */
  void (*layerNormGrad)(const float* dy, const float* x, const float* scale, const float* mean, const float* variance,
                        float* dx, float* dScale, float* dOffset, size_t rows, size_t c, float epsilon);

  /** Rows of output: [0, n * oh). */
  void (*maxPool)(const PoolShape& s, const float* x, float* y, size_t begin, size_t end);
  void (*maxPoolOfBf16)(const PoolShape& s, const uint16_t* x, uint16_t* y, size_t begin, size_t end);
  void (*avgPool)(const PoolShape& s, const float* x, float* y, size_t begin, size_t end);
  /** Images: [0, n), channels [firstChannel, firstChannel + channels). dx must hold zeros. */
  void (*maxPoolGrad)(const PoolShape& s, const float* dy, const float* x, const float* y, float* dx, size_t image,
                      size_t firstChannel, size_t channels);
  void (*avgPoolGrad)(const PoolShape& s, const float* dy, float* dx, size_t image, size_t firstChannel,
                      size_t channels);
  /** Rows of output: [0, n * oh). */
  void (*resize)(const ResizeShape& s, const float* x, float* y, size_t begin, size_t end);
  /** One image; dx must hold zeros. */
  void (*resizeGrad)(const ResizeShape& s, const float* dy, float* dx, size_t image);

  /** y[i] = Σ_k weights[k] x[k * n + i] */
  void (*weightedRows)(const float* x, size_t n, const float* weights, size_t count, float* y);
  void (*resampleLine)(const ResampleLine& s, const float* x, float* y);
  void (*pickPixels)(const CropLine& s, const float* x, float* y);
  void (*blendPixels)(const CropLine& s, const float* top, const float* bottom, float part, float* y);

  /** Channels in a vector of the depthwise loops. */
  size_t lanes;
  /** filter: [vector][kh][kw][lane] and bias: [channel], of the part's channels, both aligned as `memory` is. */
  void (*depthwise)(const DepthwiseShape& s, const DepthwisePart& part, const float* x, const float* filter,
                    const float* bias, float* y, float* memory);
  /** Adds to `sums`, laid out as the filter of `depthwise`. */
  void (*depthwiseFilterGrad)(const DepthwiseShape& s, const DepthwisePart& part, const float* x, const float* dy,
                              float* sums, float* memory);

  /** Packs a part of B of any width, at most kPackedDepth deep: [panel][depth][tileColumns], zeros behind the last. */
  void (*packPanels)(const Matrix& b, size_t depthBegin, size_t depthEnd, size_t columnBegin, size_t columnEnd,
                     float* out);
  /**
   * Writes one piece of C on the calling thread; false when memory is short. Either B is packed, all of it, part of the
   * depth by part, or the piece has at most kPackedColumns.
   */
  bool (*multiplyPiece)(const Product& product, const ProductPiece& piece, const float* packed);
  /** Rows and columns of C that stay in registers: pieces of whole tiles waste nothing. */
  size_t tileRows, tileColumns;

  /** Columns of a panel: the right side of a small product, and its result, lie in rows of as many values. */
  size_t panel;
  /** To bf16 (to the nearest, of two alike the even one), to floats that bf16 could hold, and back from bf16. */
  void (*round)(const float* x, uint16_t* y, size_t n);
  void (*roundInPlace)(const float* x, float* y, size_t n);
  void (*widen)(const uint16_t* x, float* y, size_t n);

  /** Rows of a strip: the left side of a product lies in strips. */
  size_t stripRows;
  /**
   * y[r] (+)= Σ_p a(r, p) b[p], `depth` a multiple of eight, where a is [strip][p / 8][row of the strip][p % 8], with
   * strips `strip` apart. What lies at `ahead`, the `b` of the next product, is called for meanwhile.
   */
  void (*panelProduct)(const float* a, size_t strip, size_t rows, const float* b, size_t depth, float* y, bool add,
                       const float* ahead);
  /** The same where a is [r / 8][p][r % 8], with `block` from one eight of rows to the next. */
  void (*panelOuterProduct)(const float* a, size_t block, size_t rows, const float* b, size_t depth, float* y, bool add,
                            const float* ahead);

  /** Winograd's transforms of tiles [begin, end) of one block of eight channels. */
  void (*winogradData)(const WinogradImages& g, const float* x, size_t block, size_t begin, size_t end, float* v,
                       const WinogradTiles& to);
  void (*winogradResultGrad)(const WinogradImages& g, const float* dy, size_t block, size_t begin, size_t end,
                             float* d, const WinogradTiles& to);
  /** With a residual, which lies as y does, the result is max(· + residual, 0). */
  void (*winogradResult)(const WinogradImages& g, float* y, size_t block, size_t begin, size_t end, const float* m,
                         size_t position, size_t tile, const float* bias, const float* residual, int activation);
  /** The same of images kept as bf16: transforms and sums are those of floats. */
  void (*winogradDataOfBf16)(const WinogradImages& g, const uint16_t* x, size_t block, size_t begin, size_t end,
                             float* v, const WinogradTiles& to);
  void (*winogradResultGradOfBf16)(const WinogradImages& g, const uint16_t* dy, size_t block, size_t begin, size_t end,
                                   float* d, const WinogradTiles& to);
  void (*winogradResultOfBf16)(const WinogradImages& g, uint16_t* y, size_t block, size_t begin, size_t end,
                               const float* m, size_t position, size_t tile, const float* bias, int activation);
  void (*winogradFilter)(const float* filter, size_t c, size_t k, bool turned, bool rounds, size_t reduced,
                         size_t wide, size_t width, float* u, size_t position, size_t rowStride);
  void (*winogradFilterGrad)(const float* u, size_t position, size_t rowStride, size_t first, size_t rows, size_t wide,
                             size_t width, float* filter, size_t c, size_t k, bool add);
};

/** The loops for this machine's instruction set. */
const Loops& loops();

}  // namespace fgkd

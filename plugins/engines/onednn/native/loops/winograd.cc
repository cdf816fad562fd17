// The transforms of Winograd's F(4×4, 3×3) with the points 0, ±√½, ±√2, ∞: a tile of 4×4 results costs 36 products where
// the direct way needs 144. These points lose one bit against the direct way; the customary 0, ±1, ±2, ∞ lose three.
// "Fast Algorithms for Convolutional Neural Networks", 2015, where y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A.
#include "isa.h"
#include "some.h"
#include "stored.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

using Eight = Some<8>::Floats;

constexpr float kA = 0.70710678118654752f, kB = 1.41421356237309505f;
constexpr int kTile = 4, kWindow = 6, kPositions = 36;

template <class Kept>
inline Eight load(const Kept* x) {
  return take<8>(x);
}
template <class Kept>
inline void store(Kept* x, const Eight& value) {
  put<8>(x, value);
}

/** Bᵀ d */
struct Data {
  static constexpr int kIn = 6, kOut = 6;
  static inline void apply(const Eight* d, Eight* r) {
    r[0] = d[0] + (d[4] - 2.5f * d[2]);
    const Eight evenA = d[4] - 2.f * d[2], oddA = d[3] - 2.f * d[1];
    r[1] = evenA + kA * oddA;
    r[2] = evenA - kA * oddA;
    const Eight evenB = d[4] - 0.5f * d[2], oddB = d[3] - 0.5f * d[1];
    r[3] = evenB + kB * oddB;
    r[4] = evenB - kB * oddB;
    r[5] = d[1] + (d[5] - 2.5f * d[3]);
  }
};

/** Aᵀ m */
struct Result {
  static constexpr int kIn = 6, kOut = 4;
  static inline void apply(const Eight* m, Eight* r) {
    const Eight sumA = m[1] + m[2], sumB = m[3] + m[4], differenceA = m[1] - m[2], differenceB = m[3] - m[4];
    r[0] = m[0] + (sumA + sumB);
    r[1] = kA * differenceA + kB * differenceB;
    r[2] = 0.5f * sumA + 2.f * sumB;
    r[3] = m[5] + (0.5f * kA) * differenceA + (2.f * kB) * differenceB;
  }
};

/** A y, the adjoint of the one before */
struct ResultGrad {
  static constexpr int kIn = 4, kOut = 6;
  static inline void apply(const Eight* y, Eight* r) {
    r[0] = y[0];
    const Eight evenA = y[0] + 0.5f * y[2], oddA = y[1] + 0.5f * y[3];
    r[1] = evenA + kA * oddA;
    r[2] = evenA - kA * oddA;
    const Eight evenB = y[0] + 2.f * y[2], oddB = y[1] + 2.f * y[3];
    r[3] = evenB + kB * oddB;
    r[4] = evenB - kB * oddB;
    r[5] = y[3];
  }
};

/** G g */
struct Filter {
  static constexpr int kIn = 3, kOut = 6;
  static inline void apply(const Eight* g, Eight* r) {
    r[0] = g[0];
    const Eight evenA = (-2.f / 3.f) * g[0] - (1.f / 3.f) * g[2], oddA = (-2.f / 3.f * kA) * g[1];
    r[1] = evenA + oddA;
    r[2] = evenA - oddA;
    const Eight evenB = (1.f / 6.f) * g[0] + (1.f / 3.f) * g[2], oddB = (1.f / 6.f * kB) * g[1];
    r[3] = evenB + oddB;
    r[4] = evenB - oddB;
    r[5] = g[2];
  }
};

/** Gᵀ u */
struct FilterGrad {
  static constexpr int kIn = 6, kOut = 3;
  static inline void apply(const Eight* u, Eight* r) {
    const Eight sumA = u[1] + u[2], sumB = u[3] + u[4], differenceA = u[1] - u[2], differenceB = u[3] - u[4];
    r[0] = u[0] - (2.f / 3.f) * sumA + (1.f / 6.f) * sumB;
    r[1] = (1.f / 6.f * kB) * differenceB - (2.f / 3.f * kA) * differenceA;
    r[2] = u[5] + (1.f / 3.f) * (sumB - sumA);
  }
};

/** T x Tᵀ: `at(i, j)` gives x, `put(i, j, value)` takes the result. */
template <class T, class At, class Put>
inline void twoSided(const At& at, const Put& put) {
  Eight half[T::kOut][T::kIn], line[6], transformed[6];
#pragma GCC unroll 6
  for (int j = 0; j < T::kIn; ++j) {
#pragma GCC unroll 6
    for (int i = 0; i < T::kIn; ++i) line[i] = at(i, j);
    T::apply(line, transformed);
#pragma GCC unroll 6
    for (int i = 0; i < T::kOut; ++i) half[i][j] = transformed[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < T::kOut; ++i) {
    T::apply(half[i], transformed);
#pragma GCC unroll 6
    for (int j = 0; j < T::kOut; ++j) put(i, j, transformed[j]);
  }
}

/** Walks over tiles: where the window of each begins in its image. */
struct Walk {
  const WinogradImages& g;
  int tx, ty;
  size_t image;
  Walk(const WinogradImages& geometry, size_t tile) : g(geometry) {
    // Tiles are counted in 32 bits, whose division is the faster one.
    const uint32_t row = static_cast<uint32_t>(tile) / static_cast<uint32_t>(g.tilesX);
    tx = static_cast<int>(static_cast<uint32_t>(tile) - row * static_cast<uint32_t>(g.tilesX));
    image = row / static_cast<uint32_t>(g.tilesY);
    ty = static_cast<int>(row - static_cast<uint32_t>(image) * static_cast<uint32_t>(g.tilesY));
  }
  void advance() {
    if (++tx < g.tilesX) return;
    tx = 0;
    if (++ty < g.tilesY) return;
    ty = 0;
    ++image;
  }
};

/** What the next eight channels need is called for early: too few values lie together for the processor to foresee it. */
inline ptrdiff_t aheadOf(const WinogradImages& g) { return static_cast<ptrdiff_t>(g.block > 16 ? g.block : 16); }

/** Transforms windows of pixels that may reach over the border, where there are zeros. */
template <class T, class Kept>
inline void readTiles(const WinogradImages& g, const Kept* images, size_t block, size_t begin, size_t end, float* to,
                      const WinogradTiles& lie) {
  constexpr int kSize = T::kIn;
  // Copies, which no store can change.
  const size_t position = lie.position;
  const ptrdiff_t row = g.row, pixel = g.pixel, ahead = aheadOf(g);
  Walk walk(g, begin);
  size_t left = lie.run;
  for (size_t t = begin; t < end; ++t, walk.advance()) {
    const int y0 = walk.ty * kTile - g.top, x0 = walk.tx * kTile - g.left;
    const Kept* from = images + walk.image * g.image + block * g.block + (y0 * row + x0 * pixel);
    for (int i = 0; i < kSize; ++i)
      for (int j = kSize % 4 / 2; j < kSize; j += 2) __builtin_prefetch(from + ahead + i * row + j * pixel);
    const auto put = [=](int i, int j, const Eight& value) { store(to + (i * T::kOut + j) * position, value); };
    if (y0 >= 0 && x0 >= 0 && y0 + kSize <= g.h && x0 + kSize <= g.w) {
      twoSided<T>([=](int i, int j) { return load(from + i * row + j * pixel); }, put);
    } else {
      // Pixels outside are read from a place of zeros, without a branch for each.
      alignas(32) static const Kept zeros[8] = {};
      const intptr_t nothing = reinterpret_cast<intptr_t>(zeros), base = reinterpret_cast<intptr_t>(from) - nothing;
      intptr_t rowInside[kSize], columnInside[kSize];
      for (int i = 0; i < kSize; ++i) {
        rowInside[i] = y0 + i >= 0 && y0 + i < g.h ? -1 : 0;
        columnInside[i] = x0 + i >= 0 && x0 + i < g.w ? -1 : 0;
      }
      twoSided<T>(
          [&](int i, int j) {
            const intptr_t pixelAt = base + (i * row + j * pixel) * static_cast<intptr_t>(sizeof(Kept));
            return load(reinterpret_cast<const Kept*>(nothing + (pixelAt & rowInside[i] & columnInside[j])));
          },
          put);
    }
    to += lie.tile;
    if (--left > 0) continue;
    left = lie.run;
    to += lie.next - lie.run * lie.tile;
  }
}

template <class Kept>
void winogradData(const WinogradImages& g, const Kept* x, size_t block, size_t begin, size_t end, float* v,
                  const WinogradTiles& to) {
  readTiles<Data>(g, x, block, begin, end, v, to);
}

template <class Kept>
void winogradResultGrad(const WinogradImages& g, const Kept* dy, size_t block, size_t begin, size_t end, float* d,
                        const WinogradTiles& to) {
  readTiles<ResultGrad>(g, dy, block, begin, end, d, to);
}

inline Eight activated(const Eight& value, int activation) {
  Eight y = value;
  // A NaN stays one, as in oneDNN: the comparison with it is false.
  if (activation != 0) y = y < 0.f ? Eight{} : y;
  if (activation == 2) y = y > 6.f ? Eight{} + 6.f : y;
  return y;
}

template <class Kept>
void winogradResult(const WinogradImages& g, Kept* y, size_t block, size_t begin, size_t end, const float* m,
                    size_t position, size_t tile, const float* bias, const Kept* residual, int activation) {
  const Eight added = bias == nullptr ? Eight{} : load(bias);
  const size_t row = g.row, pixel = g.pixel, ahead = aheadOf(g);
  Walk walk(g, begin);
  for (size_t t = begin; t < end; ++t, walk.advance(), m += tile) {
    const int y0 = walk.ty * kTile, x0 = walk.tx * kTile;
    Kept* to = y + walk.image * g.image + block * g.block + y0 * row + x0 * pixel;
    const Kept* also = residual == nullptr ? nullptr : residual + (to - y);
    const int rows = g.h - y0, columns = g.w - x0;
    for (int i = 0; i < kTile; ++i)
      for (int j = 0; j < kTile; j += 2) __builtin_prefetch(to + ahead + i * row + j * pixel, 1);
    const auto at = [=](int i, int j) { return load(m + (i * kWindow + j) * position); };
    if (also != nullptr) {
      twoSided<Result>(at, [=](int i, int j, const Eight& value) {
        const ptrdiff_t place = i * row + j * pixel;
        if (i < rows && j < columns) store(to + place, activated((value + added) + load(also + place), 1));
      });
    } else if (rows >= kTile && columns >= kTile && activation == 0) {
      twoSided<Result>(at, [=](int i, int j, const Eight& value) { store(to + i * row + j * pixel, value + added); });
    } else {
      twoSided<Result>(at, [=](int i, int j, const Eight& value) {
        if (i < rows && j < columns) store(to + i * row + j * pixel, activated(value + added, activation));
      });
    }
  }
}

void winogradResultOfBf16(const WinogradImages& g, uint16_t* y, size_t block, size_t begin, size_t end, const float* m,
                          size_t position, size_t tile, const float* bias, int activation) {
  const uint16_t* none = nullptr;
  winogradResult(g, y, block, begin, end, m, position, tile, bias, none, activation);
}

/**
 * Eight rows of the reduction (from `reduced`) for `width` channels of the result (from `wide`), a multiple of eight.
 * Forward, rows are the filter's input channels; for the gradient of the input they are its output channels, and the
 * filter is turned by half. `rounds` has the values of the filter rounded to those of bf16.
 */
void winogradFilter(const float* filter, size_t c, size_t k, bool turned, bool rounds, size_t reduced, size_t wide,
                    size_t width, float* u, size_t position, size_t rowStride) {
  for (size_t block = 0; block < width; block += 8) {
    alignas(32) float taps[9][8][8];
    for (int tap = 0; tap < 9; ++tap) {
      if (turned) {
        const float* from = filter + ((8 - tap) * c + wide + block) * k + reduced;
        for (int i = 0; i < 8; ++i)
          for (int j = 0; j < 8; ++j) taps[tap][j][i] = from[i * k + j];
      } else {
        const float* from = filter + (tap * c + reduced) * k + wide + block;
        for (int i = 0; i < 8; ++i) store(taps[tap][i], load(from + i * k));
      }
    }
    if (float* flat = &taps[0][0][0]; rounds) {
      FGKD_SIMD for (int i = 0; i < 9 * 64; ++i) flat[i] = roundedToBf16(flat[i]);
    }
    for (int row = 0; row < 8; ++row) {
      float* to = u + row * rowStride + block;
      twoSided<Filter>([&](int i, int j) { return load(taps[i * 3 + j][row]); },
                       [&](int i, int j, const Eight& value) { store(to + (i * kWindow + j) * position, value); });
    }
  }
}

/** dW (+)= Gᵀ dU G for input channels [first, first + rows) and `width` output channels from `wide`. */
void winogradFilterGrad(const float* u, size_t position, size_t rowStride, size_t first, size_t rows, size_t wide,
                        size_t width, float* filter, size_t c, size_t k, bool add) {
  for (size_t row = 0; row < rows; ++row)
    for (size_t block = 0; block < width; block += 8) {
      const float* from = u + row * rowStride + block;
      float* to = filter + (first + row) * k + wide + block;
      twoSided<FilterGrad>([&](int i, int j) { return load(from + (i * kWindow + j) * position); },
                           [&](int i, int j, const Eight& value) {
                             float* tap = to + (i * 3 + j) * c * k;
                             store(tap, add ? load(tap) + value : value);
                           });
    }
}

}  // namespace

void fillWinograd(Loops& loops) {
  static_assert(kPositions == kWinogradPositions, "one tile has as many positions");
  loops.winogradData = winogradData<float>;
  loops.winogradResultGrad = winogradResultGrad<float>;
  loops.winogradResult = winogradResult<float>;
  loops.winogradDataOfBf16 = winogradData<uint16_t>;
  loops.winogradResultGradOfBf16 = winogradResultGrad<uint16_t>;
  loops.winogradResultOfBf16 = winogradResultOfBf16;
  loops.winogradFilter = winogradFilter;
  loops.winogradFilterGrad = winogradFilterGrad;
}

}  // namespace FGKD_ISA
}  // namespace fgkd

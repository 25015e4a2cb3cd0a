// Convolutions with 3 × 3 kernels and stride one by Winograd's minimal filtering F(4 × 4, 3 × 3) (Winograd 1980; Lavin and
// Gray 2016): sixteen outputs Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A from a tile of 6 × 6 inputs, which takes 36 products where the
// sum over taps takes 144; source channels are summed between the transforms.
//
// The points are 0, ±a, ±b and ∞ with a = ¾ and b = 3/2: the rounding error is two to three times that of the plain sum; the
// customary ±1, ±2 have four to six times (measured).
//
// A map is taken in strips of some rows and columns of tiles, so that a strip's transforms stay in cache:
// [point][channel][row][tile], with one vector more between points to keep them off the same cache sets.
// Included by lane_kernels.h once for each scalar type.

#define WINOGRAD_A2 ((SCALAR)0.5625)
#define WINOGRAD_B2 ((SCALAR)2.25)
#define WINOGRAD_A ((SCALAR)0.75)
#define WINOGRAD_B ((SCALAR)1.5)
#define WINOGRAD_A2B2 (WINOGRAD_A2 * WINOGRAD_B2)
// Of G: 1/(a²b²), 1/(2a²(a² − b²)) and 1/(2b²(b² − a²)).
#define WINOGRAD_ZERO (1 / WINOGRAD_A2B2)
#define WINOGRAD_INNER (1 / (2 * WINOGRAD_A2 * (WINOGRAD_A2 - WINOGRAD_B2)))
#define WINOGRAD_OUTER (1 / (2 * WINOGRAD_B2 * (WINOGRAD_B2 - WINOGRAD_A2)))

#define REGISTER_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)

// ---- The transforms along one axis --------------------------------------------------------------------------------------

// Bᵀ d.
LANE_INLINE void NAME(inputPoints)(const REGISTER d[6], REGISTER points[WINOGRAD_POINTS]) {
  const REGISTER a = (REGISTER)WINOGRAD_A, b = (REGISTER)WINOGRAD_B, both = (REGISTER)WINOGRAD_A2B2;
  const REGISTER a2 = (REGISTER)-WINOGRAD_A2, b2 = (REGISTER)-WINOGRAD_B2, sum = (REGISTER)-(WINOGRAD_A2 + WINOGRAD_B2);
  const REGISTER evenA = REGISTER_FMA(b2, d[2], d[4]), oddA = REGISTER_FMA(b2, d[1], d[3]);
  const REGISTER evenB = REGISTER_FMA(a2, d[2], d[4]), oddB = REGISTER_FMA(a2, d[1], d[3]);
  points[0] = REGISTER_FMA(both, d[0], REGISTER_FMA(sum, d[2], d[4]));
  points[1] = REGISTER_FMA(a, oddA, evenA);
  points[2] = REGISTER_FMA(-a, oddA, evenA);
  points[3] = REGISTER_FMA(b, oddB, evenB);
  points[4] = REGISTER_FMA(-b, oddB, evenB);
  points[5] = REGISTER_FMA(both, d[1], REGISTER_FMA(sum, d[3], d[5]));
}

// Aᵀ m.
LANE_INLINE void NAME(outputValues)(const REGISTER m[WINOGRAD_POINTS], REGISTER y[4]) {
  const REGISTER a = (REGISTER)WINOGRAD_A, b = (REGISTER)WINOGRAD_B;
  const REGISTER a2 = (REGISTER)WINOGRAD_A2, b2 = (REGISTER)WINOGRAD_B2;
  const REGISTER evenA = m[1] + m[2], evenB = m[3] + m[4], oddA = a * (m[1] - m[2]), oddB = b * (m[3] - m[4]);
  y[0] = m[0] + (evenA + evenB);
  y[1] = oddA + oddB;
  y[2] = REGISTER_FMA(a2, evenA, b2 * evenB);
  y[3] = REGISTER_FMA(a2, oddA, REGISTER_FMA(b2, oddB, m[5]));
}

// Weights of a panel's targets.
typedef SCALAR NAME(Panel) __attribute__((ext_vector_type(PANEL_ROWS)));

// G g.
LANE_INLINE void NAME(weightPoints)(const NAME(Panel) g[3], NAME(Panel) points[WINOGRAD_POINTS]) {
  const NAME(Panel) evenA = g[0] + WINOGRAD_A2 * g[2], evenB = g[0] + WINOGRAD_B2 * g[2];
  const NAME(Panel) oddA = WINOGRAD_A * g[1], oddB = WINOGRAD_B * g[1];
  points[0] = WINOGRAD_ZERO * g[0];
  points[1] = WINOGRAD_INNER * (evenA + oddA);
  points[2] = WINOGRAD_INNER * (evenA - oddA);
  points[3] = WINOGRAD_OUTER * (evenB + oddB);
  points[4] = WINOGRAD_OUTER * (evenB - oddB);
  points[5] = g[2];
}

// Six inputs of a row, of which those outside the map are zero.
LANE_INLINE void NAME(inputValues)(const SCALAR *row, int64_t column, int64_t columns, const int part, REGISTER d[6]) {
  row += part * NAME(registerScalars);
  if (column >= 0 && column + 6 <= columns) {
    UNROLL for (int i = 0; i < 6; i++) d[i] = NAME(loadPart)(row + (column + i) * LANE_COUNT);
  } else {
    UNROLL for (int i = 0; i < 6; i++)
      d[i] = column + i >= 0 && column + i < columns ? NAME(loadPart)(row + (column + i) * LANE_COUNT)
                                                     : (REGISTER)(SCALAR)0;
  }
}

// ---- Correlation --------------------------------------------------------------------------------------------------------

// Bᵀ d B of some rows and columns of tiles; `firstRow` is that of the inputs and may lie outside the map.
static __attribute__((noinline)) void NAME(winogradInputs)(const LaneWinograd *w, const SCALAR *map, int64_t firstRow,
                                                           int64_t tileRows, int64_t firstTile, int64_t tiles,
                                                           SCALAR *out, int64_t pointStride) {
  for (int64_t s = 0; s < w->sourceChannels; s++) {
    for (int64_t t = 0; t < tiles; t++) {
      // Tiles above one another share rows.
      REGISTER points[4 * WINOGRAD_TILE_ROWS + 2][NAME(parts)][WINOGRAD_POINTS];
      const int64_t column = (firstTile + t) * 4 - w->padding;
      for (int64_t r = 0; r < 4 * tileRows + 2; r++) {
        if (firstRow + r < 0 || firstRow + r >= w->sourceRows) {
          memset(points[r], 0, sizeof points[r]);
          continue;
        }
        const SCALAR *row = map + (s * w->sourceChannelStride + (firstRow + r) * w->sourceRowStride) * LANE_COUNT;
        UNROLL for (int h = 0; h < NAME(parts); h++) {
          REGISTER d[6];
          NAME(inputValues)(row, column, w->sourceColumns, h, d);
          NAME(inputPoints)(d, points[r][h]);
        }
      }
      for (int64_t r = 0; r < tileRows; r++) {
        SCALAR *place = out + ((s * tileRows + r) * tiles + t) * LANE_COUNT;
        UNROLL for (int h = 0; h < NAME(parts); h++) {
          UNROLL for (int x = 0; x < WINOGRAD_POINTS; x++) {
            REGISTER d[6], v[WINOGRAD_POINTS];
            UNROLL for (int i = 0; i < 6; i++) d[i] = points[4 * r + i][h][x];
            NAME(inputPoints)(d, v);
            UNROLL for (int y = 0; y < WINOGRAD_POINTS; y++)
              NAME(storePart)(place + (y * WINOGRAD_POINTS + x) * pointStride + h * NAME(registerScalars), v[y]);
          }
        }
      }
    }
  }
}

// Aᵀ m A for one tile, of which `rows` × `columns` lie inside the map.
LANE_INLINE void NAME(outputTile)(const SCALAR *place, int64_t pointStride, SCALAR offset, const bool accumulate,
                                  const bool whole, int64_t rows, int64_t columns, SCALAR *out, int64_t rowStride) {
  UNROLL for (int h = 0; h < NAME(parts); h++) {
    const int64_t part = h * NAME(registerScalars);
    REGISTER along[4][WINOGRAD_POINTS];
    UNROLL for (int x = 0; x < WINOGRAD_POINTS; x++) {
      REGISTER m[WINOGRAD_POINTS], y[4];
      UNROLL for (int i = 0; i < WINOGRAD_POINTS; i++)
        m[i] = NAME(loadPart)(place + (i * WINOGRAD_POINTS + x) * pointStride + part);
      NAME(outputValues)(m, y);
      UNROLL for (int r = 0; r < 4; r++) along[r][x] = y[r];
    }
    UNROLL for (int r = 0; r < 4; r++) {
      REGISTER y[4];
      NAME(outputValues)(along[r], y);
      UNROLL for (int c = 0; c < 4; c++) {
        if (whole || (r < rows && c < columns)) {
          SCALAR *target = out + r * rowStride + c * LANE_COUNT + part;
          NAME(storePart)(target, y[c] + (accumulate ? NAME(loadPart)(target) : (REGISTER)offset));
        }
      }
    }
  }
}

LANE_INLINE void NAME(outputTiles)(const LaneWinograd *w, const SCALAR *products, int64_t pointStride, int64_t firstRow,
                                   int64_t tileRows, int64_t firstTile, int64_t tiles, const SCALAR *bias,
                                   const bool accumulate, SCALAR *target) {
  const int64_t rowStride = w->targetColumns * LANE_COUNT;
  const SCALAR *place = products;
  for (int64_t o = 0; o < w->targetChannels; o++) {
    const SCALAR offset = bias ? bias[o] : 0;
    for (int64_t r = 0; r < tileRows; r++) {
      for (int64_t t = 0; t < tiles; t++, place += LANE_COUNT) {
        const int64_t row = firstRow + 4 * r, column = (firstTile + t) * 4;
        const int64_t rows = w->endRow - row, columns = w->targetColumns - column;
        SCALAR *out = target + (o * w->targetChannelStride + row * w->targetColumns + column) * LANE_COUNT;
        if (rows >= 4 && columns >= 4)
          NAME(outputTile)(place, pointStride, offset, accumulate, true, 4, 4, out, rowStride);
        else
          NAME(outputTile)(place, pointStride, offset, accumulate, false, rows, columns, out, rowStride);
      }
    }
  }
}

static __attribute__((noinline)) void NAME(winogradOutputs)(const LaneWinograd *w, const SCALAR *products,
                                                            int64_t pointStride, int64_t firstRow, int64_t tileRows,
                                                            int64_t firstTile, int64_t tiles, const SCALAR *bias,
                                                            SCALAR *target) {
  if (w->accumulate)
    NAME(outputTiles)(w, products, pointStride, firstRow, tileRows, firstTile, tiles, bias, true, target);
  else
    NAME(outputTiles)(w, products, pointStride, firstRow, tileRows, firstTile, tiles, bias, false, target);
}

// G g Gᵀ in panels: [point][panel of targets][source][target].
static void NAME(winogradWeights)(int64_t targets, int64_t sources, int64_t pointStride, int64_t targetStride,
                                  int64_t sourceStride, bool isFlipped, const SCALAR *weights, SCALAR *transformed) {
  for (int64_t o = 0; o < targets; o += PANEL_ROWS) {
    const int64_t size = targets - o < PANEL_ROWS ? targets - o : PANEL_ROWS;
    for (int64_t s = 0; s < sources; s++) {
      SCALAR kernels[9][PANEL_ROWS] = {0};
      for (int64_t t = 0; t < size; t++) {
        const SCALAR *kernel = weights + (o + t) * targetStride + s * sourceStride;
        UNROLL for (int i = 0; i < 9; i++) kernels[i][t] = kernel[isFlipped ? 8 - i : i];
      }
      NAME(Panel) g[9], along[3][WINOGRAD_POINTS];
      memcpy(g, kernels, sizeof g);
      UNROLL for (int r = 0; r < 3; r++) NAME(weightPoints)(g + 3 * r, along[r]);
      SCALAR *place = transformed + o * sources + s * size;
      UNROLL for (int x = 0; x < WINOGRAD_POINTS; x++) {
        const NAME(Panel) column[3] = {along[0][x], along[1][x], along[2][x]};
        NAME(Panel) points[WINOGRAD_POINTS];
        NAME(weightPoints)(column, points);
        UNROLL for (int y = 0; y < WINOGRAD_POINTS; y++) {
          SCALAR *out = place + (y * WINOGRAD_POINTS + x) * pointStride;
          if (size == PANEL_ROWS) memcpy(out, &points[y], sizeof points[y]);
          else memcpy(out, &points[y], (size_t)size * sizeof(SCALAR));
        }
      }
    }
  }
}

// A rectangle of a map's channels, clipped to the map.
typedef struct {
  const SCALAR *map;
  int64_t channels, channelStride, rowStride;
  int64_t firstRow, endRow, firstColumn, endColumn;
} NAME(Fetched);

LANE_INLINE NAME(Fetched) NAME(fetchedPart)(const SCALAR *map, int64_t channels, int64_t channelStride,
                                        int64_t rowStride, int64_t mapRows, int64_t mapColumns, int64_t firstRow,
                                        int64_t endRow, int64_t firstColumn, int64_t endColumn) {
  return (NAME(Fetched)){
    .map = map, .channels = channels, .channelStride = channelStride, .rowStride = rowStride,
    .firstRow = firstRow > 0 ? firstRow : 0, .endRow = endRow < mapRows ? endRow : mapRows,
    .firstColumn = firstColumn > 0 ? firstColumn : 0, .endColumn = endColumn < mapColumns ? endColumn : mapColumns};
}

// Fetches one share of so many of it into the second-level cache.
LANE_INLINE void NAME(fetch)(const NAME(Fetched) *w, int64_t share, int64_t shares, const bool isWritten) {
  for (int64_t c = w->channels * share / shares; c < w->channels * (share + 1) / shares; c++) {
    for (int64_t r = w->firstRow; r < w->endRow; r++) {
      const SCALAR *row = w->map + (c * w->channelStride + r * w->rowStride) * LANE_COUNT;
      for (int64_t x = w->firstColumn; x < w->endColumn; x++) {
        if (isWritten) __builtin_prefetch(row + x * LANE_COUNT, 1, 2);
        else __builtin_prefetch(row + x * LANE_COUNT, 0, 2);
      }
    }
  }
}

static void NAME(winogradCorrelate)(const LaneWinograd *w, const SCALAR *source, const SCALAR *transformedWeights,
                                    const SCALAR *bias, SCALAR *target, SCALAR *scratch) {
  const LaneWinogradStrip strip =
    laneWinogradStrip(w->targetChannels, w->sourceChannels, w->targetRows, w->targetColumns);
  const int64_t weightStride = laneWinogradPoint(w->targetChannels, w->sourceChannels);
  const int64_t endTile = (w->endColumn + 3) / 4;
  for (int64_t firstTile = w->firstColumn / 4; firstTile < endTile; firstTile += strip.tiles) {
    const int64_t tiles = endTile - firstTile < strip.tiles ? endTile - firstTile : strip.tiles;
    for (int64_t firstRow = w->firstRow; firstRow < w->endRow; firstRow += strip.rows) {
      const int64_t rows = w->endRow - firstRow < strip.rows ? w->endRow - firstRow : strip.rows;
      const int64_t tileRows = (rows + 3) / 4, count = tileRows * tiles;
      const int64_t inputStride = (w->sourceChannels * count + 1) * LANE_COUNT;
      const int64_t productStride = (w->targetChannels * count + 1) * LANE_COUNT;
      SCALAR *products = scratch + WINOGRAD_POINTS * WINOGRAD_POINTS * inputStride;
      NAME(winogradInputs)(w, source, firstRow - w->padding, tileRows, firstTile, tiles, scratch, inputStride);
      // Short runs of many rows and channels, which the hardware does not foresee, are fetched during the products: where
      // this strip's outputs go, and what the next one reads.
      const bool isLastOfColumn = firstRow + strip.rows >= w->endRow;
      const int64_t nextTile = firstTile + (isLastOfColumn ? strip.tiles : 0);
      const int64_t nextRow = (isLastOfColumn ? w->firstRow : firstRow + strip.rows) - w->padding;
      const NAME(Fetched) next = NAME(fetchedPart)(
        source, nextTile < endTile ? w->sourceChannels : 0, w->sourceChannelStride, w->sourceRowStride, w->sourceRows, w->sourceColumns,
        nextRow + (isLastOfColumn ? 0 : 2), nextRow + strip.rows + 2, nextTile * 4 - w->padding,
        (nextTile + strip.tiles) * 4 + 2 - w->padding);
      const NAME(Fetched) outputs = NAME(fetchedPart)(
        target, w->targetChannels, w->targetChannelStride, w->targetColumns, w->targetRows, w->targetColumns, firstRow,
        firstRow + rows, firstTile * 4, (firstTile + tiles) * 4);
      for (int64_t point = 0; point < WINOGRAD_POINTS * WINOGRAD_POINTS; point++) {
        NAME(fetch)(&next, point, WINOGRAD_POINTS * WINOGRAD_POINTS, false);
        NAME(fetch)(&outputs, point, WINOGRAD_POINTS * WINOGRAD_POINTS, true);
        NAME(multiplyPanels)(transformedWeights + point * weightStride, w->targetChannels, 1, w->sourceChannels,
                             scratch + point * inputStride, 0, count * LANE_COUNT, count, LANE_COUNT, false,
                             products + point * productStride, count * LANE_COUNT, LANE_COUNT);
      }
      NAME(winogradOutputs)(w, products, productStride, firstRow, tileRows, firstTile, tiles, bias, target);
    }
  }
}

#include "lane_winograd_gradient.h"

#undef WINOGRAD_A
#undef WINOGRAD_B
#undef WINOGRAD_A2
#undef WINOGRAD_B2
#undef WINOGRAD_A2B2
#undef WINOGRAD_ZERO
#undef WINOGRAD_INNER
#undef WINOGRAD_OUTER
#undef REGISTER_FMA

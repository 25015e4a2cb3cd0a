// Convolutions with 3 × 3 kernels and stride one by Winograd's minimal filtering F(4, 3) along the rows (Winograd 1980;
// Lavin and Gray 2016): four outputs of a row y = Aᵀ[(G g) ⊙ (Bᵀ d)] from six inputs, so that a kernel row takes six
// products where the sum over taps takes twelve; kernel rows and source channels are summed between the transforms.
// Along both axes there would be fewer products, but four times the memory traffic.
//
// The points are 0, ±a, ±b and ∞ with a = ¾ and b = 3/2: the rounding error is 1.4 times that of the plain sum; the
// customary ±1, ±2 have 2.2 times (measured).
//
// A map is taken in strips of some rows and some tiles (of four columns), so that a strip's transforms stay in cache:
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

// Bᵀ d for the tile whose inputs start at `column` of a row.
LANE_INLINE void NAME(inputTile)(const SCALAR *row, const bool interior, int64_t column, int64_t columns,
                                 SCALAR *place, int64_t pointStride) {
  VECTOR d[6];
  UNROLL for (int i = 0; i < 6; i++)
    d[i] = interior || (column + i >= 0 && column + i < columns) ? NAME(load)(row + (column + i) * LANE_COUNT)
                                                                : (VECTOR)(SCALAR)0;
  const VECTOR a = (VECTOR)WINOGRAD_A, b = (VECTOR)WINOGRAD_B, both = (VECTOR)WINOGRAD_A2B2;
  const VECTOR a2 = (VECTOR)-WINOGRAD_A2, b2 = (VECTOR)-WINOGRAD_B2, sum = (VECTOR)-(WINOGRAD_A2 + WINOGRAD_B2);
  VECTOR evenA = NAME(fma)(b2, d[2], d[4]), oddA = NAME(fma)(b2, d[1], d[3]);
  VECTOR evenB = NAME(fma)(a2, d[2], d[4]), oddB = NAME(fma)(a2, d[1], d[3]);
  NAME(store)(place, NAME(fma)(both, d[0], NAME(fma)(sum, d[2], d[4])));
  NAME(store)(place + pointStride, NAME(fma)(a, oddA, evenA));
  NAME(store)(place + 2 * pointStride, NAME(fma)(-a, oddA, evenA));
  NAME(store)(place + 3 * pointStride, NAME(fma)(b, oddB, evenB));
  NAME(store)(place + 4 * pointStride, NAME(fma)(-b, oddB, evenB));
  NAME(store)(place + 5 * pointStride, NAME(fma)(both, d[1], NAME(fma)(sum, d[3], d[5])));
}

// Bᵀ d of `rows` rows from `firstRow`, which may lie outside the map, and of `tiles` tiles.
static __attribute__((noinline)) void NAME(winogradInputs)(const LaneWinograd *w, const SCALAR *map, int64_t firstRow,
                                                           int64_t rows, int64_t firstTile, int64_t tiles, SCALAR *out,
                                                           int64_t pointStride) {
  for (int64_t s = 0; s < w->sourceChannels; s++) {
    for (int64_t r = 0; r < rows; r++) {
      SCALAR *place = out + (s * laneWinogradChannel(rows * tiles) + r * tiles) * LANE_COUNT;
      if (firstRow + r < 0 || firstRow + r >= w->sourceRows) {
        UNROLL for (int i = 0; i < WINOGRAD_POINTS; i++)
          memset(place + i * pointStride, 0, (size_t)(tiles * LANE_COUNT) * sizeof(SCALAR));
        continue;
      }
      const SCALAR *row = map + (s * w->sourceChannelStride + (firstRow + r) * w->sourceColumns) * LANE_COUNT;
      for (int64_t t = 0; t < tiles; t++, place += LANE_COUNT) {
        int64_t column = (firstTile + t) * 4 - w->padding;
        if (column >= 0 && column + 6 <= w->sourceColumns)
          NAME(inputTile)(row, true, column, w->sourceColumns, place, pointStride);
        else
          NAME(inputTile)(row, false, column, w->sourceColumns, place, pointStride);
      }
    }
  }
}

// Aᵀ m for one tile, of which `columns` lie inside the map.
LANE_INLINE void NAME(outputTile)(const SCALAR *place, int64_t pointStride, VECTOR offset, const bool accumulate,
                                  const int columns, SCALAR *out) {
  VECTOR m[WINOGRAD_POINTS], y[4];
  UNROLL for (int i = 0; i < WINOGRAD_POINTS; i++) m[i] = NAME(load)(place + i * pointStride);
  const VECTOR a = (VECTOR)WINOGRAD_A, b = (VECTOR)WINOGRAD_B, a2 = (VECTOR)WINOGRAD_A2, b2 = (VECTOR)WINOGRAD_B2;
  VECTOR evenA = m[1] + m[2], evenB = m[3] + m[4], oddA = a * (m[1] - m[2]), oddB = b * (m[3] - m[4]);
  y[0] = m[0] + (evenA + evenB);
  y[1] = oddA + oddB;
  y[2] = NAME(fma)(a2, evenA, b2 * evenB);
  y[3] = NAME(fma)(a2, oddA, NAME(fma)(b2, oddB, m[5]));
  UNROLL for (int i = 0; i < columns; i++) {
    SCALAR *target = out + i * LANE_COUNT;
    NAME(store)(target, y[i] + (accumulate ? NAME(load)(target) : offset));
  }
}

LANE_INLINE void NAME(outputTiles)(const LaneWinograd *w, const SCALAR *products, int64_t pointStride, int64_t firstRow,
                                   int64_t rows, int64_t firstTile, int64_t tiles, const SCALAR *bias,
                                   const bool accumulate, SCALAR *target) {
  for (int64_t o = 0; o < w->targetChannels; o++) {
    VECTOR offset = bias ? (VECTOR)bias[o] : (VECTOR)(SCALAR)0;
    for (int64_t r = 0; r < rows; r++) {
      const SCALAR *place = products + (o * rows + r) * tiles * LANE_COUNT;
      SCALAR *row = target + (o * w->targetChannelStride + (firstRow + r) * w->targetColumns) * LANE_COUNT;
      for (int64_t t = 0; t < tiles; t++, place += LANE_COUNT) {
        int64_t column = (firstTile + t) * 4;
        SCALAR *out = row + column * LANE_COUNT;
        switch (w->targetColumns - column) {
        case 1: NAME(outputTile)(place, pointStride, offset, accumulate, 1, out); break;
        case 2: NAME(outputTile)(place, pointStride, offset, accumulate, 2, out); break;
        case 3: NAME(outputTile)(place, pointStride, offset, accumulate, 3, out); break;
        default: NAME(outputTile)(place, pointStride, offset, accumulate, 4, out); break;
        }
      }
    }
  }
}

static __attribute__((noinline)) void NAME(winogradOutputs)(const LaneWinograd *w, const SCALAR *products,
                                                            int64_t pointStride, int64_t firstRow, int64_t rows,
                                                            int64_t firstTile, int64_t tiles, const SCALAR *bias,
                                                            SCALAR *target) {
  if (w->accumulate)
    NAME(outputTiles)(w, products, pointStride, firstRow, rows, firstTile, tiles, bias, true, target);
  else
    NAME(outputTiles)(w, products, pointStride, firstRow, rows, firstTile, tiles, bias, false, target);
}

// G g of every kernel row, in panels: [point][panel of targets][kernel row][source][target].
static void NAME(winogradWeights)(int64_t targets, int64_t sources, int64_t targetStride, int64_t sourceStride,
                                  bool isFlipped, const SCALAR *weights, SCALAR *transformed) {
  const int64_t pointStride = targets * 3 * sources;
  for (int64_t o = 0; o < targets; o += PANEL_ROWS) {
    const int64_t size = targets - o < PANEL_ROWS ? targets - o : PANEL_ROWS;
    for (int64_t s = 0; s < sources; s++) {
      for (int64_t t = 0; t < size; t++) {
        SCALAR g[9];
        const SCALAR *kernel = weights + (o + t) * targetStride + s * sourceStride;
        for (int i = 0; i < 9; i++) g[i] = kernel[isFlipped ? 8 - i : i];
        for (int k = 0; k < 3; k++) {
          const SCALAR evenA = g[3 * k] + WINOGRAD_A2 * g[3 * k + 2], evenB = g[3 * k] + WINOGRAD_B2 * g[3 * k + 2];
          const SCALAR oddA = WINOGRAD_A * g[3 * k + 1], oddB = WINOGRAD_B * g[3 * k + 1];
          SCALAR *place = transformed + o * 3 * sources + (k * sources + s) * size + t;
          place[0] = WINOGRAD_ZERO * g[3 * k];
          place[pointStride] = WINOGRAD_INNER * (evenA + oddA);
          place[2 * pointStride] = WINOGRAD_INNER * (evenA - oddA);
          place[3 * pointStride] = WINOGRAD_OUTER * (evenB + oddB);
          place[4 * pointStride] = WINOGRAD_OUTER * (evenB - oddB);
          place[5 * pointStride] = g[3 * k + 2];
        }
      }
    }
  }
}

static void NAME(winogradCorrelate)(const LaneWinograd *w, const SCALAR *source, const SCALAR *transformedWeights,
                                    const SCALAR *bias, SCALAR *target, SCALAR *scratch) {
  LaneWinogradStrip strip = laneWinogradStrip(w->targetChannels, w->sourceChannels, w->targetRows, w->targetColumns);
  int64_t depth = 3 * w->sourceChannels;
  int64_t weightStride = w->targetChannels * depth;
  int64_t tileColumns = (w->targetColumns + 3) / 4;
  for (int64_t firstTile = 0; firstTile < tileColumns; firstTile += strip.tiles) {
    int64_t tiles = tileColumns - firstTile < strip.tiles ? tileColumns - firstTile : strip.tiles;
    for (int64_t firstRow = w->firstRow; firstRow < w->endRow; firstRow += strip.rows) {
      int64_t rows = w->endRow - firstRow < strip.rows ? w->endRow - firstRow : strip.rows;
      int64_t sourceRow = laneWinogradChannel((rows + 2) * tiles) * LANE_COUNT;
      int64_t inputStride = w->sourceChannels * sourceRow + LANE_COUNT;
      SCALAR *products = scratch + WINOGRAD_POINTS * inputStride;
      NAME(winogradInputs)(w, source, firstRow - w->padding, rows + 2, firstTile, tiles, scratch, inputStride);
      for (int64_t r = 0; r < rows; r += strip.productRows) {
        int64_t count = rows - r < strip.productRows ? rows - r : strip.productRows;
        int64_t columns = count * tiles;
        int64_t productStride = (w->targetChannels * columns + 1) * LANE_COUNT;
        for (int64_t point = 0; point < WINOGRAD_POINTS; point++)
          NAME(multiplyPanels)(transformedWeights + point * weightStride, w->targetChannels, 3, w->sourceChannels,
                               scratch + point * inputStride + r * tiles * LANE_COUNT, tiles * LANE_COUNT, sourceRow,
                               columns, LANE_COUNT, false, products + point * productStride, columns * LANE_COUNT,
                               LANE_COUNT);
        NAME(winogradOutputs)(w, products, productStride, firstRow + r, count, firstTile, tiles, bias, target);
      }
    }
  }
}

// ---- Per-sample weight gradients: ∂/∂g = Gᵀ[Σ (A dy) ⊙ (Bᵀ d)] over rows and tiles, for each kernel row ------------

// A dy for one tile, of which `columns` lie inside the map.
LANE_INLINE void NAME(gradientTransform)(const SCALAR *in, const int columns, SCALAR *place, int64_t pointStride) {
  VECTOR y[4];
  UNROLL for (int i = 0; i < 4; i++) y[i] = i < columns ? NAME(load)(in + i * LANE_COUNT) : (VECTOR)(SCALAR)0;
  const VECTOR a = (VECTOR)WINOGRAD_A, b = (VECTOR)WINOGRAD_B, a2 = (VECTOR)WINOGRAD_A2, b2 = (VECTOR)WINOGRAD_B2;
  VECTOR evenA = NAME(fma)(a2, y[2], y[0]), evenB = NAME(fma)(b2, y[2], y[0]);
  VECTOR oddA = NAME(fma)(a2, y[3], y[1]), oddB = NAME(fma)(b2, y[3], y[1]);
  NAME(store)(place, y[0]);
  NAME(store)(place + pointStride, NAME(fma)(a, oddA, evenA));
  NAME(store)(place + 2 * pointStride, NAME(fma)(-a, oddA, evenA));
  NAME(store)(place + 3 * pointStride, NAME(fma)(b, oddB, evenB));
  NAME(store)(place + 4 * pointStride, NAME(fma)(-b, oddB, evenB));
  NAME(store)(place + 5 * pointStride, y[3]);
}

static __attribute__((noinline)) void NAME(winogradGradients)(const LaneWinograd *w, const SCALAR *map,
                                                              int64_t firstRow, int64_t rows, int64_t firstTile,
                                                              int64_t tiles, SCALAR *out, int64_t pointStride) {
  for (int64_t o = 0; o < w->targetChannels; o++) {
    for (int64_t r = 0; r < rows; r++) {
      SCALAR *place = out + (o * rows + r) * tiles * LANE_COUNT;
      const SCALAR *row = map + (o * w->targetChannelStride + (firstRow + r) * w->targetColumns) * LANE_COUNT;
      for (int64_t t = 0; t < tiles; t++, place += LANE_COUNT) {
        int64_t column = (firstTile + t) * 4;
        const SCALAR *in = row + column * LANE_COUNT;
        switch (w->targetColumns - column) {
        case 1: NAME(gradientTransform)(in, 1, place, pointStride); break;
        case 2: NAME(gradientTransform)(in, 2, place, pointStride); break;
        case 3: NAME(gradientTransform)(in, 3, place, pointStride); break;
        default: NAME(gradientTransform)(in, 4, place, pointStride); break;
        }
      }
    }
  }
}

// sums[a][b] (+)= Σ_i gradients[a][i] · inputs[b][i], lane by lane, for one register tile of pairs. Earlier sums are
// fetched meanwhile and added at the end: those of all pairs do not fit the nearer caches.
LANE_INLINE void NAME(pairTile)(const SCALAR *gradients, int64_t gradientStride, const SCALAR *inputs,
                                int64_t inputStride, int64_t count, const int targets, const int sources, bool isFirst,
                                SCALAR *sums, int64_t sumTarget) {
  REGISTER sum[GRADIENT_TARGETS][GRADIENT_SOURCES][NAME(parts)];
  UNROLL for (int a = 0; a < targets; a++) {
    UNROLL for (int b = 0; b < sources; b++) {
      UNROLL for (int h = 0; h < NAME(parts); h++) sum[a][b][h] = (REGISTER)(SCALAR)0;
      __builtin_prefetch(sums + a * sumTarget + b * LANE_COUNT, 1);
    }
  }
  for (int64_t i = 0; i < count; i++) {
    UNROLL for (int h = 0; h < NAME(parts); h++) {
      const int64_t place = i * LANE_COUNT + h * NAME(registerScalars);
      REGISTER gradient[GRADIENT_TARGETS];
      UNROLL for (int a = 0; a < targets; a++) gradient[a] = NAME(loadPart)(gradients + a * gradientStride + place);
      UNROLL for (int b = 0; b < sources; b++) {
        REGISTER value = NAME(loadPart)(inputs + b * inputStride + place);
        UNROLL for (int a = 0; a < targets; a++)
          sum[a][b][h] = __builtin_elementwise_fma(gradient[a], value, sum[a][b][h]);
      }
    }
  }
  UNROLL for (int a = 0; a < targets; a++) {
    UNROLL for (int b = 0; b < sources; b++) {
      UNROLL for (int h = 0; h < NAME(parts); h++) {
        SCALAR *place = sums + a * sumTarget + b * LANE_COUNT + h * NAME(registerScalars);
        NAME(storePart)(place, isFirst ? sum[a][b][h] : NAME(loadPart)(place) + sum[a][b][h]);
      }
    }
  }
}

LANE_INLINE void NAME(pairTilesOfTargets)(const SCALAR *gradients, int64_t gradientStride, const int targets,
                                          const SCALAR *inputs, int64_t inputStride, int64_t sources, int64_t count,
                                          bool isFirst, SCALAR *sums, int64_t sumTarget) {
  for (int64_t b = 0, pieces = (sources + GRADIENT_SOURCES - 1) / GRADIENT_SOURCES, size; pieces > 0; pieces--, b += size) {
    size = (sources - b + pieces - 1) / pieces;
#define PAIR_TILE(size)                                                                                                \
  if (size <= GRADIENT_SOURCES)                                                                                        \
    NAME(pairTile)(gradients, gradientStride, inputs + b * inputStride, inputStride, count, targets, size, isFirst,   \
                   sums + b * LANE_COUNT, sumTarget)
    FOR_SIZE(size, PAIR_TILE)
#undef PAIR_TILE
  }
}

static __attribute__((noinline)) void NAME(pairTiles)(const SCALAR *gradients, int64_t gradientStride, int64_t targets,
                                                      const SCALAR *inputs, int64_t inputStride, int64_t sources,
                                                      int64_t count, bool isFirst, SCALAR *sums) {
  const int64_t sumTarget = sources * LANE_COUNT;
  for (int64_t a = 0, pieces = (targets + GRADIENT_TARGETS - 1) / GRADIENT_TARGETS, size; pieces > 0; pieces--, a += size) {
    size = (targets - a + pieces - 1) / pieces;
#define PAIR_TILES(size)                                                                                               \
  if (size <= GRADIENT_TARGETS)                                                                                        \
    NAME(pairTilesOfTargets)(gradients + a * gradientStride, gradientStride, size, inputs, inputStride, sources, count, \
                             isFirst, sums + a * sumTarget, sumTarget)
    FOR_SIZE(size, PAIR_TILES)
#undef PAIR_TILES
  }
}

// Gᵀ s for every pair and kernel row.
LANE_INLINE void NAME(winogradTaps)(int64_t pairs, const SCALAR *sums, int64_t sumStride, const bool accumulate,
                                    SCALAR *gradient) {
  const VECTOR zero = (VECTOR)WINOGRAD_ZERO, inner = (VECTOR)WINOGRAD_INNER, outer = (VECTOR)WINOGRAD_OUTER;
  const VECTOR a = (VECTOR)WINOGRAD_A, b = (VECTOR)WINOGRAD_B, a2 = (VECTOR)WINOGRAD_A2, b2 = (VECTOR)WINOGRAD_B2;
  for (int64_t pair = 0; pair < pairs; pair++) {
    UNROLL for (int k = 0; k < 3; k++) {
      VECTOR s[WINOGRAD_POINTS];
      UNROLL for (int i = 0; i < WINOGRAD_POINTS; i++)
        s[i] = NAME(load)(sums + (i * 3 + k) * sumStride + pair * LANE_COUNT);
      VECTOR evenA = inner * (s[1] + s[2]), oddA = inner * (s[1] - s[2]);
      VECTOR evenB = outer * (s[3] + s[4]), oddB = outer * (s[3] - s[4]);
      SCALAR *out = gradient + (pair * 9 + 3 * k) * LANE_COUNT;
      VECTOR tap[3];
      tap[0] = NAME(fma)(zero, s[0], evenA + evenB);
      tap[1] = NAME(fma)(a, oddA, b * oddB);
      tap[2] = NAME(fma)(a2, evenA, NAME(fma)(b2, evenB, s[5]));
      UNROLL for (int i = 0; i < 3; i++) {
        SCALAR *place = out + i * LANE_COUNT;
        NAME(store)(place, accumulate ? NAME(load)(place) + tap[i] : tap[i]);
      }
    }
  }
}

static void NAME(winogradWeightGradient)(const LaneWinograd *w, const SCALAR *source, const SCALAR *outputGradient,
                                         SCALAR *gradient, SCALAR *scratch) {
  LaneWinogradStrip strip =
    laneWinogradGradientStrip(w->targetChannels, w->sourceChannels, w->targetRows, w->targetColumns);
  int64_t pairs = w->targetChannels * w->sourceChannels;
  int64_t sumStride = (pairs + 1) * LANE_COUNT;
  int64_t tileColumns = (w->targetColumns + 3) / 4;
  SCALAR *inputs = scratch + 3 * WINOGRAD_POINTS * sumStride;
  bool isFirst = true;
  for (int64_t firstTile = 0; firstTile < tileColumns; firstTile += strip.tiles) {
    int64_t tiles = tileColumns - firstTile < strip.tiles ? tileColumns - firstTile : strip.tiles;
    for (int64_t firstRow = 0; firstRow < w->targetRows; firstRow += strip.rows) {
      int64_t rows = w->targetRows - firstRow < strip.rows ? w->targetRows - firstRow : strip.rows;
      int64_t sourceRow = laneWinogradChannel((rows + 2) * tiles) * LANE_COUNT, targetRow = rows * tiles * LANE_COUNT;
      int64_t inputStride = w->sourceChannels * sourceRow + LANE_COUNT;
      int64_t gradientStride = w->targetChannels * targetRow + LANE_COUNT;
      SCALAR *gradients = inputs + WINOGRAD_POINTS * inputStride;
      NAME(winogradInputs)(w, source, firstRow - w->padding, rows + 2, firstTile, tiles, inputs, inputStride);
      NAME(winogradGradients)(w, outputGradient, firstRow, rows, firstTile, tiles, gradients, gradientStride);
      for (int64_t point = 0; point < WINOGRAD_POINTS; point++) {
        for (int64_t k = 0; k < 3; k++)
          NAME(pairTiles)(gradients + point * gradientStride, targetRow, w->targetChannels,
                          inputs + point * inputStride + k * tiles * LANE_COUNT, sourceRow, w->sourceChannels,
                          rows * tiles, isFirst, scratch + (point * 3 + k) * sumStride);
      }
      isFirst = false;
    }
  }
  if (w->accumulate) NAME(winogradTaps)(pairs, scratch, sumStride, true, gradient);
  else NAME(winogradTaps)(pairs, scratch, sumStride, false, gradient);
}

#undef WINOGRAD_A
#undef WINOGRAD_B
#undef WINOGRAD_A2
#undef WINOGRAD_B2
#undef WINOGRAD_A2B2
#undef WINOGRAD_ZERO
#undef WINOGRAD_INNER
#undef WINOGRAD_OUTER

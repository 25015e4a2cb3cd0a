// Per-sample gradients of 3 × 3 kernels by minimal filtering F(3, 4) along the rows: ∂/∂g = Gᵀ[Σ (A dy) ⊙ (Bᵀ d)] over rows
// and tiles, for each kernel row, half the products of the sum over positions. Along both axes there would be half as many
// again, but twice the sums, and transforms that fewer products share: no faster (measured).
//
// Strips are [point][channel][row][tile], channels of inputs an odd number of vectors apart.
// Included by lane_winograd.h, whose transforms along one axis it uses.

// Bᵀ d of `rows` rows from `firstRow`, which may lie outside the map, and of `tiles` tiles.
static __attribute__((noinline)) void NAME(winogradRows)(const LaneWinograd *w, const SCALAR *map, int64_t firstRow,
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
      const SCALAR *row = map + (s * w->sourceChannelStride + (firstRow + r) * w->sourceRowStride) * LANE_COUNT;
      for (int64_t t = 0; t < tiles; t++, place += LANE_COUNT) {
        UNROLL for (int h = 0; h < NAME(parts); h++) {
          REGISTER d[6], v[WINOGRAD_POINTS];
          NAME(inputValues)(row, (firstTile + t) * 4 - w->padding, w->sourceColumns, h, d);
          NAME(inputPoints)(d, v);
          UNROLL for (int i = 0; i < WINOGRAD_POINTS; i++)
            NAME(storePart)(place + i * pointStride + h * NAME(registerScalars), v[i]);
        }
      }
    }
  }
}

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
      NAME(winogradRows)(w, source, firstRow - w->padding, rows + 2, firstTile, tiles, inputs, inputStride);
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

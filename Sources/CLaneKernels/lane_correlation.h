// Correlations and per-sample weight gradients: convolutions and dense layers, forward and backward.
// Included by lane_kernels.h once for each scalar type.

typedef struct {
  const LaneCorrelation *c;
  const SCALAR *source;   // channel 0 of the group
  const SCALAR *weights;  // of the first target channel of the tile
  const SCALAR *bias;     // of the tile, or NULL
  const SCALAR *mask;     // as `target`, a scalar for a vector, or NULL
  SCALAR *target;         // channel of the tile, this row
  int64_t validTaps;
  const int64_t *tapOffset;  // scalars from channel start to the tap's source at target column 0
  const int32_t *tapColumn;  // per valid tap
  const int64_t *tapWeight;  // scalars
} NAME(CorrelationRow);

// Stores, or adds to the target, the sums of positions whose mask is positive. Strides count vectors.
LANE_INLINE void NAME(storeMasked)(const SCALAR *mask, SCALAR *target, const int channels, const int columns,
                                   int64_t channelStride, int64_t columnStride, const bool accumulate,
                                   REGISTER sum[TILE_CHANNELS][WIDE_TILE_COLUMNS][NAME(parts)]) {
  UNROLL for (int o = 0; o < channels; o++) {
    UNROLL for (int p = 0; p < columns; p++) {
      // Compared as a vector, or a branch would decide, which could not be foretold.
      REGISTER positive = (REGISTER)mask[p * columnStride];
      HOLD_IN_REGISTER(positive);
      UNROLL for (int h = 0; h < NAME(parts); h++) {
        SCALAR *place = target + p * columnStride * LANE_COUNT + h * NAME(registerScalars);
        // What the mask does not let through keeps its bits, of a negative zero too.
        const REGISTER old = accumulate ? NAME(loadPart)(place) : (REGISTER)(SCALAR)0;
        const REGISTER value = accumulate ? old + sum[o][p][h] : sum[o][p][h];
        NAME(storePart)(place, positive > (REGISTER)(SCALAR)0 ? value : old);
      }
    }
    mask += channelStride;
    target += channelStride * LANE_COUNT;
  }
}

// One register tile: `channels` target channels × `columns` target columns. In the interior every tap lies inside
// the map; at the edges, where tiles have one column, each is tested.
LANE_INLINE void NAME(correlationTile)(const NAME(CorrelationRow) * row, const int channels, const int columns,
                                       const bool isInterior, int64_t column) {
  const LaneCorrelation *c = row->c;
  REGISTER sum[TILE_CHANNELS][WIDE_TILE_COLUMNS][NAME(parts)];
  SCALAR *target = row->target + column * c->targetColumnStride * LANE_COUNT;
  const int64_t targetChannel = c->targetChannelStride * LANE_COUNT;
  const int64_t targetColumn = c->targetColumnStride * LANE_COUNT;
  UNROLL for (int o = 0; o < channels; o++) {
    REGISTER start = row->bias ? (REGISTER)row->bias[o] : (REGISTER)(SCALAR)0;
    UNROLL for (int p = 0; p < columns; p++) {
      UNROLL for (int h = 0; h < NAME(parts); h++) {
        const SCALAR *old = target + o * targetChannel + p * targetColumn + h * NAME(registerScalars);
        sum[o][p][h] = c->accumulate && !row->mask ? NAME(loadPart)(old) : start;
      }
    }
  }
  const int64_t step = c->columnStep * c->sourceColumnStride * LANE_COUNT;
  const int64_t weightTarget = c->weightTargetStride;
  const SCALAR *source = row->source + column * step;
  const SCALAR *weights = row->weights;
  for (int64_t s = 0; s < c->sourceChannels; s++) {
    for (int64_t t = 0; t < row->validTaps; t++) {
      if (!isInterior) {
        int64_t sourceColumn = column * c->columnStep + row->tapColumn[t];
        if (sourceColumn < 0 || sourceColumn >= c->sourceColumns) continue;
      }
      NAME(tileStep)(channels, columns, weights + row->tapWeight[t], weightTarget, source + row->tapOffset[t], step, sum);
    }
    source += c->sourceChannelStride * LANE_COUNT;
    weights += c->weightSourceStride;
  }
  if (row->mask) {
    const SCALAR *mask = row->mask + column * c->targetColumnStride;
    if (c->accumulate)
      NAME(storeMasked)(mask, target, channels, columns, c->targetChannelStride, c->targetColumnStride, true, sum);
    else NAME(storeMasked)(mask, target, channels, columns, c->targetChannelStride, c->targetColumnStride, false, sum);
    return;
  }
  UNROLL for (int o = 0; o < channels; o++) {
    UNROLL for (int p = 0; p < columns; p++) {
      UNROLL for (int h = 0; h < NAME(parts); h++)
        NAME(storePart)(target + o * targetChannel + p * targetColumn + h * NAME(registerScalars), sum[o][p][h]);
    }
  }
}

// A whole row for a compile-time number of channels: interior columns by full tiles, then singles; edges singly. Few
// channels take wide tiles, so that enough sums are under way to hide a multiply–add's latency.
LANE_INLINE void NAME(correlationRow)(const NAME(CorrelationRow) * row, const int channels, int64_t firstInterior,
                                      int64_t endInterior) {
  const int wide = channels * 2 <= TILE_CHANNELS ? WIDE_TILE_COLUMNS : TILE_COLUMNS;
  int64_t columns = row->c->targetColumns, column = 0;
  for (; column < firstInterior; column++) NAME(correlationTile)(row, channels, 1, false, column);
  for (; column + wide <= endInterior; column += wide) NAME(correlationTile)(row, channels, wide, true, column);
  for (; wide > 2 && column + 2 <= endInterior; column += 2) NAME(correlationTile)(row, channels, 2, true, column);
  for (; column < endInterior; column++) NAME(correlationTile)(row, channels, 1, true, column);
  for (; column < columns; column++) NAME(correlationTile)(row, channels, 1, false, column);
}

static __attribute__((noinline)) void NAME(correlationRowOf)(const NAME(CorrelationRow) * row, int64_t channels,
                                                             int64_t firstInterior, int64_t endInterior) {
#define CORRELATION_ROW(size) \
  if (size <= TILE_CHANNELS) NAME(correlationRow)(row, size, firstInterior, endInterior)
  FOR_SIZE(channels, CORRELATION_ROW)
#undef CORRELATION_ROW
}

// Whether each target position reads the source position at its own place and no other, and maps are contiguous.
static bool NAME(isPointwise)(const LaneCorrelation *c) {
  return c->taps == 1 && c->tapRow[0] == 0 && c->tapColumn[0] == 0 && c->rowStep == 1 && c->columnStep == 1
    && c->targetRows == c->sourceRows && c->targetColumns == c->sourceColumns && c->sourceColumnStride == 1
    && c->targetColumnStride == 1 && c->sourceRowStride == c->sourceColumns && c->targetRowStride == c->targetColumns;
}

// A correlation of one tap in place is a matrix product. A strip of positions and a block of sources at a time are
// copied together first: channels are often a power of two apart, where their lines would fight for the same cache
// sets. False when there is no memory.
static bool NAME(correlatePointwise)(const LaneCorrelation *c, const SCALAR *source, const SCALAR *weights,
                                     const SCALAR *bias, SCALAR *target) {
  const int64_t positions = c->targetRows * c->targetColumns;
  SCALAR *panels = aligned_alloc(sizeof(VECTOR), lanePointwiseScratch * sizeof(SCALAR));
  if (!panels) return false;
  SCALAR *packed = panels + PACKED_SCALARS;
  const bool starts = !c->accumulate && bias;
  const bool packsOnce = c->targetChannels <= NAME(packedTargets) && c->sourceChannels <= NAME(packedDepth);
  for (int64_t p = 0; p < positions; p += lanePointwiseStrip) {
    const int64_t columns = positions - p < lanePointwiseStrip ? positions - p : lanePointwiseStrip;
    for (int64_t o = 0; starts && o < c->targetChannels; o++)
      for (int64_t k = 0; k < columns; k++)
        NAME(store)(target + (o * c->targetChannelStride + p + k) * LANE_COUNT, (VECTOR)bias[o]);
    for (int64_t s = 0; s < c->sourceChannels; s += NAME(packedDepth)) {
      const int64_t depth = c->sourceChannels - s < NAME(packedDepth) ? c->sourceChannels - s : NAME(packedDepth);
      for (int64_t k = 0; k < depth; k++)
        memcpy(packed + k * columns * LANE_COUNT, source + ((s + k) * c->sourceChannelStride + p) * LANE_COUNT,
               (size_t)(columns * LANE_COUNT) * sizeof(SCALAR));
      for (int64_t o = 0; o < c->targetChannels; o += NAME(packedTargets)) {
        const int64_t targets =
          c->targetChannels - o < NAME(packedTargets) ? c->targetChannels - o : NAME(packedTargets);
        if (p == 0 || !packsOnce)
          NAME(packTargets)(targets, depth, c->weightTargetStride, c->weightSourceStride,
                            weights + o * c->weightTargetStride + s * c->weightSourceStride + c->tapWeight[0], panels);
        NAME(multiplyPanels)(panels, targets, 1, depth, packed, 0, columns * LANE_COUNT, columns, LANE_COUNT,
                             c->accumulate || starts || s > 0,
                             target + (o * c->targetChannelStride + p) * LANE_COUNT,
                             c->targetChannelStride * LANE_COUNT, LANE_COUNT);
      }
    }
  }
  free(panels);
  return true;
}

static void NAME(correlate)(const LaneCorrelation *c, const SCALAR *source, const SCALAR *weights,
                            const SCALAR *bias, const SCALAR *mask, SCALAR *target) {
  if (mask && NAME(correlateActive)(c, source, weights, mask, target)) return;
  if (!mask && c->targetChannels >= 6 && c->sourceChannels >= 6 && NAME(isPointwise)(c)
      && NAME(correlatePointwise)(c, source, weights, bias, target))
    return;
  // Large kernels do not fit the stack; a failed allocation leaves NaN, which no one mistakes for a result.
  enum { small = 128 };
  int64_t smallOffset[small], smallWeight[small];
  int32_t smallColumn[small];
  int64_t *tapOffset = smallOffset, *tapWeight = smallWeight;
  int32_t *tapColumn = smallColumn;
  void *memory = NULL;
  if (c->taps > small) {
    memory = malloc((size_t)c->taps * (2 * sizeof(int64_t) + sizeof(int32_t)));
    if (!memory) {
      target[0] = (SCALAR)__builtin_nan("");
      return;
    }
    tapOffset = memory;
    tapWeight = tapOffset + c->taps;
    tapColumn = (int32_t *)(tapWeight + c->taps);
  }
  for (int64_t r = 0; r < c->targetRows; r++) {
    // Interior columns: where every valid tap of this row lies inside the map.
    int64_t valid = 0, firstInterior = 0, endInterior = c->targetColumns;
    for (int64_t t = 0; t < c->taps; t++) {
      int64_t sourceRow = r * c->rowStep + c->tapRow[t];
      if (sourceRow < 0 || sourceRow >= c->sourceRows) continue;
      tapOffset[valid] = (sourceRow * c->sourceRowStride + c->tapColumn[t] * c->sourceColumnStride) * LANE_COUNT;
      tapColumn[valid] = c->tapColumn[t];
      tapWeight[valid] = c->tapWeight[t];
      int64_t first = -(int64_t)c->tapColumn[t];
      first = first <= 0 ? 0 : (first + c->columnStep - 1) / c->columnStep;
      int64_t room = c->sourceColumns - 1 - c->tapColumn[t];
      int64_t end = room < 0 ? 0 : room / c->columnStep + 1;
      if (first > firstInterior) firstInterior = first;
      if (end < endInterior) endInterior = end;
      valid++;
    }
    if (firstInterior > c->targetColumns) firstInterior = c->targetColumns;
    if (endInterior < firstInterior) endInterior = firstInterior;
    // As few tiles as it takes, of sizes as equal as can be.
    const int64_t pieces = (c->targetChannels + TILE_CHANNELS - 1) / TILE_CHANNELS;
    for (int64_t piece = 0; piece < pieces; piece++) {
      const int64_t o = NAME(pieceStart)(c->targetChannels, pieces, piece);
      NAME(CorrelationRow) row = {
        .c = c,
        .source = source,
        .weights = weights + o * c->weightTargetStride,
        .bias = bias ? bias + o : NULL,
        .mask = mask ? mask + o * c->targetChannelStride + r * c->targetRowStride : NULL,
        .target = target + (o * c->targetChannelStride + r * c->targetRowStride) * LANE_COUNT,
        .validTaps = valid,
        .tapOffset = tapOffset,
        .tapColumn = tapColumn,
        .tapWeight = tapWeight,
      };
      NAME(correlationRowOf)(&row, NAME(pieceStart)(c->targetChannels, pieces, piece + 1) - o, firstInterior,
                             endInterior);
    }
  }
  free(memory);
}

// ---- Per-sample weight gradients -------------------------------------------------------------------------------

typedef struct {
  const LaneWeightGradient *g;
  const SCALAR *outputGradient;                   // first target channel of the tile
  const SCALAR *source[GRADIENT_SOURCES];         // channel, at the tap's column offset, row 0
  int64_t firstColumn[GRADIENT_SOURCES], endColumn[GRADIENT_SOURCES];
  SCALAR *sum[GRADIENT_SOURCES];                  // of the first target channel
  int64_t sumTarget;                              // scalars between target channels in the sums
  int64_t rowOffset;                              // source row of target row 0
} NAME(GradientTile);

LANE_INLINE void NAME(gradientColumn)(const NAME(GradientTile) * tile, const int targets, const int sources,
                                      const bool isInterior, int64_t column, const SCALAR *outputGradient,
                                      int64_t sourceOffset,
                                      REGISTER sum[GRADIENT_TARGETS][GRADIENT_SOURCES][NAME(parts)]) {
  const LaneWeightGradient *g = tile->g;
  UNROLL for (int h = 0; h < NAME(parts); h++) {
    const int64_t part = h * NAME(registerScalars);
    REGISTER gradient[GRADIENT_TARGETS];
    UNROLL for (int a = 0; a < targets; a++)
      gradient[a] = NAME(loadPart)(outputGradient + (a * g->targetChannelStride + column) * LANE_COUNT + part);
    UNROLL for (int b = 0; b < sources; b++) {
      if (!isInterior && (column < tile->firstColumn[b] || column >= tile->endColumn[b])) continue;
      REGISTER value = NAME(loadPart)(tile->source[b] + sourceOffset + column * g->stride * LANE_COUNT + part);
      UNROLL for (int a = 0; a < targets; a++)
        sum[a][b][h] = __builtin_elementwise_fma(gradient[a], value, sum[a][b][h]);
    }
  }
}

LANE_INLINE void NAME(gradientTile)(const NAME(GradientTile) * tile, const int targets, const int sources) {
  const LaneWeightGradient *g = tile->g;
  REGISTER sum[GRADIENT_TARGETS][GRADIENT_SOURCES][NAME(parts)];
  int64_t firstInterior = 0, endInterior = g->targetColumns;
  UNROLL for (int b = 0; b < sources; b++) {
    UNROLL for (int a = 0; a < targets; a++) {
      UNROLL for (int h = 0; h < NAME(parts); h++)
        sum[a][b][h] = NAME(loadPart)(tile->sum[b] + a * tile->sumTarget + h * NAME(registerScalars));
    }
    if (tile->firstColumn[b] > firstInterior) firstInterior = tile->firstColumn[b];
    if (tile->endColumn[b] < endInterior) endInterior = tile->endColumn[b];
  }
  if (firstInterior > g->targetColumns) firstInterior = g->targetColumns;
  if (endInterior < firstInterior) endInterior = firstInterior;
  for (int64_t r = g->firstRow; r < g->endRow; r++) {
    int64_t sourceRow = r * g->stride + tile->rowOffset;
    if (sourceRow < 0 || sourceRow >= g->sourceRows) continue;
    const SCALAR *outputGradient = tile->outputGradient + r * g->targetRowStride * LANE_COUNT;
    int64_t sourceOffset = sourceRow * g->sourceRowStride * LANE_COUNT;
    int64_t column = 0;
    for (; column < firstInterior; column++)
      NAME(gradientColumn)(tile, targets, sources, false, column, outputGradient, sourceOffset, sum);
    for (; column < endInterior; column++)
      NAME(gradientColumn)(tile, targets, sources, true, column, outputGradient, sourceOffset, sum);
    for (; column < g->targetColumns; column++)
      NAME(gradientColumn)(tile, targets, sources, false, column, outputGradient, sourceOffset, sum);
  }
  UNROLL for (int b = 0; b < sources; b++) {
    UNROLL for (int a = 0; a < targets; a++) {
      UNROLL for (int h = 0; h < NAME(parts); h++)
        NAME(storePart)(tile->sum[b] + a * tile->sumTarget + h * NAME(registerScalars), sum[a][b][h]);
    }
  }
}

LANE_INLINE void NAME(gradientTileOfTargets)(const NAME(GradientTile) * tile, const int targets, int64_t sources) {
#define GRADIENT_TILE(size) \
  if (size <= GRADIENT_SOURCES) NAME(gradientTile)(tile, targets, size)
  FOR_SIZE(sources, GRADIENT_TILE)
#undef GRADIENT_TILE
}

static __attribute__((noinline)) void NAME(gradientTileOf)(const NAME(GradientTile) * tile, int64_t targets,
                                                           int64_t sources) {
#define GRADIENT_TARGETS_OF(size) \
  if (size <= GRADIENT_TARGETS) NAME(gradientTileOfTargets)(tile, size, sources)
  FOR_SIZE(targets, GRADIENT_TARGETS_OF)
#undef GRADIENT_TARGETS_OF
}

static void NAME(weightGradient)(const LaneWeightGradient *g, const SCALAR *source, const SCALAR *outputGradient,
                                 SCALAR *gradient) {
  int64_t taps = g->kernelHeight * g->kernelWidth;
  int64_t streams = g->sources * g->kernelWidth;  // (source channel, kernel column) pairs for one kernel row
  const int64_t piecesA = (g->targets + GRADIENT_TARGETS - 1) / GRADIENT_TARGETS;
  const int64_t piecesB = (streams + GRADIENT_SOURCES - 1) / GRADIENT_SOURCES;
  for (int64_t kernelRow = 0; kernelRow < g->kernelHeight; kernelRow++) {
    for (int64_t pieceA = 0; pieceA < piecesA; pieceA++) {
      const int64_t a = NAME(pieceStart)(g->targets, piecesA, pieceA);
      const int64_t targets = NAME(pieceStart)(g->targets, piecesA, pieceA + 1) - a;
      for (int64_t pieceB = 0; pieceB < piecesB; pieceB++) {
        const int64_t b = NAME(pieceStart)(streams, piecesB, pieceB);
        const int64_t sources = NAME(pieceStart)(streams, piecesB, pieceB + 1) - b;
        NAME(GradientTile) tile;
        tile.g = g;
        tile.outputGradient = outputGradient + a * g->targetChannelStride * LANE_COUNT;
        tile.sumTarget = g->sources * taps * LANE_COUNT;
        tile.rowOffset = kernelRow * g->dilation - g->padding;
        for (int64_t k = 0; k < sources; k++) {
          int64_t channel = (b + k) / g->kernelWidth, kernelColumn = (b + k) % g->kernelWidth;
          int64_t offset = kernelColumn * g->dilation - g->padding;
          tile.source[k] = source + (channel * g->sourceChannelStride + offset) * LANE_COUNT;
          tile.firstColumn[k] = offset >= 0 ? 0 : (-offset + g->stride - 1) / g->stride;
          int64_t room = g->sourceColumns - 1 - offset;
          tile.endColumn[k] = room < 0 ? 0 : room / g->stride + 1;
          tile.sum[k] = gradient
            + ((a * g->sources + channel) * taps + kernelRow * g->kernelWidth + kernelColumn) * LANE_COUNT;
        }
        NAME(gradientTileOf)(&tile, targets, sources);
      }
    }
  }
}

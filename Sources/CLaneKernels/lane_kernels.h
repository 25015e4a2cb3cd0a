// The kernels for one scalar type; included twice by variant.h, which defines SCALAR, VECTOR, MASK, NAME, WIDEN,
// NARROW and the register tiles. Tiles decide only what is held in registers, never an order of summation.

LANE_INLINE VECTOR NAME(load)(const SCALAR *p) { return *(const VECTOR *)p; }
LANE_INLINE void NAME(store)(SCALAR *p, VECTOR v) { *(VECTOR *)p = v; }

// ---- Correlation -----------------------------------------------------------------------------------------------

typedef struct {
  const LaneCorrelation *c;
  const SCALAR *source;   // channel 0 of the group
  const SCALAR *weights;  // of the first target channel of the tile
  const SCALAR *bias;     // of the tile, or NULL
  SCALAR *target;         // channel of the tile, this row
  int64_t validTaps;
  const int64_t *tapOffset;  // scalars from channel start to the tap's source at target column 0
  const int32_t *tapColumn;  // per valid tap
  const int64_t *tapWeight;  // scalars
} NAME(CorrelationRow);

// One register tile: `channels` target channels × `columns` target columns. In the interior every tap lies inside
// the map; at the edges each is tested.
LANE_INLINE void NAME(correlationTile)(const NAME(CorrelationRow) * row, const int channels, const int columns,
                                       const bool interior, int64_t column) {
  const LaneCorrelation *c = row->c;
  VECTOR sum[TILE_CHANNELS][WIDE_TILE_COLUMNS];
  SCALAR *target = row->target + column * c->targetColumnStride * LANE_COUNT;
  const int64_t targetChannel = c->targetChannelStride * LANE_COUNT;
  const int64_t targetColumn = c->targetColumnStride * LANE_COUNT;
  UNROLL for (int o = 0; o < channels; o++) {
    VECTOR start = row->bias ? (VECTOR)row->bias[o] : (VECTOR)(SCALAR)0;
    UNROLL for (int p = 0; p < columns; p++)
      sum[o][p] = c->accumulate ? NAME(load)(target + o * targetChannel + p * targetColumn) : start;
  }
  const int64_t step = c->columnStep * c->sourceColumnStride * LANE_COUNT;
  const int64_t weightTarget = c->weightTargetStride;
  const SCALAR *source = row->source + column * step;
  const SCALAR *weights = row->weights;
  for (int64_t s = 0; s < c->sourceChannels; s++) {
    for (int64_t t = 0; t < row->validTaps; t++) {
      const SCALAR *x = source + row->tapOffset[t];
      const SCALAR *w = weights + row->tapWeight[t];
      VECTOR value[WIDE_TILE_COLUMNS];
      UNROLL for (int p = 0; p < columns; p++) {
        if (interior) {
          value[p] = NAME(load)(x + p * step);
        } else {
          int64_t sourceColumn = (column + p) * c->columnStep + row->tapColumn[t];
          value[p] = sourceColumn >= 0 && sourceColumn < c->sourceColumns ? NAME(load)(x + p * step)
                                                                         : (VECTOR)(SCALAR)0;
        }
      }
      UNROLL for (int o = 0; o < channels; o++) {
        VECTOR weight = (VECTOR)w[o * weightTarget];
        UNROLL for (int p = 0; p < columns; p++) sum[o][p] = NAME(fma)(weight, value[p], sum[o][p]);
      }
    }
    source += c->sourceChannelStride * LANE_COUNT;
    weights += c->weightSourceStride;
  }
  UNROLL for (int o = 0; o < channels; o++) {
    UNROLL for (int p = 0; p < columns; p++) NAME(store)(target + o * targetChannel + p * targetColumn, sum[o][p]);
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
  switch (channels) {
  case 1: NAME(correlationRow)(row, 1, firstInterior, endInterior); break;
#if TILE_CHANNELS > 1
  case 2: NAME(correlationRow)(row, 2, firstInterior, endInterior); break;
#endif
#if TILE_CHANNELS > 2
  case 3: NAME(correlationRow)(row, 3, firstInterior, endInterior); break;
#endif
#if TILE_CHANNELS > 3
  case 4: NAME(correlationRow)(row, 4, firstInterior, endInterior); break;
#endif
#if TILE_CHANNELS > 4
  case 5: NAME(correlationRow)(row, 5, firstInterior, endInterior); break;
#endif
#if TILE_CHANNELS > 5
  case 6: NAME(correlationRow)(row, 6, firstInterior, endInterior); break;
#endif
#if TILE_CHANNELS > 6
  case 7: NAME(correlationRow)(row, 7, firstInterior, endInterior); break;
#endif
#if TILE_CHANNELS > 7
  case 8: NAME(correlationRow)(row, 8, firstInterior, endInterior); break;
#endif
  default: break;
  }
}

static void NAME(correlate)(const LaneCorrelation *c, const SCALAR *source, const SCALAR *weights,
                            const SCALAR *bias, SCALAR *target) {
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
    for (int64_t o = 0; o < c->targetChannels; o += TILE_CHANNELS) {
      int64_t channels = c->targetChannels - o < TILE_CHANNELS ? c->targetChannels - o : TILE_CHANNELS;
      NAME(CorrelationRow) row = {
        .c = c,
        .source = source,
        .weights = weights + o * c->weightTargetStride,
        .bias = bias ? bias + o : NULL,
        .target = target + (o * c->targetChannelStride + r * c->targetRowStride) * LANE_COUNT,
        .validTaps = valid,
        .tapOffset = tapOffset,
        .tapColumn = tapColumn,
        .tapWeight = tapWeight,
      };
      NAME(correlationRowOf)(&row, channels, firstInterior, endInterior);
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
                                      const bool interior, int64_t column, const SCALAR *outputGradient,
                                      int64_t sourceOffset, VECTOR sum[GRADIENT_TARGETS][GRADIENT_SOURCES]) {
  const LaneWeightGradient *g = tile->g;
  VECTOR gradient[GRADIENT_TARGETS];
  UNROLL for (int a = 0; a < targets; a++)
    gradient[a] = NAME(load)(outputGradient + (a * g->targetChannelStride + column) * LANE_COUNT);
  UNROLL for (int b = 0; b < sources; b++) {
    if (!interior && (column < tile->firstColumn[b] || column >= tile->endColumn[b])) continue;
    VECTOR value = NAME(load)(tile->source[b] + sourceOffset + column * g->stride * LANE_COUNT);
    UNROLL for (int a = 0; a < targets; a++) sum[a][b] = NAME(fma)(gradient[a], value, sum[a][b]);
  }
}

LANE_INLINE void NAME(gradientTile)(const NAME(GradientTile) * tile, const int targets, const int sources) {
  const LaneWeightGradient *g = tile->g;
  VECTOR sum[GRADIENT_TARGETS][GRADIENT_SOURCES];
  int64_t firstInterior = 0, endInterior = g->targetColumns;
  UNROLL for (int b = 0; b < sources; b++) {
    UNROLL for (int a = 0; a < targets; a++) sum[a][b] = NAME(load)(tile->sum[b] + a * tile->sumTarget);
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
    UNROLL for (int a = 0; a < targets; a++) NAME(store)(tile->sum[b] + a * tile->sumTarget, sum[a][b]);
  }
}

LANE_INLINE void NAME(gradientTileOfTargets)(const NAME(GradientTile) * tile, const int targets, int64_t sources) {
  switch (sources) {
  case 1: NAME(gradientTile)(tile, targets, 1); break;
#if GRADIENT_SOURCES > 1
  case 2: NAME(gradientTile)(tile, targets, 2); break;
#endif
#if GRADIENT_SOURCES > 2
  case 3: NAME(gradientTile)(tile, targets, 3); break;
#endif
#if GRADIENT_SOURCES > 3
  case 4: NAME(gradientTile)(tile, targets, 4); break;
#endif
#if GRADIENT_SOURCES > 4
  case 5: NAME(gradientTile)(tile, targets, 5); break;
#endif
#if GRADIENT_SOURCES > 5
  case 6: NAME(gradientTile)(tile, targets, 6); break;
#endif
  default: break;
  }
}

static __attribute__((noinline)) void NAME(gradientTileOf)(const NAME(GradientTile) * tile, int64_t targets,
                                                           int64_t sources) {
  switch (targets) {
  case 1: NAME(gradientTileOfTargets)(tile, 1, sources); break;
#if GRADIENT_TARGETS > 1
  case 2: NAME(gradientTileOfTargets)(tile, 2, sources); break;
#endif
#if GRADIENT_TARGETS > 2
  case 3: NAME(gradientTileOfTargets)(tile, 3, sources); break;
#endif
#if GRADIENT_TARGETS > 3
  case 4: NAME(gradientTileOfTargets)(tile, 4, sources); break;
#endif
  default: break;
  }
}

static void NAME(weightGradient)(const LaneWeightGradient *g, const SCALAR *source, const SCALAR *outputGradient,
                                 SCALAR *gradient) {
  int64_t taps = g->kernelHeight * g->kernelWidth;
  int64_t streams = g->sources * g->kernelWidth;  // (source channel, kernel column) pairs for one kernel row
  for (int64_t kernelRow = 0; kernelRow < g->kernelHeight; kernelRow++) {
    for (int64_t a = 0; a < g->targets; a += GRADIENT_TARGETS) {
      int64_t targets = g->targets - a < GRADIENT_TARGETS ? g->targets - a : GRADIENT_TARGETS;
      for (int64_t b = 0; b < streams; b += GRADIENT_SOURCES) {
        int64_t sources = streams - b < GRADIENT_SOURCES ? streams - b : GRADIENT_SOURCES;
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

// ---- Gram ------------------------------------------------------------------------------------------------------

// `rows` samples of one block of a (their scalars broadcast) against `blocks` blocks of b.
LANE_INLINE void NAME(gramTile)(int64_t parameters, const SCALAR *a, const SCALAR *b, const int rows, const int blocks,
                                int64_t bBlockStride, double factor, double *out, int64_t outStride) {
  for (int64_t first = 0; first < parameters; first += 512) {
    int64_t end = first + 512 < parameters ? first + 512 : parameters;
    VECTOR sum[GRAM_TILE];
    UNROLL for (int i = 0; i < rows * blocks; i++) sum[i] = (VECTOR)(SCALAR)0;
    for (int64_t p = first; p < end; p++) {
      VECTOR value[GRAM_TILE];
      UNROLL for (int j = 0; j < blocks; j++) value[j] = NAME(load)(b + j * bBlockStride + p * LANE_COUNT);
      UNROLL for (int i = 0; i < rows; i++) {
        VECTOR scalar = (VECTOR)a[p * LANE_COUNT + i];
        UNROLL for (int j = 0; j < blocks; j++)
          sum[i * blocks + j] = NAME(fma)(scalar, value[j], sum[i * blocks + j]);
      }
    }
    UNROLL for (int i = 0; i < rows; i++) {
      UNROLL for (int j = 0; j < blocks; j++) {
        double *place = out + i * outStride + j * LANE_COUNT;
        LaneDouble old;
        memcpy(&old, place, sizeof old);
        LaneDouble updated = fmaDual(WIDEN(sum[i * blocks + j]), (LaneDouble)factor, old);
        memcpy(place, &updated, sizeof updated);
      }
    }
  }
}

static void NAME(gram)(int64_t parameters, const SCALAR *a, const SCALAR *b, int64_t blocks, int64_t bBlockStride,
                       double factor, double *out, int64_t outStride) {
  // Rows × blocks of a tile fill the registers; both divide sixteen and the blocks left over.
  while (blocks > 0) {
    int64_t taken = blocks >= 4 && GRAM_TILE >= 16 ? 4 : blocks >= 2 && GRAM_TILE >= 8 ? 2 : 1;
    for (int64_t i = 0; i < LANE_COUNT;) {
      double *place = out + i * outStride;
#if GRAM_TILE >= 16
      if (taken == 4) {
        NAME(gramTile)(parameters, a + i, b, 4, 4, bBlockStride, factor, place, outStride);
        i += 4;
        continue;
      }
#endif
#if GRAM_TILE >= 8
      if (taken == 2) {
        NAME(gramTile)(parameters, a + i, b, GRAM_TILE / 2, 2, bBlockStride, factor, place, outStride);
        i += GRAM_TILE / 2;
        continue;
      }
#endif
      NAME(gramTile)(parameters, a + i, b, GRAM_TILE, 1, bBlockStride, factor, place, outStride);
      i += GRAM_TILE;
    }
    b += taken * bBlockStride;
    out += taken * LANE_COUNT;
    blocks -= taken;
  }
}

// ---- Activations -----------------------------------------------------------------------------------------------

static const double NAME(inverseRootTwo) = 0.70710678118654752440;
static const double NAME(inverseRootTwoPi) = 0.39894228040143267794;
static const double NAME(geluTanhFactor) = 0.79788456080286535588;  // √(2/π), Hendrycks & Gimpel 2016

LANE_INLINE VECTOR NAME(selectVector)(MASK mask, VECTOR yes, VECTOR no) {
  return (VECTOR)(((MASK)yes & mask) | ((MASK)no & ~mask));
}

LANE_INLINE LaneDouble NAME(smoothValue)(const LaneActivation kind, LaneDouble x) {
  switch (kind) {
  case LaneActivationElu: return selectDual(x > (LaneDouble)0.0, x, exponentialMinusOne(x));
  case LaneActivationGelu: return 0.5 * x * (1.0 + errorFunction(x * NAME(inverseRootTwo)));
  case LaneActivationGeluTanh:
    return 0.5 * x * (1.0 + hyperbolicTangent(NAME(geluTanhFactor) * fmaDual(x * x * x, (LaneDouble)0.044715, x)));
  case LaneActivationSilu: return x * logistic(x);
  case LaneActivationTanh: return hyperbolicTangent(x);
  case LaneActivationErf: return errorFunction(x);
  case LaneActivationSigmoid: return logistic(x);
  case LaneActivationSoftplus:
    return selectDual(x > (LaneDouble)0.0, x, (LaneDouble)0.0) + logarithmOnePlus(exponential(-absoluteValue(x)));
  case LaneActivationSin: return sineCosine(x).sine;
  default: return x;
  }
}

LANE_INLINE LaneDouble NAME(smoothDerivative)(const LaneActivation kind, LaneDouble x) {
  switch (kind) {
  case LaneActivationElu: return selectDual(x > (LaneDouble)0.0, (LaneDouble)1.0, exponential(x));
  case LaneActivationGelu:
    return 0.5 * (1.0 + errorFunction(x * NAME(inverseRootTwo)))
      + x * NAME(inverseRootTwoPi) * exponential(-0.5 * x * x);
  case LaneActivationGeluTanh: {
    LaneDouble t = hyperbolicTangent(NAME(geluTanhFactor) * fmaDual(x * x * x, (LaneDouble)0.044715, x));
    LaneDouble inner = NAME(geluTanhFactor) * fmaDual(x * x, (LaneDouble)(3.0 * 0.044715), (LaneDouble)1.0);
    return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t) * (1.0 + t) * inner;
  }
  case LaneActivationSilu: {
    LaneDouble s = logistic(x);
    return s * fmaDual(x, 1.0 - s, (LaneDouble)1.0);
  }
  case LaneActivationTanh: {
    LaneDouble t = hyperbolicTangent(x);
    return (1.0 - t) * (1.0 + t);
  }
  case LaneActivationErf: return 1.1283791670955126 * exponential(-(x * x));
  case LaneActivationSigmoid: {
    LaneDouble s = logistic(x);
    return s * (1.0 - s);
  }
  case LaneActivationSoftplus: return logistic(x);
  case LaneActivationSin: return sineCosine(x).cosine;
  default: return (LaneDouble)1.0;
  }
}

LANE_INLINE VECTOR NAME(activationValue)(const LaneActivation kind, SCALAR parameter, VECTOR x) {
  const VECTOR zero = (VECTOR)(SCALAR)0;
  switch (kind) {
  // A NaN is neither above nor below zero; taking it from x keeps it visible.
  case LaneActivationRelu: return NAME(selectVector)(x <= zero, zero, x);
  case LaneActivationLeakyRelu: return NAME(selectVector)(x <= zero, x * parameter, x);
  case LaneActivationHardSwish: {
    VECTOR gate = x + (SCALAR)3;
    gate = NAME(selectVector)(gate <= zero, zero, gate);
    gate = NAME(selectVector)(gate > (VECTOR)(SCALAR)6, (VECTOR)(SCALAR)6, gate);
    return x * (gate / (SCALAR)6);
  }
  case LaneActivationAbs: return NAME(selectVector)(x < zero, -x, x);
  default: return NARROW(NAME(smoothValue)(kind, WIDEN(x)));
  }
}

LANE_INLINE VECTOR NAME(activationDerivative)(const LaneActivation kind, SCALAR parameter, VECTOR x) {
  const VECTOR zero = (VECTOR)(SCALAR)0, one = (VECTOR)(SCALAR)1;
  switch (kind) {
  case LaneActivationRelu: return NAME(selectVector)(x > zero, one, zero);
  case LaneActivationLeakyRelu: return NAME(selectVector)(x > zero, one, (VECTOR)parameter);
  case LaneActivationHardSwish: {
    VECTOR slope = (x + x + (SCALAR)3) / (SCALAR)6;
    slope = NAME(selectVector)(x <= (VECTOR)(SCALAR)-3, zero, slope);
    return NAME(selectVector)(x >= (VECTOR)(SCALAR)3, one, slope);
  }
  case LaneActivationAbs:
    return NAME(selectVector)(x > zero, one, NAME(selectVector)(x < zero, -one, zero));
  default: return NARROW(NAME(smoothDerivative)(kind, WIDEN(x)));
  }
}

#define ACTIVATION_CASES(DO)                                                                                  \
  switch (kind) {                                                                                             \
  case LaneActivationRelu: DO(LaneActivationRelu) break;                                                      \
  case LaneActivationLeakyRelu: DO(LaneActivationLeakyRelu) break;                                            \
  case LaneActivationElu: DO(LaneActivationElu) break;                                                        \
  case LaneActivationGelu: DO(LaneActivationGelu) break;                                                      \
  case LaneActivationGeluTanh: DO(LaneActivationGeluTanh) break;                                              \
  case LaneActivationSilu: DO(LaneActivationSilu) break;                                                      \
  case LaneActivationHardSwish: DO(LaneActivationHardSwish) break;                                            \
  case LaneActivationTanh: DO(LaneActivationTanh) break;                                                      \
  case LaneActivationErf: DO(LaneActivationErf) break;                                                        \
  case LaneActivationSigmoid: DO(LaneActivationSigmoid) break;                                                \
  case LaneActivationSoftplus: DO(LaneActivationSoftplus) break;                                              \
  case LaneActivationSin: DO(LaneActivationSin) break;                                                        \
  case LaneActivationAbs: DO(LaneActivationAbs) break;                                                        \
  }

static void NAME(activate)(LaneActivation kind, SCALAR parameter, int64_t vectors, const SCALAR *x, SCALAR *y) {
#define FORWARD(constant)                                                                                     \
  for (int64_t v = 0; v < vectors; v++)                                                                       \
    NAME(store)(y + v * LANE_COUNT, NAME(activationValue)(constant, parameter, NAME(load)(x + v * LANE_COUNT)));
  ACTIVATION_CASES(FORWARD)
#undef FORWARD
}

static void NAME(activateBackward)(LaneActivation kind, SCALAR parameter, int64_t vectors, const SCALAR *x,
                                   const SCALAR *dy, SCALAR *dx, bool accumulate) {
  // Multiplying by 0 or 1 would keep an infinity as NaN where autograd's mask gives 0; the selects below do not.
#define BACKWARD(constant)                                                                                    \
  for (int64_t v = 0; v < vectors; v++) {                                                                     \
    VECTOR input = NAME(load)(x + v * LANE_COUNT), gradient = NAME(load)(dy + v * LANE_COUNT);                \
    VECTOR result = constant == LaneActivationRelu                                                            \
      ? NAME(selectVector)(input > (VECTOR)(SCALAR)0, gradient, (VECTOR)(SCALAR)0)                            \
      : gradient * NAME(activationDerivative)(constant, parameter, input);                                    \
    if (accumulate) result = NAME(load)(dx + v * LANE_COUNT) + result;                                        \
    NAME(store)(dx + v * LANE_COUNT, result);                                                                 \
  }
  ACTIVATION_CASES(BACKWARD)
#undef BACKWARD
}
#undef ACTIVATION_CASES

// ---- Elementwise and sums --------------------------------------------------------------------------------------

static void NAME(affine)(int64_t vectors, SCALAR factor, SCALAR offset, const SCALAR *x, SCALAR *y, bool accumulate) {
  for (int64_t v = 0; v < vectors; v++) {
    VECTOR value = NAME(fma)(NAME(load)(x + v * LANE_COUNT), (VECTOR)factor, (VECTOR)offset);
    if (accumulate) value = NAME(load)(y + v * LANE_COUNT) + value;
    NAME(store)(y + v * LANE_COUNT, value);
  }
}

static void NAME(product)(int64_t vectors, const SCALAR *a, const SCALAR *b, SCALAR *y, bool accumulate) {
  for (int64_t v = 0; v < vectors; v++) {
    VECTOR value = NAME(load)(a + v * LANE_COUNT) * NAME(load)(b + v * LANE_COUNT);
    if (accumulate) value = NAME(load)(y + v * LANE_COUNT) + value;
    NAME(store)(y + v * LANE_COUNT, value);
  }
}

static void NAME(moments)(int64_t vectors, const SCALAR *x, double *sum, double *squares) {
  LaneDouble total, totalSquares;
  memcpy(&total, sum, sizeof total);
  memcpy(&totalSquares, squares, sizeof totalSquares);
  for (int64_t v = 0; v < vectors; v++) {
    LaneDouble value = WIDEN(NAME(load)(x + v * LANE_COUNT));
    total += value;
    totalSquares = fmaDual(value, value, totalSquares);
  }
  memcpy(sum, &total, sizeof total);
  memcpy(squares, &totalSquares, sizeof totalSquares);
}

static void NAME(dot)(int64_t vectors, const SCALAR *x, const SCALAR *y, double *sum, double *product) {
  LaneDouble total, totalProduct;
  memcpy(&total, sum, sizeof total);
  memcpy(&totalProduct, product, sizeof totalProduct);
  for (int64_t first = 0; first < vectors; first += 16) {
    int64_t end = first + 16 < vectors ? first + 16 : vectors;
    VECTOR partial = (VECTOR)(SCALAR)0, partialProduct = partial;
    for (int64_t v = first; v < end; v++) {
      VECTOR value = NAME(load)(y + v * LANE_COUNT);
      partial += value;
      partialProduct = NAME(fma)(NAME(load)(x + v * LANE_COUNT), value, partialProduct);
    }
    total += WIDEN(partial);
    totalProduct += WIDEN(partialProduct);
  }
  memcpy(sum, &total, sizeof total);
  memcpy(product, &totalProduct, sizeof totalProduct);
}

static void NAME(sum)(int64_t vectors, const SCALAR *x, double *sum) {
  LaneDouble total;
  memcpy(&total, sum, sizeof total);
  for (int64_t first = 0; first < vectors; first += 16) {
    int64_t end = first + 16 < vectors ? first + 16 : vectors;
    VECTOR partial = (VECTOR)(SCALAR)0;
    for (int64_t v = first; v < end; v++) partial += NAME(load)(x + v * LANE_COUNT);
    total += WIDEN(partial);
  }
  memcpy(sum, &total, sizeof total);
}

static void NAME(weightedSum)(int64_t vectors, const SCALAR *weights, const SCALAR *x, double *sum) {
  LaneDouble total;
  memcpy(&total, sum, sizeof total);
  for (int64_t v = 0; v < vectors; v++)
    total = fmaDual((LaneDouble)(double)weights[v], WIDEN(NAME(load)(x + v * LANE_COUNT)), total);
  memcpy(sum, &total, sizeof total);
}

static void NAME(spread)(int64_t vectors, SCALAR factor, const SCALAR *v, SCALAR *y, bool accumulate) {
  VECTOR value = NAME(load)(v) * factor;
  for (int64_t i = 0; i < vectors; i++)
    NAME(store)(y + i * LANE_COUNT, accumulate ? NAME(load)(y + i * LANE_COUNT) + value : value);
}

// ---- Pooling ---------------------------------------------------------------------------------------------------

typedef struct {
  int64_t firstRow, endRow, firstColumn, endColumn;
} NAME(Window);

LANE_INLINE NAME(Window) NAME(window)(const LanePooling *pool, int64_t row, int64_t column) {
  int64_t r = row * pool->stride - pool->padding, c = column * pool->stride - pool->padding;
  int64_t endRow = r + pool->kernel, endColumn = c + pool->kernel;
  return (NAME(Window)){
    r < 0 ? 0 : r, endRow < pool->sourceRows ? endRow : pool->sourceRows,
    c < 0 ? 0 : c, endColumn < pool->sourceColumns ? endColumn : pool->sourceColumns,
  };
}

// One over the count that each window's sum is divided by; NULL when there is no memory.
static SCALAR *NAME(windowShares)(const LanePooling *pool) {
  SCALAR *shares = malloc((size_t)(pool->targetRows * pool->targetColumns) * sizeof(SCALAR));
  if (!shares) return NULL;
  for (int64_t r = 0; r < pool->targetRows; r++)
    for (int64_t c = 0; c < pool->targetColumns; c++) {
      NAME(Window) w = NAME(window)(pool, r, c);
      int64_t inside = (w.endRow - w.firstRow) * (w.endColumn - w.firstColumn);
      shares[r * pool->targetColumns + c] = (SCALAR)1 / (SCALAR)(pool->countsPadding ? pool->kernel * pool->kernel : inside);
    }
  return shares;
}

static void NAME(averagePool)(const LanePooling *pool, const SCALAR *x, SCALAR *y) {
  SCALAR *shares = NAME(windowShares)(pool);
  if (!shares) {
    y[0] = (SCALAR)__builtin_nan("");
    return;
  }
  for (int64_t channel = 0; channel < pool->channels; channel++) {
    for (int64_t r = 0; r < pool->targetRows; r++)
      for (int64_t c = 0; c < pool->targetColumns; c++) {
        NAME(Window) w = NAME(window)(pool, r, c);
        VECTOR sum = (VECTOR)(SCALAR)0;
        for (int64_t i = w.firstRow; i < w.endRow; i++)
          for (int64_t j = w.firstColumn; j < w.endColumn; j++)
            sum += NAME(load)(x + (i * pool->sourceColumns + j) * LANE_COUNT);
        NAME(store)(y, sum * shares[r * pool->targetColumns + c]);
        y += LANE_COUNT;
      }
    x += pool->sourceRows * pool->sourceColumns * LANE_COUNT;
  }
  free(shares);
}

// The windows along one axis that hold a position: first to end.
LANE_INLINE void NAME(windowsAt)(const LanePooling *pool, int64_t position, int64_t windows, int64_t *first,
                                 int64_t *end) {
  int64_t last = position + pool->padding;
  *first = last - pool->kernel < 0 ? 0 : (last - pool->kernel) / pool->stride + 1;
  *end = last / pool->stride + 1 < windows ? last / pool->stride + 1 : windows;
}

static void NAME(averagePoolBackward)(const LanePooling *pool, const SCALAR *dy, SCALAR *dx, bool accumulate) {
  SCALAR *shares = NAME(windowShares)(pool);
  if (!shares) {
    dx[0] = (SCALAR)__builtin_nan("");
    return;
  }
  for (int64_t channel = 0; channel < pool->channels; channel++) {
    for (int64_t i = 0; i < pool->sourceRows; i++) {
      int64_t firstRow, endRow, firstColumn, endColumn;
      NAME(windowsAt)(pool, i, pool->targetRows, &firstRow, &endRow);
      for (int64_t j = 0; j < pool->sourceColumns; j++) {
        NAME(windowsAt)(pool, j, pool->targetColumns, &firstColumn, &endColumn);
        VECTOR sum = accumulate ? NAME(load)(dx) : (VECTOR)(SCALAR)0;
        for (int64_t r = firstRow; r < endRow; r++)
          for (int64_t c = firstColumn; c < endColumn; c++) {
            int64_t place = r * pool->targetColumns + c;
            sum = NAME(fma)(NAME(load)(dy + place * LANE_COUNT), (VECTOR)shares[place], sum);
          }
        NAME(store)(dx, sum);
        dx += LANE_COUNT;
      }
    }
    dy += pool->targetRows * pool->targetColumns * LANE_COUNT;
  }
  free(shares);
}

static void NAME(maxPool)(const LanePooling *pool, const SCALAR *x, SCALAR *y) {
  for (int64_t channel = 0; channel < pool->channels; channel++) {
    for (int64_t r = 0; r < pool->targetRows; r++)
      for (int64_t c = 0; c < pool->targetColumns; c++) {
        NAME(Window) w = NAME(window)(pool, r, c);
        VECTOR best = NAME(load)(x + (w.firstRow * pool->sourceColumns + w.firstColumn) * LANE_COUNT);
        for (int64_t i = w.firstRow; i < w.endRow; i++)
          for (int64_t j = w.firstColumn; j < w.endColumn; j++) {
            VECTOR value = NAME(load)(x + (i * pool->sourceColumns + j) * LANE_COUNT);
            best = NAME(selectVector)((value > best) | (value != value), value, best);
          }
        NAME(store)(y, best);
        y += LANE_COUNT;
      }
    x += pool->sourceRows * pool->sourceColumns * LANE_COUNT;
  }
}

static void NAME(maxPoolBackward)(const LanePooling *pool, const SCALAR *x, const SCALAR *y, const SCALAR *dy,
                                  SCALAR *dx) {
  const VECTOR zero = (VECTOR)(SCALAR)0;
  for (int64_t channel = 0; channel < pool->channels; channel++) {
    for (int64_t r = 0; r < pool->targetRows; r++)
      for (int64_t c = 0; c < pool->targetColumns; c++) {
        NAME(Window) w = NAME(window)(pool, r, c);
        VECTOR best = NAME(load)(y), gradient = NAME(load)(dy);
        MASK open = zero == zero;
        for (int64_t i = w.firstRow; i < w.endRow; i++)
          for (int64_t j = w.firstColumn; j < w.endColumn; j++) {
            int64_t place = (i * pool->sourceColumns + j) * LANE_COUNT;
            MASK hit = open & (NAME(load)(x + place) == best);
            NAME(store)(dx + place, NAME(load)(dx + place) + NAME(selectVector)(hit, gradient, zero));
            open &= ~hit;
          }
        y += LANE_COUNT;
        dy += LANE_COUNT;
      }
    x += pool->sourceRows * pool->sourceColumns * LANE_COUNT;
    dx += pool->sourceRows * pool->sourceColumns * LANE_COUNT;
  }
}

// ---- Layer and group normalization -----------------------------------------------------------------------------

static void NAME(normalize)(int64_t channels, int64_t positions, double epsilon, const SCALAR *gamma,
                            const SCALAR *beta, const SCALAR *x, SCALAR *y, double *mean, double *inverse) {
  const double share = 1.0 / (double)(channels * positions);
  LaneDouble sum = (LaneDouble)0.0, squares = (LaneDouble)0.0;
  for (int64_t v = 0; v < channels * positions; v++) sum += WIDEN(NAME(load)(x + v * LANE_COUNT));
  LaneDouble center = sum * share;
  for (int64_t v = 0; v < channels * positions; v++) {
    LaneDouble deviation = WIDEN(NAME(load)(x + v * LANE_COUNT)) - center;
    squares = fmaDual(deviation, deviation, squares);
  }
  LaneDouble scale = 1.0 / __builtin_elementwise_sqrt(squares * share + epsilon);
  for (int64_t c = 0; c < channels; c++)
    for (int64_t p = 0; p < positions; p++) {
      int64_t place = (c * positions + p) * LANE_COUNT;
      LaneDouble value = (WIDEN(NAME(load)(x + place)) - center) * scale;
      NAME(store)(y + place, NARROW(fmaDual(value, (LaneDouble)(double)gamma[c], (LaneDouble)(double)beta[c])));
    }
  memcpy(mean, &center, sizeof center);
  memcpy(inverse, &scale, sizeof scale);
}

static void NAME(normalizeBackward)(int64_t channels, int64_t positions, const double *mean, const double *inverse,
                                    const SCALAR *gamma, const SCALAR *x, const SCALAR *dy, SCALAR *dx,
                                    bool accumulate) {
  const double share = 1.0 / (double)(channels * positions);
  LaneDouble center, scale, sum = (LaneDouble)0.0, product = (LaneDouble)0.0;
  memcpy(&center, mean, sizeof center);
  memcpy(&scale, inverse, sizeof scale);
  for (int64_t c = 0; c < channels; c++)
    for (int64_t p = 0; p < positions; p++) {
      int64_t place = (c * positions + p) * LANE_COUNT;
      LaneDouble gradient = WIDEN(NAME(load)(dy + place)) * (double)gamma[c];
      sum += gradient;
      product = fmaDual(gradient, (WIDEN(NAME(load)(x + place)) - center) * scale, product);
    }
  sum *= share;
  product *= share;
  for (int64_t c = 0; c < channels; c++)
    for (int64_t p = 0; p < positions; p++) {
      int64_t place = (c * positions + p) * LANE_COUNT;
      LaneDouble gradient = WIDEN(NAME(load)(dy + place)) * (double)gamma[c];
      LaneDouble normalized = (WIDEN(NAME(load)(x + place)) - center) * scale;
      VECTOR result = NARROW(scale * (gradient - sum - normalized * product));
      NAME(store)(dx + place, accumulate ? NAME(load)(dx + place) + result : result);
    }
}

static void NAME(combine)(int64_t vectors, int64_t lanes, SCALAR a, const SCALAR *dy, SCALAR b, const SCALAR *x,
                          SCALAR c, SCALAR *dx, bool accumulate) {
  MASK real;
  UNROLL for (int l = 0; l < LANE_COUNT; l++) real[l] = l < lanes ? -1 : 0;
  for (int64_t v = 0; v < vectors; v++) {
    VECTOR value = NAME(fma)((VECTOR)b, NAME(load)(x + v * LANE_COUNT), (VECTOR)c);
    value = NAME(fma)((VECTOR)a, NAME(load)(dy + v * LANE_COUNT), value);
    value = NAME(selectVector)(real, value, (VECTOR)(SCALAR)0);
    NAME(store)(dx + v * LANE_COUNT, accumulate ? NAME(load)(dx + v * LANE_COUNT) + value : value);
  }
}

static void NAME(sumLanes)(int64_t vectors, const SCALAR *x, SCALAR *out) {
  for (int64_t v = 0; v < vectors; v++) {
    VECTOR value = NAME(load)(x + v * LANE_COUNT);
    value += __builtin_shufflevector(value, value, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    value += __builtin_shufflevector(value, value, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    value += __builtin_shufflevector(value, value, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    value += __builtin_shufflevector(value, value, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    out[v * LANE_COUNT] = value[0];
  }
}

static bool NAME(allFinite)(int64_t vectors, int64_t lanes, const SCALAR *x) {
  // x - x is zero for finite numbers and NaN for the others.
  VECTOR marker = (VECTOR)(SCALAR)0;
  for (int64_t v = 0; v < vectors; v++) {
    VECTOR value = NAME(load)(x + v * LANE_COUNT);
    marker += value - value;
  }
  for (int64_t l = 0; l < lanes; l++)
    if (marker[l] != (SCALAR)0) return false;
  return true;
}

#undef SCALAR
#undef VECTOR
#undef MASK
#undef NAME
#undef TILE_CHANNELS
#undef TILE_COLUMNS
#undef WIDE_TILE_COLUMNS
#undef GRADIENT_TARGETS
#undef GRADIENT_SOURCES
#undef GRAM_TILE
#undef WIDEN
#undef NARROW

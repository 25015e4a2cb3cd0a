// Backward passes of coupled samples: lanes are sixteen directions, and one sample's forward values, a scalar to each
// vector, are the same for all of them.
// Included by lane_kernels.h once for each scalar type.

static void NAME(repeatLanes)(int64_t vectors, const SCALAR *x, SCALAR *y) {
  for (int64_t v = 0; v < vectors; v++) NAME(store)(y + v * LANE_COUNT, (VECTOR)x[v]);
}

static void NAME(separateSamples)(int64_t vectors, int64_t lanes, const SCALAR *x, SCALAR *y) {
  for (int64_t v = 0; v < vectors; v++)
    for (int64_t l = 0; l < lanes; l++) y[l * vectors + v] = x[v * LANE_COUNT + l];
}

static void NAME(dotOfSample)(int64_t vectors, const SCALAR *x, const SCALAR *y, double *sum, double *product) {
  NAME(dotWith)(true, vectors, x, y, sum, product);
}

static void NAME(combineOfSample)(int64_t vectors, SCALAR a, const SCALAR *dy, const SCALAR *b, const SCALAR *x,
                                  const SCALAR *c, SCALAR *dx, bool accumulate) {
  VECTOR slope, offset;
  memcpy(&slope, b, sizeof slope);
  memcpy(&offset, c, sizeof offset);
  for (int64_t v = 0; v < vectors; v++) {
    VECTOR value = NAME(fma)(slope, (VECTOR)x[v], offset);
    value = NAME(fma)((VECTOR)a, NAME(load)(dy + v * LANE_COUNT), value);
    NAME(store)(dx + v * LANE_COUNT, accumulate ? NAME(load)(dx + v * LANE_COUNT) + value : value);
  }
}

static void NAME(rectifyOfSample)(int64_t vectors, const SCALAR *y, const SCALAR *dy, SCALAR *dx, bool accumulate) {
  for (int64_t v = 0; v < vectors; v++) {
    VECTOR value = NAME(selectVector)((VECTOR)y[v] > (VECTOR)(SCALAR)0, NAME(load)(dy + v * LANE_COUNT),
                                      (VECTOR)(SCALAR)0);
    NAME(store)(dx + v * LANE_COUNT, accumulate ? NAME(load)(dx + v * LANE_COUNT) + value : value);
  }
}

// Of one source channel, the positions of one class modulo the stride that hold something, which after a ReLU is about
// half of them: where the gradients that they multiply stand, and the values.
typedef struct {
  int64_t count;
  int32_t *offsets;
  SCALAR *values;
} NAME(ActivePositions);

enum { NAME(outerSums) = 9 };

// sum[j] += Σ_i values[i] · base[j][offsets[i]], a register's lanes of each.
LANE_INLINE void NAME(outerTile)(const int sums, const NAME(ActivePositions) * active, const SCALAR *const *base,
                                 SCALAR *const *sum) {
  REGISTER total[NAME(outerSums)];
  UNROLL for (int j = 0; j < sums; j++) total[j] = NAME(loadPart)(sum[j]);
  for (int64_t i = 0; i < active->count; i++) {
    const REGISTER value = (REGISTER)active->values[i];
    const int64_t offset = active->offsets[i];
    UNROLL for (int j = 0; j < sums; j++)
      total[j] = __builtin_elementwise_fma(value, NAME(loadPart)(base[j] + offset), total[j]);
  }
  UNROLL for (int j = 0; j < sums; j++) NAME(storePart)(sum[j], total[j]);
}

static __attribute__((noinline)) void NAME(outerTileOf)(int64_t sums, const NAME(ActivePositions) * active,
                                                        const SCALAR *const *base, SCALAR *const *sum) {
#define OUTER_TILE(size) NAME(outerTile)(size, active, base, sum)
  FOR_SIZE(sums, OUTER_TILE)
  if (sums == NAME(outerSums)) OUTER_TILE(NAME(outerSums));
#undef OUTER_TILE
}

// A sample's positions are sorted by their place modulo the stride: each class has taps of its own, whose gradients
// stand at fixed distances.
typedef struct {
  int64_t rowPhase, columnPhase;
  // Scalars between the gradients that neighbouring positions of the class multiply, and between channels of them.
  int64_t unit, channel;
} NAME(PositionClass);

// The first position p of a row or column of the source with p + padding ≡ phase modulo the stride.
LANE_INLINE int64_t NAME(firstPosition)(const LaneWeightGradient *g, int64_t phase) {
  return ((phase - g->padding) % g->stride + g->stride) % g->stride;
}

static NAME(ActivePositions) NAME(activePositions)(const LaneWeightGradient *g, const LaneSampleGradient *layout,
                                                   const NAME(PositionClass) * class, const SCALAR *x,
                                                   SCALAR *memory) {
  // An offset takes no more room than a value.
  NAME(ActivePositions) active = {0, (int32_t *)(memory + g->sourceRows * g->sourceColumns), memory};
  int64_t count = 0;
  for (int64_t r = NAME(firstPosition)(g, class->rowPhase); r < g->sourceRows; r += g->stride) {
    const int64_t row = (r + g->padding) / g->stride - layout->rowShift;
    int64_t c = NAME(firstPosition)(g, class->columnPhase);
    int64_t offset = (row * layout->columns + (c + g->padding) / g->stride - layout->columnShift) * class->unit;
    for (; c < g->sourceColumns; c += g->stride, offset += class->unit) {
      const SCALAR value = x[r * g->sourceRowStride + c];
      active.values[count] = value;
      active.offsets[count] = (int32_t)offset;
      // Without a branch, which could not be foretold.
      count += value != (SCALAR)0;
    }
  }
  active.count = count;
  return active;
}

// One register's lanes of some target channels, between zeros, so that no tap needs to be tested.
static void NAME(padTargets)(const LaneWeightGradient *g, const LaneSampleGradient *layout, int64_t targets,
                             const SCALAR *dy, SCALAR *padded) {
  const int64_t width = NAME(registerScalars);
  for (int64_t o = 0; o < targets; o++)
    for (int64_t r = 0; r < g->endRow; r++) {
      const SCALAR *from = dy + (o * g->targetChannelStride + r * g->targetRowStride) * LANE_COUNT;
      SCALAR *to =
        padded + ((o * layout->rows + r + layout->rowMargin) * layout->columns + layout->columnMargin) * width;
      for (int64_t c = 0; c < g->targetColumns; c++)
        NAME(storePart)(to + c * width, NAME(loadPart)(from + c * LANE_COUNT));
    }
}

enum { NAME(mostTaps) = 64 };

// Some taps of one class: which they are, and where their gradients stand before the positions' own offsets.
typedef struct {
  int64_t count;
  int64_t tap[NAME(mostTaps)], offset[NAME(mostTaps)];
} NAME(ClassTaps);

// The class's taps from number `*next` on, as many as there is room for.
static NAME(ClassTaps) NAME(classTaps)(const LaneWeightGradient *g, const LaneSampleGradient *layout,
                                       const NAME(PositionClass) * class, int64_t *next) {
  NAME(ClassTaps) taps;
  taps.count = 0;
  for (; *next < g->kernelHeight * g->kernelWidth && taps.count < NAME(mostTaps); ++*next) {
    const int64_t row = *next / g->kernelWidth * g->dilation, column = *next % g->kernelWidth * g->dilation;
    if (row % g->stride != class->rowPhase || column % g->stride != class->columnPhase) continue;
    const int64_t targetRow = layout->rowMargin + layout->rowShift - row / g->stride;
    const int64_t targetColumn = layout->columnMargin + layout->columnShift - column / g->stride;
    taps.tap[taps.count] = *next;
    taps.offset[taps.count++] = (targetRow * layout->columns + targetColumn) * class->unit;
  }
  return taps;
}

// Some taps between some target channels, whose gradients `dy` holds, and some source channels: as many pairs of a
// target and a tap at a time as the registers have sums for, with one source channel after another.
static void NAME(addOuterProducts)(const LaneWeightGradient *g, const NAME(ClassTaps) * taps,
                                   const NAME(PositionClass) * class, const NAME(ActivePositions) * active,
                                   int64_t sources, int64_t targets, const SCALAR *dy, SCALAR *gradient) {
  const int64_t kernel = g->kernelHeight * g->kernelWidth;
  const SCALAR *base[NAME(outerSums)];
  SCALAR *sum[NAME(outerSums)];
  int sums = 0;
  for (int64_t o = 0; o < targets; o++)
    for (int64_t t = 0; t < taps->count; t++) {
      base[sums] = dy + o * class->channel + taps->offset[t];
      sum[sums++] = gradient + (o * g->sources * kernel + taps->tap[t]) * LANE_COUNT;
      if (sums < NAME(outerSums) && (o < targets - 1 || t < taps->count - 1)) continue;
      for (int64_t s = 0; s < sources; s++) {
        NAME(outerTileOf)(sums, active + s, base, sum);
        for (int j = 0; j < sums; j++) sum[j] += kernel * LANE_COUNT;
      }
      sums = 0;
    }
}

static void NAME(weightGradientOfSample)(const LaneWeightGradient *g, int64_t lanes, const SCALAR *x, const SCALAR *dy,
                                         SCALAR *gradient, SCALAR *scratch) {
  const LaneSampleGradient layout = laneSampleGradient(g);
  const int64_t kernel = g->kernelHeight * g->kernelWidth, list = 2 * g->sourceRows * g->sourceColumns;
  NAME(ActivePositions) active[laneSampleSources];
  SCALAR *padded = scratch + layout.lists * LANE_COUNT;
  NAME(PositionClass) class;
  class.unit = layout.isPadded ? NAME(registerScalars) : LANE_COUNT;
  class.channel = layout.isPadded ? layout.rows * layout.columns * class.unit : g->targetChannelStride * LANE_COUNT;
  // Margins stay as they are; the rest is written over.
  if (layout.isPadded) memset(padded, 0, (size_t)(layout.targets * class.channel) * sizeof(SCALAR));
  for (int64_t first = 0; first < g->sources; first += laneSampleSources) {
    const int64_t sources = g->sources - first < laneSampleSources ? g->sources - first : laneSampleSources;
    for (class.rowPhase = 0; class.rowPhase < g->stride; class.rowPhase++)
      for (class.columnPhase = 0; class.columnPhase < g->stride; class.columnPhase++) {
        int64_t next = 0;
        NAME(ClassTaps) taps = NAME(classTaps)(g, &layout, &class, &next);
        if (taps.count == 0) continue;
        for (int64_t s = 0; s < sources; s++)
          active[s] = NAME(activePositions)(g, &layout, &class, x + (first + s) * g->sourceChannelStride,
                                            scratch + s * list);
        while (taps.count > 0) {
          for (int64_t part = 0; part < lanes; part += NAME(registerScalars))
            for (int64_t o = 0; o < g->targets; o += layout.targets) {
              const int64_t targets = g->targets - o < layout.targets ? g->targets - o : layout.targets;
              const SCALAR *place = dy + o * g->targetChannelStride * LANE_COUNT + part;
              if (layout.isPadded) NAME(padTargets)(g, &layout, targets, place, padded);
              NAME(addOuterProducts)(g, &taps, &class, active, sources, targets, layout.isPadded ? padded : place,
                                     gradient + (o * g->sources + first) * kernel * LANE_COUNT + part);
            }
          taps = NAME(classTaps)(g, &layout, &class, &next);
        }
      }
  }
}

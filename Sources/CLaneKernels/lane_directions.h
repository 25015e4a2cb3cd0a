// Backward passes of coupled samples: lanes are sixteen directions, and one sample's forward values, a scalar to each
// vector, are the same for all of them.
// Included by lane_kernels.h once for each scalar type.

static void NAME(repeatLanes)(int64_t vectors, const SCALAR *x, SCALAR *y) {
  for (int64_t v = 0; v < vectors; v++) NAME(store)(y + v * LANE_COUNT, (VECTOR)x[v]);
}

static void NAME(separateSamples)(int64_t vectors, int64_t lanes, const SCALAR *x, SCALAR *y) {
  // A whole line of each sample at a time: where samples are whole pages apart, sixteen lines find no room side by side.
  enum { line = 64 / sizeof(SCALAR) };
  for (int64_t v = 0; v < vectors; v += line) {
    const int64_t end = vectors - v < line ? vectors : v + line;
    for (int64_t l = 0; l < lanes; l++)
      for (int64_t k = v; k < end; k++) y[l * vectors + k] = x[k * LANE_COUNT + l];
  }
}

static void NAME(dotOfSample)(int64_t vectors, const SCALAR *x, const SCALAR *y, double *sum, double *product) {
  NAME(dotWith)(true, vectors, x, y, sum, product);
}

static void NAME(combineOfSample)(int64_t rows, int64_t columns, SCALAR a, const SCALAR *dy, const SCALAR *b,
                                  const SCALAR *x, const SCALAR *c, SCALAR *dx, int64_t rowStride, bool accumulate) {
  VECTOR slope, offset;
  memcpy(&slope, b, sizeof slope);
  memcpy(&offset, c, sizeof offset);
  for (int64_t r = 0; r < rows; r++, dx += rowStride * LANE_COUNT)
    for (int64_t v = 0; v < columns; v++, dy += LANE_COUNT, x++) {
      VECTOR value = NAME(fma)(slope, (VECTOR)*x, offset);
      value = NAME(fma)((VECTOR)a, NAME(load)(dy), value);
      SCALAR *place = dx + v * LANE_COUNT;
      NAME(store)(place, accumulate ? NAME(load)(place) + value : value);
    }
}

static void NAME(rectifyOfSample)(int64_t vectors, const SCALAR *y, const SCALAR *dy, SCALAR *dx, bool accumulate) {
  for (int64_t v = 0; v < vectors; v++) {
    VECTOR value = NAME(selectVector)((VECTOR)y[v] > (VECTOR)(SCALAR)0, NAME(load)(dy + v * LANE_COUNT),
                                      (VECTOR)(SCALAR)0);
    NAME(store)(dx + v * LANE_COUNT, accumulate ? NAME(load)(dx + v * LANE_COUNT) + value : value);
  }
}

// A position of a source channel that holds something, which after a ReLU about half of them do: the value, and where
// the gradients that it multiplies stand, in units that an address can scale.
typedef struct {
  SCALAR value;
  UNSIGNED offset;
} NAME(ActivePosition);
enum { NAME(offsetBytes) = 8, NAME(vectorOffset) = sizeof(VECTOR) / NAME(offsetBytes) };

typedef struct {
  int64_t count;
  const NAME(ActivePosition) * positions;
} NAME(ActivePositions);

// Pairs of a target channel and a tap whose sums are made at a time, of one register's lanes or of two: as many as there
// are registers for, and addresses. So many or fewer in all have two chains each.
enum { NAME(narrowPairs) = 9, NAME(widePairs) = 7, NAME(chainedPairs) = 3 };

// The sums of some pairs in some registers' lanes, of one source channel after another: base[j] is where a pair's gradients
// stand before the positions' offsets, sum[j] where its first sum does, and `step` lies between those of channels.
typedef struct {
  int64_t sources, step;
  const NAME(ActivePositions) * active;
  const SCALAR *base[NAME(narrowPairs)];
  SCALAR *sum[NAME(narrowPairs)];
  Fetching *fetching;
} NAME(OuterSums);

// sum[j] += Σ_i values[i] · base[j][offsets[i]]. Positions take turns between `chains` sums of their own, which are added
// at the end: a sum takes an addend only every few cycles, and few pairs have too few sums to wait for.
LANE_INLINE void NAME(outerTile)(const int pairs, const int parts, const int chains, const bool fetches,
                                 const NAME(OuterSums) * sums) {
  const SCALAR *base[NAME(narrowPairs)];
  UNROLL for (int j = 0; j < pairs; j++) base[j] = sums->base[j];
  for (int64_t s = 0; s < sums->sources; s++) {
    REGISTER total[NAME(narrowPairs)][2][2];
    UNROLL for (int j = 0; j < pairs; j++) {
      UNROLL for (int h = 0; h < parts; h++) {
        total[j][h][0] = NAME(loadPart)(sums->sum[j] + s * sums->step + h * NAME(registerScalars));
        total[j][h][1] = (REGISTER)(SCALAR)0;
      }
    }
#define ADD(position, chain)                                                                                           \
  {                                                                                                                    \
    const REGISTER value = (REGISTER)(position)->value;                                                                \
    const int64_t offset = (int64_t)(position)->offset * NAME(offsetBytes);                                            \
    UNROLL for (int j = 0; j < pairs; j++) {                                                                           \
      UNROLL for (int h = 0; h < parts; h++) {                                                                         \
        const SCALAR *from = (const SCALAR *)((const char *)base[j] + offset) + h * NAME(registerScalars);             \
        total[j][h][chain] = __builtin_elementwise_fma(value, NAME(loadPart)(from), total[j][h][chain]);               \
      }                                                                                                                \
    }                                                                                                                  \
  }
    const NAME(ActivePosition) *position = sums->active[s].positions, *end = position + sums->active[s].count;
    const char *fetched = sums->fetching->next;
    for (; position + 1 < end; position += 2) {
      ADD(position, 0)
      ADD(position + 1, chains - 1)
      if (fetches) {
        // Past the end of a range as well, which does no harm.
        __builtin_prefetch(fetched);
        fetched += fetchedBytes;
      }
    }
    if (fetches) sums->fetching->next = fetched;
    if (position < end) ADD(position, 0)
#undef ADD
    UNROLL for (int j = 0; j < pairs; j++) {
      UNROLL for (int h = 0; h < parts; h++)
        NAME(storePart)(sums->sum[j] + s * sums->step + h * NAME(registerScalars),
                        chains == 2 ? total[j][h][0] + total[j][h][1] : total[j][h][0]);
    }
  }
}

// Of `parts` registers' lanes: two, or one.
LANE_INLINE void NAME(outerTileOfSize)(int64_t pairs, int64_t parts, bool isChained, const bool fetches,
                                       const NAME(OuterSums) * sums) {
#define CHAINED_TILE(size)                                                                                             \
  parts == 2 ? NAME(outerTile)(size, 2, 2, fetches, sums) : NAME(outerTile)(size, 1, 2, fetches, sums)
#define NARROW_TILE(size) NAME(outerTile)(size, 1, 1, fetches, sums)
#define WIDE_TILE(size) NAME(outerTile)(size, 2, 1, fetches, sums)
  if (isChained) {
    if (pairs == 1) CHAINED_TILE(1);
    else if (pairs == 2) CHAINED_TILE(2);
    else CHAINED_TILE(3);
  } else if (parts == 1) {
    FOR_SIZE(pairs, NARROW_TILE)
    if (pairs == NAME(narrowPairs)) NARROW_TILE(NAME(narrowPairs));
  } else {
    // More pairs than are chained come in pieces of four at least.
    if (pairs == 4) WIDE_TILE(4);
    else if (pairs == 5) WIDE_TILE(5);
    else if (pairs == 6) WIDE_TILE(6);
    else WIDE_TILE(7);
  }
#undef CHAINED_TILE
#undef NARROW_TILE
#undef WIDE_TILE
}

static __attribute__((noinline)) void NAME(outerTileOf)(int64_t pairs, int64_t parts, bool isChained,
                                                        const NAME(OuterSums) * sums) {
  fetchOn(sums->fetching);
  if (sums->fetching->next) NAME(outerTileOfSize)(pairs, parts, isChained, true, sums);
  else NAME(outerTileOfSize)(pairs, parts, isChained, false, sums);
}

// A sample's positions are sorted by their place modulo the stride: each class has taps of its own. What stands in row p
// of the source meets a tap's row t at the target's row (p + padding) / stride − t / stride.
typedef struct {
  int64_t rowPhase, columnPhase;
} NAME(PositionClass);

// The first position p of a row of the source with p + padding ≡ phase modulo the stride.
LANE_INLINE int64_t NAME(firstPosition)(const LaneWeightGradient *g, int64_t phase) {
  return ((phase - g->padding) % g->stride + g->stride) % g->stride;
}

// Appends the active ones of some values `stride` apart; the first meets the gradient at `offset`.
LANE_INLINE NAME(ActivePosition) *NAME(listRow)(const int64_t stride, const SCALAR *x, const SCALAR *end,
                                                UNSIGNED offset, NAME(ActivePosition) * position) {
#ifdef LIST_EIGHT
  for (; stride == 1 && end - x >= 8; x += 8, offset += 8 * NAME(vectorOffset))
    position += LIST_EIGHT(x, offset, NAME(vectorOffset), position);
#endif
#pragma clang loop unroll_count(4)
  for (; x < end; x += stride, offset += NAME(vectorOffset)) {
    UNSIGNED bits;
    memcpy(&bits, x, sizeof bits);
    memcpy(&position->value, &bits, sizeof bits);
    position->offset = offset;
    // Without a branch, which could not be foretold, and of whole numbers, which takes fewer instructions: a zero of
    // either sign has no bit but the sign's.
    position += (UNSIGNED)(bits + bits) != 0;
  }
  return position;
}

// Lists the active positions of one class in a strip of rows, counted in target rows from `firstRow` on.
static int64_t NAME(listPositions)(const LaneWeightGradient *g, NAME(PositionClass) class, int64_t firstRow,
                                   int64_t endRow, const SCALAR *x, NAME(ActivePosition) * positions) {
  NAME(ActivePosition) *position = positions;
  const int64_t column = NAME(firstPosition)(g, class.columnPhase);
  for (int64_t row = firstRow; row < endRow; row++) {
    const int64_t r = row * g->stride + class.rowPhase - g->padding;
    if (r < 0 || r >= g->sourceRows) continue;
    const SCALAR *first = x + r * g->sourceRowStride + column, *end = x + r * g->sourceRowStride + g->sourceColumns;
    const UNSIGNED offset = (UNSIGNED)((row - firstRow) * g->targetRowStride + (column + g->padding) / g->stride)
      * NAME(vectorOffset);
    if (g->stride == 1) position = NAME(listRow)(1, first, end, offset, position);
    else position = NAME(listRow)(g->stride, first, end, offset, position);
  }
  return position - positions;
}

enum { NAME(mostTaps) = 64 };

// Some taps of one class: which they are, and where their gradients stand before the positions' own offsets, in scalars.
typedef struct {
  int64_t count;
  int64_t tap[NAME(mostTaps)], offset[NAME(mostTaps)];
} NAME(ClassTaps);

// Takes the class's taps from number `*next` on, as many as there is room for.
static void NAME(takeTaps)(const LaneWeightGradient *g, NAME(PositionClass) class, int64_t *next,
                           NAME(ClassTaps) * taps) {
  taps->count = 0;
  for (; *next < g->kernelHeight * g->kernelWidth && taps->count < NAME(mostTaps); ++*next) {
    const int64_t row = *next / g->kernelWidth * g->dilation, column = *next % g->kernelWidth * g->dilation;
    if (row % g->stride != class.rowPhase || column % g->stride != class.columnPhase) continue;
    taps->tap[taps->count] = *next;
    taps->offset[taps->count++] = -(row / g->stride * g->targetRowStride + column / g->stride) * LANE_COUNT;
  }
}

// Some taps between all target channels and some source channels over one strip, whose first row `dy` points to.
static void NAME(addOuterProducts)(const LaneWeightGradient *g, const NAME(ClassTaps) * taps, int64_t lanes,
                                   const NAME(ActivePositions) * active, int64_t sources, const SCALAR *dy,
                                   SCALAR *gradient, Fetching *fetching) {
  const int64_t kernel = g->kernelHeight * g->kernelWidth, all = g->targets * taps->count;
  const int64_t width = NAME(registerScalars), parts = lanes > width && LANE_COUNT > width ? 2 : 1;
  const int64_t most = parts == 2 ? NAME(widePairs) : NAME(narrowPairs);
  const int64_t pieces = (all + most - 1) / most;
  for (int64_t piece = 0; piece < pieces; piece++) {
    const int64_t first = NAME(pieceStart)(all, pieces, piece), end = NAME(pieceStart)(all, pieces, piece + 1);
    for (int64_t part = 0; part < lanes; part += parts * width) {
      NAME(OuterSums) sums = {sources, kernel * LANE_COUNT, active, .fetching = fetching};
      for (int64_t q = first; q < end; q++) {
        const int64_t o = q / taps->count, t = q % taps->count;
        sums.base[q - first] = dy + o * g->targetChannelStride * LANE_COUNT + taps->offset[t] + part;
        sums.sum[q - first] = gradient + (o * g->sources * kernel + taps->tap[t]) * LANE_COUNT + part;
      }
      NAME(outerTileOf)(end - first, parts, all <= NAME(chainedPairs), &sums);
    }
  }
}

static void NAME(weightGradientOfSample)(const LaneWeightGradient *g, int64_t lanes, const SCALAR *x, const SCALAR *dy,
                                         SCALAR *gradient, SCALAR *scratch, const LaneUpcoming *upcoming,
                                         int64_t upcomingCount) {
  Fetching fetching = {NULL, NULL, upcoming, upcoming + upcomingCount};
  const LaneSampleGradient layout = laneSampleGradient(g);
  const int64_t kernel = g->kernelHeight * g->kernelWidth;
  const int64_t endRow = (g->sourceRows - 1 + g->padding) / g->stride + 1;
  NAME(ActivePositions) active[laneSampleSources];
  for (int64_t row = g->padding / g->stride; row < endRow; row += layout.stripRows) {
    const int64_t end = row + layout.stripRows < endRow ? row + layout.stripRows : endRow;
    const SCALAR *strip = dy + row * g->targetRowStride * LANE_COUNT;
    for (int64_t first = 0; first < g->sources; first += laneSampleSources) {
      const int64_t sources = g->sources - first < laneSampleSources ? g->sources - first : laneSampleSources;
      NAME(PositionClass) class;
      for (class.rowPhase = 0; class.rowPhase < g->stride; class.rowPhase++)
        for (class.columnPhase = 0; class.columnPhase < g->stride; class.columnPhase++) {
          int64_t next = 0;
          NAME(ClassTaps) taps;
          NAME(takeTaps)(g, class, &next, &taps);
          if (taps.count == 0) continue;
          NAME(ActivePosition) *list = (NAME(ActivePosition) *)scratch;
          for (int64_t s = 0; s < sources; s++, list += layout.stripPositions) {
            active[s].positions = list;
            active[s].count =
              NAME(listPositions)(g, class, row, end, x + (first + s) * g->sourceChannelStride, list);
          }
          for (; taps.count > 0; NAME(takeTaps)(g, class, &next, &taps))
            NAME(addOuterProducts)(g, &taps, lanes, active, sources, strip,
                                   gradient + first * kernel * LANE_COUNT, &fetching);
        }
    }
  }
}

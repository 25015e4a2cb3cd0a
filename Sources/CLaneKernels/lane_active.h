// Correlations under a mask: only the targets that it lets through are computed, which after a ReLU are about half.
// Included by lane_kernels.h once for each scalar type.

enum {
  // Positions whose sums are held in registers.
  NAME(activeTile) = NAME(parts) == 1 ? 8 : NAME(parts) > 12 ? 1 : 12 / NAME(parts),
  // Positions listed at a time, and the most products that a sum may have.
  NAME(activeList) = 1024,
  NAME(activeTerms) = 1024,
  // Fewer products than this do not pay for the lists.
  NAME(fewestActiveTerms) = 12,
};

// A sum's terms: where each reads, relative to a position's first source, and its weight.
typedef struct {
  int64_t count;
  int64_t offsets[NAME(activeTerms)];
  SCALAR weights[NAME(activeTerms)];
} NAME(ActiveTerms);

// Whether no tap leaves the source anywhere.
static bool NAME(isInside)(const LaneCorrelation *c) {
  for (int64_t t = 0; t < c->taps; t++)
    if (c->tapRow[t] < 0 || (c->targetRows - 1) * c->rowStep + c->tapRow[t] >= c->sourceRows || c->tapColumn[t] < 0
        || (c->targetColumns - 1) * c->columnStep + c->tapColumn[t] >= c->sourceColumns)
      return false;
  return true;
}

LANE_INLINE void NAME(activeSums)(const NAME(ActiveTerms) * terms, const SCALAR *const *places,
                                  REGISTER sum[NAME(activeTile)][NAME(parts)]) {
  UNROLL for (int k = 0; k < NAME(activeTile); k++) {
    UNROLL for (int h = 0; h < NAME(parts); h++) sum[k][h] = (REGISTER)(SCALAR)0;
  }
  const SCALAR *place[NAME(activeTile)];
  UNROLL for (int k = 0; k < NAME(activeTile); k++) place[k] = places[k];
  for (int64_t t = 0; t < terms->count; t++) {
    const REGISTER weight = (REGISTER)terms->weights[t];
    const int64_t offset = terms->offsets[t];
    UNROLL for (int k = 0; k < NAME(activeTile); k++) {
      UNROLL for (int h = 0; h < NAME(parts); h++)
        sum[k][h] = __builtin_elementwise_fma(
          weight, NAME(loadPart)(place[k] + offset + h * NAME(registerScalars)), sum[k][h]);
    }
  }
}

// The targets of some listed positions.
static void NAME(activeTargets)(const NAME(ActiveTerms) * terms, int64_t count, const SCALAR **places,
                                SCALAR **targets, bool accumulate) {
  // A last tile that is not full computes its last position more than once.
  for (int64_t k = 0; count > 0 && (count + k) % NAME(activeTile) != 0; k++) {
    places[count + k] = places[count - 1];
    targets[count + k] = targets[count - 1];
  }
  for (int64_t first = 0; first < count; first += NAME(activeTile)) {
    REGISTER sum[NAME(activeTile)][NAME(parts)];
    NAME(activeSums)(terms, places + first, sum);
    UNROLL for (int k = 0; k < NAME(activeTile); k++) {
      if (first + k >= count) break;
      UNROLL for (int h = 0; h < NAME(parts); h++) {
        SCALAR *target = targets[first + k] + h * NAME(registerScalars);
        NAME(storePart)(target, accumulate ? NAME(loadPart)(target) + sum[k][h] : sum[k][h]);
      }
    }
  }
}

// Rows of targets that are computed for one target channel after another: so few that the first-level cache holds what
// they read. 0 when it does not hold that of two rows, which share most of it.
static int64_t NAME(activeRows)(const LaneCorrelation *c) {
  const int64_t cached = 28 << 10, row = c->sourceChannels * c->sourceColumns * LANE_COUNT * (int64_t)sizeof(SCALAR);
  int64_t last = 0;
  for (int64_t t = 0; t < c->taps; t++) last = c->tapRow[t] > last ? c->tapRow[t] : last;
  const int64_t rows = (cached / row - last - 1) / c->rowStep + 1, most = NAME(activeList) / c->targetColumns;
  return rows < 2 || most < 2 ? 0 : rows > most ? most : rows;
}

typedef struct {
  int64_t count;
  const SCALAR *places[NAME(activeList) + NAME(activeTile)];
  SCALAR *targets[NAME(activeList) + NAME(activeTile)];
} NAME(ActiveTargets);

// Lists what the mask lets through of a row. Without a branch, which could not be foretold.
LANE_INLINE void NAME(listTargets)(NAME(ActiveTargets) * active, int64_t columns, const SCALAR *mask,
                                   int64_t maskStride, const SCALAR *place, int64_t placeStride, SCALAR *target,
                                   const bool clears) {
  int64_t count = active->count;
  for (int64_t x = 0; x < columns; x++) {
    active->places[count] = place;
    active->targets[count] = target;
    count += *mask > (SCALAR)0;
    // What is listed is overwritten with its sum.
    if (clears) NAME(store)(target, (VECTOR)(SCALAR)0);
    mask += maskStride;
    place += placeStride;
    target += maskStride * LANE_COUNT;
  }
  active->count = count;
}

static bool NAME(correlateActive)(const LaneCorrelation *c, const SCALAR *source, const SCALAR *weights,
                                  const SCALAR *mask, SCALAR *target) {
  NAME(ActiveTerms) terms;
  NAME(ActiveTargets) active;
  terms.count = c->sourceChannels * c->taps;
  if (terms.count < NAME(fewestActiveTerms) || terms.count > NAME(activeTerms)) return false;
  const int64_t rows = NAME(activeRows)(c);
  if (rows == 0 || !NAME(isInside)(c)) return false;
  for (int64_t s = 0, k = 0; s < c->sourceChannels; s++)
    for (int64_t t = 0; t < c->taps; t++, k++)
      terms.offsets[k] = (s * c->sourceChannelStride + c->tapRow[t] * c->sourceRowStride
                          + c->tapColumn[t] * c->sourceColumnStride) * LANE_COUNT;
  for (int64_t first = 0; first < c->targetRows; first += rows) {
    const int64_t end = first + rows < c->targetRows ? first + rows : c->targetRows;
    for (int64_t o = 0; o < c->targetChannels; o++) {
      for (int64_t s = 0, k = 0; s < c->sourceChannels; s++)
        for (int64_t t = 0; t < c->taps; t++, k++)
          terms.weights[k] = weights[o * c->weightTargetStride + s * c->weightSourceStride + c->tapWeight[t]];
      active.count = 0;
      for (int64_t r = first; r < end; r++) {
        const int64_t row = o * c->targetChannelStride + r * c->targetRowStride;
        const SCALAR *place = source + r * c->rowStep * c->sourceRowStride * LANE_COUNT;
        const int64_t placeStride = c->columnStep * c->sourceColumnStride * LANE_COUNT;
        if (c->accumulate)
          NAME(listTargets)(&active, c->targetColumns, mask + row, c->targetColumnStride, place, placeStride,
                            target + row * LANE_COUNT, false);
        else
          NAME(listTargets)(&active, c->targetColumns, mask + row, c->targetColumnStride, place, placeStride,
                            target + row * LANE_COUNT, true);
      }
      NAME(activeTargets)(&terms, active.count, active.places, active.targets, c->accumulate);
    }
  }
  return true;
}

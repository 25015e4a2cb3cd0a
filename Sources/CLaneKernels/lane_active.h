// Correlations under a mask: only the targets that it lets through are computed, which after a ReLU are about half.
// Target channels go in groups, and a group's positions are sorted by which of its channels the mask lets through there:
// what a position reads is then loaded once for all of them.
// Included by lane_kernels.h once for each scalar type.

enum {
  // Channels of a group, and the sets of them.
  NAME(activeChannels) = 3,
  NAME(activeSets) = 1 << NAME(activeChannels),
  // Vectors of sums that are held in registers, where there are enough.
  NAME(activeSums) = NAME(parts) > 12 ? 1 : 12 / NAME(parts),
  // Positions of a row that are listed at a time; so many or more are computed together.
  NAME(activeColumns) = 32,
  // The most groups, products of a sum, and weights.
  NAME(activeGroups) = 8,
  NAME(activeTerms) = 1024,
  NAME(activeWeights) = 4096,
  // The most that a row of targets may read, in bytes. Each set of channels reads it anew, which far beyond the first-level
  // cache takes what the sums save.
  NAME(activeBytes) = 80 << 10,
  // Fewer products than this do not pay for the lists.
  NAME(fewestActiveTerms) = 8,
};

// A group of a call: the places that a sum reads, relative to its position's first source, and the weights of the group's
// channels, [term][channel].
typedef struct {
  int64_t terms;
  const int64_t *offsets;
  const SCALAR *weights;
  int64_t weightStride;
  int64_t targetChannelStride;
  bool accumulate;
} NAME(ActiveGroup);

// Positions where the mask lets through the same channels of a group: where they read and where their first channel's
// target stands.
typedef struct {
  int64_t count;
  const SCALAR *places[NAME(activeSums) + 2 * NAME(activeColumns)];
  SCALAR *targets[NAME(activeSums) + 2 * NAME(activeColumns)];
} NAME(ActivePlaces);

// Positions of which a tile holds the sums of so many channels.
#define ACTIVE_POSITIONS(channels) (NAME(activeSums) >= (channels) ? NAME(activeSums) / (channels) : 1)

// The targets of some positions, of which the first `count` are stored: `channel` says which of the group's they are.
LANE_INLINE void NAME(activeTile)(const NAME(ActiveGroup) * group, const int channels, const int64_t *channel,
                                  const SCALAR *const *places, SCALAR *const *targets, int64_t count) {
  const int positions = ACTIVE_POSITIONS(channels);
  REGISTER sum[NAME(activeSums)][NAME(activeChannels)][NAME(parts)];
  const SCALAR *place[NAME(activeSums)], *weights[NAME(activeChannels)];
  UNROLL for (int j = 0; j < channels; j++) weights[j] = group->weights + channel[j];
  UNROLL for (int k = 0; k < positions; k++) {
    place[k] = places[k];
    UNROLL for (int j = 0; j < channels; j++) {
      UNROLL for (int h = 0; h < NAME(parts); h++) sum[k][j][h] = (REGISTER)(SCALAR)0;
    }
  }
  const int64_t *offsets = group->offsets, *end = offsets + group->terms;
  for (int64_t w = 0; offsets < end; offsets++, w += group->weightStride) {
    REGISTER weight[NAME(activeChannels)];
    UNROLL for (int j = 0; j < channels; j++) weight[j] = (REGISTER)weights[j][w];
    UNROLL for (int k = 0; k < positions; k++) {
      UNROLL for (int h = 0; h < NAME(parts); h++) {
        const REGISTER value = NAME(loadPart)(place[k] + *offsets + h * NAME(registerScalars));
        UNROLL for (int j = 0; j < channels; j++)
          sum[k][j][h] = __builtin_elementwise_fma(weight[j], value, sum[k][j][h]);
      }
    }
  }
  UNROLL for (int k = 0; k < positions; k++) {
    if (k >= count) break;
    UNROLL for (int j = 0; j < channels; j++) {
      UNROLL for (int h = 0; h < NAME(parts); h++) {
        SCALAR *target =
          targets[k] + channel[j] * group->targetChannelStride + h * NAME(registerScalars);
        NAME(storePart)(target, group->accumulate ? NAME(loadPart)(target) + sum[k][j][h] : sum[k][j][h]);
      }
    }
  }
}

// Computes the listed targets of a set of channels by full tiles. Those that are left stay listed, unless these are the
// last: their tile computes one of them more than once.
LANE_INLINE void NAME(activeTiles)(const NAME(ActiveGroup) * group, const int channels, const int64_t *channel,
                                   NAME(ActivePlaces) * list, bool isLast) {
  const int64_t positions = ACTIVE_POSITIONS(channels);
  int64_t first = 0;
  for (; first + positions <= list->count; first += positions)
    NAME(activeTile)(group, channels, channel, list->places + first, list->targets + first, positions);
  const int64_t left = list->count - first;
  if (left > 0 && isLast) {
    for (int64_t k = left; k < positions; k++) list->places[first + k] = list->places[first];
    NAME(activeTile)(group, channels, channel, list->places + first, list->targets + first, left);
  }
  for (int64_t k = 0; k < left; k++) {
    list->places[k] = list->places[first + k];
    list->targets[k] = list->targets[first + k];
  }
  list->count = left;
}

// All sets of a group's channels.
static __attribute__((noinline)) void NAME(computeActive)(const NAME(ActiveGroup) * group, NAME(ActivePlaces) * lists,
                                                          bool isLast) {
  static const int64_t channelsOf[NAME(activeSets)][NAME(activeChannels)] = {
    {0}, {0}, {1}, {0, 1}, {2}, {0, 2}, {1, 2}, {0, 1, 2},
  };
  for (int set = 1; set < NAME(activeSets); set++) {
    const int64_t *channel = channelsOf[set];
    switch (__builtin_popcount((unsigned)set)) {
    case 1: NAME(activeTiles)(group, 1, channel, &lists[set], isLast); break;
    case 2: NAME(activeTiles)(group, 2, channel, &lists[set], isLast); break;
    default: NAME(activeTiles)(group, 3, channel, &lists[set], isLast); break;
    }
  }
}
#undef ACTIVE_POSITIONS

// Whether no tap leaves the source anywhere.
static bool NAME(isInside)(const LaneCorrelation *c) {
  for (int64_t t = 0; t < c->taps; t++)
    if (c->tapRow[t] < 0 || (c->targetRows - 1) * c->rowStep + c->tapRow[t] >= c->sourceRows || c->tapColumn[t] < 0
        || (c->targetColumns - 1) * c->columnStep + c->tapColumn[t] >= c->sourceColumns)
      return false;
  return true;
}

// Whether a row of targets reads no more than is worth reading again for each set of channels.
static bool NAME(readsLittle)(const LaneCorrelation *c) {
  int64_t last = 0;
  for (int64_t t = 0; t < c->taps; t++) last = c->tapRow[t] > last ? c->tapRow[t] : last;
  return (last + 1) * c->sourceChannels * c->sourceColumns * LANE_COUNT * (int64_t)sizeof(SCALAR) <= NAME(activeBytes);
}

// Which channels the mask lets through at some positions of a row, a bit for each.
LANE_INLINE void NAME(setsOf)(const LaneCorrelation *c, const int channels, int64_t columns, const SCALAR *mask,
                              UNSIGNED *sets) {
  const int64_t step = c->targetColumnStride;
  int64_t x = 0;
  for (; step == 1 && x + LANE_COUNT <= columns; x += LANE_COUNT) {
    MASK set = 0;
    UNROLL for (int j = 0; j < channels; j++) {
      VECTOR values;
      memcpy(&values, mask + x + j * c->targetChannelStride, sizeof values);
      set |= (values > (VECTOR)(SCALAR)0) & (MASK)(1 << j);
    }
    memcpy(sets + x, &set, sizeof set);
  }
  for (; x < columns; x++) {
    sets[x] = 0;
    UNROLL for (int j = 0; j < channels; j++)
      sets[x] |= (UNSIGNED)(mask[x * step + j * c->targetChannelStride] > (SCALAR)0) << j;
  }
}

// Lists some positions of a row by the channels that the mask lets through. Without a branch, which could not be foretold.
LANE_INLINE void NAME(listActive)(const LaneCorrelation *c, const int channels, int64_t columns, const SCALAR *mask,
                                  const SCALAR *place, SCALAR *target, NAME(ActivePlaces) * lists, const bool clears) {
  const int64_t targetStep = c->targetColumnStride, sourceStep = c->columnStep * c->sourceColumnStride * LANE_COUNT;
  UNSIGNED sets[NAME(activeColumns)];
  NAME(setsOf)(c, channels, columns, mask, sets);
  for (int64_t x = 0; x < columns; x++) {
    // What is listed is overwritten with its sum.
    if (clears) {
      UNROLL for (int j = 0; j < channels; j++)
        NAME(store)(target + j * c->targetChannelStride * LANE_COUNT, (VECTOR)(SCALAR)0);
    }
    NAME(ActivePlaces) *list = &lists[sets[x]];
    list->places[list->count] = place;
    list->targets[list->count++] = target;
    place += sourceStep;
    target += targetStep * LANE_COUNT;
  }
  lists[0].count = 0;
}

static void NAME(listActiveOf)(const LaneCorrelation *c, int64_t channels, int64_t columns, const SCALAR *mask,
                               const SCALAR *place, SCALAR *target, NAME(ActivePlaces) * lists) {
#define LIST_ACTIVE(size)                                                                                              \
  if (c->accumulate) NAME(listActive)(c, size, columns, mask, place, target, lists, false);                            \
  else NAME(listActive)(c, size, columns, mask, place, target, lists, true)
  switch (channels) {
  case 1: LIST_ACTIVE(1); break;
  case 2: LIST_ACTIVE(2); break;
  default: LIST_ACTIVE(3); break;
  }
#undef LIST_ACTIVE
}

// False where this does not pay.
static bool NAME(correlateActive)(const LaneCorrelation *c, const SCALAR *source, const SCALAR *weights,
                                  const SCALAR *mask, SCALAR *target) {
  enum { groupChannels = NAME(activeChannels), most = NAME(activeColumns) };
  const int64_t terms = c->sourceChannels * c->taps, groups = (c->targetChannels + groupChannels - 1) / groupChannels;
  if (terms < NAME(fewestActiveTerms) || terms > NAME(activeTerms) || groups > NAME(activeGroups)
      || terms * c->targetChannels > NAME(activeWeights) || !NAME(readsLittle)(c) || !NAME(isInside)(c))
    return false;
  int64_t offsets[NAME(activeTerms)];
  SCALAR packed[NAME(activeWeights)];
  for (int64_t s = 0, k = 0; s < c->sourceChannels; s++)
    for (int64_t t = 0; t < c->taps; t++, k++) {
      offsets[k] = (s * c->sourceChannelStride + c->tapRow[t] * c->sourceRowStride
                    + c->tapColumn[t] * c->sourceColumnStride) * LANE_COUNT;
      for (int64_t o = 0; o < c->targetChannels; o++)
        packed[k * c->targetChannels + o] =
          weights[o * c->weightTargetStride + s * c->weightSourceStride + c->tapWeight[t]];
    }
  NAME(ActivePlaces) lists[NAME(activeGroups)][NAME(activeSets)];
  for (int64_t g = 0; g < groups; g++)
    for (int set = 0; set < NAME(activeSets); set++) lists[g][set].count = 0;
  NAME(ActiveGroup) group = {
    .terms = terms,
    .offsets = offsets,
    .weightStride = c->targetChannels,
    .targetChannelStride = c->targetChannelStride * LANE_COUNT,
    .accumulate = c->accumulate,
  };
#define COMPUTE_ACTIVE(isLast)                                                                                         \
  for (int64_t g = 0; g < groups; g++) {                                                                               \
    group.weights = packed + g * groupChannels;                                                                        \
    NAME(computeActive)(&group, lists[g], isLast);                                                                     \
  }
  int64_t listed = 0;
  for (int64_t r = 0; r < c->targetRows; r++)
    for (int64_t x = 0; x < c->targetColumns; x += most) {
      const int64_t columns = c->targetColumns - x < most ? c->targetColumns - x : most;
      const SCALAR *place =
        source + (r * c->rowStep * c->sourceRowStride + x * c->columnStep * c->sourceColumnStride) * LANE_COUNT;
      int64_t first = r * c->targetRowStride + x * c->targetColumnStride;
      for (int64_t g = 0; g < groups; g++, first += groupChannels * c->targetChannelStride)
        NAME(listActiveOf)(c, c->targetChannels - g * groupChannels, columns, mask + first, place,
                           target + first * LANE_COUNT, lists[g]);
      listed += columns;
      if (listed < most) continue;
      listed = 0;
      COMPUTE_ACTIVE(false)
    }
  COMPUTE_ACTIVE(true)
#undef COMPUTE_ACTIVE
  return true;
}

// Average and max pooling.
// Included by lane_kernels.h once for each scalar type.

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

// One over the count that each window's sum is divided by, after room for one row of sums; NULL when there is no memory.
static SCALAR *NAME(windowShares)(const LanePooling *pool, int64_t columns) {
  size_t vectors = (size_t)(columns + (pool->targetRows * pool->targetColumns + LANE_COUNT - 1) / LANE_COUNT);
  SCALAR *memory = aligned_alloc(sizeof(VECTOR), vectors * sizeof(VECTOR));
  if (!memory) return NULL;
  SCALAR *shares = memory + columns * LANE_COUNT;
  for (int64_t r = 0; r < pool->targetRows; r++)
    for (int64_t c = 0; c < pool->targetColumns; c++) {
      NAME(Window) w = NAME(window)(pool, r, c);
      int64_t inside = (w.endRow - w.firstRow) * (w.endColumn - w.firstColumn);
      shares[r * pool->targetColumns + c] = (SCALAR)1 / (SCALAR)(pool->countsPadding ? pool->kernel * pool->kernel : inside);
    }
  return memory;
}

// sums[j] = Σ_i x[i][j] over some rows, each vector times its share unless there are none.
LANE_INLINE void NAME(sumOfRows)(const int64_t rows, int64_t columns, const SCALAR *x, const SCALAR *shares,
                                 SCALAR *sums) {
  for (int64_t j = 0; j < columns; j++) {
    VECTOR sum = (VECTOR)(SCALAR)0;
    for (int64_t i = 0; i < rows; i++) {
      VECTOR value = NAME(load)(x + (i * columns + j) * LANE_COUNT);
      sum = shares ? NAME(fma)(value, (VECTOR)shares[i * columns + j], sum) : sum + value;
    }
    NAME(store)(sums + j * LANE_COUNT, sum);
  }
}

// The usual windows are compiled for themselves.
LANE_INLINE void NAME(sumRows)(int64_t rows, int64_t columns, const SCALAR *x, const SCALAR *shares, SCALAR *sums) {
  if (rows == 3) NAME(sumOfRows)(3, columns, x, shares, sums);
  else if (rows == 2) NAME(sumOfRows)(2, columns, x, shares, sums);
  else NAME(sumOfRows)(rows, columns, x, shares, sums);
}

LANE_INLINE VECTOR NAME(sumColumns)(const SCALAR *sums, int64_t first, int64_t end) {
  const SCALAR *x = sums + first * LANE_COUNT;
  VECTOR sum = NAME(load)(x);
  if (end - first == 3) return sum + NAME(load)(x + LANE_COUNT) + NAME(load)(x + 2 * LANE_COUNT);
  for (int64_t j = 1; j < end - first; j++) sum += NAME(load)(x + j * LANE_COUNT);
  return sum;
}

// Windows are summed along their columns first and then along the row of those sums.
static void NAME(averagePool)(const LanePooling *pool, const SCALAR *x, SCALAR *y) {
  SCALAR *sums = NAME(windowShares)(pool, pool->sourceColumns);
  if (!sums) {
    y[0] = (SCALAR)__builtin_nan("");
    return;
  }
  const SCALAR *shares = sums + pool->sourceColumns * LANE_COUNT;
  for (int64_t channel = 0; channel < pool->channels; channel++) {
    for (int64_t r = 0; r < pool->targetRows; r++) {
      NAME(Window) rows = NAME(window)(pool, r, 0);
      NAME(sumRows)(rows.endRow - rows.firstRow, pool->sourceColumns,
                    x + rows.firstRow * pool->sourceColumns * LANE_COUNT, NULL, sums);
      for (int64_t c = 0; c < pool->targetColumns; c++, y += LANE_COUNT) {
        NAME(Window) w = NAME(window)(pool, r, c);
        NAME(store)(y, NAME(sumColumns)(sums, w.firstColumn, w.endColumn) * shares[r * pool->targetColumns + c]);
      }
    }
    x += pool->sourceRows * pool->sourceColumns * LANE_COUNT;
  }
  free(sums);
}

// The windows along one axis that hold a position: first to end.
LANE_INLINE void NAME(windowsAt)(const LanePooling *pool, int64_t position, int64_t windows, int64_t *first,
                                 int64_t *end) {
  int64_t last = position + pool->padding;
  *first = last - pool->kernel < 0 ? 0 : (last - pool->kernel) / pool->stride + 1;
  *end = last / pool->stride + 1 < windows ? last / pool->stride + 1 : windows;
}

LANE_INLINE void NAME(addOrStore)(SCALAR *y, VECTOR value, bool accumulate) {
  NAME(store)(y, accumulate ? NAME(load)(y) + value : value);
}

// Σ_i share[i] · dy[i] over the windows of some rows in one column.
LANE_INLINE VECTOR NAME(sharedColumn)(const int64_t rows, int64_t columns, const SCALAR *dy, const SCALAR *share) {
  VECTOR sum = NAME(load)(dy) * share[0];
  UNROLL for (int64_t i = 1; i < rows; i++)
    sum = NAME(fma)(NAME(load)(dy + i * columns * LANE_COUNT), (VECTOR)share[i], sum);
  return sum;
}

// A row of positions that windows of `rows` rows hold, 3 × 3 and one apart with a padding of one. Each column's sum is
// made once and used three times. `edge` and `inner` are the shares of each row's outermost windows and of the others.
LANE_INLINE void NAME(spreadThreeWide)(const int64_t rows, int64_t columns, const SCALAR *dy, const SCALAR *edge,
                                       const SCALAR *inner, SCALAR *dx, const bool accumulate) {
  VECTOR before = (VECTOR)(SCALAR)0, here = NAME(sharedColumn)(rows, columns, dy, edge);
  int64_t c = 1;
  for (; c < columns - 1; c++, dx += LANE_COUNT) {
    const VECTOR after = NAME(sharedColumn)(rows, columns, dy + c * LANE_COUNT, inner);
    NAME(addOrStore)(dx, before + here + after, accumulate);
    before = here;
    here = after;
  }
  if (c < columns) {
    const VECTOR after = NAME(sharedColumn)(rows, columns, dy + c * LANE_COUNT, edge);
    NAME(addOrStore)(dx, before + here + after, accumulate);
    before = here;
    here = after;
    dx += LANE_COUNT;
  }
  NAME(addOrStore)(dx, before + here, accumulate);
}

static void NAME(spreadThree)(const LanePooling *pool, const SCALAR *dy, SCALAR *dx, bool accumulate) {
  const int64_t lastRow = pool->sourceRows - 1, columns = pool->sourceColumns;
  // By how many of its rows and columns lie outside the map.
  SCALAR shares[3][3];
  for (int64_t r = 0; r < 3; r++)
    for (int64_t c = 0; c < 3; c++)
      shares[r][c] = (SCALAR)1 / (SCALAR)(pool->countsPadding ? 9 : (3 - r) * (3 - c));
  for (int64_t row = 0; row < pool->channels * pool->sourceRows; row++, dx += columns * LANE_COUNT) {
    const int64_t i = row % pool->sourceRows, above = i > 0, rows = above + 1 + (i < lastRow);
    SCALAR edge[3], inner[3];
    for (int64_t k = 0; k < rows; k++) {
      const int64_t window = i - above + k;
      const SCALAR *share = shares[(window == 0) + (window == lastRow)];
      edge[k] = share[columns > 1 ? 1 : 2];
      inner[k] = share[0];
    }
    const SCALAR *first = dy + (row - above) * columns * LANE_COUNT;
#define SPREAD(rows)                                                                                                   \
  accumulate ? NAME(spreadThreeWide)(rows, columns, first, edge, inner, dx, true)                                      \
             : NAME(spreadThreeWide)(rows, columns, first, edge, inner, dx, false)
    if (rows == 3) SPREAD(3);
    else if (rows == 2) SPREAD(2);
    else SPREAD(1);
#undef SPREAD
  }
}

// Windows that lie side by side, so that at most one holds a position.
static void NAME(spreadApart)(const LanePooling *pool, const SCALAR *dy, SCALAR *dx, bool accumulate) {
  const int64_t kernel = pool->kernel;
  const SCALAR share = (SCALAR)1 / (SCALAR)(kernel * kernel);
  for (int64_t channel = 0; channel < pool->channels; channel++) {
    for (int64_t i = 0; i < pool->sourceRows; i++, dx += pool->sourceColumns * LANE_COUNT) {
      const SCALAR *row = dy + i / kernel * pool->targetColumns * LANE_COUNT;
      int64_t j = 0;
      if (i / kernel < pool->targetRows)
        for (int64_t c = 0; c < pool->targetColumns; c++) {
          const VECTOR value = NAME(load)(row + c * LANE_COUNT) * share;
          for (int64_t end = j + kernel; j < end; j++) NAME(addOrStore)(dx + j * LANE_COUNT, value, accumulate);
        }
      for (; j < pool->sourceColumns; j++) NAME(addOrStore)(dx + j * LANE_COUNT, (VECTOR)(SCALAR)0, accumulate);
    }
    dy += pool->targetRows * pool->targetColumns * LANE_COUNT;
  }
}

static void NAME(averagePoolBackward)(const LanePooling *pool, const SCALAR *dy, SCALAR *dx, bool accumulate) {
  const bool isWhole = pool->targetRows * pool->kernel <= pool->sourceRows
    && pool->targetColumns * pool->kernel <= pool->sourceColumns;
  if (pool->stride == pool->kernel && pool->padding == 0 && isWhole) {
    NAME(spreadApart)(pool, dy, dx, accumulate);
    return;
  }
  const bool isSameSize = pool->targetRows == pool->sourceRows && pool->targetColumns == pool->sourceColumns;
  if (pool->kernel == 3 && pool->stride == 1 && pool->padding == 1 && isSameSize) {
    NAME(spreadThree)(pool, dy, dx, accumulate);
    return;
  }
  SCALAR *sums = NAME(windowShares)(pool, pool->targetColumns);
  if (!sums) {
    dx[0] = (SCALAR)__builtin_nan("");
    return;
  }
  const SCALAR *shares = sums + pool->targetColumns * LANE_COUNT;
  for (int64_t channel = 0; channel < pool->channels; channel++) {
    for (int64_t i = 0; i < pool->sourceRows; i++) {
      int64_t firstRow, endRow;
      NAME(windowsAt)(pool, i, pool->targetRows, &firstRow, &endRow);
      const int64_t place = firstRow * pool->targetColumns;
      NAME(sumRows)(endRow - firstRow, pool->targetColumns, dy + place * LANE_COUNT, shares + place, sums);
      // The windows that hold column j: from `first` on while they start at or before it, to `end`.
      int64_t first = 0, end = 0;
      for (int64_t j = 0; j < pool->sourceColumns; j++, dx += LANE_COUNT) {
        while (end < pool->targetColumns && end * pool->stride - pool->padding <= j) end++;
        while (first < end && first * pool->stride - pool->padding + pool->kernel <= j) first++;
        VECTOR sum = first < end ? NAME(sumColumns)(sums, first, end) : (VECTOR)(SCALAR)0;
        NAME(addOrStore)(dx, sum, accumulate);
      }
    }
    dy += pool->targetRows * pool->targetColumns * LANE_COUNT;
  }
  free(sums);
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

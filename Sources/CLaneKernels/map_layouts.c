// How maps are cut and padded: by shape alone, never by the machine, since the order of summation of weight gradients
// follows from it.
#include "lanekernels.h"

enum {
  // Vectors that a strip's transforms may take: what leaves room in a second-level cache that two threads share.
  correlationVectors = 4 << 10,
  gradientVectors = 4 << 10,
  // Rows that a strip of gradients should have at least, because each needs two rows of inputs more.
  fewestRows = 8,
};

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t greatest(int64_t a, int64_t b) { return a > b ? a : b; }

LaneWinogradStrip laneWinogradStrip(int64_t targets, int64_t sources, int64_t rows, int64_t columns) {
  int64_t points = WINOGRAD_POINTS * WINOGRAD_POINTS;
  // Many channels have more weights than transforms, and every strip reads all of them: strips in proportion then.
  int64_t balanced = sources * targets / (2 * LANE_COUNT * (sources + targets));
  int64_t affordable = greatest(1, greatest(balanced, correlationVectors / (points * (sources + targets))));
  int64_t tileRows = least(least((rows + 3) / 4, affordable), WINOGRAD_TILE_ROWS);
  LaneWinogradStrip strip;
  strip.rows = 4 * tileRows;
  strip.tiles = least((columns + 3) / 4, affordable / tileRows);
  strip.scratch = points * ((sources + targets) * tileRows * strip.tiles + 2);
  return strip;
}

LaneWinogradStrip laneWinogradGradientStrip(int64_t targets, int64_t sources, int64_t rows, int64_t columns) {
  // Many channels have more sums than that, which every strip reads and writes: strips in proportion then.
  int64_t sums = 3 * WINOGRAD_POINTS * targets * sources;
  int64_t affordable = greatest(gradientVectors, sums / 4) / WINOGRAD_POINTS;
  int64_t wanted = least(rows, fewestRows);
  LaneWinogradStrip strip;
  strip.tiles =
    greatest(1, least((columns + 3) / 4, affordable / (sources * (wanted + 2) + targets * wanted)));
  strip.rows = greatest(1, least(rows, (affordable / strip.tiles - 2 * sources) / (sources + targets)));
  strip.scratch = WINOGRAD_POINTS
    * (3 * (targets * sources + 1) + sources * laneWinogradChannel((strip.rows + 2) * strip.tiles) + targets * strip.rows * strip.tiles + 2);
  return strip;
}

LaneSampleGradient laneSampleGradient(const LaneWeightGradient *g) {
  LaneSampleGradient layout;
  // A source position p and a tap k meet at the target (p + padding − k · dilation) / stride.
  const int64_t lastRowTap = (g->kernelHeight - 1) * g->dilation / g->stride;
  const int64_t lastColumnTap = (g->kernelWidth - 1) * g->dilation / g->stride;
  layout.rowShift = least(g->padding / g->stride, lastRowTap);
  layout.columnShift = least(g->padding / g->stride, lastColumnTap);
  layout.rowMargin = lastRowTap - layout.rowShift;
  layout.columnMargin = lastColumnTap - layout.columnShift;
  layout.rows = layout.rowMargin + greatest(g->endRow, (g->sourceRows - 1 + g->padding) / g->stride + 1);
  layout.columns = layout.columnMargin + greatest(g->targetColumns, (g->sourceColumns - 1 + g->padding) / g->stride + 1);
  layout.isPadded = layout.rows != g->endRow || layout.columns != g->targetColumns;
  // As many channels as it takes to fill the registers with sums, where strides leave each position few taps.
  const int64_t wanted = !layout.isPadded ? g->targets : g->stride == 1 && g->kernelHeight * g->kernelWidth >= 8 ? 1 : 4;
  layout.targets = least(g->targets, wanted);
  const int64_t positions = g->sourceRows * g->sourceColumns;
  layout.lists = (laneSampleSources * 2 * positions + LANE_COUNT - 1) / LANE_COUNT;
  layout.scratch = layout.lists + (layout.isPadded ? layout.targets * layout.rows * layout.columns : 0);
  return layout;
}

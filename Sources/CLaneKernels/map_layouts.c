// How maps are cut and padded: by shape alone, never by the machine, since the order of summation of weight gradients
// follows from it.
#include "lanekernels.h"

enum {
  // Vectors that a strip's transforms may take: what leaves room in a second-level cache that two threads share.
  correlationVectors = 4 << 10,
  gradientVectors = 4 << 10,
  // Rows that a strip of gradients should have at least, because each needs two rows of inputs more.
  fewestRows = 8,
  // Vectors of gradients, for each row of taps up to three, that a strip of one sample's may take, and the rows that it has
  // at least: measured best. About so many pairs of a target channel and a tap read it at a time.
  sampleVectors = 448,
  mostTapRows = 3,
  fewestSampleRows = 4,
  samplePairs = 7,
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
  const int64_t rowReach = (g->kernelHeight - 1) * g->dilation, columnReach = (g->kernelWidth - 1) * g->dilation;
  const int64_t lastRow = (g->sourceRows - 1 + g->padding) / g->stride;
  const int64_t lastColumn = (g->sourceColumns - 1 + g->padding) / g->stride;
  layout.topRows = greatest(0, rowReach - g->padding) / g->stride;
  layout.leftColumns = greatest(0, columnReach - g->padding) / g->stride;
  layout.bottomRows = greatest(0, lastRow + 1 - g->endRow);
  layout.rightColumns = greatest(0, lastColumn + 1 - g->targetColumns);
  // Strips of equal height as far as can be.
  const int64_t rows = lastRow + 1 - g->padding / g->stride;
  const int64_t columns = layout.leftColumns + g->targetColumns + layout.rightColumns;
  const int64_t channels = least(g->targets, greatest(1, samplePairs / (g->kernelHeight * g->kernelWidth)));
  const int64_t vectors = sampleVectors * least(g->kernelHeight, mostTapRows);
  const int64_t affordable = greatest(fewestSampleRows, vectors / (channels * columns) - rowReach / g->stride);
  const int64_t strips = (rows + affordable - 1) / affordable;
  layout.stripRows = (rows + strips - 1) / strips;
  layout.stripPositions = layout.stripRows * ((g->sourceColumns + g->stride - 1) / g->stride);
  layout.scratch = (least(g->sources, laneSampleSources) * layout.stripPositions * 2 + LANE_COUNT - 1) / LANE_COUNT;
  return layout;
}

// How one sample's weight gradients are formed for sixteen directions at a time: by shape alone.
#include "lanekernels.h"

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t greatest(int64_t a, int64_t b) { return a > b ? a : b; }

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

// The kernels for one scalar type; included twice by variant.h, which defines SCALAR, VECTOR, MASK, UNSIGNED, NAME, WIDEN,
// NARROW and the register tiles. Tiles decide only what is held in registers, never an order of summation.

LANE_INLINE VECTOR NAME(load)(const SCALAR *p) { return *(const VECTOR *)p; }
LANE_INLINE void NAME(store)(SCALAR *p, VECTOR v) { *(VECTOR *)p = v; }

// A block in registers: tiles hold as many sums as the registers allow, so they are written register by register.
enum { NAME(registerScalars) = sizeof(REGISTER) / sizeof(SCALAR), NAME(parts) = LANE_COUNT / NAME(registerScalars) };
LANE_INLINE REGISTER NAME(loadPart)(const SCALAR *p) { return *(const REGISTER *)p; }
LANE_INLINE void NAME(storePart)(SCALAR *p, REGISTER v) { *(REGISTER *)p = v; }

// Cuts `count` into as few pieces of at most `most` as it takes, of sizes as equal as can be, the larger ones first:
// where piece number `piece` of `pieces` starts.
LANE_INLINE int64_t NAME(pieceStart)(int64_t count, int64_t pieces, int64_t piece) {
  return (count * piece + pieces - 1) / pieces;
}

// One step of a register tile: sum[o][p] += weight[o] · value[p]. The weights are read first, as they are reused most.
LANE_INLINE void NAME(tileStep)(const int rows, const int columns, const SCALAR *weights, int64_t weightStride,
                                const SCALAR *values, int64_t valueStride,
                                REGISTER sum[TILE_CHANNELS][WIDE_TILE_COLUMNS][NAME(parts)]) {
  REGISTER weight[TILE_CHANNELS], value[WIDE_TILE_COLUMNS][NAME(parts)];
  if (rows <= columns * NAME(parts)) {
    UNROLL for (int o = 0; o < rows; o++) weight[o] = (REGISTER)weights[o * weightStride];
    UNROLL for (int p = 0; p < columns; p++) {
      UNROLL for (int h = 0; h < NAME(parts); h++) {
        REGISTER v = NAME(loadPart)(values + p * valueStride + h * NAME(registerScalars));
        UNROLL for (int o = 0; o < rows; o++) sum[o][p][h] = __builtin_elementwise_fma(weight[o], v, sum[o][p][h]);
      }
    }
  } else {
    UNROLL for (int p = 0; p < columns; p++) {
      UNROLL for (int h = 0; h < NAME(parts); h++)
        value[p][h] = NAME(loadPart)(values + p * valueStride + h * NAME(registerScalars));
    }
    UNROLL for (int o = 0; o < rows; o++) {
      REGISTER w = (REGISTER)weights[o * weightStride];
      UNROLL for (int p = 0; p < columns; p++) {
        UNROLL for (int h = 0; h < NAME(parts); h++)
          sum[o][p][h] = __builtin_elementwise_fma(w, value[p][h], sum[o][p][h]);
      }
    }
  }
}

// Calls TILE(n) for a size known only at run time, so that each size of tile is compiled for itself.
#define FOR_SIZE(size, TILE)                                                                                           \
  switch (size) {                                                                                                      \
  case 1: TILE(1); break;                                                                                              \
  case 2: TILE(2); break;                                                                                              \
  case 3: TILE(3); break;                                                                                              \
  case 4: TILE(4); break;                                                                                              \
  case 5: TILE(5); break;                                                                                              \
  case 6: TILE(6); break;                                                                                              \
  case 7: TILE(7); break;                                                                                              \
  case 8: TILE(8); break;                                                                                              \
  default: break;                                                                                                      \
  }

#include "lane_matrix.h"
#include "lane_active.h"
#include "lane_correlation.h"
#include "lane_winograd.h"
#include "lane_gram.h"
#include "lane_products.h"
#include "lane_activations.h"
#include "lane_elementwise.h"
#include "lane_pooling.h"
#include "lane_normalization.h"
#include "lane_directions.h"

#undef SCALAR
#undef VECTOR
#undef REGISTER
#undef MASK
#undef UNSIGNED
#undef NAME
#undef PANEL_ROWS
#undef TILE_CHANNELS
#undef TILE_COLUMNS
#undef WIDE_TILE_COLUMNS
#undef GRADIENT_TARGETS
#undef GRADIENT_SOURCES
#undef GRAM_TILE
#undef PRODUCT_ROWS
#undef WIDEN
#undef FOR_SIZE
#undef NARROW

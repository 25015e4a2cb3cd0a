// The kernels for one scalar type; included twice by variant.h, which defines SCALAR, VECTOR, MASK, NAME, WIDEN,
// NARROW and the register tiles. Tiles decide only what is held in registers, never an order of summation.

LANE_INLINE VECTOR NAME(load)(const SCALAR *p) { return *(const VECTOR *)p; }
LANE_INLINE void NAME(store)(SCALAR *p, VECTOR v) { *(VECTOR *)p = v; }

#include "lane_matrix.h"
#include "lane_correlation.h"
#include "lane_winograd.h"
#include "lane_gram.h"
#include "lane_activations.h"
#include "lane_elementwise.h"
#include "lane_pooling.h"
#include "lane_normalization.h"

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

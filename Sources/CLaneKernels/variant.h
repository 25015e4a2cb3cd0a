// Compiled once per instruction-set variant: the file that includes this defines VARIANT (a name prefix), the target
// attributes, and the register tiles. Everything here is static; the variant's table at the end is the only export.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lanekernels.h"

// Fused multiply–adds are written out; nothing else may be contracted, or the variants would round differently.
#pragma STDC FP_CONTRACT OFF

// Vectors wider than the base instruction set never cross a function that is not inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define LANE_INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float LaneFloat __attribute__((ext_vector_type(16)));
typedef double LaneDouble __attribute__((ext_vector_type(16), aligned(128)));
// What one of the machine's registers holds of them.
typedef float RegisterFloat __attribute__((ext_vector_type(SINGLE_REGISTER)));
typedef double RegisterDouble __attribute__((ext_vector_type(DUAL_REGISTER)));
typedef int32_t LaneInt32 __attribute__((ext_vector_type(16)));
typedef uint32_t LaneUInt32 __attribute__((ext_vector_type(16)));
typedef int64_t LaneInt64 __attribute__((ext_vector_type(16)));
typedef uint64_t LaneUInt64 __attribute__((ext_vector_type(16)));

// Where the machine's registers are only just enough, a variant says here how a value is kept in one.
#ifndef HOLD_IN_REGISTER
#define HOLD_IN_REGISTER(value)
#endif

#include "lane_math.h"
#include "lane_random.h"
#include "lane_transpose.h"
#include "lane_fetching.h"

#define SCALAR float
#define VECTOR LaneFloat
#define REGISTER RegisterFloat
#define MASK LaneInt32
#define UNSIGNED uint32_t
#define NAME(x) x##Single
#define PANEL_ROWS SINGLE_PANEL_ROWS
#define TILE_CHANNELS SINGLE_TILE_CHANNELS
#define TILE_COLUMNS SINGLE_TILE_COLUMNS
#define WIDE_TILE_COLUMNS SINGLE_WIDE_TILE_COLUMNS
#define GRADIENT_TARGETS SINGLE_GRADIENT_TARGETS
#define GRADIENT_SOURCES SINGLE_GRADIENT_SOURCES
#define GRAM_TILE SINGLE_GRAM_TILE
#define PRODUCT_ROWS SINGLE_PRODUCT_ROWS
#define WIDEN(v) __builtin_convertvector(v, LaneDouble)
#define NARROW(v) __builtin_convertvector(v, LaneFloat)
#ifdef SINGLE_LIST_EIGHT
#define LIST_EIGHT SINGLE_LIST_EIGHT
#endif
#include "lane_kernels.h"
#undef LIST_EIGHT

#define SCALAR double
#define VECTOR LaneDouble
#define REGISTER RegisterDouble
#define MASK LaneInt64
#define UNSIGNED uint64_t
#define NAME(x) x##Dual
#define PANEL_ROWS DUAL_PANEL_ROWS
#define TILE_CHANNELS DUAL_TILE_CHANNELS
#define TILE_COLUMNS DUAL_TILE_COLUMNS
#define WIDE_TILE_COLUMNS DUAL_WIDE_TILE_COLUMNS
#define GRADIENT_TARGETS DUAL_GRADIENT_TARGETS
#define GRADIENT_SOURCES DUAL_GRADIENT_SOURCES
#define GRAM_TILE DUAL_GRAM_TILE
#define PRODUCT_ROWS DUAL_PRODUCT_ROWS
#define WIDEN(v) (v)
#define NARROW(v) (v)
#include "lane_kernels.h"

#include "lane_duals.h"
#include "lane_runs.h"
#include "lane_measurement.h"

#define TABLE(suffix)                                                                                        \
  {                                                                                                          \
    .correlate = correlate##suffix, .weightGradient = weightGradient##suffix, .gram = gram##suffix,          \
    .panelSamples = registerScalars##suffix, .packSamples = packSamples##suffix,                             \
    .multiplySamples = multiplySamples##suffix,                                                              \
    .multiply = multiply##suffix, .winogradWeights = winogradWeights##suffix,                                \
    .winogradCorrelate = winogradCorrelate##suffix, .winogradWeightGradient = winogradWeightGradient##suffix, \
    .activate = activate##suffix, .activateBackward = activateBackward##suffix, .affine = affine##suffix,    \
    .product = product##suffix, .moments = moments##suffix, .dot = dot##suffix, .sum = sum##suffix,          \
    .spread = spread##suffix, .weightedSum = weightedSum##suffix,                                            \
    .averagePool = averagePool##suffix, .averagePoolBackward = averagePoolBackward##suffix,                  \
    .maxPool = maxPool##suffix,                                                                              \
    .maxPoolBackward = maxPoolBackward##suffix, .normalize = normalize##suffix,                              \
    .normalizeBackward = normalizeBackward##suffix, .dotOfSample = dotOfSample##suffix,                      \
    .combineOfSample = combineOfSample##suffix, .weightGradientOfSample = weightGradientOfSample##suffix,    \
    .rectifyOfSample = rectifyOfSample##suffix, .repeatLanes = repeatLanes##suffix,                          \
    .separateSamples = separateSamples##suffix, .allFinite = allFinite##suffix,                              \
  }

const LaneVariant VARIANT = {
  .name = VARIANT_NAME,
  .isSupported = isSupported,
  .single = TABLE(Single),
  .dual = TABLE(Dual),
  .gaussianDual = gaussianDual,
  .gaussianDiagonal = gaussianDiagonal,
  .gaussianChain = gaussianChain,
  .seriesDual = seriesDual,
  .sumRuns = sumRuns,
  .sumProducts = sumProducts,
  .transpose = transpose,
  .fillNormals = fillNormals,
  .fillUniforms = fillUniforms,
  .fusedMultiplyAddBurst = fusedMultiplyAddBurst,
  .fusedMultiplyAddBurstDual = fusedMultiplyAddBurstDual,
  .readBurst = readBurst,
};

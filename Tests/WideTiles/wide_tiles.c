#include "widetiles.h"

#include <stdbool.h>

#define VARIANT laneVariantWideTiles
#define VARIANT_NAME "AVX-512's tiles"

#include "../../Sources/CLaneKernels/tiles_avx512.h"

#if defined(__x86_64__)
static bool isSupported(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#pragma clang attribute push(__attribute__((target("avx2,fma"), min_vector_width(256))), apply_to = function)
#else
static bool isSupported(void) { return true; }
#endif

#include "../../Sources/CLaneKernels/variant.h"

#if defined(__x86_64__)
#pragma clang attribute pop
#endif

const LaneVariant *wideTileVariant(void) { return &laneVariantWideTiles; }

#if defined(__x86_64__)
// 512-bit registers: 32 of them, each a block of sixteen floats.
#define VARIANT laneVariantAVX512
#define VARIANT_NAME "AVX-512"
#define SINGLE_REGISTER 16
#define SINGLE_PANEL_ROWS 8
#define SINGLE_TILE_CHANNELS 8
#define SINGLE_WIDE_TILE_COLUMNS 6
#define SINGLE_TILE_COLUMNS 2
#define SINGLE_GRADIENT_TARGETS 4
#define SINGLE_GRADIENT_SOURCES 6
#define SINGLE_GRAM_TILE 16
#define DUAL_REGISTER 8
#define DUAL_PANEL_ROWS 8
#define DUAL_TILE_CHANNELS 8
#define DUAL_WIDE_TILE_COLUMNS 3
#define DUAL_TILE_COLUMNS 1
#define DUAL_GRADIENT_TARGETS 4
#define DUAL_GRADIENT_SOURCES 3
#define DUAL_GRAM_TILE 8
#define BURST_CHAINS 24
#define DUAL_BURST_CHAINS 12

#include <stdbool.h>

static bool isSupported(void) { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma"); }

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"), min_vector_width(512))), apply_to = function)
#include "variant.h"
#pragma clang attribute pop
#endif

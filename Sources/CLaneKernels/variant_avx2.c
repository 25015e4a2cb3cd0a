#if defined(__x86_64__)
// 256-bit registers: 16 of them, two to a block of floats.
#define VARIANT laneVariantAVX2
#define VARIANT_NAME "AVX2"
#define SINGLE_REGISTER 8
#define SINGLE_PANEL_ROWS 4
#define SINGLE_TILE_CHANNELS 6
#define SINGLE_WIDE_TILE_COLUMNS 2
#define SINGLE_TILE_COLUMNS 1
#define SINGLE_GRADIENT_TARGETS 2
#define SINGLE_GRADIENT_SOURCES 3
#define SINGLE_GRAM_TILE 4
#define SINGLE_PRODUCT_ROWS 4
#define DUAL_REGISTER 4
#define DUAL_PANEL_ROWS 2
#define DUAL_TILE_CHANNELS 3
#define DUAL_WIDE_TILE_COLUMNS 2
#define DUAL_TILE_COLUMNS 1
#define DUAL_GRADIENT_TARGETS 2
#define DUAL_GRADIENT_SOURCES 1
#define DUAL_GRAM_TILE 2
#define DUAL_PRODUCT_ROWS 4
#define BURST_CHAINS 5
#define DUAL_BURST_CHAINS 3

#define HOLD_IN_REGISTER(value) __asm__("" : "+x"(value))

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

static bool isSupported(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

#pragma clang attribute push(__attribute__((target("avx2,fma"), min_vector_width(256))), apply_to = function)
#include "lists_x86.h"
#include "variant.h"
#pragma clang attribute pop
#endif

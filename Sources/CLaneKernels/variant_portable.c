#if 1
// No instruction set assumed; fused multiply–adds may be library calls. Correct everywhere, fast nowhere.
#define VARIANT laneVariantPortable
#define VARIANT_NAME "portable"
#define SINGLE_REGISTER 4
#define SINGLE_PANEL_ROWS 2
#define SINGLE_TILE_CHANNELS 2
#define SINGLE_WIDE_TILE_COLUMNS 2
#define SINGLE_TILE_COLUMNS 1
#define SINGLE_GRADIENT_TARGETS 2
#define SINGLE_GRADIENT_SOURCES 2
#define SINGLE_GRAM_TILE 2
#define SINGLE_PRODUCT_ROWS 2
#define DUAL_REGISTER 2
#define DUAL_PANEL_ROWS 2
#define DUAL_TILE_CHANNELS 2
#define DUAL_WIDE_TILE_COLUMNS 2
#define DUAL_TILE_COLUMNS 1
#define DUAL_GRADIENT_TARGETS 2
#define DUAL_GRADIENT_SOURCES 1
#define DUAL_GRAM_TILE 1
#define DUAL_PRODUCT_ROWS 2
#define BURST_CHAINS 4
#define DUAL_BURST_CHAINS 2

#include <stdbool.h>

static bool isSupported(void) { return true; }


#include "variant.h"

#endif

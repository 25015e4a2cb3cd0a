// Register tiles for 512-bit registers: 32 of them, each a block of sixteen floats. Apart from their variant, so that
// tests can compile them for machines that lack it.
#define SINGLE_REGISTER 16
#define SINGLE_PANEL_ROWS 8
#define SINGLE_TILE_CHANNELS 8
#define SINGLE_WIDE_TILE_COLUMNS 6
#define SINGLE_TILE_COLUMNS 2
#define SINGLE_GRADIENT_TARGETS 4
#define SINGLE_GRADIENT_SOURCES 6
#define SINGLE_GRAM_TILE 16
#define SINGLE_PRODUCT_ROWS 8
#define DUAL_REGISTER 8
#define DUAL_PANEL_ROWS 8
#define DUAL_TILE_CHANNELS 8
#define DUAL_WIDE_TILE_COLUMNS 3
#define DUAL_TILE_COLUMNS 1
#define DUAL_GRADIENT_TARGETS 4
#define DUAL_GRADIENT_SOURCES 3
#define DUAL_GRAM_TILE 8
#define DUAL_PRODUCT_ROWS 8
#define BURST_CHAINS 24
#define DUAL_BURST_CHAINS 12

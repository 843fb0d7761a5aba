// What every processor of the architecture has: SSE2 on x86-64, NEON on Arm.
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#define LANES 4
#define TILE_ROWS 6
#define TABLE spaniel_table_baseline
#define TABLE_NAME "baseline"
#include "kernels.inc"

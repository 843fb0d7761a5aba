#if defined(__aarch64__)
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#define LANES 4
#define TILE_ROWS 6
#define NATIVE_INT8
#define TABLE spaniel_table_dotprod
#define TABLE_NAME "dotprod"
#include "kernels.inc"
#pragma clang attribute pop
#endif

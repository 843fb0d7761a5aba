#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma"))), apply_to = function)
#define LANES 8
#define TILE_ROWS 6
#define NATIVE_INT8
#define TABLE spaniel_table_avx2vnni
#define TABLE_NAME "avx2vnni"
#include "kernels.inc"
#pragma clang attribute pop
#endif

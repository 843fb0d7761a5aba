#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define LANES 16
#define TILE_ROWS 14
#define TABLE spaniel_table_avx512
#define TABLE_NAME "avx512"
#include "kernels.inc"
#pragma clang attribute pop
#endif

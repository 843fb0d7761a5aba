#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512bf16,avx512vnni,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define LANES 16
#define TILE_ROWS 14
#define NATIVE_BFLOAT16
#define NATIVE_INT8
#define TABLE spaniel_table_avx512bf16
#define TABLE_NAME "avx512bf16"
#include "kernels.inc"
#pragma clang attribute pop
#endif

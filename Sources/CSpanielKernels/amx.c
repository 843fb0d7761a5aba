#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("amx-tile,amx-bf16,amx-int8,avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), \
    apply_to = function)
#define LANES 16
#define TILE_ROWS 14
#define NATIVE_BFLOAT16
#define AMX
#define TABLE spaniel_table_amx
#define TABLE_NAME "amx"

#define load_tile(tile, from, stride) _tile_loadd(tile, from, stride)
#define store_tile(tile, to, stride) _tile_stored(tile, to, stride)
#define zero_tile(tile) _tile_zero(tile)
#define multiply_tiles(sums, a, b) _tile_dpbf16ps(sums, a, b)
#define multiply_byte_tiles(sums, a, b) _tile_dpbusd(sums, a, b)

// Configures eight tiles of 16 rows of 64 bytes for the thread that runs the job, which releases them after
// it, so that the system has less state to save.
static inline void configure_tiles(void) {
    struct {
        unsigned char palette, start, reserved[14];
        unsigned short row_bytes[16];
        unsigned char rows[16];
    } configuration = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        configuration.row_bytes[i] = 64;
        configuration.rows[i] = 16;
    }
    _tile_loadconfig(&configuration);
}
static inline void release_tiles(void) { _tile_release(); }

#include "kernels.inc"
#pragma clang attribute pop
#endif

// The AMX kernels with the tile instructions in plain C, so that tests of them run on every processor;
// nothing else uses this table.
#include <stdint.h>
#include <string.h>

#define LANES 4
#define TILE_ROWS 6
#define AMX
#define TABLE spaniel_table_amx_emulated
#define TABLE_NAME "amx, emulated"

// Sixteen rows of 64 bytes: 16 floats, or 32 bfloat16 numbers.
static _Thread_local uint32_t tiles[8][16][16];

static inline void load_tile(int tile, const void *from, long stride) {
    for (int r = 0; r < 16; r++) memcpy(tiles[tile][r], (const char *)from + r * stride, 64);
}
static inline void store_tile(int tile, void *to, long stride) {
    for (int r = 0; r < 16; r++) memcpy((char *)to + r * stride, tiles[tile][r], 64);
}
static inline void zero_tile(int tile) { memset(tiles[tile], 0, sizeof tiles[tile]); }
static inline float number(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
// Intel's TDPBF16PS: row r of a holds 16 pairs of the inner extent, row k of b the pair k of each of 16
// columns.
static inline void multiply_tiles(int sums, int a, int b) {
    for (int r = 0; r < 16; r++)
        for (int c = 0; c < 16; c++) {
            float sum = number(tiles[sums][r][c]);
            for (int k = 0; k < 16; k++) {
                uint32_t x = tiles[a][r][k], y = tiles[b][k][c];
                sum += number(x << 16) * number(y << 16);
                sum += number(x & 0xffff0000) * number(y & 0xffff0000);
            }
            memcpy(&tiles[sums][r][c], &sum, sizeof sum);
        }
}
// Intel's TDPBUSD: row r of a holds 16 groups of four numbers from 0 to 255, row k of b the group k of each of 16
// columns, whose numbers have signs.
static inline void multiply_byte_tiles(int sums, int a, int b) {
    for (int r = 0; r < 16; r++)
        for (int c = 0; c < 16; c++)
            for (int k = 0; k < 16; k++)
                for (int bit = 0; bit < 32; bit += 8)
                    tiles[sums][r][c] += (uint8_t)(tiles[a][r][k] >> bit) * (int8_t)(tiles[b][k][c] >> bit);
}
static inline void configure_tiles(void) { memset(tiles, 0, sizeof tiles); }
static inline void release_tiles(void) {}

#include "kernels.inc"

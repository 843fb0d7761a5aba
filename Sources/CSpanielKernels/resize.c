#include "resize.h"

#include <string.h>

enum { BITS = 22, STRIP = 256 };

static inline uint8_t settle(int32_t sum) {
    int32_t value = sum >> BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

#define INLINE static inline __attribute__((always_inline))

typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef int32_t ints4 __attribute__((vector_size(16)));

INLINE void across_gray(const uint8_t *in, const int32_t *w, int32_t taps, uint8_t *output) {
    int32_t sum = 1 << (BITS - 1);
    for (int32_t i = 0; i < taps; i++) sum += in[i] * w[i];
    *output = settle(sum);
}

// Four lanes at a time: red, green, blue, and the next pixel's red, which goes nowhere. `spare` says that it
// may be read.
INLINE void across_rgb(const uint8_t *in, const int32_t *w, int32_t taps, int spare, uint8_t *output) {
    ints4 sum = {1 << (BITS - 1), 1 << (BITS - 1), 1 << (BITS - 1), 0};
    for (int32_t i = 0; i < taps - !spare; i++, in += 3) {
        bytes4 pixel;
        memcpy(&pixel, in, 4);
        sum += __builtin_convertvector(pixel, ints4) * w[i];
    }
    if (!spare) sum += (ints4){in[0], in[1], in[2], 0} * w[taps - 1];
    for (int c = 0; c < 3; c++) output[c] = settle(sum[c]);
}

INLINE void across(const uint8_t *input, size_t input_row, size_t rows, int channels, const int32_t *first,
                   const int32_t *count, const int32_t *weights, size_t taps, size_t width,
                   uint8_t *output) {
    for (size_t y = 0; y < rows; y++, input += input_row) {
        for (size_t x = 0; x < width; x++, output += channels) {
            const uint8_t *in = input + (size_t)first[x] * channels;
            if (channels == 1) {
                across_gray(in, weights + x * taps, count[x], output);
            } else {
                int spare = y + 1 < rows || 3 * (size_t)(first[x] + count[x]) < input_row;
                across_rgb(in, weights + x * taps, count[x], spare, output);
            }
        }
    }
}

INLINE void down(const uint8_t *input, size_t row, const int32_t *first, const int32_t *count,
                 const int32_t *weights, size_t taps, size_t height, uint8_t *output) {
    for (size_t y = 0; y < height; y++, output += row) {
        const int32_t *w = weights + y * taps;
        for (size_t left = 0; left < row; left += STRIP) {
            size_t wide = row - left < STRIP ? row - left : STRIP;
            int32_t sum[STRIP];
            for (size_t i = 0; i < STRIP; i++) sum[i] = 1 << (BITS - 1);
            for (int32_t t = 0; t < count[y]; t++) {
                const uint8_t *in = input + ((size_t)first[y] + t) * row + left;
                int32_t weight = w[t];
                for (size_t i = 0; i < wide; i++) sum[i] += in[i] * weight;
            }
            for (size_t i = 0; i < wide; i++) output[left + i] = settle(sum[i]);
        }
    }
}

#if defined(__x86_64__)
#define FAST __attribute__((target("avx2")))
static int fast(void) { return __builtin_cpu_supports("avx2"); }
#else
#define FAST
static int fast(void) { return 0; }
#endif

#define ACROSS input, input_row, rows, channels, first, count, weights, taps, width, output
#define DOWN input, row, first, count, weights, taps, height, output

static FAST void across_fast(const uint8_t *input, size_t input_row, size_t rows, int channels,
                             const int32_t *first, const int32_t *count, const int32_t *weights, size_t taps,
                             size_t width, uint8_t *output) {
    across(ACROSS);
}

static FAST void down_fast(const uint8_t *input, size_t row, const int32_t *first, const int32_t *count,
                           const int32_t *weights, size_t taps, size_t height, uint8_t *output) {
    down(DOWN);
}

void spaniel_resize_across(const uint8_t *input, size_t input_row, size_t rows, int channels,
                           const int32_t *first, const int32_t *count, const int32_t *weights, size_t taps,
                           size_t width, uint8_t *output) {
    if (fast()) {
        across_fast(ACROSS);
    } else {
        across(ACROSS);
    }
}

void spaniel_resize_down(const uint8_t *input, size_t row, const int32_t *first, const int32_t *count,
                         const int32_t *weights, size_t taps, size_t height, uint8_t *output) {
    if (fast()) {
        down_fast(DOWN);
    } else {
        down(DOWN);
    }
}

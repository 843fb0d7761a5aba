#pragma once
#include <stddef.h>
#include <stdint.h>

// The two passes that resize 8-bit samples in Pillow's arithmetic, with weights in units of 2^-22 and one
// rounding for each pass. For output position i the window starts at first[i], holds count[i] positions, and
// its weights start at weights[i * taps].

/// Resizes each of `rows` rows of interleaved pixels (1 or 3 channels) to `width` pixels.
void spaniel_resize_across(const uint8_t *input, size_t input_row, size_t rows, int channels,
                           const int32_t *first, const int32_t *count, const int32_t *weights, size_t taps,
                           size_t width, uint8_t *output);

/// Resizes columns: every output row is a weighted sum of input rows, both of `row` bytes.
void spaniel_resize_down(const uint8_t *input, size_t row, const int32_t *first, const int32_t *count,
                         const int32_t *weights, size_t taps, size_t height, uint8_t *output);

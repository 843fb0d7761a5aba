#pragma once
#include <stddef.h>
#include <stdint.h>

// libpng's low-level interface with every setjmp and longjmp kept on this side: Swift frames are never jumped
// over. Messages are NUL-terminated and at most SPANIEL_PNG_MESSAGE bytes, terminator included.

#define SPANIEL_PNG_MESSAGE 160

/// Decodes the image of a PNG whose IHDR says `width` x `height` into `rows`, `row_bytes` bytes per row.
/// One sample is one byte for depths of 1 to 8 (not scaled), two in native order for 16. Ancillary chunks are skipped, never inflated. Returns 0, or -1 with the reason in
/// `message`.
int spaniel_png_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rows, size_t row_bytes,
                       char *message);

/// Encodes 1-channel (depth 1, 8 or 16 in native order) or 3-channel (depth 8) rows, `row_bytes` apart; depth
/// 1 is packed, the first pixel in the highest bit. On success `*encoded` is to be freed with free(). Returns
/// 0, or -1 with the reason in `message`.
int spaniel_png_encode(const uint8_t *rows, size_t row_bytes, uint32_t width, uint32_t height, int channels, int depth, int level,
                       uint8_t **encoded, size_t *encoded_count, char *message);

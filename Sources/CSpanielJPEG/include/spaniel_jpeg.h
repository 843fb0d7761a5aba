#pragma once
#include <stddef.h>
#include <stdint.h>

// libjpeg-turbo's libjpeg interface with every setjmp and longjmp kept on this side: Swift frames are never
// jumped over. Messages are NUL-terminated and at most SPANIEL_JPEG_MESSAGE bytes, terminator included.

#define SPANIEL_JPEG_MESSAGE 200

typedef enum {
    SPANIEL_JPEG_OK = 0,
    SPANIEL_JPEG_TRUNCATED = 1,    // the data ended before the end-of-image marker
    SPANIEL_JPEG_CORRUPT = 2,
    SPANIEL_JPEG_UNSUPPORTED = 3,  // a kind of JPEG the library does not decode
} spaniel_jpeg_status;

/// Decodes a JPEG whose frame header says `width` x `height` into `pixels`: 1 channel for a gray file, else 3
/// (RGB). CMYK and YCCK are taken as Adobe writes them (inverted) and turned to RGB by the plain formula.
/// Warnings other than the end of the data are accepted; more than `max_scans` scans are not.
spaniel_jpeg_status spaniel_jpeg_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, int channels,
                                        int max_scans, uint8_t *pixels, char *message);

/// Encodes `channels` (1 or 3) interleaved 8-bit channels. On success `*encoded` is to be freed with free().
spaniel_jpeg_status spaniel_jpeg_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality,
                                        uint8_t **encoded, size_t *encoded_count, char *message);

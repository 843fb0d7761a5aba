// WebP, TIFF and HEIF through the system's own libraries, looked for when a first such picture comes: nobody
// who links this links them, and nothing is loaded for who has none. What is used of their interfaces is
// declared in the files here; each library holds it stable under the soname that is asked for.
//
// Messages are NUL-terminated and at most SPANIEL_FORMATS_MESSAGE bytes, terminator included.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPANIEL_FORMATS_MESSAGE 200

typedef enum {
    SPANIEL_FORMATS_OK = 0,
    SPANIEL_FORMATS_CORRUPT,
    SPANIEL_FORMATS_TRUNCATED,
    SPANIEL_FORMATS_UNSUPPORTED,
    /// libheif is here, but nothing that decodes this picture's compression.
    SPANIEL_FORMATS_NO_DECODER,
    SPANIEL_FORMATS_OUT_OF_MEMORY,
} spaniel_formats_status;

/// Whether libwebp (libwebp.so.7), libtiff (libtiff.so.6) or libheif (libheif.so.1) is on this system; loads
/// it. Each before the first call of its functions, from one thread.
bool spaniel_webp_load(void);
bool spaniel_tiff_load(void);
bool spaniel_heif_load(void);

/// Decodes a still WebP of exactly `width` x `height` pixels into rows of 3 (RGB) or 4 (RGBA) bytes a pixel.
spaniel_formats_status spaniel_webp_decode(const uint8_t *bytes, size_t count, uint32_t width,
                                           uint32_t height, int channels, uint8_t *pixels, char *message);

/// What the first directory of a TIFF says of its samples, and how many of each pixel are wanted.
typedef struct {
    uint32_t width, height;
    uint16_t compression;
    uint16_t orientation;
    /// 1, 2, 4, 8, 12 or 16.
    int bits;
    int samples;
    /// The first so many samples of each pixel are taken.
    int wanted;
    /// One plane for each sample, instead of pixel after pixel.
    bool separate;
    /// libtiff converts the colors itself; then `bits` is 8 and `wanted` 3.
    bool converted;
} spaniel_tiff_layout;

/// Decodes the first page, stored rows in order: one byte for each sample of up to 8 bits, not scaled, else
/// two in native order.
spaniel_formats_status spaniel_tiff_decode(const uint8_t *bytes, size_t count,
                                           const spaniel_tiff_layout *layout, uint8_t *samples,
                                           char *message);

/// An open HEIF file; `bytes` must outlive it.
typedef struct spaniel_heif spaniel_heif;

/// What a HEIF file says of its main picture.
typedef struct {
    /// As displayed: turned and cut.
    int width, height;
    /// As compressed.
    int stored_width, stored_height;
    bool has_alpha;
} spaniel_heif_picture;

/// Reads the boxes of a HEIF file and decodes nothing. `*heif` is to be closed whatever is returned.
spaniel_formats_status spaniel_heif_open(const uint8_t *bytes, size_t count, spaniel_heif **heif,
                                         spaniel_heif_picture *picture, char *message);

/// Decodes the main picture, turned and mirrored as the file says, into rows of 3 or 4 bytes a pixel.
spaniel_formats_status spaniel_heif_decode(spaniel_heif *heif, int width, int height, int channels,
                                           uint8_t *pixels, char *message);

void spaniel_heif_close(spaniel_heif *heif);

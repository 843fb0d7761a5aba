#include "library.h"

#include <stdarg.h>
#include <stdlib.h>

// libtiff 4.5 and later, whose soname is 6.
typedef struct tiff TIFF;
typedef struct tiff_options TIFFOpenOptions;
typedef ptrdiff_t tmsize_t;
typedef tmsize_t (*move_function)(void *, void *, tmsize_t);
typedef uint64_t (*seek_function)(void *, uint64_t, int);
typedef int (*close_function)(void *);
typedef uint64_t (*size_function)(void *);
typedef int (*map_function)(void *, void **, uint64_t *);
typedef void (*unmap_function)(void *, void *, uint64_t);
typedef int (*message_function)(TIFF *, void *, const char *, const char *, va_list);

enum {
    TAG_WIDTH = 256,
    TAG_LENGTH = 257,
    TAG_BITS = 258,
    TAG_SAMPLES = 277,
    TAG_TILE_WIDTH = 322,
    TAG_TILE_LENGTH = 323,
    TAG_JPEG_COLOR_MODE = 65538,
    COMPRESSION_JPEG = 7,
    JPEG_COLOR_MODE_RGB = 1,
};

static TIFFOpenOptions *(*options_alloc)(void);
static void (*options_free)(TIFFOpenOptions *);
static void (*options_allocation)(TIFFOpenOptions *, tmsize_t);
static void (*options_error)(TIFFOpenOptions *, message_function, void *);
static void (*options_warning)(TIFFOpenOptions *, message_function, void *);
static TIFF *(*client_open)(const char *, const char *, void *, move_function, move_function, seek_function,
                            close_function, size_function, map_function, unmap_function, TIFFOpenOptions *);
static void (*tiff_close)(TIFF *);
static int (*get_field)(TIFF *, uint32_t, ...);
static int (*set_field)(TIFF *, uint32_t, ...);
static int (*is_configured)(uint16_t);
static int (*is_tiled)(TIFF *);
static uint64_t (*row_size)(TIFF *);
static uint64_t (*tile_size)(TIFF *);
static uint64_t (*tile_row_size)(TIFF *);
static int (*read_row)(TIFF *, void *, uint32_t, uint16_t);
static tmsize_t (*read_tile)(TIFF *, void *, uint32_t, uint32_t, uint32_t, uint16_t);
static int (*read_rgba)(TIFF *, uint32_t, uint32_t, uint32_t *, int, int);

bool spaniel_tiff_load(void) {
    const spaniel_function functions[] = {
        {"TIFFOpenOptionsAlloc", (void **)&options_alloc},
        {"TIFFOpenOptionsFree", (void **)&options_free},
        {"TIFFOpenOptionsSetMaxSingleMemAlloc", (void **)&options_allocation},
        {"TIFFOpenOptionsSetErrorHandlerExtR", (void **)&options_error},
        {"TIFFOpenOptionsSetWarningHandlerExtR", (void **)&options_warning},
        {"TIFFClientOpenExt", (void **)&client_open},
        {"TIFFClose", (void **)&tiff_close},
        {"TIFFGetField", (void **)&get_field},
        {"TIFFSetField", (void **)&set_field},
        {"TIFFIsCODECConfigured", (void **)&is_configured},
        {"TIFFIsTiled", (void **)&is_tiled},
        {"TIFFScanlineSize64", (void **)&row_size},
        {"TIFFTileSize64", (void **)&tile_size},
        {"TIFFTileRowSize64", (void **)&tile_row_size},
        {"TIFFReadScanline", (void **)&read_row},
        {"TIFFReadTile", (void **)&read_tile},
        {"TIFFReadRGBAImageOriented", (void **)&read_rgba},
    };
    return spaniel_load("libtiff.so.6", functions, sizeof functions / sizeof *functions);
}

// A file in memory, and where libtiff's last words go.
typedef struct {
    const uint8_t *bytes;
    uint64_t count, offset;
    char *message;
} source;

static tmsize_t read_bytes(void *from, void *to, tmsize_t wanted) {
    source *s = from;
    if (wanted < 0 || s->offset >= s->count) return 0;
    uint64_t rest = s->count - s->offset;
    uint64_t taken = (uint64_t)wanted < rest ? (uint64_t)wanted : rest;
    memcpy(to, s->bytes + s->offset, taken);
    s->offset += taken;
    return (tmsize_t)taken;
}

static tmsize_t write_nothing(void *to, void *bytes, tmsize_t count) {
    (void)to, (void)bytes, (void)count;
    return -1;
}

static uint64_t seek(void *in, uint64_t offset, int whence) {
    source *s = in;
    // Unsigned on purpose: a place beyond the end is only ever read from, which gives nothing.
    s->offset = whence == SEEK_SET ? offset : whence == SEEK_CUR ? s->offset + offset : s->count + offset;
    return s->offset;
}

static int close_nothing(void *in) {
    (void)in;
    return 0;
}

static uint64_t size(void *in) { return ((source *)in)->count; }

// The first error is the one that says what is wrong; those that follow from it are not.
static int on_error(TIFF *tiff, void *in, const char *module, const char *format, va_list arguments) {
    (void)tiff, (void)module;
    source *s = in;
    if (s->message[0] == 0) vsnprintf(s->message, SPANIEL_FORMATS_MESSAGE, format, arguments);
    return 1;
}

static int on_warning(TIFF *tiff, void *in, const char *module, const char *format, va_list arguments) {
    (void)tiff, (void)in, (void)module, (void)format, (void)arguments;
    return 1;
}

// Takes the first `wanted` of every `samples` samples of a packed row; one of several planes fills each
// `step`th place.
static void unpack(const uint8_t *row, uint32_t count, int bits, int samples, int wanted, int step,
                   uint8_t *out) {
    size_t at = 0;
    for (uint32_t x = 0; x < count; x++, out += (size_t)step * (bits > 8 ? 2 : 1)) {
        for (int s = 0; s < samples; s++, at++) {
            if (s >= wanted) continue;
            if (bits == 16) {
                memcpy(out + 2 * s, row + 2 * at, 2);
            } else if (bits == 12) {
                const uint8_t *pair = row + at / 2 * 3;
                uint16_t value =
                    (uint16_t)(at % 2 ? (pair[1] & 15) << 8 | pair[2] : pair[0] << 4 | pair[1] >> 4);
                memcpy(out + 2 * s, &value, 2);
            } else if (bits == 8) {
                out[s] = row[at];
            } else {
                size_t bit = at * (size_t)bits;
                out[s] = (uint8_t)(row[bit / 8] >> (8 - bits - (int)(bit % 8)) & ((1 << bits) - 1));
            }
        }
    }
}

static spaniel_formats_status failed(const source *s, const char *otherwise) {
    return s->message[0] == 0 ? spaniel_fail(SPANIEL_FORMATS_CORRUPT, s->message, otherwise)
                              : SPANIEL_FORMATS_CORRUPT;
}

static spaniel_formats_status read_rows(TIFF *tiff, const source *s, const spaniel_tiff_layout *l,
                                        uint8_t *out) {
    int planes = l->separate ? l->wanted : 1, samples = l->separate ? 1 : l->samples;
    size_t sample = l->bits > 8 ? 2 : 1, out_row = (size_t)l->width * (size_t)l->wanted * sample;
    uint64_t bytes = row_size(tiff);
    if (bytes < ((uint64_t)l->width * (uint64_t)samples * (uint64_t)l->bits + 7) / 8 || bytes > SIZE_MAX / 2)
        return failed(s, "rows of another length than its headers say");
    uint8_t *row = malloc((size_t)bytes + 3);
    if (row == NULL) return spaniel_fail(SPANIEL_FORMATS_OUT_OF_MEMORY, s->message, "out of memory");
    spaniel_formats_status status = SPANIEL_FORMATS_OK;
    for (int plane = 0; plane < planes && status == SPANIEL_FORMATS_OK; plane++) {
        for (uint32_t y = 0; y < l->height; y++) {
            if (read_row(tiff, row, y, (uint16_t)plane) != 1) {
                status = failed(s, "a row that cannot be read");
                break;
            }
            unpack(row, l->width, l->bits, samples, l->separate ? 1 : l->wanted, l->wanted,
                   out + y * out_row + (size_t)plane * sample);
        }
    }
    free(row);
    return status;
}

static spaniel_formats_status read_tiles(TIFF *tiff, const source *s, const spaniel_tiff_layout *l,
                                         uint64_t limit, uint8_t *out) {
    int planes = l->separate ? l->wanted : 1, samples = l->separate ? 1 : l->samples;
    size_t sample = l->bits > 8 ? 2 : 1, pixel = (size_t)l->wanted * sample,
           out_row = (size_t)l->width * pixel;
    uint32_t width = 0, height = 0;
    if (!get_field(tiff, TAG_TILE_WIDTH, &width) || !get_field(tiff, TAG_TILE_LENGTH, &height) ||
        width == 0 || height == 0)
        return failed(s, "tiles of no size");
    uint64_t bytes = tile_size(tiff), row = tile_row_size(tiff);
    if (bytes > limit)
        return spaniel_fail(SPANIEL_FORMATS_UNSUPPORTED, s->message, "tiles far larger than the picture");
    if (row < ((uint64_t)width * (uint64_t)samples * (uint64_t)l->bits + 7) / 8 || bytes / height < row)
        return failed(s, "tiles of another size than its headers say");
    uint8_t *tile = malloc((size_t)bytes + 3);
    if (tile == NULL) return spaniel_fail(SPANIEL_FORMATS_OUT_OF_MEMORY, s->message, "out of memory");
    spaniel_formats_status status = SPANIEL_FORMATS_OK;
    for (int plane = 0; plane < planes && status == SPANIEL_FORMATS_OK; plane++) {
        for (uint64_t top = 0; top < l->height && status == SPANIEL_FORMATS_OK; top += height) {
            for (uint64_t left = 0; left < l->width; left += width) {
                if (read_tile(tiff, tile, (uint32_t)left, (uint32_t)top, 0, (uint16_t)plane) < 0) {
                    status = failed(s, "a tile that cannot be read");
                    break;
                }
                uint32_t columns = width < l->width - left ? width : (uint32_t)(l->width - left);
                for (uint64_t y = top; y < l->height && y < top + height; y++)
                    unpack(tile + (y - top) * row, columns, l->bits, samples, l->separate ? 1 : l->wanted,
                           l->wanted, out + y * out_row + left * pixel + (size_t)plane * sample);
            }
        }
    }
    free(tile);
    return status;
}

static spaniel_formats_status read_converted(TIFF *tiff, const source *s, const spaniel_tiff_layout *l,
                                             uint8_t *out) {
    size_t pixels = (size_t)l->width * l->height;
    uint32_t *raster = malloc(pixels * 4);
    if (raster == NULL) return spaniel_fail(SPANIEL_FORMATS_OUT_OF_MEMORY, s->message, "out of memory");
    spaniel_formats_status status = SPANIEL_FORMATS_OK;
    // Asked for as it is stored, libtiff turns nothing.
    if (!read_rgba(tiff, l->width, l->height, raster, l->orientation, 1))
        status = failed(s, "pixels that cannot be read");
    else
        for (size_t i = 0; i < pixels; i++)
            for (int c = 0; c < 3; c++) out[3 * i + c] = (uint8_t)(raster[i] >> (8 * c));
    free(raster);
    return status;
}

spaniel_formats_status spaniel_tiff_decode(const uint8_t *bytes, size_t count,
                                           const spaniel_tiff_layout *layout, uint8_t *samples,
                                           char *message) {
    if (!is_configured(layout->compression))
        return spaniel_fail(SPANIEL_FORMATS_UNSUPPORTED, message,
                            "this libtiff does not know its compression");
    source s = {.bytes = bytes, .count = count, .message = message};
    message[0] = 0;
    uint64_t limit =
        2 * (uint64_t)layout->width * layout->height * (uint64_t)layout->samples * 2 + (64 << 20);
    TIFFOpenOptions *options = options_alloc();
    if (options == NULL) return spaniel_fail(SPANIEL_FORMATS_OUT_OF_MEMORY, message, "out of memory");
    options_allocation(options, (tmsize_t)limit);
    options_error(options, on_error, &s);
    options_warning(options, on_warning, &s);
    // "m": nothing is mapped, so that every read passes the check of read_bytes.
    TIFF *tiff = client_open("picture", "rm", &s, read_bytes, write_nothing, seek, close_nothing, size, NULL,
                             NULL, options);
    options_free(options);
    if (tiff == NULL) return failed(&s, "it cannot be opened");
    uint32_t width = 0, height = 0;
    uint16_t bits = 1, per_pixel = 1;
    get_field(tiff, TAG_WIDTH, &width);
    get_field(tiff, TAG_LENGTH, &height);
    get_field(tiff, TAG_BITS, &bits);
    get_field(tiff, TAG_SAMPLES, &per_pixel);
    spaniel_formats_status status;
    if (width != layout->width || height != layout->height || bits != layout->bits ||
        per_pixel != layout->samples)
        status = failed(&s, "two headers that disagree");
    else if (layout->converted)
        status = read_converted(tiff, &s, layout, samples);
    else {
        if (layout->compression == COMPRESSION_JPEG)
            set_field(tiff, TAG_JPEG_COLOR_MODE, JPEG_COLOR_MODE_RGB);
        status = is_tiled(tiff) ? read_tiles(tiff, &s, layout, limit, samples)
                                : read_rows(tiff, &s, layout, samples);
    }
    tiff_close(tiff);
    return status;
}

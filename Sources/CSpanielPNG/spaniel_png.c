#include "spaniel_png.h"

#if __has_include(<png.h>)
#include <png.h>
#include <stdlib.h>
#include <string.h>

// Where libpng reads from or writes to, and where its last words go.
typedef struct {
    const uint8_t *input;
    size_t remaining;
    uint8_t *output;
    size_t used, capacity;
    char *message;
} stream;

static void say(char *message, const char *text) {
    strncpy(message, text, SPANIEL_PNG_MESSAGE - 1);
    message[SPANIEL_PNG_MESSAGE - 1] = 0;
}

static void fail(png_structp png, png_const_charp text) {
    say(((stream *)png_get_error_ptr(png))->message, text);
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep to, size_t count) {
    stream *s = png_get_io_ptr(png);
    if (count > s->remaining) png_error(png, "the file ends too early");
    memcpy(to, s->input, count);
    s->input += count;
    s->remaining -= count;
}

static void write_bytes(png_structp png, png_bytep from, size_t count) {
    stream *s = png_get_io_ptr(png);
    if (count > s->capacity - s->used) {
        size_t capacity = s->capacity * 2 + count;
        uint8_t *grown = realloc(s->output, capacity);
        if (!grown) png_error(png, "out of memory");
        s->output = grown;
        s->capacity = capacity;
    }
    memcpy(s->output + s->used, from, count);
    s->used += count;
}

static void flush(png_structp png) { (void)png; }

int spaniel_png_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rows, size_t row_bytes,
                       char *message) {
    stream s = {.input = bytes, .remaining = count, .message = message};
    say(message, "out of memory");
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &s, fail, ignore);
    if (!png) return -1;
    png_infop info = png_create_info_struct(png);
    if (!info) {
        png_destroy_read_struct(&png, NULL, NULL);
        return -1;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return -1;
    }
    png_set_read_fn(png, &s, read_bytes);
    png_set_user_limits(png, 1000000, 1000000);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height)
        png_error(png, "two headers that disagree");
    png_set_packing(png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (png_get_bit_depth(png, info) == 16) png_set_swap(png);
#endif
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "two headers that disagree");
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < height; y++) png_read_row(png, rows + y * row_bytes, NULL);
    png_read_end(png, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
}

int spaniel_png_encode(const uint8_t *rows, size_t row_bytes, uint32_t width, uint32_t height, int channels, int depth, int level,
                       uint8_t **encoded, size_t *encoded_count, char *message) {
    // On the heap, because longjmp may lose what a local variable became since setjmp.
    stream *s = calloc(1, sizeof *s);
    if (s) s->message = message;
    say(message, "out of memory");
    png_structp png = s ? png_create_write_struct(PNG_LIBPNG_VER_STRING, s, fail, ignore) : NULL;
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_write_struct(&png, NULL);
        free(s);
        return -1;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        free(s->output);
        free(s);
        return -1;
    }
    png_set_write_fn(png, s, write_bytes, flush);
    png_set_compression_level(png, level);
    png_set_IHDR(png, info, width, height, depth, channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    // One filter instead of libpng's trial of all five: as small and a third faster.
    png_set_filter(png, PNG_FILTER_TYPE_BASE, depth == 1 ? PNG_FILTER_NONE : channels == 1 ? PNG_FILTER_UP : PNG_FILTER_PAETH);
    png_write_info(png, info);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (depth == 16) png_set_swap(png);
#endif
    for (uint32_t y = 0; y < height; y++) png_write_row(png, rows + y * row_bytes);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    *encoded = s->output;
    *encoded_count = s->used;
    free(s);
    return 0;
}
#endif

#include "spaniel_jpeg.h"

#if __has_include(<jpeglib.h>)
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

typedef struct {
    struct jpeg_error_mgr base;
    jmp_buf out;
    volatile spaniel_jpeg_status *status;  // volatile, because longjmp may lose what a local variable became since setjmp
    char *message;
} errors;

typedef struct {
    struct jpeg_progress_mgr base;
    int max_scans;
} progress;

static void give_up(j_common_ptr codec, spaniel_jpeg_status status) {
    errors *e = (errors *)codec->err;
    char text[JMSG_LENGTH_MAX];
    (*e->base.format_message)(codec, text);
    strncpy(e->message, text, SPANIEL_JPEG_MESSAGE - 1);
    e->message[SPANIEL_JPEG_MESSAGE - 1] = 0;
    *e->status = status;
    longjmp(e->out, 1);
}

static void on_error(j_common_ptr codec) {
    switch (codec->err->msg_code) {
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_BAD_J_COLORSPACE:
    case JERR_BAD_IN_COLORSPACE:
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
        give_up(codec, SPANIEL_JPEG_UNSUPPORTED);
        break;
    default: give_up(codec, SPANIEL_JPEG_CORRUPT);
    }
}

// libjpeg goes on after the end of its data and paints the rest gray; for us that is a truncated file. Other
// warnings pass.
static void on_message(j_common_ptr codec, int level) {
    if (level < 0) {
        codec->err->num_warnings++;
        if (codec->err->msg_code == JWRN_JPEG_EOF) give_up(codec, SPANIEL_JPEG_TRUNCATED);
    }
}

static void on_output(j_common_ptr codec) { (void)codec; }

static void on_progress(j_common_ptr codec) {
    int scans = ((j_decompress_ptr)codec)->input_scan_number;
    progress *p = (progress *)codec->progress;
    if (scans > p->max_scans) {
        errors *e = (errors *)codec->err;
        snprintf(e->message, SPANIEL_JPEG_MESSAGE, "more than %d scans", p->max_scans);
        *e->status = SPANIEL_JPEG_CORRUPT;
        longjmp(e->out, 1);
    }
}

static struct jpeg_error_mgr *start(errors *e, volatile spaniel_jpeg_status *status, char *message) {
    memset(e, 0, sizeof *e);
    jpeg_std_error(&e->base);
    e->base.error_exit = on_error;
    e->base.emit_message = on_message;
    e->base.output_message = on_output;
    e->message = message;
    e->status = status;
    message[0] = 0;
    return &e->base;
}

static uint8_t times(unsigned a, unsigned b) {  // a * b / 255, rounded
    unsigned t = a * b + 128;
    return (uint8_t)(((t >> 8) + t) >> 8);
}

// Adobe stores the complement of each ink, so a stored value is already "how much light is left".
static void cmyk_to_rgb(const uint8_t *in, uint8_t *out, uint32_t width) {
    for (uint32_t x = 0; x < width; x++, in += 4, out += 3) {
        for (int c = 0; c < 3; c++) {
            int value = in[3] - times(255 - in[c], in[3]);
            out[c] = (uint8_t)(value < 0 ? 0 : value);
        }
    }
}

spaniel_jpeg_status spaniel_jpeg_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, int channels,
                                        int max_scans, uint8_t *pixels, char *message) {
    struct jpeg_decompress_struct codec;
    errors e;
    volatile spaniel_jpeg_status status = SPANIEL_JPEG_CORRUPT;
    progress p = {.max_scans = max_scans};
    memset(&codec, 0, sizeof codec);
    codec.err = start(&e, &status, message);
    if (setjmp(e.out)) {
        jpeg_destroy_decompress(&codec);
        return status;
    }
    jpeg_create_decompress(&codec);
    jpeg_mem_src(&codec, bytes, count);
    p.base.progress_monitor = on_progress;
    codec.progress = &p.base;
    jpeg_read_header(&codec, TRUE);
    int inks = codec.num_components == 4;
    if (codec.image_width != width || codec.image_height != height || (codec.num_components == 1) != (channels == 1)) {
        snprintf(message, SPANIEL_JPEG_MESSAGE, "two frame headers that disagree");
        jpeg_destroy_decompress(&codec);
        return SPANIEL_JPEG_CORRUPT;
    }
    codec.out_color_space = inks ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&codec);
    JSAMPARRAY inked = inks ? (*codec.mem->alloc_sarray)((j_common_ptr)&codec, JPOOL_IMAGE, width * 4, 1) : NULL;
    size_t row_bytes = (size_t)width * channels;
    while (codec.output_scanline < height) {
        JSAMPROW row = pixels + codec.output_scanline * row_bytes;
        if (inks) {
            jpeg_read_scanlines(&codec, inked, 1);
            cmyk_to_rgb(inked[0], row, width);
        } else {
            jpeg_read_scanlines(&codec, &row, 1);
        }
    }
    jpeg_finish_decompress(&codec);
    jpeg_destroy_decompress(&codec);
    return SPANIEL_JPEG_OK;
}

spaniel_jpeg_status spaniel_jpeg_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality,
                                        uint8_t **encoded, size_t *encoded_count, char *message) {
    struct jpeg_compress_struct codec;
    errors e;
    volatile spaniel_jpeg_status status = SPANIEL_JPEG_CORRUPT;
    // libjpeg updates these as its buffer grows; they live behind pointers so that longjmp leaves them as
    // they are.
    struct { unsigned char *data; unsigned long count; } *sink = calloc(1, sizeof *sink);
    memset(&codec, 0, sizeof codec);
    codec.err = start(&e, &status, message);
    if (!sink) return SPANIEL_JPEG_CORRUPT;
    if (setjmp(e.out)) {
        // Only want of memory leads here, and libjpeg may have freed what sink->data points to: better lost
        // than freed twice.
        jpeg_destroy_compress(&codec);
        free(sink);
        return status;
    }
    jpeg_create_compress(&codec);
    jpeg_mem_dest(&codec, &sink->data, &sink->count);
    codec.image_width = width;
    codec.image_height = height;
    codec.input_components = channels;
    codec.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&codec);
    jpeg_set_quality(&codec, quality, TRUE);
    jpeg_start_compress(&codec, TRUE);
    while (codec.next_scanline < height) {
        JSAMPROW row = (JSAMPROW)(pixels + (size_t)codec.next_scanline * width * channels);
        jpeg_write_scanlines(&codec, &row, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    *encoded = sink->data;
    *encoded_count = sink->count;
    free(sink);
    return SPANIEL_JPEG_OK;
}
#endif

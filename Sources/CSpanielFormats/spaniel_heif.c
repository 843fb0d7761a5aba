#include "library.h"

#include <stdlib.h>

// libheif's error, returned by value.
typedef struct {
    int code;
    int subcode;
    const char *message;
} heif_error;

// The first members of libheif's decoding options, which it makes itself and only ever makes longer.
typedef struct {
    uint8_t version;
    uint8_t ignore_transformations;
    void *start_progress, *on_progress, *end_progress;
    void *progress_data;
    uint8_t convert_hdr_to_8bit;  // from version 2 on
} heif_decoding_options;

enum {
    ERROR_UNSUPPORTED_FILE = 3,
    ERROR_UNSUPPORTED_FEATURE = 4,
    ERROR_MEMORY = 6,
    ERROR_PLUGIN = 11,  // what 1.23 says of a decoder that is not installed; 1.15 calls it unsupported
    SUBERROR_END_OF_DATA = 100,
    SUBERROR_UNSUPPORTED_CODEC = 3000,
    COLORSPACE_RGB = 1,
    CHROMA_RGB = 10,
    CHROMA_RGBA = 11,
    CHANNEL_INTERLEAVED = 10,
};

static void *(*context_alloc)(void);
static void (*context_free)(void *);
static heif_error (*read_memory)(void *, const void *, size_t, const void *);
static heif_error (*primary_handle)(void *, void **);
static void (*handle_release)(const void *);
static int (*handle_width)(const void *);
static int (*handle_height)(const void *);
static int (*handle_stored_width)(const void *);
static int (*handle_stored_height)(const void *);
static int (*handle_has_alpha)(const void *);
static heif_decoding_options *(*options_alloc)(void);
static void (*options_free)(heif_decoding_options *);
static heif_error (*decode_image)(const void *, void **, int, int, const heif_decoding_options *);
static void (*image_release)(const void *);
static int (*image_width)(const void *, int);
static int (*image_height)(const void *, int);
static const uint8_t *(*image_plane)(const void *, int, int *);

bool spaniel_heif_load(void) {
    const spaniel_function functions[] = {
        {"heif_context_alloc", (void **)&context_alloc},
        {"heif_context_free", (void **)&context_free},
        {"heif_context_read_from_memory_without_copy", (void **)&read_memory},
        {"heif_context_get_primary_image_handle", (void **)&primary_handle},
        {"heif_image_handle_release", (void **)&handle_release},
        {"heif_image_handle_get_width", (void **)&handle_width},
        {"heif_image_handle_get_height", (void **)&handle_height},
        {"heif_image_handle_get_ispe_width", (void **)&handle_stored_width},
        {"heif_image_handle_get_ispe_height", (void **)&handle_stored_height},
        {"heif_image_handle_has_alpha_channel", (void **)&handle_has_alpha},
        {"heif_decoding_options_alloc", (void **)&options_alloc},
        {"heif_decoding_options_free", (void **)&options_free},
        {"heif_decode_image", (void **)&decode_image},
        {"heif_image_release", (void **)&image_release},
        {"heif_image_get_width", (void **)&image_width},
        {"heif_image_get_height", (void **)&image_height},
        {"heif_image_get_plane_readonly", (void **)&image_plane},
    };
    return spaniel_load("libheif.so.1", functions, sizeof functions / sizeof *functions);
}

struct spaniel_heif {
    void *context;
    void *handle;
};

static spaniel_formats_status status(heif_error error, char *message) {
    if (error.code == 0) return SPANIEL_FORMATS_OK;
    if (error.subcode == SUBERROR_UNSUPPORTED_CODEC || error.code == ERROR_PLUGIN)
        return spaniel_fail(SPANIEL_FORMATS_NO_DECODER, message, error.message);
    if (error.subcode == SUBERROR_END_OF_DATA)
        return spaniel_fail(SPANIEL_FORMATS_TRUNCATED, message, error.message);
    if (error.code == ERROR_MEMORY)
        return spaniel_fail(SPANIEL_FORMATS_OUT_OF_MEMORY, message, error.message);
    if (error.code == ERROR_UNSUPPORTED_FILE || error.code == ERROR_UNSUPPORTED_FEATURE)
        return spaniel_fail(SPANIEL_FORMATS_UNSUPPORTED, message, error.message);
    return spaniel_fail(SPANIEL_FORMATS_CORRUPT, message, error.message);
}

spaniel_formats_status spaniel_heif_open(const uint8_t *bytes, size_t count, spaniel_heif **heif,
                                         spaniel_heif_picture *picture, char *message) {
    *heif = calloc(1, sizeof **heif);
    if (*heif == NULL) return spaniel_fail(SPANIEL_FORMATS_OUT_OF_MEMORY, message, "out of memory");
    (*heif)->context = context_alloc();
    if ((*heif)->context == NULL)
        return spaniel_fail(SPANIEL_FORMATS_OUT_OF_MEMORY, message, "out of memory");
    spaniel_formats_status found = status(read_memory((*heif)->context, bytes, count, NULL), message);
    if (found != SPANIEL_FORMATS_OK) return found;
    found = status(primary_handle((*heif)->context, &(*heif)->handle), message);
    if (found != SPANIEL_FORMATS_OK) return found;
    const void *handle = (*heif)->handle;
    picture->width = handle_width(handle);
    picture->height = handle_height(handle);
    picture->stored_width = handle_stored_width(handle);
    picture->stored_height = handle_stored_height(handle);
    picture->has_alpha = handle_has_alpha(handle) != 0;
    return SPANIEL_FORMATS_OK;
}

spaniel_formats_status spaniel_heif_decode(spaniel_heif *heif, int width, int height, int channels,
                                           uint8_t *pixels, char *message) {
    void *image = NULL;
    heif_decoding_options *options = options_alloc();
    if (options != NULL && options->version >= 2) options->convert_hdr_to_8bit = 1;
    int chroma = channels == 4 ? CHROMA_RGBA : CHROMA_RGB;
    spaniel_formats_status found =
        status(decode_image(heif->handle, &image, COLORSPACE_RGB, chroma, options), message);
    if (options != NULL) options_free(options);
    if (found != SPANIEL_FORMATS_OK) return found;
    int stride = 0;
    const uint8_t *plane = image_plane(image, CHANNEL_INTERLEAVED, &stride);
    size_t row = (size_t)width * (size_t)channels;
    if (plane == NULL || stride < 0 || (size_t)stride < row ||
        image_width(image, CHANNEL_INTERLEAVED) != width ||
        image_height(image, CHANNEL_INTERLEAVED) != height)
        found =
            spaniel_fail(SPANIEL_FORMATS_CORRUPT, message, "a picture of another size than its headers say");
    else
        for (int y = 0; y < height; y++)
            memcpy(pixels + (size_t)y * row, plane + (size_t)y * (size_t)stride, row);
    image_release(image);
    return found;
}

void spaniel_heif_close(spaniel_heif *heif) {
    if (heif == NULL) return;
    if (heif->handle != NULL) handle_release(heif->handle);
    if (heif->context != NULL) context_free(heif->context);
    free(heif);
}

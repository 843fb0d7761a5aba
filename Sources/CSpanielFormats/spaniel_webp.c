#include "library.h"

static uint8_t *(*decode_rgb)(const uint8_t *, size_t, uint8_t *, size_t, int);
static uint8_t *(*decode_rgba)(const uint8_t *, size_t, uint8_t *, size_t, int);
static int (*get_info)(const uint8_t *, size_t, int *, int *);

bool spaniel_webp_load(void) {
    const spaniel_function functions[] = {
        {"WebPDecodeRGBInto", (void **)&decode_rgb},
        {"WebPDecodeRGBAInto", (void **)&decode_rgba},
        {"WebPGetInfo", (void **)&get_info},
    };
    return spaniel_load("libwebp.so.7", functions, sizeof functions / sizeof *functions);
}

spaniel_formats_status spaniel_webp_decode(const uint8_t *bytes, size_t count, uint32_t width,
                                           uint32_t height, int channels, uint8_t *pixels, char *message) {
    int found_width = 0, found_height = 0;
    if (!get_info(bytes, count, &found_width, &found_height))
        return spaniel_fail(SPANIEL_FORMATS_CORRUPT, message, "its headers are not WebP's");
    if ((uint32_t)found_width != width || (uint32_t)found_height != height)
        return spaniel_fail(SPANIEL_FORMATS_CORRUPT, message, "two headers that disagree");
    size_t row = (size_t)width * (size_t)channels;
    if (!(channels == 4 ? decode_rgba : decode_rgb)(bytes, count, pixels, row * height, (int)row))
        return spaniel_fail(SPANIEL_FORMATS_CORRUPT, message, "its compressed pixels make no picture");
    return SPANIEL_FORMATS_OK;
}

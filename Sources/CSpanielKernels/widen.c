#include "include/widen.h"
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "weights are read as little-endian"
#endif

// memcpy of a few bytes is an unaligned load; the compiler makes vectors of these loops.

void spaniel_widen_f16(float *restrict target, const void *restrict source, size_t count) {
    const uint8_t *bytes = source;
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, bytes + 2 * i, 2);
        // The half's fields where a float has them are the value times 2^-112; the product is exact, also
        // where the half is subnormal.
        uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
        float value;
        memcpy(&value, &magnitude, 4);
        value *= 0x1p112f;
        uint32_t bits;
        memcpy(&bits, &value, 4);
        bits |= magnitude >= 0x0f800000 ? 0x7f800000 : 0;  // infinity and NaN keep their exponent of ones
        bits |= (uint32_t)(half & 0x8000) << 16;
        memcpy(target + i, &bits, 4);
    }
}

void spaniel_widen_bf16(float *restrict target, const void *restrict source, size_t count) {
    const uint8_t *bytes = source;
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, bytes + 2 * i, 2);
        uint32_t bits = (uint32_t)half << 16;
        memcpy(target + i, &bits, 4);
    }
}

void spaniel_narrow_f64(float *restrict target, const void *restrict source, size_t count) {
    const uint8_t *bytes = source;
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, bytes + 8 * i, 8);
        target[i] = (float)value;
    }
}

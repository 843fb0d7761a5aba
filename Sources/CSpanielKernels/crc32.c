#include "include/crc32.h"

void spaniel_crc32_tables(uint32_t tables[16 * 256]) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        tables[byte] = crc;
    }
    for (int k = 1; k < 16; k++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = tables[(k - 1) * 256 + byte];
            tables[k * 256 + byte] = before >> 8 ^ tables[before & 0xFF];
        }
}

uint32_t spaniel_crc32(uint32_t crc, const void *data, size_t count, const uint32_t tables[16 * 256]) {
    const uint8_t *p = data;
    crc = ~crc;
    // Sixteen bytes at a time: sixteen independent lookups (Kounavis and Berry's slicing), about ten times the speed of
    // byte by byte.
    for (; count >= 16; count -= 16, p += 16) {
        uint32_t next = tables[15 * 256 + ((crc ^ p[0]) & 0xFF)] ^ tables[14 * 256 + ((crc >> 8 ^ p[1]) & 0xFF)]
                      ^ tables[13 * 256 + ((crc >> 16 ^ p[2]) & 0xFF)] ^ tables[12 * 256 + (crc >> 24 ^ p[3])];
        for (int i = 4; i < 16; i++) next ^= tables[(15 - i) * 256 + p[i]];
        crc = next;
    }
    for (; count > 0; count--, p++) crc = crc >> 8 ^ tables[(crc ^ *p) & 0xFF];
    return ~crc;
}

#pragma once
#include <stddef.h>
#include <stdint.h>

/// Fills the 16 tables that `spaniel_crc32` needs: table k has the checksum of each byte followed by k zeros.
void spaniel_crc32_tables(uint32_t tables[16 * 256]);

/// Continues the CRC-32 of zip archives (ISO 3309) over more bytes; the first call starts from 0. `data` need not be aligned.
uint32_t spaniel_crc32(uint32_t crc, const void *data, size_t count, const uint32_t tables[16 * 256]);

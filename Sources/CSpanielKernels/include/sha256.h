#pragma once
#include <stddef.h>
#include <stdint.h>

/// SHA-256's compression of whole 64-byte blocks (FIPS 180-4, 6.2.2), with the processor's own instructions
/// where it has them.
void spaniel_sha256_blocks(uint32_t state[8], const uint8_t *data, size_t blocks);

/// The same in plain C.
void spaniel_sha256_blocks_portable(uint32_t state[8], const uint8_t *data, size_t blocks);

/// Whether this processor has instructions for SHA-256 that `spaniel_sha256_blocks` uses.
int spaniel_sha256_is_accelerated(void);

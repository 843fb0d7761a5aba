#pragma once
#include <stddef.h>
#include <stdint.h>

/// Updates the state of SHA-256 with whole 64-byte blocks (FIPS 180-4, 6.2.2), by the processor's own
/// instructions if it has them.
void spaniel_sha256_blocks(uint32_t state[8], const uint8_t *data, size_t blocks);

/// Does the same in plain C.
void spaniel_sha256_blocks_portable(uint32_t state[8], const uint8_t *data, size_t blocks);

/// Returns whether this processor has instructions for SHA-256 that `spaniel_sha256_blocks` uses.
int spaniel_sha256_is_accelerated(void);

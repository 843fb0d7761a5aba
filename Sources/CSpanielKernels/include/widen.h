#pragma once
#include <stddef.h>
#include <stdint.h>

/// Convert `count` numbers of other widths to Float32: F16 and BF16 exactly, F64 rounded. `source` is
/// little-endian and need not be aligned.
void spaniel_widen_f16(float *restrict target, const void *restrict source, size_t count);
void spaniel_widen_bf16(float *restrict target, const void *restrict source, size_t count);
void spaniel_narrow_f64(float *restrict target, const void *restrict source, size_t count);

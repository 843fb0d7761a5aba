#pragma once
#include <stddef.h>
#include <stdint.h>

/// Other widths of number to Float32, exactly where it can hold them (F64 is rounded). `source` need not be
/// aligned; it is little-endian.
void spaniel_widen_f16(float *restrict target, const void *restrict source, size_t count);
void spaniel_widen_bf16(float *restrict target, const void *restrict source, size_t count);
void spaniel_narrow_f64(float *restrict target, const void *restrict source, size_t count);

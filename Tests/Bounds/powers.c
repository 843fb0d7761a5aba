// The powers of two that softmax and attention compute inside: POWERS by vectors of LANES, with fused
// multiply-adds where the compiler has them.
#include "vectors.inc"

void POWERS(long count, const float *t, float *y) {
    for (long i = 0; i < count; i += LANES) store(y + i, power_of_two(load(t + i)));
}

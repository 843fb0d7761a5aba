"""Masks as whole numbers, a bit a pixel, so that overlaps are one operation."""


def decoded(run_lengths):
    """The mask of COCO's compressed run lengths: column after column, the first pixel the lowest bit."""
    counts, text, at = [], run_lengths["counts"], 0
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            code = ord(text[at]) - 48
            value |= (code & 0x1F) << shift
            more, shift, at = code & 0x20, shift + 5, at + 1
        if code & 0x10:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
    mask, place = 0, 0
    for index, count in enumerate(counts):
        if index % 2:
            mask |= ((1 << count) - 1) << place
        place += count
    return mask


def iou(one, other):
    """Intersection over union; 0 of two empty masks."""
    union = (one | other).bit_count()
    return (one & other).bit_count() / union if union else 0.0


def first_pixel_at(mask, height, share):
    """A pixel x, y of a mask, that share of the way through its columns."""
    place, left = -1, int(share * mask.bit_count())
    for place in range(mask.bit_length()):
        if mask >> place & 1:
            if left == 0:
                break
            left -= 1
    return place // height, place % height

"""Writes Sources/SpanielImaging/GlyphTable.swift: the outlines of ASCII, Latin-1 and a few marks from DejaVu Sans Bold.

Python 3.11, fonttools 4.68.0, Debian package fonts-dejavu-core 2.37
    python Tests/Goldens/Scripts/glyphs.py

A glyph is a list of whole numbers: advance width, number of contours, and for each contour the number of its points followed by
2 * dx + on and dy of each, where "on" is 1 for a point on the outline and 0 for the control point of a quadratic curve. Differences run
on from point to point and contour to contour, y downwards from the baseline. A number n is written as zigzag (2n, or -2n - 1 below zero) in
groups of five bits from the lowest, 32 added when more follow, each plus 48: characters '0' to 'o', as in COCO's run lengths.
"""

import pathlib
import textwrap

from fontTools.ttLib import TTFont

UNITS = 256  # to the em: a third of a pixel at 80 pixels, with half the digits
font = TTFont("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf")
codes = [*range(0x20, 0x7F), *range(0xA0, 0x100), 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026, 0x20AC]
table = font["glyf"]
names = font.getBestCmap()
scale = UNITS / font["head"].unitsPerEm


def number(n):
    n = 2 * n if n >= 0 else -2 * n - 1
    text = ""
    while True:
        text += chr(48 + (n & 31) + (32 if n > 31 else 0))
        n >>= 5
        if n == 0:
            return text


def glyph(code):
    name = names[code]
    points, ends, flags = table[name].getCoordinates(table)
    text = number(round(font["hmtx"][name][0] * scale)) + number(len(ends))
    x = y = first = 0
    for end in ends:
        text += number(end + 1 - first)
        for i in range(first, end + 1):
            u, v = round(points[i][0] * scale), -round(points[i][1] * scale)
            text += number(2 * (u - x) + (flags[i] & 1)) + number(v - y)
            x, y = u, v
        first = end + 1
    return text


text = "".join(glyph(code) for code in codes)
lines = "\n".join(" " * 8 + line + "\\#" for line in textwrap.wrap(text, 126))
ascent, descent = round(font["hhea"].ascent * scale), round(-font["hhea"].descent * scale)
x_height = round(max(y for _, y in table[names[ord("x")]].getCoordinates(table)[0]) * scale)
cap_height = round(max(y for _, y in table[names[ord("H")]].getCoordinates(table)[0]) * scale)
spare = ", ".join(f"0x{code:04X}" for code in codes if code > 0xFF)
out = pathlib.Path(__file__).resolve().parents[3] / "Sources/SpanielImaging/GlyphTable.swift"
out.write_text(f'''// Written by Tests/Goldens/Scripts/glyphs.py; do not edit. The letters are outlines of DejaVu Sans Bold 2.37, under this licence:
//
// Copyright (c) 2003 by Bitstream, Inc. All Rights Reserved. Bitstream Vera is a trademark of Bitstream, Inc. DejaVu changes are in public
// domain. Permission is hereby granted, free of charge, to any person obtaining a copy of the fonts accompanying this license ("Fonts") and
// associated documentation files (the "Font Software"), to reproduce and distribute the Font Software, including without limitation the
// rights to use, copy, merge, publish, distribute, and/or sell copies of the Font Software, and to permit persons to whom the Font Software
// is furnished to do so, subject to the following conditions: The above copyright and trademark notices and this permission notice shall be
// included in all copies of one or more of the Font Software typefaces. The Font Software may be modified, altered, or added to, and in
// particular the designs of glyphs or characters in the Fonts may be modified and additional glyphs or characters may be added to the Fonts,
// only if the fonts are renamed to names not containing either the words "Bitstream" or the word "Vera". This License becomes null and void to
// the extent applicable to Fonts or Font Software that has been modified and is distributed under the "Bitstream Vera" names. The Font
// Software may be sold as part of a larger software package but no copy of one or more of the Font Software typefaces may be sold by itself.
// THE FONT SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO ANY WARRANTIES OF
// MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF COPYRIGHT, PATENT, TRADEMARK, OR OTHER RIGHT. IN NO EVENT SHALL
// BITSTREAM OR THE GNOME FOUNDATION BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, INCLUDING ANY GENERAL, SPECIAL, INDIRECT, INCIDENTAL,
// OR CONSEQUENTIAL DAMAGES, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF THE USE OR INABILITY TO USE THE FONT
// SOFTWARE OR FROM OTHER DEALINGS IN THE FONT SOFTWARE. Except as contained in this notice, the names of Gnome, the Gnome Foundation, and
// Bitstream Inc., shall not be used in advertising or otherwise to promote the sale, use or other dealings in this Font Software without prior
// written authorization from the Gnome Foundation or Bitstream Inc., respectively. For further information, contact: fonts at gnome dot org.

/// Letter outlines as text; the script says how they are written.
enum GlyphTable {{
    static let unitsPerEm = {UNITS}
    static let ascent = {ascent}
    static let descent = {descent}
    static let xHeight = {x_height}
    static let capHeight = {cap_height}

    /// The characters in the table's order.
    static let codes: [UInt32] = Array(0x20...0x7E) + Array(0xA0...0xFF) + [{spare}]

    // swift-format-ignore
    static let outlines = #"""
{lines}
        """#
}}
''')
print(len(codes), "glyphs,", len(text), "characters")

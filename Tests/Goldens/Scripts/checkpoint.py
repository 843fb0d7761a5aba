#!/usr/bin/env python3
"""What the published safetensors says to headers, right and wrong, and the numbers it reads from each kind of element.

Writes Tests/Goldens/Checkpoint/. With --corpus FILE COUNT it writes COUNT mutated headers with their verdicts there instead, for
SPANIEL_SAFETENSORS_CORPUS=FILE swift test -c release --filter corpus.

Pinned: safetensors 0.8.0, torch 2.15.0 (CPU), numpy of torch's choice. Run: python Tests/Goldens/Scripts/checkpoint.py
"""
import base64
import json
import random
import struct
import sys
from pathlib import Path

import safetensors
from safetensors import deserialize

assert safetensors.__version__ == "0.8.0", safetensors.__version__
GOLDENS = Path(__file__).resolve().parents[1] / "Checkpoint"


def verdict(header: bytes, data_count: int) -> bool:
    """Whether safetensors accepts the file; SafetensorError is the only way it may refuse."""
    try:
        deserialize(struct.pack("<Q", len(header)) + header + bytes(data_count))
        return True
    except safetensors.SafetensorError:
        return False


def tensor(**fields):
    return json.dumps({"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **fields}, separators=(",", ":"))


def fixed_cases():
    """(name, header, data bytes, why ours is stricter or None)."""
    t = tensor()
    extra = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":%s}}'
    shape = '{"a":{"dtype":"%s","shape":%s,"data_offsets":%s}}'
    yield "one tensor", '{"a":%s}' % t, 4, None
    yield "no tensor", "{}", 0, None
    yield "no tensor, one byte", "{}", 1, None
    yield "one byte missing", '{"a":%s}' % t, 3, None
    yield "one byte too many", '{"a":%s}' % t, 5, None
    yield "spaces behind", '{"a":%s}      ' % t, 4, None
    yield "white space behind", '{"a":%s}\n\t\r ' % t, 4, None
    yield "NUL behind", '{"a":%s}\0' % t, 4, None
    yield "space before", ' {"a":%s}' % t, 4, "white space before the first brace"
    yield "newline before", '\n{"a":%s}' % t, 4, "white space before the first brace"
    yield "byte order mark", '\ufeff{"a":%s}' % t, 4, None
    yield "empty header", "", 0, None
    yield "an array", "[]", 0, None
    yield "null", "null", 0, None
    yield "two values", "{}{}", 0, None
    yield "trailing comma", '{"a":%s,}' % t, 4, None
    yield "single quotes", "{'a':1}", 0, None
    yield "cut in a string", '{"a', 0, None
    yield "cut in an object", '{"a":%s' % t, 4, None
    yield "duplicate tensor, same", '{"a":%s,"a":%s}' % (t, t), 4, "a name twice"
    yield "duplicate tensor, other range", '{"a":%s,"a":%s}' % (t, tensor(data_offsets=[4, 8])), 8, None
    yield "duplicate by escape", '{"a":%s,"\\u0061":%s}' % (t, t), 4, "a name twice"
    yield "names that look the same", '{"\u00e9":%s,"e\u0301":%s}' % (t, tensor(data_offsets=[4, 8])), 8, None
    yield "duplicate dtype", '{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4, None
    yield "duplicate shape", '{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', 4, None
    yield "duplicate offsets", '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"data_offsets":[0,4]}}', 4, None
    yield "duplicate metadata", '{"__metadata__":{},"__metadata__":{}}', 0, None
    yield "duplicate key in metadata", '{"__metadata__":{"a":"b","a":"c"}}', 0, "a name twice"
    yield "metadata", '{"__metadata__":{"format":"pt","x":"\\u00e9"}}', 0, None
    yield "metadata null", '{"__metadata__":null}', 0, None
    yield "metadata of numbers", '{"__metadata__":{"a":1}}', 0, None
    yield "metadata of null", '{"__metadata__":{"a":null}}', 0, None
    yield "metadata an array", '{"__metadata__":[]}', 0, None
    yield "metadata a tensor", '{"__metadata__":%s}' % t, 4, None
    yield "metadata last", '{"a":%s,"__metadata__":{"a":"b"}}' % t, 4, None
    yield "unknown field", extra % '"y"', 4, None
    yield "unknown field twice", '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1,"x":2}}', 4, None
    yield "unknown field of any kind", extra % '[{"b":[null,true,-1.5e3]}]', 4, None
    yield "unknown field too large for a double", extra % "1e999", 4, None
    yield "unknown field nested 125", extra % ("[" * 125 + "]" * 125), 4, None
    yield "unknown field nested 126", extra % ("[" * 126 + "]" * 126), 4, None
    yield "unknown field nested 200", extra % ("[" * 200 + "]" * 200), 4, None
    yield "tensor null", '{"a":null}', 0, None
    yield "tensor a string", '{"a":"F32"}', 0, None
    yield "tensor an array", '{"a":["F32",[1],[0,4]]}', 4, "a tensor in another form"
    yield "dtype an object", '{"a":{"dtype":{"F32":null},"shape":[1],"data_offsets":[0,4]}}', 4, "a tensor in another form"
    yield "dtype unknown", '{"a":%s}' % tensor(dtype="F33"), 4, None
    yield "dtype in lower case", '{"a":%s}' % tensor(dtype="f32"), 4, None
    yield "dtype a number", '{"a":{"dtype":11,"shape":[1],"data_offsets":[0,4]}}', 4, None
    yield "dtype null", '{"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}}', 4, None
    yield "no dtype", '{"a":{"shape":[1],"data_offsets":[0,4]}}', 4, None
    yield "no shape", '{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4, None
    yield "no offsets", '{"a":{"dtype":"F32","shape":[1]}}', 4, None
    yield "empty tensor object", '{"a":{}}', 0, None
    yield "three offsets", '{"a":%s}' % tensor(data_offsets=[0, 4, 4]), 4, None
    yield "one offset", '{"a":%s}' % tensor(data_offsets=[0]), 4, None
    yield "no offset", '{"a":%s}' % tensor(data_offsets=[]), 4, None
    yield "offsets reversed", '{"a":%s}' % tensor(data_offsets=[4, 0]), 4, None
    yield "offsets of strings", shape % ("F32", "[1]", '["0","4"]'), 4, None
    yield "offset 2^64 - 1", shape % ("U8", "[1]", "[18446744073709551615,18446744073709551615]"), 1, None
    yield "offset 2^64", shape % ("U8", "[1]", "[0,18446744073709551616]"), 1, None
    yield "end beyond the file", '{"a":%s}' % tensor(shape=[2], data_offsets=[0, 8]), 4, None
    yield "first does not begin at 0", '{"a":%s}' % tensor(data_offsets=[4, 8]), 8, None
    yield "a hole", '{"a":%s,"b":%s}' % (t, tensor(data_offsets=[8, 12])), 12, None
    yield "an overlap", '{"a":%s,"b":%s}' % (t, tensor(data_offsets=[2, 6])), 6, None
    yield "the same range twice", '{"a":%s,"b":%s}' % (t, t), 4, None
    yield "out of order", '{"b":%s,"a":%s}' % (tensor(data_offsets=[4, 8]), t), 8, None
    yield "two empty tensors", '{"a":%s,"b":%s}' % ((tensor(shape=[0], data_offsets=[0, 0]),) * 2), 0, None
    yield "an empty tensor between", '{"a":%s,"b":%s,"c":%s}' % (t, tensor(shape=[0], data_offsets=[4, 4]), tensor(data_offsets=[4, 8])), 8, None
    yield "an empty tensor inside another", '{"a":%s,"b":%s}' % (t, tensor(shape=[0], data_offsets=[2, 2])), 4, None
    yield "a scalar", '{"a":%s}' % tensor(shape=[]), 4, None
    yield "shape smaller than the bytes", '{"a":%s}' % tensor(data_offsets=[0, 8]), 8, None
    yield "shape larger than the bytes", '{"a":%s}' % tensor(shape=[2]), 4, None
    for text in ["1.0", "1e0", "-1", "-0", "01", '"1"', "null", "true", "[1]", "+1", "1.", "0x1"]:
        yield "extent %s" % text, shape % ("F32", "[%s]" % text, "[0,4]"), 4, None
    yield "shape null", shape % ("F32", "null", "[0,4]"), 4, None
    yield "shape an object", shape % ("F32", "{}", "[0,4]"), 4, None
    yield "overflow before the zero", shape % ("F32", "[9223372036854775807,9223372036854775807,0]", "[0,0]"), 0, None
    yield "overflow behind the zero", shape % ("F32", "[0,9223372036854775807,9223372036854775807]", "[0,0]"), 0, None
    yield "extent 2^63 behind a zero", shape % ("F32", "[0,9223372036854775808]", "[0,0]"), 0, "an extent beyond 2^63 - 1"
    yield "2^63 elements before a zero", shape % ("U8", "[4294967296,2147483648,0]", "[0,0]"), 0, "a product beyond 2^63 - 1"
    yield "2^62 elements before a zero", shape % ("U8", "[2147483648,2147483648,0]", "[0,0]"), 0, None
    yield "extent 2^64 behind a zero", shape % ("F32", "[0,18446744073709551616]", "[0,0]"), 0, None
    yield "overflow of the elements", shape % ("U8", "[4294967296,4294967296]", "[0,0]"), 0, None
    yield "overflow of the bits", shape % ("F32", "[4611686018427387904]", "[0,0]"), 0, None
    yield "overflow of the bits by one", shape % ("U8", "[2305843009213693952]", "[0,0]"), 0, None
    yield "three extents whose product wraps to 4", shape % ("F32", "[4194305,4194305,211106198978564]", "[0,4]"), 4, None
    yield "rank 64", '{"a":%s}' % tensor(shape=[1] * 64), 4, None
    yield "rank 65", '{"a":%s}' % tensor(shape=[1] * 65), 4, "more than 64 axes"
    yield "rank 10000", '{"a":%s}' % tensor(shape=[1] * 10000), 4, "more than 64 axes"
    yield "F4, 2 elements", shape % ("F4", "[2]", "[0,1]"), 1, None
    yield "F4, 3 elements", shape % ("F4", "[3]", "[0,2]"), 2, None
    yield "F6, 4 elements", shape % ("F6_E2M3", "[4]", "[0,3]"), 3, None
    yield "F6, 3 elements", shape % ("F6_E3M2", "[3]", "[0,3]"), 3, None
    yield "empty name", '{"":%s}' % t, 4, None
    yield "NUL in a name", '{"\\u0000":%s}' % t, 4, None
    yield "control character in a name", '{"a\n":%s}' % t, 4, None
    yield "DEL in a name", '{"a\x7f":%s}' % t, 4, None
    yield "escaped field names", '{"a":{"d\\u0074ype":"F\\u00332","sh\\u0061pe":[1],"data_offsets":[0,4]}}', 4, None
    yield "escaped metadata", '{"__m\\u0065tadata__":{"a":"b"}}', 0, None
    yield "lone surrogate", '{"\\ud800":%s}' % t, 4, None
    yield "surrogates reversed", '{"\\udc00\\ud800":%s}' % t, 4, None
    yield "surrogate pair", '{"\\ud83d\\ude00":%s}' % t, 4, None
    yield "surrogate and letter", '{"\\ud83d\\u0041":%s}' % t, 4, None
    yield "bad escape", '{"\\x41":%s}' % t, 4, None
    yield "bad UTF-8", b'{"\xff":' + t.encode() + b"}", 4, None
    yield "overlong UTF-8", b'{"\xc0\x80":' + t.encode() + b"}", 4, None
    yield "a surrogate as UTF-8", b'{"\xed\xa0\x80":' + t.encode() + b"}", 4, None
    yield "a comment", '/**/{"a":%s}' % t, 4, None
    yield "NaN", extra % "NaN", 4, None
    for dtype, bits in KINDS.items():
        yield "eight of %s" % dtype, shape % (dtype, "[8]", "[0,%d]" % bits), bits, None
    for dtype in ["C128", "I4", "U4", "F8", "F128", ""]:
        yield "eight of %s" % (dtype or "nothing"), shape % (dtype, "[8]", "[0,8]"), 8, None


KINDS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}

TOKENS = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"0", b"1", b"-", b".", b"e", b"\\", b" ", b"\n", b"\0", b"\xff", b"\xc3\xa9", b"null", b"true",
          b'"F32"', b'"F16"', b'"BOOL"', b"[0,0]", b"[]", b"{}", b"18446744073709551615", b"18446744073709551616", b"9223372036854775808", b"\\u0061",
          b"\\ud800", b"1e999", b"1.0", b"-0", b'"dtype"', b'"shape"', b'"data_offsets"', b'"__metadata__"', b'"a":', b'"x":1,', b"4", b"8", b"16"]


def seeds(generator):
    """Right headers, of a few tensors of several kinds."""
    count = generator.randrange(0, 4)
    fields, end = {}, 0
    if generator.random() < 0.3:
        fields["__metadata__"] = {"format": "pt"}
    for index in range(count):
        kind = generator.choice(["F32", "F16", "BF16", "I64", "BOOL", "F4"])
        extents = [generator.choice([0, 1, 1, 2, 2, 4]) for _ in range(generator.randrange(0, 4))]
        size = KINDS[kind]
        for extent in extents:
            size *= extent
        if size % 8:
            extents, size = [2], 2 * KINDS[kind]
        fields["t%d" % index if generator.random() < 0.8 else "a"] = {"dtype": kind, "shape": extents, "data_offsets": [end, end + size // 8]}
        end += size // 8
    return bytearray(json.dumps(fields, separators=(",", ":")).encode()), end


def mutated(generator):
    header, data = seeds(generator)
    for _ in range(generator.choice([0, 1, 1, 1, 2, 2, 3])):
        position = generator.randrange(len(header) + 1)
        action = generator.randrange(7)
        if action == 0:
            header[position:position + 1] = generator.choice(TOKENS)
        elif action == 1:
            header[position:position] = generator.choice(TOKENS)
        elif action == 2:
            del header[position:position + generator.randrange(1, 4)]
        elif action == 3:
            end = min(len(header), position + generator.randrange(1, 40))
            header[position:position] = header[generator.randrange(end + 1):end]
        elif action == 4 and position < len(header):
            header[position] ^= 1 << generator.randrange(8)
        elif action == 5:
            digits = [i for i, byte in enumerate(header) if 48 <= byte <= 57]
            if digits:
                header[generator.choice(digits)] = generator.randrange(48, 58)
        else:
            data = max(0, data + generator.choice([-1, 1, 4, -4, 8]))
    return bytes(header), data


def record(name, header, data, strict=None):
    header = header if isinstance(header, bytes) else header.encode("utf-8")
    entry = {"name": name, "header": base64.b64encode(header).decode(), "data": data, "accepted": verdict(header, data)}
    if strict:
        assert entry["accepted"], name
        entry["stricter"] = strict
    return entry


def write_lines(path, entries):
    path.write_text("[\n" + ",\n".join(json.dumps(entry, ensure_ascii=True) for entry in entries) + "\n]\n")
    print(path, len(entries), "cases,", sum(e["accepted"] for e in entries), "accepted")


def write_numbers():
    """Every kind of number that is read as Float32 or as whole numbers, with what torch reads; names in an order that leaves odd offsets."""
    import torch

    torch.manual_seed(0)
    special = [0.0, -0.0, 1.0, -1.5, 65504.0, 2.0 ** -14, 2.0 ** -24, 1e-3, float("inf"), float("-inf"), float("nan"), 3.14159265]
    tensors = {
        "a.bool": torch.tensor([True, False, True]),
        "b.f32": torch.tensor(special, dtype=torch.float32).reshape(3, 4),
        "c.u8": torch.tensor([0, 1, 255], dtype=torch.uint8),
        "d.f16": torch.tensor(special, dtype=torch.float16),
        "e.i8": torch.tensor([-128, 0, 127], dtype=torch.int8),
        "f.bf16": torch.tensor(special, dtype=torch.bfloat16),
        "g.f64": torch.tensor(special + [1e300, 1e-300, 0.1], dtype=torch.float64),
        "h.i64": torch.tensor([-(2 ** 63), 2 ** 63 - 1, -1], dtype=torch.int64),
        "i.i32": torch.tensor([-(2 ** 31), 2 ** 31 - 1], dtype=torch.int32),
        "j.i16": torch.tensor([-(2 ** 15), 2 ** 15 - 1], dtype=torch.int16),
        "k.scalar": torch.tensor(2.5),
        "l.empty": torch.zeros(0, 3),
    }
    # As older writers did: by name, nothing padded, so that almost nothing is aligned.
    fields, data = {}, b""
    kinds = {torch.bool: "BOOL", torch.uint8: "U8", torch.int8: "I8", torch.int16: "I16", torch.int32: "I32", torch.int64: "I64",
             torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64"}
    expected = {}
    for name, value in tensors.items():
        raw = bytes(value.contiguous().reshape(-1).view(torch.uint8).tolist()) if value.numel() else b""
        fields[name] = {"dtype": kinds[value.dtype], "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
        if value.is_floating_point():
            bits = value.to(torch.float32).reshape(-1).view(torch.int32).tolist()
            expected[name] = {"shape": list(value.shape), "bits": [b & 0xFFFFFFFF for b in bits]}
        else:
            expected[name] = {"shape": list(value.shape), "integers": value.to(torch.int64).reshape(-1).tolist()}
    header = json.dumps({"__metadata__": {"format": "pt"}, **fields}, separators=(",", ":")).encode()
    header += b" " * (len(header) % 2 == 0)  # an odd length, so that the data begins unaligned
    path = GOLDENS / "numbers.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
    from safetensors.torch import load_file

    for name, value in load_file(path).items():
        assert torch.equal(value.nan_to_num(7) if value.is_floating_point() else value,
                           tensors[name].nan_to_num(7) if value.is_floating_point() else tensors[name]), name
    (GOLDENS / "numbers.json").write_text(json.dumps(expected, indent=1) + "\n")


def write_written():
    """A file as the published writer makes it, several kinds and names that are not in order."""
    import torch
    from safetensors.torch import save_file

    save_file({
        "b.weight": torch.tensor([[1.5, -2.0, 0.0]]), "a.weight": torch.tensor([3.25]), "a.flag": torch.tensor([True, False]),
        "z.bytes": torch.tensor([7, 8, 9], dtype=torch.uint8), "c.count": torch.tensor([[1], [-2]], dtype=torch.int64), "\u00e9 \"x\"": torch.tensor(1.0),
    }, GOLDENS / "written.safetensors", metadata={"format": "pt"})


def main():
    if sys.argv[1:2] == ["--corpus"]:
        generator = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
        with open(sys.argv[2], "w") as file:
            for index in range(int(sys.argv[3])):
                header, data = mutated(generator)
                file.write(json.dumps(record("corpus %d" % index, header, data)) + "\n")
        return
    GOLDENS.mkdir(exist_ok=True)
    write_lines(GOLDENS / "verdicts.json", [record(*case) for case in fixed_cases()])
    generator = random.Random(2)
    write_lines(GOLDENS / "mutations.json", [record("mutation %d" % i, *mutated(generator)) for i in range(1000)])
    write_numbers()
    write_written()


if __name__ == "__main__":
    main()

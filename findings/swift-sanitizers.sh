#!/bin/sh
# `swift build --sanitize=fuzzer --sanitize=address`, as fuzzing guides give it, builds a fuzzer that is blind to Swift code, or
# one without the address sanitizer.
#
# Guess: swiftc adds the sanitizers up, as clang does, and the package manager's option may be repeated.
# What happens: the package manager passes one -sanitize= for each, in an order that differs from build to build, and swiftc takes the
# last alone. Where that is `address`, no Swift function calls libFuzzer's coverage: the fuzzer runs, counts millions of inputs, finds
# "no interesting inputs", and a reader of model files looks clean. Where it is `fuzzer`, memory is not watched. Written with a comma,
# or as a further `-Xswiftc -sanitize=fuzzer,address`, both work. In a real package 20 seconds found 1,011 new inputs instead of 0.
# Versions: Swift 6.3.1, Linux x86-64; needs only swiftc and binutils. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > target.swift << 'END'
@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    return bytes.contains(65) && bytes.contains(66) ? 1 : 0
}
END
cat > expected << 'END'
-sanitize=fuzzer: coverage yes, address no
-sanitize=fuzzer -sanitize=address: coverage no, address yes
-sanitize=address -sanitize=fuzzer: coverage yes, address no
-sanitize=fuzzer,address: coverage yes, address yes
END
has() { if nm target.o | grep -q "$1"; then echo yes; else echo no; fi; }
for flags in "-sanitize=fuzzer" "-sanitize=fuzzer -sanitize=address" "-sanitize=address -sanitize=fuzzer" "-sanitize=fuzzer,address"; do
    # shellcheck disable=SC2086 # one or two flags
    swiftc -O -parse-as-library $flags -c target.swift -o target.o
    echo "$flags: coverage $(has sanitizer_cov\\\|sancov), address $(has asan_)"
done > seen
cat seen
diff expected seen

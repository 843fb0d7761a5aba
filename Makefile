# Spaniel. `make demo` shows it at work; `make test` runs every test that needs no Python.

SWIFT ?= swift
PREFIX ?= /usr/local
TOOL = .build/release/spaniel
PARITY = .venv-parity
SWIFT_SOURCES = Package.swift Sources Tests Examples Benchmarks/Package.swift Benchmarks/Sources \
    Fuzz/Package.swift Fuzz/Sources
SCRIPTS = .ci/run .ci/setup Benchmarks/run Examples/demo Fuzz/run Packaging/dist Packaging/manual Packaging/page Packaging/stage \
    Tests/Arm/run Tests/Bounds/run Tests/Consumer/run Tests/Hub/run Tests/Manifest/check Tests/Web/run

.PHONY: help setup build demo test test-arm test-web effort label-studio lint bounds consumer parity scale fuzz bench format docs install dist clean

help:
	@echo "make demo      build, find a boot in the pictures of Examples/, and show it on a page"
	@echo "make test      every test that needs no Python    make lint   what takes seconds: formatting and scripts"
	@echo "make test-arm  the kernels for Arm against their twins, in an emulator"
	@echo "make test-web  drive the labelling page in a real browser    make effort   count how much work it saves (SET=FOLDER)"
	@echo "make bounds    hold exp, erf and GELU against their bounds for all float32 values"
	@echo "make parity    compare with the published Python (creates $(PARITY)); SIZES=--all for every published size"
	@echo "make scale     the worker under Spark, Ray and GNU parallel, killed there; PARTS=\"same speed\" for some of it"
	@echo "make fuzz      throw mutated files at every reader, a minute each"
	@echo "make bench     measure, beside PyTorch and OpenVINO where they are installed"
	@echo "make install   the tool, its weights, man page and completions under PREFIX ($(PREFIX))"
	@echo "make dist      the same as one archive that needs nothing else, in out/"
	@echo "make format    format the sources    make docs   the documentation as a web site"

setup:
	@.ci/setup

build: setup
	$(SWIFT) build -c release --product spaniel

demo: build
	@Examples/demo $(TOOL) out/demo

# What computes with the kernels; the other tests cannot tell one set of kernels from another. Whole searches and
# lessons (PerSAMTests, SpanielTests) use no kernel that the models' own tests do not.
KERNEL_TESTS = '^(Tensor|ViT|DINOv2|CLIP|CLIPSeg|OWLViT|SAM)Tests\.'
TEST = $(SWIFT) test -c release --skip-build --disable-xctest

# First what takes seconds. The whole suite runs once, with the best set of kernels this processor has, and what
# computes with them once more for each further set; SPANIEL_ISA chooses one, and one it lacks is refused. How good
# the models are is measured once and alone.
test: setup lint
	Tests/Manifest/check
	$(SWIFT) build -c release --build-tests
	$(TEST) --skip QualityTests
	@best=; for isa in amx avx512bf16 avx512 avx2 baseline reference; do \
	    SPANIEL_ISA=$$isa $(TOOL) --version > /dev/null 2>&1 || continue; \
	    [ -n "$$best" ] || { best=$$isa; continue; }; \
	    echo "SPANIEL_ISA=$$isa"; \
	    SPANIEL_ISA=$$isa $(TEST) --filter $(KERNEL_TESTS) || exit 1; \
	done; [ -n "$$best" ]
	$(TEST) --filter QualityTests
	Examples/demo $(TOOL) out/demo > /dev/null
	Tests/Consumer/run
	Tests/Hub/run

# NEON without and with products of bytes; a minute.
test-arm:
	@.ci/setup gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
	Tests/Arm/run out/arm

# The labelling page in Debian's Chromium: a few minutes; what it saw lies in out/web.
test-web: build
	Tests/Web/run $(TOOL) out/web

# Keys and gestures per object, without and with suggestions, of the pictures of SET and its truth.json.
effort: build
	@.ci/setup chromium chromium-driver python3-selenium python3-pil python3-numpy
	/usr/bin/python3 Tests/Web/effort $(SET) --tool $(TOOL)

# The real Label Studio, installed once into .venv-label-studio, asks the labelling page for predictions.
label-studio: build
	@.ci/setup python3 python3-venv python3-pil python3-numpy
	Tests/Web/label-studio $(TOOL)

# The scripts too, where shellcheck is installed.
lint:
	Packaging/page --check
	$(SWIFT) format lint --strict --recursive --parallel $(SWIFT_SOURCES)
	@if command -v shellcheck > /dev/null; then shellcheck $(SCRIPTS); \
	    else echo "NOT CHECKED: the shell scripts, because shellcheck is not installed here" >&2; fi

# exp, erf and GELU for every float32: two minutes, and nothing but a kernel's own change can change what it says.
bounds:
	Tests/Bounds/run

# A fresh package that imports PerSAM as the README says, compiled and run, as a debug and a release build.
consumer: setup
	Tests/Consumer/run debug release

$(PARITY)/ready: Tests/Parity/requirements.txt
	@.ci/setup python3 python3-venv
	python3 -m venv $(PARITY)
	$(PARITY)/bin/pip install --quiet --requirement $<
	@# CLIP's vocabulary and MobileSAM's published code, without the packages' own needs.
	$(PARITY)/bin/pip install --quiet --no-deps open-clip-torch==3.3.0 mobilesam-mirror==1.0.0
	@touch $@

parity: build $(PARITY)/ready $(PARITY)-annotations/ready
	$(PARITY)/bin/python Tests/Parity/sam.py --spaniel $(TOOL) --models $(PARITY)/models
	$(PARITY)/bin/python Tests/Parity/mobilesam.py --spaniel $(TOOL) --models $(PARITY)/models
	$(PARITY)/bin/python Tests/Parity/sam2.py --spaniel $(TOOL) --models $(PARITY)/models
	$(PARITY)/bin/python Tests/Parity/persam.py --spaniel $(TOOL) --models $(PARITY)/models
	$(PARITY)/bin/python Tests/Parity/features.py --spaniel $(TOOL) --models $(PARITY)/models
	@for model in vit dinov2 clip clipseg owlvit; do \
	    $(PARITY)/bin/python Tests/Parity/$$model.py --spaniel $(TOOL) --models $(PARITY)/models $(SIZES) || exit 1; \
	done
	$(PARITY)/bin/python Tests/Parity/verdicts.py
	$(PARITY)/bin/python Tests/Parity/checkpoints.py --spaniel $(TOOL) --models $(PARITY)/models
	$(PARITY)/bin/python Tests/Parity/bfloat16.py --spaniel $(TOOL) --models $(PARITY)/models
	$(PARITY)/bin/python Tests/Parity/hub.py --spaniel $(TOOL)
	@for script in evaluation annotations exporters worker; do $(PARITY)-annotations/bin/python Tests/Parity/$$script.py --spaniel $(TOOL) || exit 1; done

.venv-scale/ready: Tests/Scale/requirements.txt
	python3 -m venv .venv-scale
	.venv-scale/bin/pip install --quiet --requirement $<
	@touch $@

# Nearly two hours on two quiet processors: a standalone Spark cluster, two nodes of Ray, GNU parallel, kills at seeded moments, a soak.
# speed-photographs takes 40 minutes of them, soak 25, speed 15, resume 10; PARTS takes the script's options too: PARTS="--rounds 1".
scale: build
	@.ci/setup python3 python3-venv openjdk-17-jre-headless parallel
	@$(MAKE) --no-print-directory .venv-scale/ready
	.venv-scale/bin/python Tests/Scale/run.py --spaniel $(TOOL) $(PARTS)

# libFuzzer comes with Swift's toolchain on Linux.
fuzz: setup
	Fuzz/run

# An environment of its own: the annotation formats' readers want other versions of what the models are compared with.
$(PARITY)-annotations/ready: Tests/Parity/requirements-annotations.txt
	@.ci/setup python3 python3-venv
	python3 -m venv $(PARITY)-annotations
	$(PARITY)-annotations/bin/pip install --quiet --requirement $<
	@touch $@

# Beside PyTorch and OpenVINO, whose environment it makes once.
bench: setup
	@.ci/setup python3 python3-venv
	Benchmarks/run

format:
	$(SWIFT) format --in-place --recursive --parallel $(SWIFT_SOURCES)

# What the public symbols say of themselves, as a web site in out/docs. A warning of DocC is an error.
docs: setup
	SWIFT="$(SWIFT)" .ci/docs out/docs
	@echo "Serve out/docs and open /documentation in it: python3 -m http.server -d out/docs"

# With the Swift runtime inside, so that the tool runs where Swift is not installed. It finds its weights beside it, in ../share.
install: setup
	$(SWIFT) build -c release --product spaniel --static-swift-stdlib --scratch-path .build-install
	Packaging/stage .build-install/release/spaniel "$(DESTDIR)$(PREFIX)"

# For machines without Swift or any library: Packaging/dist says what goes in.
dist: setup
	Packaging/dist

clean:
	rm -rf .build .build-docs .build-install .build-dist .build-manual $(PARITY) $(PARITY)-annotations .venv-scale out

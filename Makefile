# Spaniel. `make demo` shows it at work; `make test` runs every test that needs no Python.

SWIFT ?= swift
PREFIX ?= /usr/local
TOOL = .build/release/spaniel
PARITY = .venv-parity

.PHONY: help setup build demo test bounds consumer parity bench format docs install dist clean

help:
	@echo "make demo      build, find a boot in the pictures of Examples/, and show it on a page"
	@echo "make test      every test that needs no Python"
	@echo "make bounds    hold exp, erf and GELU against their bounds for all float32 values"
	@echo "make parity    compare with the published Python (creates $(PARITY)); SIZES=--all for every published size"
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

# The suite runs once for every set of kernels this processor has; SPANIEL_ISA chooses one, and one it lacks is refused. How good the models are is
# measured once, with the processor's best: one model takes the reference kernels four minutes, and the other tests hold the sets together block by block.
test: setup
	$(SWIFT) build -c release --build-tests
	@for isa in reference baseline avx2 avx512 avx512bf16 amx; do \
	    if SPANIEL_ISA=$$isa $(TOOL) --version > /dev/null 2>&1; then \
	        echo "SPANIEL_ISA=$$isa"; \
	        SPANIEL_ISA=$$isa $(SWIFT) test -c release --skip-build --disable-xctest --skip QualityTests || exit 1; \
	    fi; \
	done
	$(SWIFT) test -c release --skip-build --disable-xctest --filter QualityTests
	@$(MAKE) --no-print-directory consumer
	Tests/Hub/run
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Examples Benchmarks/Package.swift Benchmarks/Sources

# exp, erf and GELU for every float32: two minutes, and nothing but a kernel's own change can change what it says.
bounds:
	Tests/Bounds/run

# A package of its own that imports PerSAM: compiles and runs the sample of the README, as a debug build.
consumer: setup
	$(SWIFT) run --package-path Examples/Consumer --scratch-path .build-consumer Consumer

$(PARITY)/ready: Tests/Parity/requirements.txt
	@.ci/setup python3 python3-venv
	python3 -m venv $(PARITY)
	$(PARITY)/bin/pip install --quiet --requirement $<
	@# CLIP's vocabulary, without the package's own needs.
	$(PARITY)/bin/pip install --quiet --no-deps open-clip-torch==3.3.0
	@touch $@

parity: build $(PARITY)/ready $(PARITY)-annotations/ready
	$(PARITY)/bin/python Tests/Parity/sam.py --spaniel $(TOOL) --models $(PARITY)/models
	$(PARITY)/bin/python Tests/Parity/persam.py --spaniel $(TOOL) --models $(PARITY)/models
	@for model in vit clip clipseg owlvit; do \
	    $(PARITY)/bin/python Tests/Parity/$$model.py --spaniel $(TOOL) --models $(PARITY)/models $(SIZES) || exit 1; \
	done
	$(PARITY)/bin/python Tests/Parity/bfloat16.py --spaniel $(TOOL) --models $(PARITY)/models
	@for script in evaluation annotations worker; do $(PARITY)-annotations/bin/python Tests/Parity/$$script.py --spaniel $(TOOL) || exit 1; done

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
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests Examples Benchmarks/Package.swift Benchmarks/Sources

# What the public symbols say of themselves, as a web site in out/docs.
docs: setup
	@# It ends with an error for the tests' bundle, which has no symbols to show; what is wanted is there.
	-$(SWIFT) package --scratch-path .build-docs dump-symbol-graph --minimum-access-level public --skip-synthesized-members
	@cd .build-docs/*/symbolgraph && rm -f C*.json SpanielFiles*.json SpanielJSON*.json SpanielTest*.json
	docc convert --additional-symbol-graph-dir .build-docs/*/symbolgraph --output-path out/docs --diagnostic-level error \
	    --fallback-display-name Spaniel --fallback-bundle-identifier spaniel --transform-for-static-hosting
	@echo "Serve out/docs and open /documentation/persam in it: python3 -m http.server -d out/docs"

# With the Swift runtime inside, so that the tool runs where Swift is not installed. It finds its weights beside it, in ../share.
install: setup
	$(SWIFT) build -c release --product spaniel --static-swift-stdlib --scratch-path .build-install
	Packaging/stage .build-install/release/spaniel "$(DESTDIR)$(PREFIX)"

# For machines without Swift or any library: Packaging/dist says what goes in.
dist: setup
	Packaging/dist

clean:
	rm -rf .build .build-consumer .build-docs .build-install .build-dist .build-manual $(PARITY) $(PARITY)-annotations out

# Every target sets up what it needs; requires only Python 3.11 or later, pip and make.

UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
RUN := $(UV) run --frozen --quiet
CORES ?= 2
GPUS ?=

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.tools/bin/uv:
	python3 -m pip install --quiet --disable-pip-version-check --target .tools uv==0.13.9

.PHONY: setup
setup: $(filter .tools/%,$(UV)) ## Install the locked dependencies into .venv
	$(UV) sync --frozen --quiet --compile-bytecode

.PHONY: published
published: $(filter .tools/%,$(UV)) ## Make each paper from its printed numbers; needs no PyTorch
	$(UV) sync --frozen --quiet --inexact --compile-bytecode --no-default-groups
	$(UV) run --no-sync snakemake published --cores $(CORES)
	@echo "The papers: $(CURDIR)/results/published/index.html"

.PHONY: demo
demo: setup ## Make the published papers and a pre-training study in miniature
	$(RUN) snakemake published demo --cores $(CORES)
	@echo "Papers from their printed numbers:   $(CURDIR)/results/published/index.html"
	@echo "A pre-training study in miniature:   $(CURDIR)/results/demo/paper.html"

.PHONY: all
all: setup ## Make the whole paper from the images: make all GPUS=4 CORES=8
	$(RUN) snakemake all --cores $(CORES) --resources gpu=$(or $(GPUS),1)

.PHONY: check
check: setup ## Check style, types and workflow
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	$(RUN) deptry scripts benchmarks workflow
	$(RUN) snakefmt --check workflow Snakefile
	$(RUN) snakemake --lint

.PHONY: test
test: setup ## Run the tests, under 8 minutes on 2 cores
	$(RUN) pytest -n $(CORES) --dist loadfile -m "not long and not slurm"

.PHONY: test-long
test-long: setup ## Run the tests that take minutes
	$(RUN) pytest -m "long and not slurm"

.PHONY: test-slurm
test-slurm: setup ## Run the tests with Slurm on this machine; needs root and Debian's packages
	$(RUN) pytest -m slurm tests/slurm

.PHONY: preflight plan status
preflight: setup ## Check for everything that would stop the work
	$(RUN) python scripts/preflight.py
plan: setup ## Estimate runs, hours and gigabytes to go
	$(RUN) python scripts/plan.py $(if $(GPUS),--gpus $(GPUS))
status: setup ## Show the progress of the studies
	$(RUN) python scripts/status.py

.PHONY: bench
bench: setup ## Run the benchmarks, each a ratio to a baseline in the same run
	$(RUN) python benchmarks/run.py

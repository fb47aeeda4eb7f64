# Every target does its own set-up: all it needs is Python 3.11 or later, pip and make.

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
setup: $(filter .tools/%,$(UV)) ## Install what the lock names into .venv
	$(UV) sync --frozen --quiet --compile-bytecode

.PHONY: published
published: $(filter .tools/%,$(UV)) ## The paper from its printed numbers; needs no torch
	$(UV) sync --frozen --quiet --inexact --compile-bytecode --no-default-groups
	$(UV) run --no-sync snakemake published --cores $(CORES)
	@echo "The paper: $(CURDIR)/results/published/fang2023/paper.html"

.PHONY: demo
demo: setup ## The published paper, and a small study from data to page
	$(RUN) snakemake published demo --cores $(CORES)
	@echo "The paper, from its printed numbers: $(CURDIR)/results/published/fang2023/paper.html"
	@echo "A small study, from data to page:    $(CURDIR)/results/demo/paper.html"

.PHONY: all
all: setup ## The whole paper from the images: make all GPUS=4 CORES=8
	$(RUN) snakemake all --cores $(CORES) --resources gpu=$(or $(GPUS),1)

.PHONY: check
check: setup ## Style, types and lint
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	$(RUN) deptry scripts benchmarks workflow
	$(RUN) snakefmt --check workflow Snakefile
	$(RUN) snakemake --lint

.PHONY: test
test: setup ## Tests, under 8 minutes on 2 cores
	$(RUN) pytest -n $(CORES) --dist loadfile -m "not long and not slurm"

.PHONY: test-long
test-long: setup ## Tests that take minutes
	$(RUN) pytest -m "long and not slurm"

.PHONY: test-slurm
test-slurm: setup ## Against a real Slurm on this machine; needs root and Debian's slurm packages
	$(RUN) pytest -m slurm tests/slurm

.PHONY: preflight plan status
preflight: setup ## What would stop the work
	$(RUN) python scripts/preflight.py
plan: setup ## Runs, hours and gigabytes still to come
	$(RUN) python scripts/plan.py $(if $(GPUS),--gpus $(GPUS))
status: setup ## How far the studies are
	$(RUN) python scripts/status.py

.PHONY: bench
bench: setup ## Benchmarks, each a ratio against a baseline in the same run
	$(RUN) python benchmarks/run.py

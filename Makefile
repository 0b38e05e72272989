# `make` prints the targets.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help install demo test check bundled-model clean

help:
	@echo "make install   everything for development, in .venv, at the versions of requirements.lock"
	@echo "make demo      generated looks, recommendations and figures in demo/report.html; no network"
	@echo "make test      the tests"
	@echo "make check     lint, format, types"
	@echo "make bundled-model   rebuild the model of the demo from a seed, half an hour or so"
	@echo "make clean     remove what the others made"

install: $(STAMP)

$(STAMP): pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

demo: $(STAMP)
	$(BIN)/scenefit demo --dir demo

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist loadfile

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bundled-model: $(STAMP)
	$(BIN)/python tools/bundled_model.py

clean:
	rm -rf .venv demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SAMPLE := out/sample
PERIOD := 2026-10
SUBJECT ?= shop_id=S001,agent_id=S001-A011
# A run ends with 1 where it was written and somebody's pay is held back: no failure of a demo.
OR_HELD := || test $$? -eq 1

.PHONY: help demo test check mutate docs bench lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s  %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kpi_engine needs Python 3.11 or newer: make PYTHON=/path/to/it")'
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

demo: $(READY)  ## a million made-up messages to the pay of two teams, under out/
	$(BIN)/kpi-engine sample $(SAMPLE) --messages 1000000 --seed 1
	$(BIN)/kpi-engine check rulesets/taobao
	$(BIN)/kpi-engine test rulesets/taobao
	$(BIN)/kpi-engine run rulesets/taobao/presales.yaml --data $(SAMPLE) --period $(PERIOD) --out out/presales $(OR_HELD)
	$(BIN)/kpi-engine run rulesets/taobao/aftersales.yaml --data $(SAMPLE) --period $(PERIOD) --out out/aftersales $(OR_HELD)
	$(BIN)/kpi-engine explain out/presales --subject $(SUBJECT)

test: $(READY)  ## every test, and every example in the documentation
	$(BIN)/pytest -n auto --dist loadgroup

check: $(READY)  ## format, lint, types, imports, our own rulesets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/kpi-engine fmt --check rulesets tests/rulesets
	$(BIN)/kpi-engine check rulesets
	$(BIN)/kpi-engine test --cov-fail-under 95 rulesets

mutate: $(READY)  ## do the tests of our own rulesets notice slips of the pen? takes minutes
	$(BIN)/kpi-engine test --mutate-fail-under 90 rulesets

docs: $(READY)  ## docs/codes, docs/schemas and the table of rulesets/README.md, from what they speak of
	$(BIN)/python -m tests.diagnostics.pages
	$(BIN)/python -m tests.rulesets.readme
	$(BIN)/python -m tests.ruleset.schema_files

bench: $(READY)  ## speed and memory, measured here
	$(BIN)/python -m benchmarks

lock:  ## choose the newest allowed version of everything installed
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev,bench]'
	{ echo '# Made by `make lock` from pyproject.toml: what make and CI install.'; \
	  $(BIN)/python -m pip freeze --exclude-editable; } > requirements.lock
	rm -rf .venv

clean:  ## remove everything that make has made
	rm -rf .venv out build dist

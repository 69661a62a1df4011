# make run    sets everything up and starts broker and demo service provider
# make test   sets everything up and runs every test
# make screenshots    makes the pictures of the README's tour anew (docs/img), then walks every road and keeps a
#                     picture of each page, in build/screenshots
# make translations   compiles the texts (*.po) after a change
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint set-up translations bench screenshots clean

run:
	@$(PYTHON) run_broker.py

set-up:
	@$(PYTHON) run_broker.py --set-up --extra test

test: set-up lint
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

lint: set-up
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config setup.cfg

translations: set-up
	$(BIN)/pybabel -q compile -D suppliers -d suppliers/translations
	$(BIN)/pybabel -q compile -D broker -d broker/translations
	$(BIN)/pybabel -q compile -D helpdeskpo -d helpdeskpo/translations

bench: set-up
	$(BIN)/python -m bench

screenshots: set-up
	TOUR=docs/img $(BIN)/python -m pytest -q tests/helpdesk_road/test_helpdesk_tour.py
	SCREENSHOTS=build/screenshots $(BIN)/python -m pytest -q -n auto tests/journeys tests/helpdesk_road

clean:
	rm -rf .venv .venv-sp build *.egg-info

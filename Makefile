# The one runner of the project. `make` alone says what there is.

DATA := .run
LISTEN ?= 127.0.0.1:4566

.DEFAULT_GOAL := help
.PHONY: help run test lint prove fuzz bench bench-grown bench-instructions bench-instructions-write clients clients-lock clean-run

help: ## say what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-25s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build Kagiban and start it on 127.0.0.1:4566, with an embedded store in .run/
	cargo build --release -p kagiban
	@mkdir -p $(DATA)
	@printf '\nKagiban listens on http://%s and keeps everything in %s. In another terminal, paste:\n\n' '$(LISTEN)' '$(CURDIR)/$(DATA)'
	@printf '  export AWS_ENDPOINT_URL=http://%s\n' '$(LISTEN)'
	@printf '  export AWS_SHARED_CREDENTIALS_FILE=%s\n' '$(CURDIR)/$(DATA)/credentials'
	@printf '  export AWS_DEFAULT_REGION=ap-northeast-1\n'
	@printf '  aws sts get-caller-identity\n\nControl-C stops it; `make clean-run` throws away what it kept.\n\n'
	@exec target/release/kagiban serve --data-dir $(DATA)/data --listen $(LISTEN) \
		--credentials-file $(DATA)/credentials --root-key-file $(DATA)/root.key

test: ## install what the tests need, then run everything: this is what CI runs
	python3 ci/suites.py test

lint: ## formatting and clippy, warnings refused
	cargo fmt --all --check
	cargo clippy --profile ci --workspace --all-targets -- -D warnings

prove: ## the long form: lint, tests, 100,000 seeds, thousands of kills, fuzzing, counted instructions (goes on where it stopped)
	python3 ci/suites.py prove

fuzz: ## a minute for each fuzz target (the first time, some minutes to build them); `make prove` gives each ten
	python3 ci/fuzz.py

bench: ## what a call costs beside the least that it could; writes docs/performance.md (about ten minutes)
	cargo build --release -p kagiban -p bench
	target/release/bench compare

bench-grown: ## what a call, a list, a start and the memory cost with 100,000 keys; writes docs/performance.md (about three minutes)
	cargo build --release -p kagiban -p bench -p fill
	target/release/bench grown

bench-instructions: ## instructions of a Decrypt, a decision, a signature, against bench/instructions.toml (needs valgrind)
	cargo run --quiet --profile ci -p bench -- instructions

bench-instructions-write: ## count them anew and write bench/instructions.toml
	cargo run --quiet --profile ci -p bench -- instructions --write

clients: ## make the virtual environments of the test clients
	sh ci/clients.sh

clients-lock: ## write tests/clients/*.txt anew from the *.in files (needs pip-tools)
	cd tests/clients && for list in boto3 awscli; do \
		pip-compile --quiet --generate-hashes --no-header --no-emit-find-links --strip-extras -o $$list.txt $$list.in; done

clean-run: ## throw away what `make run` kept: keys, users, trail and root
	rm -rf $(DATA)

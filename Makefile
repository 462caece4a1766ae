.DEFAULT_GOAL := help

specs := $(sort $(wildcard specs/*.yaml))
generated := gen/*/*.gen.go gen/*/*/*.gen.go gen/*/testdata/examples.json
pathspec := -- $(patsubst %,':(glob)%',$(generated))

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "%-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: generate
generate: ## Regenerate everything under gen from specs
	rm -f $(generated)
	go generate .

.PHONY: check-generated
check-generated: generate ## Fail if what is committed under gen is not what specs generate
	@drift=$$(git status --porcelain --untracked-files=all $(pathspec)); \
	if [ -n "$$drift" ]; then \
		git --no-pager diff HEAD $(pathspec); \
		git ls-files --others --exclude-standard -z $(pathspec) | \
			xargs -0 -r -n 1 git --no-pager diff --no-index -- /dev/null; \
		printf 'What is committed under gen is not what specs generate:\n%s\n' "$$drift"; \
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

staticcheck := go tool -modfile=tools/lint/go.mod staticcheck

.PHONY: lint-go
lint-go: ## Vet the Go code of the root and tools modules, and run staticcheck on the root
	go vet ./...
	go -C tools vet ./...
	$(staticcheck) ./...

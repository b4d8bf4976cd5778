# Every target runs on a machine that has Go, git and make. Tools come from .ci/tools/go.mod.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 5s
IMAGE    ?= bucketlake:$(VERSION)

tool    = go tool -modfile='$(CURDIR)/.ci/tools/go.mod'
interop = cmd/bucketlake/interop
browser = cmd/bucketlake/browser
folders = cmd extract transform load schemas

# apt installs a Debian package where its command is missing, or says what to install.
apt = command -v $(1) >/dev/null || { \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(2) >/dev/null; \
	else echo '$(1) is missing: install it (Debian: $(2))' >&2; exit 1; fi; }

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-15s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## bin/bucketlake: one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/bucketlake ./cmd/bucketlake

# The linters, the tests and what they start are built alike, with Go's defaults, so that the compiler goes through all that is
# linked in once, and once more for the race detector. A release is built without cgo: TestNeedsNoC holds that it can be.

# The tests of the commands wait, for processes and for files, more than they compute.
parallel = 8

# The race detector makes a process five times slower, so it watches where things run side by side in one process: all tests of
# some packages, and in others those of the worker, its queue and its page, and of the stores and their writers.
watched  = ./cmd/bucketlake/web ./extract/oauth ./extract/state ./extract/bitbucket
partly   = ./cmd/bucketlake ./load
sideways = 'WorkerSyncs|PageConnects|Hooks|StopLands|SpentHour|Writers|Session|^TestS3$$|^TestDirectory$$'

# The simulated Glue of the tests.
MOTO = bin/moto/bin/moto_server

$(MOTO): .ci/moto/requirements.txt
	@python3 -c 'import ensurepip, venv' 2>/dev/null || $(call apt,python3-venv,python3-venv)
	python3 -m venv --clear bin/moto
	bin/moto/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.PHONY: test
test: $(MOTO) ## all tests of the module, those of what runs side by side under the race detector
	@$(call apt,gcc,gcc libc6-dev)
	@command -v initdb >/dev/null || $(call apt,/usr/lib/postgresql/*/bin/initdb,postgresql)
	@cd .ci/s3 && go tool -n versitygw >/dev/null # built before the tests' time runs
	go test -race -timeout 40m $(watched)
	go test -race -timeout 40m -parallel $(parallel) -run $(sideways) $(partly)
	go test -timeout 40m -parallel $(parallel) -skip $(sideways) $(partly)
	go test -timeout 40m $$(go list ./... | grep -vxF -f <(go list $(watched) $(partly)))

HISTORIES ?= 2000

# Little of what a history makes is kept: its garbage is collected when there is half a gigabyte.
.PHONY: histories
histories: ## the proof that nothing is lost: HISTORIES (2000) lives of a workspace, with crashes and faults; RAPID_SEED=N draws the same again
	TMPDIR=$$([ -d /dev/shm ] && echo /dev/shm || echo /tmp) go test -exec 'env GOGC=off GOMEMLIMIT=512MiB' -count=1 -timeout 10h -run '^TestHistories$$' ./cmd/bucketlake -histories $(HISTORIES)

.PHONY: safeguards
safeguards: ## what the proof is worth: histories until one fails, with each safeguard taken out; by hand
	TMPDIR=$$([ -d /dev/shm ] && echo /dev/shm || echo /tmp) GOGC=400 go test -count=1 -timeout 10h -v -run '^TestSafeguards$$' ./cmd/bucketlake -safeguards 2000

.PHONY: lint
lint: ## golangci-lint, also over the modules of some tests; the rules are in .golangci.yml
	@$(call apt,g++,g++)
	for module in . $(interop) $(browser) .ci/kms .ci/s3; do (cd $$module && go mod tidy -diff); done
	for module in . $(interop) $(browser); do (cd $$module && $(tool) golangci-lint run); done

.PHONY: fmt
fmt: ## format the sources (gofumpt)
	$(tool) gofumpt -modpath bucketlake -w $(folders)

# npm ci would want ClickHouse's libraries for all systems in the lock.
.PHONY: interop
interop: ## connect, sync and read every table with DuckDB, ClickHouse and hyparquet
	@$(call apt,g++,g++)
	@$(call apt,npm,nodejs npm)
	cd $(interop)/hyparquet && npm ci --no-audit --no-fund --loglevel=error
	cd $(interop)/clickhouse && npm install --no-save --no-audit --no-fund --loglevel=error
	@cd .ci/s3 && go tool -n versitygw >/dev/null
	cd $(interop) && go test -count=1 -v ./...

AXE = bin/axe-core/package/axe.min.js

$(AXE):
	@$(call apt,npm,npm)
	mkdir -p bin/axe-core
	cd bin/axe-core && npm pack --silent axe-core@4.14.1 && tar -xzf axe-core-4.14.1.tgz

.PHONY: browser
browser: $(AXE) ## walk the worker's page in Chromium; SCREENSHOTS=DIR keeps pictures of it
	@$(call apt,chromium,chromium fonts-dejavu-core)
	cd $(browser) && go test -count=1 -v ./...

.PHONY: deploy-check
deploy-check: ## each file of deploy/, by the tool that it is for
	@.ci/deploy-check

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (5s)
	@targets=$$(grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' $(folders) | sort) || { echo 'no fuzz targets' >&2; exit 1; }; \
	while IFS=: read -r file target; do \
		go test -run '^$$' -fuzz "^$${target#func }$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")"; \
	done <<<"$$targets"

ROWS ?= 100000,1000000

.PHONY: bench
bench: ## how fast ROWS (100000,1000000) pull requests land, beside DuckDB; FULL=true: from pages without fields=
	@$(call apt,g++,g++)
	cd $(interop) && go test -count=1 -timeout 2h -v -run '^TestSpeed$$' . -rows $(ROWS) -full=$(or $(FULL),false)

.PHONY: benches
benches: ## the benchmarks of single steps, with allocations
	@grep -rl --include='*_test.go' '^func Benchmark' $(folders) | xargs -r -n 1 dirname | sort -u | sed 's,^,./,' | \
	xargs -r go test -run '^$$' -bench . -benchmem

.PHONY: bench-requests
bench-requests: ## requests that a sync spends, beside what it must and what others would; no clock in it
	GOGC=400 go test -count=1 -timeout 3h -v -run '^TestRequests$$' ./cmd/bucketlake -requests $(or $(REPOSITORIES),10,100,1000) -changes $(or $(CHANGES),0,10,100)

.PHONY: demo
demo: ## a simulated workspace and its tables, in ./data/demo
	go run ./cmd/bucketlake demo

.PHONY: image
image: ## a container image
	docker build --build-arg VERSION=$(VERSION) -t $(IMAGE) .

.PHONY: vuln
vuln: ## known vulnerabilities of what is linked in; fetches a database, so CI does not run it
	$(tool) govulncheck ./...

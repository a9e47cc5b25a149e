# The port that `make run` serves on, and further options for `laurel serve`.
PORT ?= 8080
ARGS ?=
# What `make simulate` begins with, and how much it does.
SEED ?= 1
OPS ?= 1000000

# Of `make dates`: one of its dates, or any other; `turn` for the one whose turn it is today.
DATE ?=

.DEFAULT_GOAL := help
.PHONY: help run test dates faults simulate sanitize contract probe neighbours bench lint format clean

help: ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 17

run: ## build and serve with demo data on 127.0.0.1:$PORT (8080); Ctrl-C ends it, the data stay in .state
	@scripts/install.sh
	@swift build --configuration release --product laurel
	@exec .build/release/laurel serve --listen 127.0.0.1:$(PORT) --state .state --demo $(ARGS)

test: ## run all tests but those of `make faults`
	@scripts/install.sh
	@swift test --disable-xctest --skip 'ServiceTests\.FaultTests'

dates: ## run the tests that days matter to at month ends, changes of the clock, leap days; DATE one of them
	@Tests/Dates/run $(DATE)

faults: ## many servers, full disks, a clock set back; takes minutes, and root for the disks
	@scripts/install.sh
	@swift test --disable-xctest --filter 'ServiceTests\.FaultTests'

contract: ## hold the served OpenAPI document against the service; CASES=5000 requests
	@scripts/install.sh contract
	@Tests/Contract/run

simulate: ## compare the ledger with a model of it in simulated worlds: SEED, OPS; about a minute
	@scripts/install.sh
	@swift build --configuration release --product simulate
	@.build/release/simulate $(SEED) $(OPS)

sanitize: ## look for data races and memory errors under load; takes some minutes
	@Tests/Sanitize/run

bench: ## measure; takes minutes
	@scripts/install.sh
	@Benchmarks/run

probe: ## let clients, a proxy and attackers that others wrote at it; takes minutes
	@Tests/Probe/run

neighbours: ## what a neighbour waits beside floods, and beside as many harmless requests; takes some minutes
	@Tests/Neighbours/run

lint: ## check formatting, scripts and warnings
	@scripts/lint.sh

format: ## format the Swift files in place
	@swift format --in-place --recursive --parallel Package.swift Sources Tests

clean: ## remove what was built; the data in .state stay
	@rm -rf .build .build-tsan

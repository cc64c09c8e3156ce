# What each target does is told by the comment behind it: see `make help`.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# The settings of the demo (make up WEB_PORT=8080) reach Compose by themselves: make exports its command line.
dependencies := node_modules/.package-lock.json

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z-]+):.* ## (.*)/  make \1\t\2/p' Makefile | expand -t 24

.PHONY: up
up: engine images ## the demo: engine, images, proxy and two web apps
	@scripts/demo up

.PHONY: down
down: ## stop the demo, and remove its containers, network and volumes
	@docker compose --profile "*" down --volumes --remove-orphans

.PHONY: logs
logs: ## follow what the proxy and the web apps print
	@docker compose --profile "*" logs --follow --tail 100

.PHONY: demo
demo: $(dependencies) engine images browser ## see servers come and go, step by step, with the evidence in logs/
	@node_modules/.bin/node e2e/demo/main.ts

.PHONY: demo-scale
demo-scale: $(dependencies) engine images ## see containers come and go with the load: two and a half minutes
	@node_modules/.bin/node e2e/demo/scaling.ts

.PHONY: test
test: $(dependencies) engine images browser valkey ## everything: check, then the tests on a real engine
	@scripts/verify all

.PHONY: test-all
test-all: $(dependencies) engine images browser valkey engine-image ## that, then full lengths and every fault: 45 minutes at most
	@scripts/verify everything

.PHONY: check
check: $(dependencies) ## types, lint, unused code and unit tests: under a minute
	@scripts/verify check

.PHONY: bench
bench: $(dependencies) engine images engine-image ## figures: joins, leaves, losses, throughput, memory; a quarter of an hour (make bench ONLY=joins,scale)
	@node_modules/.bin/node e2e/bench/main.ts

.PHONY: simulate
simulate: $(dependencies) ## what our law of scaling and those of others make of the same load: ten seconds (no engine needed)
	@node_modules/.bin/node src/testing/simulation/main.ts

.PHONY: soak
soak: $(dependencies) engine images ## an hour of random change and faults under load (make soak SOAK_MINUTES=10)
	@node_modules/.bin/node e2e/soak/main.ts

.PHONY: images
images: engine ## build the images, as far as they changed
	@scripts/images

.PHONY: browser
browser: images ## build the image of the browser that make demo and make test look through
	@scripts/images browser

.PHONY: valkey
valkey: images ## build the image of the store that the demo's profile `shared` keeps its sessions in
	@scripts/images valkey

.PHONY: engine-image
engine-image: images ## build the image of an engine in a container, for the tests that hurt one
	@scripts/images engine

.PHONY: refresh
refresh: engine ## build the images anew, with today's security updates
	@scripts/images refresh

.PHONY: images-report
images-report: $(dependencies) engine images ## what the images take, and what other ways of writing them would cost
	@node_modules/.bin/node scripts/images-report/main.ts

.PHONY: engine
engine: ## a Docker engine that answers: used, started or installed
	@scripts/engine

.PHONY: uninstall
uninstall: ## remove the packages that make installed on this machine
	@scripts/uninstall

# npm writes this file at the end.
$(dependencies): package-lock.json
	@scripts/dependencies

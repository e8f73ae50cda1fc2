# Tabernetes. Prerequisites: Go, Node with npm. `make run` serves the page; `make test` runs everything.

GO      ?= go
PORT    ?= 8080
DIST    := static/dist
WASM    := .build/engine.wasm
SLIM    := .build/slim
SLIMMED := $(shell find wasm/slim -name '*.go' -not -name '*_test.go') go.mod go.sum
# Packages compiled without inlining: smaller by a tenth of the compressed module, most of it tables of lines and frames.
# Most of them run when a person does something; of those that run with every write, the time is elsewhere (make bench).
# Kernel, store, caches, scheduler and the controllers of pods stay inlined.
COLD    := tabernetes/wasm tabernetes/scenarios/lesson tabernetes/engine \
	$(addprefix tabernetes/engine/,addons addons/clouddisk addons/localpath addons/metricsserver addons/provision api apiserver apiserver/auth \
	apiserver/podsecurity client/leaderelection cloud etcdctl explain kubeadm kubectl kubelet network proxy runtime session scheduler/config \
	scheduler/config/v1 scheduler/volumes ustar) \
	$(addprefix tabernetes/engine/api/,apiextensions apiregistration binding cron defaults der fieldmanager jsonpath manifest metrics patch pkcs10 portable \
	printers quota rbac schema structural validation warnings x509) \
	$(addprefix tabernetes/engine/controllers/,attachdetach certificates clusterroleaggregation cronjob daemonset deployment disruption \
	endpoint endpointrules endpointslice endpointslicemirroring ephemeral expand job namespace nodelifecycle persistentvolume podautoscaler podgc pvcprotection pvprotection replicationcontroller \
	resourcequota rootcacert serviceaccount servicecidrs statefulset tainteviction \
	templatehash ttlafterfinished) \
	k8s.io/api/... $(addprefix k8s.io/apimachinery/pkg/,api/errors api/valid... conversion runtime/... util/...) \
	sigs.k8s.io/... go.yaml.in/... mvdan.cc/... regexp/...
GOFILES := $(shell find engine wasm scenarios/lesson -name '*.go' -not -name '*_test.go' -not -path 'wasm/slim/*' -not -path 'wasm/strip/*' -not -path 'wasm/schedulerperf/*' -not -path 'engine/schedulerperf/*') go.mod go.sum
PAGE    := $(shell find static/src static/examples scenarios/lessons scenarios/lesson scenarios/publish -type f 2>/dev/null) $(wildcard static/*.mjs) static/package.json static/tsconfig.json web/headers/headers.json

.PHONY: run build test test-go test-page test-browser test-clients test-recipes test-worker screenshots bench profile site worker clean

run: build
	PORT=$(PORT) $(GO) run ./web

build: $(DIST)/index.html

# The page's build gives the engine its name, which has a hash of its content, and lists every file for the service worker.
$(DIST)/index.html: $(PAGE) $(WASM) static/node_modules/.installed
	cd static && npm run --silent build

static/node_modules/.installed: static/package.json static/package-lock.json
	cd static && npm ci --no-audit --no-fund --loglevel=error
	touch $@

# Half of what the linker would keep is called by nothing: wasm/slim tells what, and prepares a build without it. It
# looks at the engine's sources for the documentation of API fields that they read.
$(SLIM)/go.mod: $(SLIMMED) $(GOFILES)
	$(GO) run ./wasm/slim $(SLIM)

# What stack traces alone would read goes too (wasm/strip), and the calls of COLD are written so that they pack well.
# wasm/default.pgo tells the compiler which calls are hot: a tenth faster at 10,000 pods for 29 kB.
$(WASM): $(GOFILES) wasm/default.pgo $(SLIM)/go.mod $(wildcard wasm/strip/*.go)
	GOOS=js GOARCH=wasm $(GO) build -modfile=$(SLIM)/go.mod -tags=slim -trimpath $(COLD:%=-gcflags=%=-l) -ldflags='-s -w' -o $(SLIM)/engine.wasm ./wasm
	$(GO) run ./wasm/strip $(SLIM)/engine.wasm main $(COLD)
	mv $(SLIM)/engine.wasm $@

test: test-go test-page test-clients test-worker test-browser test-recipes

test-go:
	$(GO) vet ./...
	GOOS=js GOARCH=wasm $(GO) vet ./wasm ./engine ./web/worker
	$(GO) test ./...

test-page: static/node_modules/.installed
	cd static && npm run --silent check && npm test --silent

# Real kubectl and client-go against the native host, in a module of their own.
test-clients:
	cd web/realclient && $(GO) test ./...

# The Worker in workerd, the real runtime, against the table of the native server.
test-worker: worker web/worker/node_modules/.installed
	TABERNETES_WORKER=1 $(GO) test -count=1 ./web/worker

web/worker/node_modules/.installed: web/worker/package.json web/worker/package-lock.json
	cd web/worker && npm ci --no-audit --no-fund --loglevel=error
	touch $@

# The page in Chromium: what a person does, determinism against the native engine, size budgets, accessibility.
test-browser: build
	.ci/browser
	TABERNETES_BROWSER=1 $(GO) test -count=1 -timeout 20m ./web/browsertest

# Sites that embed the page, built by their own tools and opened in Chromium.
test-recipes: build recipes/docusaurus/node_modules/.installed
	.ci/browser
	.ci/recipes
	TABERNETES_RECIPES=1 $(GO) test -count=1 -timeout 10m -run TestRecipes ./web/browsertest

recipes/docusaurus/node_modules/.installed: recipes/docusaurus/package.json recipes/docusaurus/package-lock.json
	cd recipes/docusaurus && npm ci --no-audit --no-fund --loglevel=error
	touch $@

# The README's pictures, made by a real browser.
screenshots: build
	.ci/browser
	TABERNETES_PICTURES=$(CURDIR)/static/pictures $(GO) test -count=1 -timeout 10m -run TestPictures ./web/browsertest

PERF := .build/schedulerperf

bench: build
	.ci/browser
	TABERNETES_BENCH=1 $(GO) test -count=1 -timeout 20m -run 'TestBench$$' -v ./web/browsertest
	$(GO) test -run '^$$' -bench SchedulerPerf -benchtime 1x ./engine/schedulerperf
	mkdir -p $(PERF)
	cp wasm/schedulerperf/index.html wasm/schedulerperf/page.js $$($(GO) env GOROOT)/lib/wasm/wasm_exec.js $(PERF)
	GOOS=js GOARCH=wasm $(GO) build -modfile=$(SLIM)/go.mod -tags=slim -trimpath $(COLD:%=-gcflags=%=-l) -ldflags='-s -w' -o $(PERF)/schedulerperf.wasm ./wasm/schedulerperf
	TABERNETES_BENCH=1 TABERNETES_SCHEDULERPERF=$(CURDIR)/$(PERF) $(GO) test -count=1 -timeout 20m -run TestBenchScheduler -v ./web/browsertest

# Records wasm/default.pgo anew, from the native benchmarks.
profile:
	$(GO) test -run '^$$' -bench 'Pods/nodes=1000|Idle' -benchtime 3x -cpuprofile $(CURDIR)/wasm/default.pgo -o /dev/null ./engine

# A static site for any host and any path: the page with the engine packed (.br and .gz beside it), which the page unpacks
# itself, so that the host need not negotiate; the native server does.
site: build
	rm -rf dist
	mkdir dist
	cp -R $(DIST)/. dist/
	node static/pack.mjs dist/engine-*.wasm
	node static/finish.mjs dist

# The program of the Cloudflare Worker, which web/worker/wrangler.toml deploys with the site.
WORKER := web/worker/build
worker: $(WORKER)/app.wasm

$(WORKER)/app.wasm: $(shell find web/worker web/share web/headers -not -path '*/node_modules/*' -not -path '*/build/*' \( -name '*.go' -o -name '*.json' \)) go.mod go.sum
	$(GO) run github.com/syumai/workers/cmd/workers-assets-gen -mode=go -o $(WORKER)
	GOOS=js GOARCH=wasm $(GO) build -trimpath -ldflags='-s -w' -o $@ ./web/worker

clean:
	rm -rf dist .build $(DIST) $(WORKER)

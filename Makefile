# Tabernetes. Prerequisites: Go, Node with npm. `make run` serves the page; `make test` runs everything.

GO      ?= go
PORT    ?= 8080
DIST    := static/dist
WASM    := $(DIST)/engine.wasm
SLIM    := .build/slim
SLIMMED := $(shell find wasm/slim -name '*.go' -not -name '*_test.go') go.mod go.sum
# Packages compiled without inlining: smaller by a tenth of the compressed module, most of it tables of lines and frames.
# Most of them run when a person does something; of those that run with every write, the time is elsewhere (make bench).
# Kernel, store, caches, scheduler and the controllers of pods stay inlined.
COLD    := tabernetes/wasm tabernetes/engine \
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
GOFILES := $(shell find engine wasm -name '*.go' -not -name '*_test.go' -not -path 'wasm/slim/*' -not -path 'wasm/strip/*' -not -path 'wasm/schedulerperf/*' -not -path 'engine/schedulerperf/*') go.mod go.sum
PAGE    := $(shell find static/src static/examples -type f 2>/dev/null) static/package.json static/build.mjs static/tsconfig.json

.PHONY: run build test test-go test-page test-browser test-clients bench profile site clean

run: build
	PORT=$(PORT) $(GO) run ./web

build: $(DIST)/index.html $(WASM)

# The page's build empties dist but for engine.*, so the engine may be built before or after it.
$(DIST)/index.html: $(PAGE) static/node_modules/.installed
	cd static && npm run --silent build

static/node_modules/.installed: static/package.json static/package-lock.json
	cd static && npm ci --no-audit --no-fund --loglevel=error
	touch $@

# Half of what the linker would keep is called by nothing: wasm/slim tells what, and prepares a build without it. It
# looks at the engine's sources for the documentation of API fields that they read.
$(SLIM)/go.mod: $(SLIMMED) $(GOFILES)
	$(GO) run ./wasm/slim $(SLIM)

# What stack traces alone would read goes too (wasm/strip). wasm/default.pgo tells the compiler which calls are hot: a tenth
# faster at 10,000 pods for 29 kB.
$(WASM): $(GOFILES) wasm/default.pgo $(SLIM)/go.mod $(wildcard wasm/strip/*.go)
	mkdir -p $(DIST)
	GOOS=js GOARCH=wasm $(GO) build -modfile=$(SLIM)/go.mod -tags=slim -trimpath $(COLD:%=-gcflags=%=-l) -ldflags='-s -w' -o $(SLIM)/engine.wasm ./wasm
	$(GO) run ./wasm/strip $(SLIM)/engine.wasm
	mv $(SLIM)/engine.wasm $@

test: test-go test-page test-clients test-browser

test-go:
	$(GO) vet ./...
	GOOS=js GOARCH=wasm $(GO) vet ./wasm ./engine
	$(GO) test ./...

test-page: static/node_modules/.installed
	cd static && npm run --silent check && npm test --silent

# Real kubectl and client-go against the native host, in a module of their own.
test-clients:
	cd web/realclient && $(GO) test ./...

# The page in Chromium: what a person does, determinism against the native engine, size budgets, accessibility.
test-browser: build
	.ci/browser
	TABERNETES_BROWSER=1 $(GO) test -count=1 -timeout 10m ./web/browsertest

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

# A static site for any host and any path: the page with the engine packed, for hosts that negotiate (.br, .gz beside
# engine.wasm) and for those that do not (the page unpacks engine.wasm.gz itself).
site: build
	rm -rf dist
	mkdir dist
	cp -R $(DIST)/. dist/
	node static/pack.mjs dist/engine.wasm
	sed -i.orig 's/engine\.wasm engine\.wasm\.gz/engine.wasm.gz engine.wasm/' dist/index.html
	rm dist/index.html.orig

clean:
	rm -rf dist .build $(DIST)

# sam build runs build-LOGICALID for each function of template.yaml and examples/nested/template.yaml, with ARTIFACTS_DIR set.
# It does not say for which architecture: where the parameter Architecture is not arm64, this variable must agree with it.
ARCHITECTURE ?= arm64

goarch_arm64 := arm64
goarch_x86_64 := amd64

build-Api: package = ./functions/api
build-Callback: package = ./functions/callback
build-Step build-Task: package = ./functions/step
build-Dead: package = ./functions/dead
build-Notify: package = ./functions/notify
build-Sweep: package = ./functions/sweep
build-Hello: package = ./examples/nested/hello
build-AnswerToken: package = ./examples/nested/callback

targets := $(addprefix build-,Api Callback Step Task Dead Notify Sweep Hello AnswerToken)

.PHONY: $(targets)

# Without the commit's stamp, a function whose code is unchanged is not deployed again.
$(targets):
	$(if $(ARTIFACTS_DIR),,$(error ARTIFACTS_DIR is not set: run sam build, which sets it))
	$(if $(goarch_$(ARCHITECTURE)),,$(error ARCHITECTURE is $(ARCHITECTURE): it takes arm64 or x86_64))
	CGO_ENABLED=0 GOOS=linux GOARCH=$(goarch_$(ARCHITECTURE)) \
		go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags "-s -w" -o "$(ARTIFACTS_DIR)/bootstrap" $(package)

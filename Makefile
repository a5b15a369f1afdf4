# make            build/plumb, build/libplumb.a and .so
# make check      all tests; ends with "N passed, N failed"
# make check-all  the same under the sanitizers too, exported nets in ONNX Runtime, the papers' results at their own size, corpus
# make corpus     how often forecast, diagnose and fix are right, on several hundred nets
# make demo       examples/vanishing.plumb
# make bench      milliseconds a training step, against the processor's limit; PEER=yes: and PyTorch. docs/performance.md
# make bench-growth  cost by depth, time steps and batch
# make pictures   those of the lesson, examples/README.md, anew
# Options: SANITIZE=address,undefined or thread (a build folder of its own), NATIVE=no (no libxsmm, no oneDNN),
# READLINE=no (no GPL library), CC=clang, PREFIX=, DESTDIR=.

ifeq ($(origin CC),default)
CC = gcc
endif
PREFIX ?= /usr/local
CORES := $(shell nproc)
NATIVE ?= yes
READLINE ?= yes
SANITIZE ?=
VERSION := $(shell sed -n 's/^.*PLUMB_VERSION "\(.*\)".*/\1/p' runtime/plumb.h runtime/*/*.c 2>/dev/null | head -n 1)
comma := ,
B := build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))

# One Debian package a line of README's table. deps installs what is missing.
PACKAGES := libc6-dev flex bison libreadline-dev libjansson-dev librandom123-dev libcsv-dev zlib1g-dev libzip-dev uthash-dev \
    libpng-dev libcmocka-dev libdnnl-dev libprotobuf-c-dev protobuf-c-compiler

CPPFLAGS := -D_GNU_SOURCE -I. -I$(B)/grammar -I$(B)/messages
CFLAGS ?= $(if $(SANITIZE),-O1 -fno-omit-frame-pointer,-O2) -g
FLAGS := -std=c11 -Wall -Wextra -Werror $(if $(findstring clang,$(CC)),-Wno-pass-failed,$(if $(SANITIZE),-Wno-maybe-uninitialized)) -fopenmp-simd -pthread $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all)
LIBS := -lprotobuf-c -ljansson -lcsv -lzip -lpng -lz
ifeq ($(NATIVE),yes)
ifeq ($(shell uname -m),x86_64)
PACKAGES += libxsmm-dev
LIBS += -lxsmm -lxsmmnoblas -ldl
else
CPPFLAGS += -DPLUMB_NO_XSMM
endif
LIBS += -ldnnl -lgomp
else
CPPFLAGS += -DPLUMB_NO_NATIVE
endif
LIBS += -lpthread -lm
ifeq ($(READLINE),yes)
PROMPT_LIBS := -lreadline
else
CPPFLAGS += -DPLUMB_NO_READLINE
endif

GENERATED := $(if $(wildcard grammar/plumb.y),$(B)/grammar/plumb.tab) $(if $(wildcard grammar/plumb.l),$(B)/grammar/plumb.lex)
FRONT := $(filter-out interp/main.c,$(wildcard grammar/*.c interp/*.c interp/*/*.c))
RUNTIME := $(wildcard runtime/*.c runtime/*/*.c)
FRONT_OBJECTS := $(FRONT:%.c=$(B)/obj/%.o) $(GENERATED:%=%.o)
PROTOS := $(wildcard runtime/*/*.proto)
MESSAGES := $(patsubst %.proto,$(B)/messages/%.pb-c,$(notdir $(PROTOS)))
RUNTIME_OBJECTS := $(RUNTIME:%.c=$(B)/obj/%.o) $(MESSAGES:%=%.o)
DOUBLE_OBJECTS := $(RUNTIME:%.c=$(B)/double/%.o) $(MESSAGES:%=%.o)
UNIT_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
DOUBLE_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/double_*.c))
CORPUS_OBJECTS := $(patsubst %.c,$(B)/obj/%.o,$(filter-out tests/corpus/corpus.c,$(wildcard tests/corpus/*.c)))
PORTABLE_TESTS := kernels reference vision recurrent planes sequence steps
BENCHES := $(addprefix $(B)/tests/bench/,bench growth around)
BENCH_OBJECTS := $(patsubst %.c,$(B)/obj/%.o,$(filter-out $(BENCHES:$(B)/%=%.c),$(wildcard tests/bench/*.c)))
PROGRAM := $(if $(wildcard interp/main.c),$(B)/plumb)

.PHONY: all program tests check check-all corpus demo pictures bench bench-growth lint deps install clean FORCE
.DELETE_ON_ERROR:
.SECONDARY: # keep the objects of tests
all: $(PROGRAM) $(B)/libplumb.a $(B)/libplumb.so
program: $(PROGRAM)
tests: $(PROGRAM) $(UNIT_TESTS) $(DOUBLE_TESTS) $(BENCHES)

# One file a processor generation, chosen at run time.
ISA_loops_v3 := $(if $(filter x86_64,$(shell uname -m)),-march=x86-64-v3)
ISA_loops_v4 := $(if $(filter x86_64,$(shell uname -m)),-march=x86-64-v4 -mprefer-vector-width=512)

# ---- objects: rebuilt when a header or a flag changes, archives when the list of sources does ----
COMPILE := $(CC) $(CPPFLAGS) $(CFLAGS) $(FLAGS)
compile = @mkdir -p $(@D) && echo "  CC    $@" && $(COMPILE) -MMD -MP
$(B)/flags: text = $(COMPILE) $(LIBS)
$(B)/sources: text = $(FRONT) $(RUNTIME)
$(B)/flags $(B)/sources: FORCE
	@mkdir -p $(B) && echo '$(text)' | cmp -s - $@ || echo '$(text)' > $@
$(B)/obj/runtime/%.o: runtime/%.c $(B)/flags
	$(compile) -fPIC -fno-semantic-interposition $(if $(filter kernels/%,$*),$(if $(SANITIZE),,-O3 -ffp-contract=fast -fno-trapping-math -fno-math-errno)) $(ISA_$(*F)) -c $< -o $@
$(B)/double/runtime/%.o: runtime/%.c $(B)/flags
	$(compile) -DPLUMB_DOUBLE -c $< -o $@
$(B)/obj/%.o: %.c $(B)/flags
	$(compile) -c $< -o $@
$(FRONT_OBJECTS) $(CORPUS_OBJECTS) $(B)/obj/tests/corpus/corpus.o $(UNIT_TESTS:$(B)/%=$(B)/obj/%.o): | $(GENERATED:%=%.h)
$(B)/grammar/%.o: $(B)/grammar/%.c $(B)/flags
	$(compile) -Igrammar -Wno-unused-function -Wno-sign-compare -c $< -o $@
$(B)/grammar/%.tab.c $(B)/grammar/%.tab.h &: grammar/%.y
	@mkdir -p $(@D) && echo "  BISON $<" && bison -Wall -Werror --report=all --report-file=$(B)/grammar/$*.output -d -o $(B)/grammar/$*.tab.c $<
$(B)/grammar/%.lex.c $(B)/grammar/%.lex.h &: grammar/%.l
	@mkdir -p $(@D) && echo "  FLEX  $<" && flex --header-file=$(B)/grammar/$*.lex.h -o $(B)/grammar/$*.lex.c $<

$(RUNTIME_OBJECTS) $(DOUBLE_OBJECTS): | $(MESSAGES:%=%.h)
$(B)/messages/%.o: $(B)/messages/%.c $(B)/flags
	$(compile) -fPIC -c $< -o $@
vpath %.proto $(sort $(dir $(PROTOS)))
$(B)/messages/%.pb-c.c $(B)/messages/%.pb-c.h &: %.proto
	@mkdir -p $(@D) && echo "  PROTO $<" && protoc-c --proto_path=$(<D) --c_out=$(B)/messages $<

# ---- libraries, program, tests ----
archive = @mkdir -p $(@D) && echo "  AR    $@" && rm -f $@ && ar rcs $@ $(filter %.o,$^)
link = @mkdir -p $(@D) && echo "  LD    $@" && $(COMPILE)
$(B)/libplumb.a: $(RUNTIME_OBJECTS) $(B)/sources
	$(archive)
$(B)/libfront.a: $(FRONT_OBJECTS) $(B)/sources
	$(archive)
$(B)/double/libplumb.a: $(DOUBLE_OBJECTS) $(B)/sources
	$(archive)
$(B)/libplumb.so: $(RUNTIME_OBJECTS) runtime/plumb.map
	$(link) -shared -Wl,--version-script=runtime/plumb.map -Wl,-soname,libplumb.so.0 $(filter %.o,$^) $(LIBS) -o $@
$(B)/plumb: $(B)/obj/interp/main.o $(B)/libfront.a $(B)/libplumb.a
	$(link) $(filter %.o %.a,$^) $(PROMPT_LIBS) $(LIBS) -o $@
$(B)/tests/unit/test_%: $(B)/obj/tests/unit/test_%.o $(B)/libfront.a $(B)/libplumb.a
	$(link) $(filter %.o,$^) $(filter %.a,$^) $(PROMPT_LIBS) $(LIBS) -lcmocka -o $@
$(B)/tests/unit/test_corpus: $(CORPUS_OBJECTS)
$(B)/tests/corpus: $(B)/obj/tests/corpus/corpus.o $(CORPUS_OBJECTS) $(B)/libfront.a $(B)/libplumb.a
	$(link) $(filter %.o %.a,$^) $(PROMPT_LIBS) $(LIBS) -o $@
# Where the test makes allocations fail, ours go through it.
$(addprefix $(B)/tests/unit/,test_memory double_memory double_export): private LIBS += $(foreach call,malloc calloc realloc strdup strndup open_memstream,-Wl,--wrap=$(call))
# Where the test kills its own process in the middle of a file.
$(B)/tests/unit/test_kill: private LIBS += $(foreach call,fwrite fflush fsync rename,-Wl,--wrap=$(call))
$(B)/tests/unit/double_%: $(B)/double/tests/unit/double_%.o $(B)/double/libplumb.a
	$(link) $(filter %.o %.a,$^) $(LIBS) -lcmocka -o $@
$(B)/double/tests/%.o: tests/%.c $(B)/flags
	$(compile) -DPLUMB_DOUBLE -c $< -o $@
$(B)/tests/bench/%: $(B)/obj/tests/bench/%.o $(BENCH_OBJECTS) $(B)/libfront.a $(B)/libplumb.a
	$(link) $(filter %.o %.a,$^) $(PROMPT_LIBS) $(LIBS) -o $@

# ---- what people run ----
demo: deps
	@$(MAKE) --no-print-directory -s -j$(CORES) all
	$(B)/plumb examples/vanishing.plumb
check: deps
	@$(MAKE) --no-print-directory -j$(CORES) tests all
	@$(MAKE) --no-print-directory -j$(CORES) SANITIZE=address,undefined program
	@tests/run $(B)
check-all: # with ONNX Runtime from npm, where there is npm, for tests/unit/test_export.c
	@[ -d build/onnxruntime/node_modules ] || ! command -v npm >/dev/null || \
	    npm install --silent --ignore-scripts --prefix build/onnxruntime onnxruntime-node || echo "without ONNX Runtime"
	@$(MAKE) --no-print-directory check
	@tests/papers.sh $(B)
	@$(MAKE) --no-print-directory SANITIZE=address,undefined tests
	@tests/run build/address-undefined
	@$(MAKE) --no-print-directory B=build/portable NATIVE=no program $(PORTABLE_TESTS:%=build/portable/tests/unit/test_%)
	@for test in $(PORTABLE_TESTS); do build/portable/tests/unit/test_$$test || exit 1; done
	@$(MAKE) --no-print-directory corpus
corpus: # some minutes: broken nets and healthy ones, and what was said of them
	@$(MAKE) --no-print-directory -s $(B)/tests/corpus
	@$(B)/tests/corpus
pictures: program
	@examples/pictures/draw.sh $(B)
BENCH_LOG := $(B)/bench.jsonl
PEER_DIR ?= ../shared/peer
bench: $(BENCHES) program # WORKLOADS="mlp_mnist lstm_char" for some only; PEER=yes: PyTorch too, in turn
	@rm -f $(BENCH_LOG)
	@$(B)/tests/bench/bench --json $(BENCH_LOG) $(WORKLOADS)
	@echo && $(B)/tests/bench/around $(PROGRAM)
	@[ "$(PEER)" != yes ] || tests/bench/peer.py --bench $(B)/tests/bench/bench --json $(BENCH_LOG) $(PEER_OPTIONS) $(PEER_DIR) $(WORKLOADS)
	@echo "as JSON lines: $(BENCH_LOG)"
bench-growth: $(B)/tests/bench/growth
	@$<
lint: # headers keep their columns, set by hand
	clang-format-14 --dry-run -Werror $$(git ls-files '*.c')
deps:
	@missing=; for package in $(PACKAGES); do \
	    [ "$$(dpkg-query -W -f '$${db:Status-Status}' $$package 2>/dev/null)" = installed ] || missing="$$missing $$package"; \
	done; [ -z "$$missing" ] && exit 0; \
	line="apt-get update -q && apt-get install -q -y --no-install-recommends$$missing"; \
	[ "$$(id -u)" = 0 ] || line="sudo sh -c '$$line'"; \
	echo "installing what is missing: $$line"; DEBIAN_FRONTEND=noninteractive sh -c "$$line"
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include
	install $(B)/plumb $(DESTDIR)$(PREFIX)/bin/plumb
	install -m 644 $(B)/libplumb.a $(DESTDIR)$(PREFIX)/lib/libplumb.a
	install $(B)/libplumb.so $(DESTDIR)$(PREFIX)/lib/libplumb.so.0
	ln -sf libplumb.so.0 $(DESTDIR)$(PREFIX)/lib/libplumb.so
	install -m 644 runtime/plumb.h $(DESTDIR)$(PREFIX)/include/plumb.h
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIBS)|' runtime/plumb.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/plumb.pc
clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)

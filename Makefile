# SPDX-License-Identifier: GPL-2.0
# What the tree can be asked for. Every target is one script of tools/rig, which gets what it needs by itself.

rig := tools/rig
export KDIR ?= /lib/modules/$(shell uname -r)/build

.PHONY: help demo check check-debug check-kcsan chaos fuzz bench lint modules install shell-uml shell-qemu clean

help:
	@echo 'make demo         live-migrate simulated devices between two hosts, in a virtual machine'
	@echo 'make check        unit tests, and selftests on the stock Debian kernel'
	@echo '                  TESTS="a.sh b.sh": only these selftests'
	@echo 'make check-debug  the same under KASAN, lockdep and kmemleak'
	@echo '                  FLAVOUR=uml-6.12-debug or uml-7.2-smp-debug: only this kernel'
	@echo 'make check-kcsan  unit tests and those of netlink on a kernel that finds data races, TESTS= as above'
	@echo 'make chaos        migrations to which random things happen: SEED=1 RUNS=100'
	@echo '                  FLAVOUR=uml-6.12: on this kernel'
	@echo 'make fuzz         random input to the codecs and to the netlink interface; how much was covered'
	@echo '                  FUZZ_SECONDS=300: so long'
	@echo 'make bench        side by side with what else moves device state'
	@echo '                  CASE=throughput SUBJECT=module RUNS=5 SIZE=1G: only this, so often, so large'
	@echo 'make lint         warnings, sparse, clang, checkpatch, kernel-doc, shellcheck, generated files'
	@echo '                  CHECKS="ynl sparse-6.12": only these'
	@echo 'make modules      the modules for the kernel in KDIR ($(KDIR))'
	@echo 'make install      them, the agent, the library and vfio-mig-timeline (DESTDIR= PREFIX=/usr)'
	@echo 'make shell-uml    a shell in a virtual machine with everything loaded in place, FLAVOUR=uml-6.12'
	@echo 'make shell-qemu   the same on the stock Debian kernel'
	@echo 'make clean        forget what was built here; downloads and test kernels stay in the cache'

demo:
	@$(rig)/demo.sh

check:
	@$(rig)/check.sh $(TESTS)

check-debug:
	@$(rig)/check.sh --debug $(TESTS)

check-kcsan:
	@$(rig)/check.sh --kcsan $(TESTS)

chaos:
	@$(rig)/chaos.sh

fuzz:
	@$(rig)/fuzz.sh

bench:
	@$(rig)/bench.sh

lint:
	@$(rig)/lint.sh $(CHECKS)

modules:
	@$(rig)/modules.sh host

install: modules
	@$(rig)/install.sh

shell-uml:
	@$(rig)/shell.sh $(or $(FLAVOUR),uml-6.12)

shell-qemu:
	@$(rig)/shell.sh stock

clean:
	rm -rf build

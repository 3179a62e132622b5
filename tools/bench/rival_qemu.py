#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Rival 1: real QEMU migrates a paused machine with simulated devices.

Device-state time is QEMU's own: from the trace event that begins a device's
STOP_COPY on the source to the one after the last write on the destination.
Neither RAM nor setting up nor the device's configuration is charged to it.
Processor time runs from the pause before the switch-over, when RAM has gone,
until the migration has completed; peak memory is what came on top of what the
processes had then.
"""
import json
import os
import re
import sys

import lib_qemu

# Without multifd and with it; the latter two are there for every buffer.
STARTS = ("vfio_save_complete_precopy_start", "vfio_save_complete_precopy_thread_start")
ENDS = ("vfio_load_state_device_data", "vfio_load_state_device_buffer_load_end")
TICK = os.sysconf("SC_CLK_TCK")


class Measured(lib_qemu.Machine):
    """QEMU, and what it uses."""

    capabilities = ["pause-before-switchover"]
    more = [option for event in STARTS + ENDS for option in ("-trace", f"enable={event}")]

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory_kib(self, key):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(rf"^{key}:\s*(\d+)", status.read(), re.M)[1])

    def mark(self):
        """What is used from here on is the devices'."""
        try:
            with open(f"/proc/{self.process.pid}/clear_refs", "w", encoding="ascii") as file:
                file.write("5")
        except OSError:
            pass
        self.cpu_before = self.cpu_seconds()
        self.rss_before = self.memory_kib("VmRSS")

    def used(self):
        return {"cpu_seconds": self.cpu_seconds() - self.cpu_before,
                "peak_kib": max(0, self.memory_kib("VmHWM") - self.rss_before)}

    def times(self, events):
        """When these events happened, in seconds."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            for line in log:
                found = re.search(r"(\d+\.\d{6}):(vfio_\w+)", line)
                if found and found[2] in events:
                    yield float(found[1])


def migrate(options):
    with lib_qemu.machines(options, Measured) as (source, destination):
        lib_qemu.begin(options, source, destination)
        source.wait("pre-switchover")
        source.mark()
        destination.mark()
        source.ask("migrate-continue", state="pre-switchover")
        lib_qemu.arrive(source, destination)
        used = source.used(), destination.used()
        lib_qemu.run(destination)
        starts = list(source.times(STARTS))
        ends = list(destination.times(ENDS))
        if not starts or not ends:
            raise lib_qemu.Failure(f"QEMU has not traced what it did: see {source.log} and {destination.log}")
        return max(ends) - min(starts), used


def main():
    parser = lib_qemu.arguments()
    parser.add_argument("--bytes", type=int, required=True)
    options = parser.parse_args()
    try:
        seconds, used = migrate(options)
    except (lib_qemu.Failure, OSError) as error:
        sys.exit(f"rival_qemu: {error}")
    channels = f"multifd with {options.multifd} channels" if options.multifd else "no multifd, 1 connection"
    settings = (f"{channels}, max-bandwidth and avail-switchover-bandwidth 1 TiB/s, downtime-limit 2000 s, "
                f"machine of {lib_qemu.MEMORY_MIB} MiB, paused")
    for side, numbers in zip(("source", "destination"), used):
        with open(f"{options.work}/{side}.json", "w", encoding="ascii") as file:
            json.dump({"bytes": options.bytes, "seconds": seconds, "settings": settings, **numbers}, file)
            file.write("\n")


if __name__ == "__main__":
    main()

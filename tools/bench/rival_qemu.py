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
import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

BIG = 1 << 40
# Without multifd and with it; the latter two are there for every buffer.
STARTS = ("vfio_save_complete_precopy_start", "vfio_save_complete_precopy_thread_start")
ENDS = ("vfio_load_state_device_data", "vfio_load_state_device_buffer_load_end")
TICK = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    pass


class Machine:
    """One QEMU process and its monitor."""

    def __init__(self, options, side, devices):
        self.side = side
        self.log = f"{options.work}/qemu-{side}.log"
        self.monitor = f"{options.work}/qemu-{side}.qmp"
        for path in (self.log, self.monitor):
            if os.path.exists(path):
                os.unlink(path)
        command = ["ip", "netns", "exec", f"bench-{'a' if side == 'source' else 'b'}",
                   f"{options.qemu}/usr/bin/qemu-system-x86_64",
                   "-L", f"{options.qemu}/usr/share/qemu", "-L", f"{options.qemu}/usr/share/seabios",
                   "-machine", "q35,accel=tcg", "-cpu", "qemu64", "-m", "64", "-S", "-nodefaults",
                   "-no-user-config", "-display", "none", "-qmp", f"unix:{self.monitor},server=on,wait=off",
                   "-object", "iommufd,id=iommufd0", "-D", self.log, "-msg", "timestamp=on"]
        for trace in STARTS + ENDS:
            command += ["-trace", f"enable={trace}"]
        for device in devices:
            command += ["-device", f"vfio-pci,sysfsdev={device},iommufd=iommufd0,enable-migration=on,"
                        f"x-migration-multifd-transfer={'on' if options.multifd else 'off'}"]
        if side == "destination":
            command += ["-incoming", "defer"]
        self.errors = open(f"{options.work}/qemu-{side}.err", "w+")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.errors,
                                        stderr=self.errors)
        self.connect()

    def words(self):
        self.errors.seek(0)
        return self.errors.read().strip().replace("\n", "; ")

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        while True:
            try:
                self.socket.connect(self.monitor)
                break
            except OSError:
                if self.process.poll() is not None:
                    raise Failure(f"QEMU on the {self.side} ended: {self.words()}") from None
                time.sleep(0.01)
        self.stream = self.socket.makefile("rw")
        self.stream.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        json.dump({"execute": command, "arguments": arguments}, self.stream)
        self.stream.flush()
        while True:
            line = self.stream.readline()
            if not line:
                raise Failure(f"QEMU on the {self.side} ended: {self.words()}")
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise Failure(f"{self.side}: {command}: {answer['error']['desc']}")

    def set_up(self, options):
        on = ["return-path", "pause-before-switchover"] + (["multifd"] if options.multifd else [])
        self.ask("migrate-set-capabilities",
                 capabilities=[{"capability": name, "state": True} for name in on])
        parameters = {"max-bandwidth": BIG, "avail-switchover-bandwidth": BIG, "downtime-limit": 2000000}
        if options.multifd:
            parameters["multifd-channels"] = options.multifd
        self.ask("migrate-set-parameters", **parameters)

    def wait(self, *wanted):
        while True:
            answer = self.ask("query-migrate")
            status = answer.get("status")
            if status in wanted:
                return status
            if status in ("failed", "cancelled"):
                raise Failure(f"{self.side}: {answer.get('error-desc', status)}; {self.words()}")
            time.sleep(0.05)

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

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def migrate(options):
    destination = Machine(options, "destination", options.targets)
    source = Machine(options, "source", options.sources)
    destination.set_up(options)
    source.set_up(options)
    uri = f"tcp:{options.host}:{options.port}"
    destination.ask("migrate-incoming", uri=uri)
    source.ask("migrate", uri=uri)
    source.wait("pre-switchover")
    source.mark()
    destination.mark()
    source.ask("migrate-continue", state="pre-switchover")
    source.wait("completed")
    destination.wait("completed")
    used = source.used(), destination.used()
    # Running is what brings a device out of RESUMING, where it checks what it was given.
    destination.ask("cont")
    starts = list(source.times(STARTS))
    ends = list(destination.times(ENDS))
    if not starts or not ends:
        raise Failure(f"QEMU has not traced what it did: see {source.log} and {destination.log}")
    source.kill()
    destination.kill()
    return max(ends) - min(starts), used


def main():
    parser = argparse.ArgumentParser()
    for name in ("qemu", "work", "host", "port"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--multifd", type=int, default=0, metavar="CHANNELS", help="0 for none")
    parser.add_argument("--bytes", type=int, required=True)
    parser.add_argument("--source", dest="sources", action="append", required=True)
    parser.add_argument("--target", dest="targets", action="append", required=True)
    options = parser.parse_args()
    try:
        seconds, used = migrate(options)
    except (Failure, OSError) as error:
        sys.exit(f"rival_qemu: {error}")
    channels = f"multifd with {options.multifd} channels" if options.multifd else "no multifd, 1 connection"
    settings = (f"{channels}, max-bandwidth and avail-switchover-bandwidth 1 TiB/s, downtime-limit 2000 s, "
                "machine of 64 MiB, paused")
    for side, numbers in zip(("source", "destination"), used):
        with open(f"{options.work}/{side}.json", "w", encoding="ascii") as file:
            json.dump({"bytes": options.bytes, "seconds": seconds, "settings": settings, **numbers}, file)
            file.write("\n")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-2.0
"""Two QEMU processes, and how one migrates its simulated devices to the other.

The benchmark measures this, the selftests let it happen beside the agents. The
machines are paused until their devices have arrived; nothing else limits how
fast, or when, those are migrated.
"""
import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time

BIG = 1 << 40
DOWNTIME_LIMIT_MS = 2000000
MEMORY_MIB = 64
MDEV_BUS = "/sys/bus/mdev"


class Failure(Exception):
    """What went wrong, in words."""


def arguments():
    """A parser of what is to be known about a migration."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--qemu", required=True, metavar="DIR", help="where QEMU's package is unpacked")
    parser.add_argument("--work", required=True, metavar="DIR", help="for its sockets and logs")
    parser.add_argument("--source-host", required=True, metavar="NETNS")
    parser.add_argument("--target-host", required=True, metavar="NETNS")
    parser.add_argument("--address", required=True, help="of the destination")
    parser.add_argument("--port", required=True)
    parser.add_argument("--multifd", type=int, default=0, metavar="CHANNELS", help="0 for none")
    parser.add_argument("--source", dest="sources", action="append", required=True, metavar="DEVICE")
    parser.add_argument("--target", dest="targets", action="append", required=True, metavar="DEVICE")
    return parser


def view(work, device):
    """What QEMU is given instead of a device's directory.

    It asks every device's IOMMU what it can do unless the bus is that of mediated
    devices, the ones it knows to have none; simulated ones have none either.
    """
    if not os.path.isdir(MDEV_BUS):
        raise Failure(f"there is no {MDEV_BUS}: 'modprobe mdev' makes it")
    path = f"{work}/{os.path.basename(device)}"
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    os.symlink(f"{device}/vfio-dev", f"{path}/vfio-dev")
    os.symlink(MDEV_BUS, f"{path}/subsystem")
    return path


class Machine:
    """One QEMU process and its monitor."""

    # What a user of this class wants besides
    capabilities = []
    more = []

    def __init__(self, options, side):
        self.side = side
        self.multifd = options.multifd
        self.log = f"{options.work}/qemu-{side}.log"
        self.monitor = f"{options.work}/qemu-{side}.qmp"
        for path in (self.log, self.monitor):
            if os.path.exists(path):
                os.unlink(path)
        self.errors = open(f"{options.work}/qemu-{side}.err", "w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(self.command(options), stdin=subprocess.DEVNULL, stdout=self.errors,
                                        stderr=self.errors)

    def command(self, options):
        """What starts it, on its host"""
        is_source = self.side == "source"
        multifd = "on" if self.multifd else "off"
        command = ["ip", "netns", "exec", options.source_host if is_source else options.target_host,
                   f"{options.qemu}/usr/bin/qemu-system-x86_64",
                   "-L", f"{options.qemu}/usr/share/qemu", "-L", f"{options.qemu}/usr/share/seabios",
                   "-machine", "q35,accel=tcg", "-cpu", "qemu64", "-m", str(MEMORY_MIB), "-S", "-nodefaults",
                   "-no-user-config", "-display", "none", "-qmp", f"unix:{self.monitor},server=on,wait=off",
                   "-object", "iommufd,id=iommufd0", "-D", self.log, "-msg", "timestamp=on"] + self.more
        for device in options.sources if is_source else options.targets:
            command += ["-device", f"vfio-pci,sysfsdev={view(options.work, device)},iommufd=iommufd0,"
                        f"enable-migration=on,x-migration-multifd-transfer={multifd}"]
        return command if is_source else command + ["-incoming", "defer"]

    def words(self):
        self.errors.seek(0)
        return self.errors.read().strip().replace("\n", "; ")

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
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
        """Its answer. While a device's state is moved that may take as long as the device does."""
        try:
            json.dump({"execute": command, "arguments": arguments}, self.stream)
            self.stream.flush()
        except OSError:
            raise Failure(f"QEMU on the {self.side} ended: {self.words()}") from None
        while True:
            line = self.stream.readline()
            if not line:
                raise Failure(f"QEMU on the {self.side} ended: {self.words()}")
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise Failure(f"{self.side}: {command}: {answer['error']['desc']}")

    def set_up(self):
        on = ["return-path"] + self.capabilities + (["multifd"] if self.multifd else [])
        self.ask("migrate-set-capabilities",
                 capabilities=[{"capability": name, "state": True} for name in on])
        parameters = {"max-bandwidth": BIG, "avail-switchover-bandwidth": BIG, "downtime-limit": DOWNTIME_LIMIT_MS}
        if self.multifd:
            parameters["multifd-channels"] = self.multifd
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

    def quit(self):
        self.ask("quit")
        self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.errors.close()


@contextlib.contextmanager
def machines(options, kind=Machine):
    """A source and a destination, ready to migrate; whatever happens, they do not outlive this."""
    started = []
    try:
        for side in ("source", "destination"):
            started.append(kind(options, side))
        for machine in started:
            machine.connect()
            machine.set_up()
        yield started
    finally:
        for machine in started:
            machine.kill()


def begin(options, source, destination):
    """Begins to migrate, and does not wait."""
    uri = f"tcp:{options.address}:{options.port}"
    destination.ask("migrate-incoming", uri=uri)
    source.ask("migrate", uri=uri)


def arrive(source, destination):
    """Waits for the migration's end."""
    source.wait("completed")
    destination.wait("completed")


def run(destination):
    """Running is what brings a device out of RESUMING, where it checks what it was given."""
    destination.ask("cont")

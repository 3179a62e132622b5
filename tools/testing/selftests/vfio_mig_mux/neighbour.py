# SPDX-License-Identifier: GPL-2.0
"""One QEMU migrates its devices to another, from beginning to end.

Says how many bytes went over the channels of multifd, when the destination runs
with the devices and both have ended. With SIGTERM both are killed, wherever they
are.
"""
import signal
import sys

import lib_qemu


def migrate(options):
    with lib_qemu.machines(options) as (source, destination):
        lib_qemu.begin(options, source, destination)
        lib_qemu.arrive(source, destination)
        lib_qemu.run(destination)
        status = destination.ask("query-status")["status"]
        if status != "running":
            raise lib_qemu.Failure(f"the destination is '{status}', not running")
        sent = source.ask("query-migrate")["ram"]["multifd-bytes"]
        for machine in (source, destination):
            machine.quit()
    return sent


def main():
    options = lib_qemu.arguments().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("neighbour: told to end"))
    try:
        sent = migrate(options)
    except (lib_qemu.Failure, OSError) as error:
        sys.exit(f"neighbour: {error}")
    print(sent)


if __name__ == "__main__":
    main()

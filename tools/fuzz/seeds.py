# SPDX-License-Identifier: GPL-2.0
"""
Writes the first inputs of the fuzzers: the test vectors of Documentation/protocol.rst, as the harnesses want them.

usage: seeds.py PROTOCOL.RST DIRECTORY
"""
import pathlib
import re
import sys

MAGIC = bytes.fromhex("564d4d58")
# See wire.c: checksums as they are, from the source and from the destination, with and without features
WIRE_OPTIONS = (0x7F, 0x3F, 0x4F, 0x0F)


def vectors(text):
    """The bytes of each literal block in the section of the vectors."""
    section = text[text.index("\nTest vectors\n") :]
    for block in re.findall(r"::\n\n((?:  [0-9a-f ]+\n)+)", section):
        yield bytes.fromhex("".join(block.split()))
        # Some blocks have a vector in each line.
        for line in block.splitlines():
            if len(line.replace(" ", "")) == 64:
                yield bytes.fromhex("".join(line.split()))


def inputs(vector):
    """For which harness, and what."""
    if vector[:4] == MAGIC:
        for option in (0, 1, 3):
            yield "hello", bytes([option]) + vector
    else:
        for option in WIRE_OPTIONS:
            yield "wire", bytes([option]) + vector


def main():
    count = 0
    into = pathlib.Path(sys.argv[2])
    for vector in vectors(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")):
        for harness, data in inputs(vector):
            (into / harness).mkdir(parents=True, exist_ok=True)
            (into / harness / f"vector{count:03}").write_bytes(data)
            count += 1
    if not count:
        sys.exit("no vectors were found")


main()

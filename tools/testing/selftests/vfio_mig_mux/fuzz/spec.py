# SPDX-License-Identifier: GPL-2.0
"""The netlink interface as its specification has it: operations, attributes, and their numbers."""
import json


class Attribute:
    """An attribute and its number."""

    def __init__(self, number, fields):
        self.number = number
        self.name = fields["name"]
        self.kind = fields["type"]


class Operation:
    """A request that can be made, and its number."""

    def __init__(self, number, fields, sets):
        self.number = number
        self.name = fields["name"]
        self.attributes = sets[fields["attribute-set"]]
        requests = [fields[how].get("request", {}).get("attributes", []) for how in ("do", "dump") if how in fields]
        wanted = {name for names in requests for name in names}
        self.wanted = [one for one in self.attributes.values() if one.name in wanted]
        self.has_dump = "dump" in fields


class Spec:
    """All of it, from the specification as JSON."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            fields = json.load(file)
        self.name = fields["name"]
        self.sets = {
            one["name"]: {
                each["name"]: Attribute(number, each) for number, each in enumerate(one["attributes"], start=1)
            }
            for one in fields["attribute-sets"]
        }
        numbered = enumerate(fields["operations"]["list"], start=1)
        self.operations = {
            one["name"]: Operation(number, one, self.sets) for number, one in numbered if "notify" not in one
        }

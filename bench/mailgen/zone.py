# SPDX-License-Identifier: Apache-2.0
"""Collects DNS records and writes them as RFC 1035 master files."""

import ipaddress
import os


class Zone:
    def __init__(self):
        self.records = {}  # (name, type): [text of the data]

    def add(self, name, kind, data):
        self.records.setdefault((name, kind), []).append(data)

    def txt(self, name, text):
        """Long texts are split: a character-string holds 255 octets (RFC 1035 3.3.14)."""
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        self.add(name, "TXT", " ".join(f'"{quoted[at:at + 255]}"' for at in range(0, len(quoted), 255)))

    def host(self, name, address):
        kind = "AAAA" if ":" in address else "A"
        if address not in self.records.get((name, kind), []):
            self.add(name, kind, address)

    def pointer(self, address, name):
        where = ipaddress.ip_address(address).reverse_pointer
        if (where, "PTR") not in self.records:
            self.add(where, "PTR", name + ".")

    def lines(self, reverse):
        """The records of the reverse tree, or all others."""
        for (name, kind), values in sorted(self.records.items()):
            if name.endswith(".arpa") == reverse:
                for value in values:
                    yield f"{name}. IN {kind} {value}\n"

    def write(self, folder):
        """One file for the names, one for the reverse tree."""
        os.makedirs(folder, exist_ok=True)
        for reverse, file in {False: "example.zone", True: "arpa.zone"}.items():
            with open(os.path.join(folder, file), "w", encoding="ascii") as out:
                out.write("$TTL 3600\n")
                out.writelines(self.lines(reverse))

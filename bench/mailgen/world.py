# SPDX-License-Identifier: Apache-2.0
"""A small internet: domains, the providers that send for them, forwarders, and what all of them publish.

Names end in .example; addresses are of 198.18.0.0/15 (benchmarks, RFC 2544) and the documentation networks.
"""

from dataclasses import dataclass

from .signer import Key, new_private, private_of_pem, private_pem

FIRST = "amber brook cedar dune eagle fern glade harbor iris juniper kite larch moss north oak pine quill river".split()
SECOND = "bank books care cloud crafts data energy foods games health labs media motors shop soft travel works".split()
POLICIES = ["none", "reject", "quarantine", "none", "", "reject", "none", "quarantine", "reject", "none"]
SELECTORS = ["s1", "selector1", "k1", "dkim", "mail", "20240601"]
FLAGS = {3: "t=s; ", 5: "h=sha256; ", 8: "n=first; "}


@dataclass
class Provider:
    name: str
    network: int  # 198.18.N.0 to N+15
    key: Key

    def address(self, random):
        return f"198.18.{self.network + random.randrange(16)}.{random.randint(2, 250)}"

    def address6(self, random):
        return f"2001:db8:{self.network + 256:x}::{random.randint(1, 0xfff0):x}"


@dataclass
class Domain:
    name: str
    network: str  # the first three numbers of its own hosts
    provider: Provider
    key: Key
    policy: str  # empty: publishes none
    strict: bool
    qualifier: str  # what "all" answers
    only_networks: bool  # the SPF record has no host names: an IPv6 client meets no void look-up


def kind_of_key(number):
    return {7: "rsa1024", 13: "ed25519"}.get(number % 20, "rsa2048")


class World:
    """`keys` maps names to PEM; what is missing is made and added.  `few_keys`: one for each kind is enough."""

    def __init__(self, zone, keys, n_domains, few_keys):
        self.zone = zone
        self.keys = keys
        self.few_keys = few_keys
        self.providers = [self.provider(number) for number in range(10)]
        self.forwarders = [self.forwarder(number) for number in range(4)]
        self.domains = [self.domain(number) for number in range(n_domains)]

    def key(self, domain, selector, kind, flags=""):
        name = kind if self.few_keys else f"{kind} {selector}._domainkey.{domain}"
        if name not in self.keys:
            self.keys[name] = private_pem(new_private(kind))
        return Key(domain, selector, kind.rstrip("0123456789") if kind != "ed25519" else kind,
                   private_of_pem(self.keys[name]), flags)

    def provider(self, number):
        name = f"esp{number:02}.example"
        network = number * 16
        for block in range(4):
            nets = " ".join(f"ip4:198.18.{network + block * 4 + n}.0/24" for n in range(4))
            more = f" ip6:2001:db8:{network + 256:x}::/48" if block == 3 else ""
            self.zone.txt(f"_net{block}.{name}", f"v=spf1 {nets}{more} ~all")
        self.zone.txt(f"_spf.{name}", "v=spf1 " + " ".join(f"include:_net{n}.{name}" for n in range(4)) + " ~all")
        self.zone.txt(name, f"v=spf1 redirect=_spf.{name}")
        self.zone.add(name, "MX", f"10 mx.{name}.")
        self.zone.host(f"mx.{name}", f"198.18.{network}.1")
        self.zone.txt(f"_dmarc.{name}", f"v=DMARC1; p=reject; rua=mailto:dmarc@{name}")
        key = self.key(name, "esp", "rsa2048")
        self.zone.txt(key.name, key.record())
        return Provider(name, network, key)

    def forwarder(self, number):
        name = f"lists{number}.example"
        self.zone.txt(name, "v=spf1 ip4:198.51.100.0/24 -all")
        self.zone.txt(f"_dmarc.{name}", "v=DMARC1; p=none")
        key = self.key(name, "arc", "rsa2048")
        self.zone.txt(key.name, key.record())
        return Domain(name, "198.51.100", self.providers[0], key, "none", False, "-", True)

    def domain(self, number):
        name = f"{FIRST[number % len(FIRST)]}{SECOND[number // len(FIRST) % len(SECOND)]}"
        name += ("" if number < len(FIRST) * len(SECOND) else str(number)) + ".example"
        provider = self.providers[number % len(self.providers)]
        network = f"198.19.{number % 250}"
        key = self.key(name, SELECTORS[number % len(SELECTORS)], kind_of_key(number), FLAGS.get(number % 9, ""))
        domain = Domain(name, network, provider, key, POLICIES[number % len(POLICIES)], number % 4 == 3,
                        "-~~?"[number % 4], number % 8 < 4)
        self.publish_spf(domain, number)
        self.publish_keys(domain, number)
        self.publish_policy(domain, number)
        return domain

    def publish_spf(self, domain, number):
        name, own = domain.name, f"ip4:{domain.network}.0/26"
        include = f"include:_spf.{domain.provider.name}"
        other = f"include:_spf.{self.providers[(number + 3) % len(self.providers)].name}"
        shapes = [f"{include} {own}", f"{own} {include}", f"{include} {other} {own}", "",
                  f"a mx {include} {own}", f"{own} mx a:mail.{name} {include}",
                  f"exists:%{{ir}}.%{{v}}._spf.{name} {include} {own}", f"mx a:out1.{name} a:out2.{name} {own} {include}"]
        shape = shapes[number % 8]
        if shape:
            self.zone.txt(name, f"v=spf1 {shape} {domain.qualifier}all")
        else:
            self.zone.txt(name, f"v=spf1 redirect=_spf.{name}")
            self.zone.txt(f"_spf.{name}", f"v=spf1 {include} {own} {domain.qualifier}all")
        if number % 3 == 0:
            self.zone.txt(name, f"site-verification={number * 7919:032x}")
        for host, last in (("mx1", 5), ("mx2", 6), ("mail", 10), ("out1", 11), ("out2", 12)):
            self.zone.host(f"{host}.{name}", f"{domain.network}.{last}")
            self.zone.pointer(f"{domain.network}.{last}", f"{host}.{name}")
        for host in ("out1", "out2"):
            self.zone.txt(f"{host}.{name}", "v=spf1 a -all")  # what bounces are checked by
        self.zone.host(name, f"{domain.network}.80")
        self.zone.add(name, "MX", f"10 mx1.{name}.")
        self.zone.add(name, "MX", f"20 mx2.{name}.")

    def publish_keys(self, domain, number):
        key = domain.key
        if number % 6 == 0:
            target = f"{key.selector}.{domain.name.split('.')[0]}.dkim.{domain.provider.name}"
            self.zone.add(key.name, "CNAME", target + ".")
            self.zone.txt(target, key.record())
        else:
            self.zone.txt(key.name, key.record())
        self.zone.txt(f"revoked._domainkey.{domain.name}", "v=DKIM1; p=")

    def publish_policy(self, domain, number):
        if domain.policy:
            text = f"v=DMARC1; p={domain.policy}; "
            text += "sp=reject; " if number % 5 == 0 else ""
            text += "adkim=s; aspf=s; " if domain.strict else ""
            self.zone.txt(f"_dmarc.{domain.name}", text + f"rua=mailto:dmarc@{domain.name}")

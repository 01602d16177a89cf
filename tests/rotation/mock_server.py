# SPDX-License-Identifier: Apache-2.0
"""A name server over TCP that says what a test wants: wrong signatures, wrong times, nothing at all."""

import socket
import socketserver
import struct
import threading
import time

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TSIG
import dns.rrset

HMAC_SHA256 = dns.name.from_text("hmac-sha256.")


def is_update(query):
    return (query[2] >> 3) & 15 == dns.opcode.UPDATE


def header(query, rcode, counts=(1, 0, 0, 0)):
    flags = 0x8400 | (query[2] & 0x78) << 8 | rcode
    return query[:2] + struct.pack("!HHHHH", flags, *counts)


def question(query):
    at = 12
    while query[at]:
        at += query[at] + 1
    return query[12:at + 5]


def plain(query, rcode=0):
    """An answer without records and without signature."""
    return header(query, rcode) + question(query)


def tsig_error(error, off=0):
    """A refusal by TSIG; the time of the server is off by so many seconds."""
    def answer(query):
        if not is_update(query):
            return plain(query, 3)
        now = int(time.time()) + off
        rdata = HMAC_SHA256.to_wire() + struct.pack("!HIHH", now >> 32, now & 0xffffffff, 300, 0) + query[:2] + \
            struct.pack("!HH", error, 6) + struct.pack("!HI", now >> 32, now & 0xffffffff)
        tsig = dns.name.from_text("update.").to_wire() + struct.pack("!HHIH", 250, 255, 0, len(rdata)) + rdata
        return header(query, 9, (1, 0, 0, 1)) + question(query) + tsig
    return answer


def soa(query):
    """The SOA record that tells the zone, for every question."""
    rdata = b"\x00\x00" + struct.pack("!IIIII", 1, 1, 1, 1, 1)
    record = dns.name.from_text("example.").to_wire() + struct.pack("!HHIH", 6, 1, 4, len(rdata)) + rdata
    return header(query, 3, (1, 0, 1, 0)) + question(query) + record


def shows(value, ttl, negative):
    """The record `value` for questions about TXT, for all others that there is no such record, to be remembered so long."""
    def answer(query):
        octets = question(query)
        if octets[-3] == 16:
            rdata = bytes([len(value)]) + value.encode()
            return header(query, 0, (1, 1, 0, 0)) + octets + b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, ttl, len(rdata)) + rdata
        rdata = b"\x00\x00" + struct.pack("!IIIII", 1, 1, 1, 1, negative)
        record = dns.name.from_text("example.").to_wire() + struct.pack("!HHIH", 6, 1, negative, len(rdata)) + rdata
        return header(query, 0, (1, 0, 1, 0)) + octets + record
    return answer


def rr(owner, kind, ttl, rdata):
    return dns.name.from_text(owner).to_wire() + struct.pack("!HHIH", kind, 1, ttl, len(rdata)) + rdata


def soa_of(zone, negative):
    return rr(zone, 6, negative, b"\x00\x00" + struct.pack("!IIIII", 1, 1, 1, 1, negative))


def aliased(value, alias_ttl, ttl, negative, negative_there):
    """The record `value` through an alias into another zone of the same server; how long each zone's denials are remembered."""
    def answer(query):
        octets = question(query)
        name, _ = dns.name.from_wire(octets, 0)
        if not name.to_text().startswith("k."):
            return header(query, 0, (1, 0, 1, 0)) + octets + soa_of("example.", negative)
        alias = rr(name.to_text(), 5, alias_ttl, dns.name.from_text("k.there.test.").to_wire())
        if octets[-3] == 16:
            text = rr("k.there.test.", 16, ttl, bytes([len(value)]) + value.encode())
            return header(query, 0, (1, 2, 0, 0)) + octets + alias + text
        return header(query, 0, (1, 1, 1, 0)) + octets + alias + soa_of("there.test.", negative_there)
    return answer


def without_authority(answer):
    """The same answers without the bit AA."""
    def plainly(query):
        octets = answer(query)
        return octets[:2] + bytes([octets[2] & 0xfb]) + octets[3:]
    return plainly


class Server:
    """`answer(query)` returns the octets of the answer, None to say nothing, b"" to hang up.  Questions over UDP get the SOA
    record, or what `by_udp(query)` says."""

    def __init__(self, port, answer, by_udp=soa):
        self.answer = answer
        self.updates = 0
        self.questions = 0  # for TXT records
        server = self

        class Tcp(socketserver.BaseRequestHandler):
            def handle(self):
                length = self.request.recv(2, socket.MSG_WAITALL)
                if len(length) < 2:
                    return
                query = self.request.recv(struct.unpack("!H", length)[0], socket.MSG_WAITALL)
                server.updates += is_update(query)
                reply = server.answer(query)
                if reply is None:
                    time.sleep(30)
                elif reply:
                    self.request.sendall(struct.pack("!H", len(reply)) + reply)

        class Udp(socketserver.BaseRequestHandler):
            def handle(self):
                server.questions += question(self.request[0])[-3] == 16
                self.request[1].sendto(by_udp(self.request[0]), self.client_address)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.tcp = socketserver.ThreadingTCPServer(("127.0.0.1", port), Tcp)
        self.udp = socketserver.ThreadingUDPServer(("127.0.0.1", port), Udp)
        for one in self.tcp, self.udp:
            one.daemon_threads = True
            threading.Thread(target=one.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.tcp, self.udp:
            one.shutdown()
            one.server_close()

"""Slow, idle and numerous clients: each is cut off within its limit, and whoever behaves is served meanwhile.

The waits run side by side: all that is slow here takes about as long as the slowest.
"""

import contextlib
import re
import resource
import select
import socket
import threading
import time

import pytest

from rig import raw
from rig.clients import administrator

FIRST_SECONDS = 10
BODY_LATE_SECONDS = 5
PER_ADDRESS = 1000
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
EMPTY_SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
# A frame of headers that says that more of them follow.
HALF_A_HEAD = b"\x00\x00\x01\x01\x00\x00\x00\x00\x01\x82"
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"

# What is sent at once, what is then sent each half second, and when the connection is closed at the latest.
SLOW = {
    "nothing": (b"", b"", FIRST_SECONDS),
    "half a word": (b"PO", b"", FIRST_SECONDS),
    "a head that drips": (b"GET /health HTTP/1.1\r\n", b"X-A: b\r\n", FIRST_SECONDS),
    "half a preface": (PREFACE[:10], b"", FIRST_SECONDS),
    "a preface that drips": (b"", PREFACE, FIRST_SECONDS),
    "a preface alone": (PREFACE, b"", FIRST_SECONDS),
    "http/2 without a request": (PREFACE + EMPTY_SETTINGS, EMPTY_SETTINGS, FIRST_SECONDS),
    "half an http/2 head": (PREFACE + EMPTY_SETTINGS + HALF_A_HEAD, b"", FIRST_SECONDS),
    "an idle connection": (b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", b"", FIRST_SECONDS),
    "a body that does not come": (HEAD, b"", BODY_LATE_SECONDS),
    "a body that drips": (HEAD, b"x" * 20, BODY_LATE_SECONDS + 1),
}


@pytest.fixture(scope="module")
def held(server):
    """Holds one connection of each kind, and notes when it was closed and what came on it."""
    noted: dict[str, tuple[float, bytes]] = {}

    def hold(name: str) -> None:
        at_once, drip, _ = SLOW[name]
        begin, got, sent = time.monotonic(), b"", 0
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port)) as wire:
            wire.sendall(at_once)
            while time.monotonic() < begin + FIRST_SECONDS + 8:
                if select.select([wire], [], [], 0.5)[0]:
                    chunk = wire.recv(65536)
                    if not chunk:
                        break
                    got += chunk
                elif drip:
                    # The preface drips letter by letter, all else comes whole again.
                    wire.sendall(drip[sent : sent + 1] if drip == PREFACE else drip)
                    sent += 1
        noted[name] = (time.monotonic() - begin, got)

    threads = [threading.Thread(target=hold, args=(name,)) for name in SLOW]
    for thread in threads:
        thread.start()
    yield noted
    for thread in threads:
        thread.join()


def test_others_are_served_meanwhile(admin, held):
    for _ in range(20):
        assert admin.sts.get_caller_identity()
    assert len(held) < len(SLOW), "some are still held"


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_client_is_cut_off(held, name):
    limit = SLOW[name][2]
    deadline = time.monotonic() + FIRST_SECONDS + 12
    while name not in held and time.monotonic() < deadline:
        time.sleep(0.1)
    seconds, got = held[name]
    assert limit - 1 < seconds < limit + 5, f"closed after {seconds:.1f} s: {got[:200]}"
    if "body" in name:
        assert b" 408 " in got.split(b"\r\n")[0], got


def test_a_body_that_is_slow_and_gets_on_is_taken(admin):
    """Two KiB a second is enough."""
    body = b'{"KeyId":"alias/none"' + b" " * 15000 + b"}"
    headers = {"X-Amz-Target": "TrentService.DescribeKey", "Content-Type": raw.JSON_11}
    signed = raw.sign(admin, "kms", body, headers) | {"Host": f"127.0.0.1:{admin.server.port}"}
    head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    with socket.create_connection(("127.0.0.1", admin.server.port), timeout=10) as wire:
        wire.sendall(f"POST / HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode())
        for at in range(0, len(body), 1024):
            wire.sendall(body[at : at + 1024])
            time.sleep(0.5)
        assert b"NotFoundException" in wire.recv(65536)


def test_a_body_in_crumbs_takes_no_more_than_its_bytes(own):
    """800,000 bytes, each a chunk of its own: as many KiB would be more than all bodies together may have."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(("127.0.0.1", own.server.port), timeout=30)) for _ in range(4)]
        senders = [threading.Thread(target=wire.sendall, args=(head + b"1\r\nx\r\n" * 200_000,)) for wire in held]
        for sender in senders:
            sender.start()
        # The last chunk of each is still to come, so all four bodies are held at least once while somebody else asks.
        while True:
            sending = any(sender.is_alive() for sender in senders)
            answer = raw.send_json(own, "ListKeys", {"Marker": "x" * 1_000})
            assert answer.status == 400, answer
            if not sending:
                break
            time.sleep(0.05)
        for wire in held:
            wire.sendall(b"0\r\n\r\n")
            first = wire.recv(65536).split(b"\r\n")[0]
            assert re.fullmatch(rb"HTTP/1.1 40[0-9] .*", first), first


def test_one_address_has_so_many_connections_and_no_more(make_server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = PER_ADDRESS + 200
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip("this system gives too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    server = make_server()
    with contextlib.ExitStack() as stack:
        held = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(PER_ADDRESS + 20)
        ]
        held[-1].settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert held[-1].recv(1) == b"", "closed without a word"
        poll = select.poll()
        for wire in held:
            poll.register(wire, select.POLLIN)
        closed = poll.poll(0)
        assert 0.9 * PER_ADDRESS < len(held) - len(closed) <= PER_ADDRESS
        assert "TooManyConnections" in server.output()
    # What was taken is given back.
    deadline = time.monotonic() + 5
    while server.health() != 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert administrator(server).account()

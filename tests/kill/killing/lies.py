"""Planted bugs: a proxy that lies between client and server, and a disk that goes back in time. None of it is in the program;
each lie looks to the harness as the program would with that bug."""

import collections.abc
import contextlib
import json
import pathlib
import queue
import shutil
import signal
import socket
import threading
import time
import uuid

from . import wire

# A message as it goes over the wire: first line, headers, body.
Message = tuple[str, dict[str, str], bytes]
Forward = collections.abc.Callable[[], Message]
Lie = collections.abc.Callable[[Message, Forward], Message]

# How long after its early acknowledgement a write is passed on.
LATE_SECONDS = 0.03
# One of so many is lied about.
ONE_IN = 7


class Proxy:
    """Passes requests on, and lets `lie` decide what comes back."""

    def __init__(self, lie: Lie):
        self.lie, self.server_port = lie, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self.accept, daemon=True).start()

    def port_to(self, server_port: int) -> int:
        self.server_port = server_port
        return self.listener.getsockname()[1]

    def close(self) -> None:
        self.listener.close()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        to = ("127.0.0.1", self.server_port)
        with contextlib.suppress(OSError, EOFError), connection, socket.create_connection(to) as server:
            client_reader, server_reader = connection.makefile("rb"), server.makefile("rb")
            while True:
                request = wire.read_message(client_reader)

                def forward(request=request) -> Message:
                    server.sendall(bytes_of(request))
                    return wire.read_message(server_reader)

                connection.sendall(bytes_of(self.lie(request, forward)))


class Early(Proxy):
    """It acknowledges a PutKeyPolicy at once and does it a little later, as a server would that answers before its commit is durable.

    As long as nobody kills it, nothing is wrong with it: the trail is made to tell the request ids that the clients were told."""

    def __init__(self):
        self.waiting: queue.SimpleQueue[tuple[float, Message, str]] = queue.SimpleQueue()
        self.ids: dict[bytes, bytes] = {}
        super().__init__(self.early)
        threading.Thread(target=self.late, daemon=True).start()

    def early(self, request: Message, forward: Forward) -> Message:
        if operation(request) == "PutKeyPolicy":
            said = acknowledgement()
            self.waiting.put((time.monotonic() + LATE_SECONDS, request, said[1]["x-amzn-requestid"]))
            return said
        first, headers, body = forward()
        if operation(request) == "LookupEvents":
            for real, told in self.ids.items():
                body = body.replace(real, told)
        return first, headers, body

    def late(self) -> None:
        while True:
            due, request, told = self.waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            # A server that is not there any more has lost it.
            with (
                contextlib.suppress(OSError, EOFError),
                socket.create_connection(("127.0.0.1", self.server_port)) as server,
                server.makefile("rb") as reader,
            ):
                server.sendall(bytes_of(request))
                real = wire.read_message(reader)[1]["x-amzn-requestid"]
                self.ids[real.encode()] = told.encode()


def bytes_of(message: Message) -> bytes:
    first, headers, body = message
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers | {"content-length": str(len(body))}).items())
    return f"{first}\r\n{lines}\r\n".encode() + body


def operation(request: Message) -> str:
    target = request[1].get("x-amz-target")
    return target.split(".")[-1] if target else request[2].decode().split("Action=")[-1].split("&")[0]


def acknowledgement() -> Message:
    """What a write answers whose output is empty."""
    headers = {"x-amzn-requestid": str(uuid.uuid4()), "content-type": "application/x-amz-json-1.1"}
    return "HTTP/1.1 200 OK", headers, b""


def now_and_then() -> collections.abc.Callable[[], bool]:
    count, lock = [0], threading.Lock()

    def due() -> bool:
        with lock:
            count[0] += 1
            return count[0] % ONE_IN == 0

    return due


def swallows_a_write() -> Lie:
    """It says yes, and does nothing."""
    due = now_and_then()
    return lambda request, forward: acknowledgement() if operation(request) == "TagResource" and due() else forward()


def hides_an_event() -> Lie:
    """The trail leaves one out."""

    def lie(request: Message, forward: Forward) -> Message:
        first, headers, body = forward()
        if operation(request) == "LookupEvents":
            value = json.loads(body)
            mine = [event for event in value["Events"] if event.get("EventName") == "CreateKey"]
            value["Events"] = [event for event in value["Events"] if event not in mine[:1]]
            body = json.dumps(value).encode()
        return first, headers, body

    return lie


def reads_what_nobody_wrote() -> Lie:
    """A description is one that was never written."""
    due = now_and_then()

    def lie(request: Message, forward: Forward) -> Message:
        first, headers, body = forward()
        if operation(request) == "DescribeKey" and due():
            value = json.loads(body)
            value["KeyMetadata"]["Description"] = "never written"
            body = json.dumps(value).encode()
        return first, headers, body

    return lie


def gives_a_name_twice() -> Lie:
    """Who comes second hears yes as well."""

    def lie(request: Message, forward: Forward) -> Message:
        answer = forward()
        taken = operation(request) == "CreateAlias" and b"AlreadyExistsException" in answer[2]
        return ("HTTP/1.1 200 OK", answer[1], b"") if taken else answer

    return lie


class Yesterday:
    """A copy of files of the data directory in one moment, put back after the kill: an end that is lost."""

    def __init__(self, server, folder: pathlib.Path, files: str = "kagiban.db*"):
        self.server, self.folder, self.files = server, folder, files
        folder.mkdir()

    def take(self) -> None:
        """While the process stands still, so that the files are of one moment."""
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            for file in self.server.data.glob(self.files):
                if not file.name.endswith("-shm"):
                    shutil.copy2(file, self.folder / file.name)
        finally:
            self.server.process.send_signal(signal.SIGCONT)

    def put_back(self) -> None:
        for file in self.server.data.glob(self.files):
            file.unlink()
        for file in self.folder.iterdir():
            shutil.copy2(file, self.server.data / file.name)

"""One house through many kills: a server on one data directory, its books, and the cycles that it lives through."""

import collections
import dataclasses
import pathlib
import random
import signal
import subprocess
import time

from rig.server import NotStarted, Server

from . import book, load, plan, reckoning, trail, wire

# How many of the older things are read back in each cycle; at the end all are.
OLDER_READ_MAX = 24


@dataclasses.dataclass
class Totals:
    cycles: int = 0
    writes: int = 0
    answers: int = 0
    # Requests that were under way when the kill came, and how many of those turned out to have been done.
    in_flight: int = 0
    in_flight_done: int = 0
    # Calls that were refused because others were at the same thing, and said so.
    conflicts: int = 0
    starts_killed: int = 0
    read_back: int = 0
    operations: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    def __str__(self) -> str:
        least = min(self.operations.values(), default=0)
        return (
            f"{self.cycles} cycles, {self.writes} acknowledged writes, {self.answers} answers of "
            f"{len(self.operations)} operations (the rarest {least} times), {self.conflicts} refused by others' success, "
            f"{self.in_flight} requests in flight at a kill ({self.in_flight_done} of them done), "
            f"{self.starts_killed} starts killed, {self.read_back} things read back"
        )


class House:
    def __init__(self, folder: pathlib.Path, seed: int, *, proxy=None):
        self.server = Server(folder)
        self.plan, self.proxy = plan.Plan(seed), proxy
        self.totals = Totals()
        self.cycle = 0
        self.server.start()
        self.keypair = self.server.credentials()
        client = self.connect()
        shared = client.call("kms", "CreateKey", {"Description": "shared"}, "kill/shared").get("KeyId")
        client.close()
        self.books = [book.Book(number, shared) for number in range(plan.CLIENTS)]
        self.description = "shared"

    def connect(self) -> wire.Client:
        port = self.server.port if self.proxy is None else self.proxy.port_to(self.server.port)
        return wire.Client(port, *self.keypair)

    def live(self, cycles: int, told=print) -> list[str]:
        """So many cycles; what is wrong, with the seed that says it again. Ends at the first cycle that has something."""
        for _ in range(cycles):
            wrong = self.once()
            if wrong:
                told(f"seed {self.plan.seed}, cycle {self.cycle}: {len(wrong)} things are wrong")
                return [f"seed {self.plan.seed}, cycle {self.cycle}: {text}" for text in wrong]
        wrong = self.all_back()
        told(f"seed {self.plan.seed}: {self.totals}")
        return [f"seed {self.plan.seed}, at the end: {text}" for text in wrong]

    def once(self) -> list[str]:
        """Load, kill, verify, start, reckon."""
        run, begin = self.load_and_kill()
        return run.wrong or self.verify() or self.start() or self.reckon(run, begin)

    def load_and_kill(self, kill=None) -> tuple[load.Load, float]:
        self.cycle += 1
        run, begin = load.Load(self.plan, self.cycle, self.books, self.connect), time.time()
        run.run(kill or self.server.kill)
        return run, begin

    def verify(self) -> list[str]:
        done = self.server.verify()
        return [] if done.returncode == 0 else [f"trail verify says {done.returncode}: {done.stdout}{done.stderr}"]

    def start(self) -> list[str]:
        """Starts the house again. Sometimes that start is killed too, and it starts once more."""
        after = self.plan.kill(self.cycle).start
        try:
            if after is not None:
                self.start_and_kill(after)
            self.server.start()
        except NotStarted as error:
            return [f"it does not start: {error}"]
        return []

    def head(self) -> bytes:
        """The end of the trail that is kept apart; empty if none is yet."""
        file = self.server.data / "trail.head"
        return file.read_bytes() if file.exists() else b""

    def start_and_kill(self, seconds: float) -> None:
        with self.server.log.open("ab") as log:
            process = subprocess.Popen(
                self.server.command(), stdout=log, stderr=log, env=self.server.environment, cwd=self.server.folder
            )
        time.sleep(seconds)
        process.kill()
        self.totals.starts_killed += process.wait() == -signal.SIGKILL

    def reckon(self, run: load.Load, begin: float) -> list[str]:
        sent, end = run.sent(), time.time()
        client = self.connect()
        trail.settle(client, "kill/settle")
        events = trail.events(client, f"kill/{self.plan.seed}x", self.cycle, begin, end, "kill/events")
        wrong = reckoning.with_the_trail(sent, events)
        wrong += reckoning.contests(sent)
        now = time.monotonic()
        final = client.call("kms", "DescribeKey", {"KeyId": self.books[0].shared_key}, "kill/shared").get("Description")
        client.close()
        wrong += reckoning.shared_thing(sent, self.description, final, now)
        self.description = final
        wrong += self.read_back(*self.some(run))
        self.count(run, sent)
        return wrong

    def some(self, run: load.Load) -> tuple[list, list, list]:
        """What this cycle touched, and some of what is older."""
        texts = {text for request in run.sent() for text in strings(request.call.body)}
        marks = {request.mark for request in run.sent()}
        dice = random.Random(f"{self.plan.seed}/{self.cycle}/back")

        def chosen(things, new):
            older = [thing for thing in things if not new(thing)]
            return [thing for thing in things if new(thing)] + dice.sample(older, min(len(older), OLDER_READ_MAX))

        keys, blobs, users = self.things()
        return (
            chosen(keys, lambda key: key.id in texts or key.description in marks),
            chosen(blobs, lambda blob: blob.mark in marks),
            chosen(users, lambda user: user.name in texts),
        )

    def things(self) -> tuple[list[book.Key], list[book.Blob], list[book.User]]:
        return (
            [key for one in self.books for key in one.keys],
            [blob for one in self.books for blob in one.blobs],
            [user for one in self.books for user in one.living()],
        )

    def read_back(self, keys, blobs, users) -> list[str]:
        self.totals.read_back += len(keys) + len(blobs) + len(users)
        return reckoning.with_the_house(self.connect, self.books, keys, blobs, users)

    def all_back(self) -> list[str]:
        """At the end: everything, the trail once more, and an orderly stop."""
        wrong = self.read_back(*self.things()) + self.verify()
        code = self.server.stop()
        return wrong + ([] if code == 0 else [f"an orderly stop ended with {code}"])

    def count(self, run: load.Load, sent: list[load.Sent]) -> None:
        lost = [request for request in sent if request.answer is None]
        self.totals.cycles += 1
        self.totals.writes += run.acknowledged
        self.totals.answers += len(sent) - len(lost)
        self.totals.conflicts += sum(request.answer is not None and not request.answer.ok for request in sent)
        self.totals.in_flight += len(lost)
        self.totals.in_flight_done += sum(request.done for request in lost)
        self.totals.operations.update(request.call.operation for request in sent if request.answer)


def strings(value) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in strings(inner)]
    return [value] if isinstance(value, str) else []

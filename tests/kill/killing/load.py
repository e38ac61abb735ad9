"""The load: each client on a thread, one call after the other, until the kill. What was sent, and what came back, is kept."""

import dataclasses
import threading
import time

from . import book, plan, wire

# Until the writes that the kill waits for are acknowledged.
LOAD_SECONDS_MAX = 60


@dataclasses.dataclass
class Sent:
    """One request. Without an answer it may have been done or not; the trail will say."""

    mark: str
    call: book.Call
    # Monotonic seconds, before the first byte and after the last one.
    begin: float
    end: float | None = None
    answer: wire.Answer | None = None
    # Whether the effect is in the books.
    done: bool = False


class Load:
    def __init__(self, intended: plan.Plan, cycle: int, books: list[book.Book], connect):
        self.plan, self.cycle, self.books, self.connect = intended, cycle, books, connect
        self.journals: list[list[Sent]] = [[] for _ in books]
        self.wrong: list[str] = []
        self.acknowledged = 0
        self.counting = threading.Condition()
        # Set just before the kill: from then on a lost connection is no fault.
        self.killing = threading.Event()

    def run(self, kill) -> None:
        """Runs until `kill()` has ended the server; the plan says when."""
        when = self.plan.kill(self.cycle)
        threads = [threading.Thread(target=self.work, args=(number,)) for number in range(len(self.books))]
        for thread in threads:
            thread.start()
        with self.counting:
            enough = self.counting.wait_for(lambda: self.acknowledged >= when.writes or self.wrong, LOAD_SECONDS_MAX)
        time.sleep(when.pause)
        self.killing.set()
        kill()
        for thread in threads:
            thread.join()
        if not enough:
            self.wrong.append(f"{self.acknowledged} writes were acknowledged in {LOAD_SECONDS_MAX} s")

    def work(self, number: int) -> None:
        client = self.connect()
        try:
            for step in self.plan.steps(self.cycle, number):
                if self.killing.is_set() or not self.one(client, number, step):
                    return
        except Exception as error:  # A thread that falls must not fall silently.
            self.fault(f"client {number}: {error!r}")
        finally:
            client.close()

    def one(self, client: wire.Client, number: int, step: plan.Step) -> bool:
        """One call; whether there is somebody to talk to still."""
        call = self.books[number].call(step)
        sent = Sent(step.mark, call, time.monotonic())
        self.journals[number].append(sent)
        try:
            sent.answer = client.call(call.service, call.operation, call.body, self.user_agent(step.mark))
        except wire.Gone as gone:
            if not gone.sent:
                self.journals[number].pop()
            if not self.killing.is_set():
                self.fault(f"{step.mark} {call.operation}: the connection ended before the kill ({gone})")
            return False
        sent.end = time.monotonic()
        return self.take(sent)

    def take(self, sent: Sent) -> bool:
        """Books an answer. An answer that is none of those that are right ends the load."""
        call, answer = sent.call, sent.answer
        if not answer.ok and answer.code not in call.refusals:
            self.fault(f"{sent.mark} {call.operation}: {answer.status} {answer.text}")
            return False
        wrong = call.wrong(answer) if call.wrong else None
        if wrong:
            self.fault(f"{sent.mark} {call.operation}: {wrong}")
            return False
        if answer.ok:
            sent.done = True
            if call.effect:
                call.effect(answer)
            if call.writes:
                with self.counting:
                    self.acknowledged += 1
                    self.counting.notify()
        return True

    def fault(self, text: str) -> None:
        with self.counting:
            self.wrong.append(text)
            self.counting.notify()

    def user_agent(self, mark: str) -> str:
        return f"kill/{self.plan.seed}x{mark}"

    def sent(self) -> list[Sent]:
        return [sent for journal in self.journals for sent in journal]

"""The harness finds what it is for. Each bug is planted outside the program: in a proxy before it, or on its disk."""

import time

import pytest

from killing import lies
from killing.house import House

CYCLES_MAX = 4
EARLY_CYCLES_MAX = 20
# The marked head of the trail is written every five seconds.
HEAD_SECONDS_MAX = 12

PLANTS = {
    "swallows a write": (lies.swallows_a_write, "is not on the trail"),
    "hides an event": (lies.hides_an_event, "is not on the trail"),
    "reads what nobody wrote": (lies.reads_what_nobody_wrote, "never written"),
    "gives a name twice": (lies.gives_a_name_twice, "was given to"),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_lie_is_found(folder, plant):
    lie, expected = PLANTS[plant]
    proxy = lies.Proxy(lie())
    house = House(folder, 1000, proxy=proxy)
    try:
        wrong = house.live(CYCLES_MAX)
    finally:
        house.server.kill()
        proxy.close()
    assert any(expected in text for text in wrong), wrong[:5]


def test_an_early_acknowledgement_is_found_by_the_kill(folder):
    """What a server does that answers before its commit is durable. Only the kill shows it, so it may take some."""
    proxy = lies.Early()
    house = House(folder, 1004, proxy=proxy)
    try:
        wrong = house.live(EARLY_CYCLES_MAX)
    finally:
        house.server.kill()
        proxy.close()
    lost = [text for text in wrong if "PutKeyPolicy was answered (200) and is not on the trail" in text]
    assert lost and any("lost: the policy of" in text for text in wrong), wrong[:5]


def test_the_truth_by_the_same_way_passes(folder):
    """So it is the lies that are found, and not the proxy."""
    proxy = lies.Proxy(lambda _, forward: forward())
    house = House(folder, 1000, proxy=proxy)
    try:
        assert house.live(2) == []
    finally:
        house.server.kill()
        proxy.close()


def test_a_swallowed_write_is_found_by_reading_as_well(folder):
    """Two ways find it, and each alone would do: here the state, without the trail."""
    proxy = lies.Proxy(lies.swallows_a_write())
    house = House(folder, 1001, proxy=proxy)
    try:
        run, _ = house.load_and_kill()
        assert run.wrong == []
        assert house.start() == []
        lost = house.read_back(*house.things())
    finally:
        house.server.kill()
        proxy.close()
    # What was in flight is among the rest: without the trail nobody can say whether it was done.
    assert any(text.startswith("lost: the tags of") for text in lost), lost[:5]


def test_a_lost_end_is_found_by_the_head_of_the_trail_and_by_the_reckoning(folder):
    house = House(folder, 1002)
    yesterday = lies.Yesterday(house.server, folder / "yesterday")
    try:
        assert house.once() == []
        yesterday.take()
        head = house.head()

        def kill_when_a_newer_head_is_kept():
            deadline = time.monotonic() + HEAD_SECONDS_MAX
            while house.head() == head and time.monotonic() < deadline:
                time.sleep(0.05)
            house.server.kill()

        run, begin = house.load_and_kill(kill_when_a_newer_head_is_kept)
        assert run.wrong == [] and house.head() != head
        yesterday.put_back()
        # The program sees it, started or asked.
        verified = house.server.verify()
        assert verified.returncode == 1, verified.stdout + verified.stderr
        refused = house.start()
        assert len(refused) == 1 and "the audit trail is shorter" in refused[0] and "exit 2" in refused[0]
        # An operator who accepts the loss takes the head away. The reckoning then says what was lost.
        (house.server.data / "trail.head").unlink()
        assert house.start() == []
        wrong = house.reckon(run, begin)
    finally:
        house.server.kill()
    assert sum("is not on the trail" in text for text in wrong) >= 50
    assert sum(text.startswith("lost: ") for text in wrong) >= 10


def test_an_older_copy_of_the_whole_directory_is_found_by_the_reckoning_alone(folder):
    """As SECURITY.md says: neither the start nor `trail verify` can know it. The clients do."""
    house = House(folder, 1003)
    yesterday = lies.Yesterday(house.server, folder / "yesterday", "*")
    try:
        assert house.once() == []
        yesterday.take()
        run, begin = house.load_and_kill()
        assert run.wrong == []
        yesterday.put_back()
        assert house.verify() == [] and house.start() == []
        wrong = house.reckon(run, begin)
    finally:
        house.server.kill()
    assert sum("is not on the trail" in text for text in wrong) >= 50
    assert sum(text.startswith("lost: ") for text in wrong) >= 10

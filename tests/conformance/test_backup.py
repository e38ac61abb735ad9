"""`kagiban backup` and `kagiban restore`: one moment of a house, sealed; whole in another place, or nothing."""

import contextlib
import json
import os
import pathlib
import shutil
import stat
import struct
import subprocess
import threading

import pytest

from rig.clients import administrator, make_user, unique
from rig.refusals import refused
from rig.server import NotStarted, Server, binary

FIXED = 70
CHUNK_HEAD = 33


def backup(server: Server, file: pathlib.Path | str, status: int = 0) -> str:
    done = server.run("backup", str(file), "--data-dir", str(server.data), *server.root_flags())
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def restore(server: Server, file: pathlib.Path | str, status: int = 0) -> str:
    done = server.run("restore", str(file), "--data-dir", str(server.data), *server.root_flags())
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def elsewhere(make_server):
    """An empty place with the root of a house, and the administrator's key pair: `elsewhere(of=server)`."""

    def make(of: Server, **options) -> Server:
        other = make_server("elsewhere", start=False, **options)
        shutil.copytree(of.home, other.home, dirs_exist_ok=True)
        shutil.copyfile(of.credentials_file, other.credentials_file)
        return other

    return make


@pytest.fixture(scope="module")
def kept(workplace):
    """A stopped house with a key, a ciphertext and a user, and its backup: made once for the tests that only read."""
    server = Server(workplace / "backed-up").start()
    own = administrator(server)
    key = own.kms.create_key(Description="in the backup")["KeyMetadata"]["KeyId"]
    own.kms.create_alias(AliasName="alias/in-the-backup", TargetKeyId=key)
    server.key, server.blob = key, own.kms.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    server.user = make_user(own, stem="remembered")
    assert server.stop() == 0
    server.backup = server.folder / "house.backup"
    server.told = backup(server, server.backup)
    yield server
    server.kill()


def test_a_house_comes_back_elsewhere(kept, elsewhere):
    other = elsewhere(kept)
    said = restore(other, kept.backup)
    assert "intact:" in said and "Keys, users and access keys that were deleted since are back" in said
    moment = [line for line in kept.told.splitlines() if line.startswith(("moment:", "trail:"))]
    assert len(moment) == 2 and all(line in said for line in moment), "it says of which moment it is"
    for path in [other.data, *other.data.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, f"{path} may be read by others"
    names = {path.name for path in other.data.iterdir()}
    assert names == {"installation", "keyring.sealed", "kagiban.db", "trail.head"}, names
    assert other.verify().returncode == 0
    own = administrator(other.start())
    assert own.kms.decrypt(CiphertextBlob=kept.blob)["Plaintext"] == b"kept"
    assert own.kms.describe_key(KeyId="alias/in-the-backup")["KeyMetadata"]["KeyId"] == kept.key
    own.kms.create_key()
    assert own.server.stop() == 0
    assert other.verify().returncode == 0, "the trail goes on"


def test_the_trail_is_told_once_and_first(kept, elsewhere):
    other = elsewhere(kept)
    restore(other, kept.backup)
    own = administrator(other.start())
    other.restart()
    records = own_records(own)
    names = [record["eventName"] for record in records]
    assert names.count("Restore") == 1, names
    told = next(record for record in records if record["eventName"] == "Restore")
    place = names.index("Restore")
    assert names[place - 1] == "Start", "newest first: the start of the restored house comes after the restore"
    details = told["serviceEventDetails"]
    number, link = details["lastRecord"], details["link"]
    assert f"up to record {number}, link {link}" in kept.told
    assert details["backupTime"][:16] in kept.told, (details, kept.told)


def own_records(own) -> list[dict]:
    """The house's own records, newest first, when the index has them."""
    import time

    for _ in range(50):
        events = own.cloudtrail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "kagiban.amazonaws.com"}]
        )["Events"]
        records = [json.loads(event["CloudTrailEvent"]) for event in events]
        if any(record["eventName"] == "Restore" for record in records):
            return records
        time.sleep(0.1)
    return records


def test_under_load_nothing_acknowledged_is_missing(own, elsewhere, tmp_path):
    """Four clients write while three backups are made; each has all that was acknowledged before it began."""
    written: list[tuple[str, bytes, str]] = []
    stop, lock = threading.Event(), threading.Lock()

    def write(caller):
        while not stop.is_set():
            key = caller.kms.create_key()["KeyMetadata"]["KeyId"]
            alias = f"alias/{unique('load')}"
            caller.kms.create_alias(AliasName=alias, TargetKeyId=key)
            blob = caller.kms.encrypt(KeyId=key, Plaintext=key.encode())["CiphertextBlob"]
            with lock:
                written.append((key, blob, alias))

    writers = [threading.Thread(target=write, args=(own.but(),)) for _ in range(4)]
    for writer in writers:
        writer.start()
    made = []
    try:
        for number in range(3):
            count = len(written)
            while len(written) < count + 40:
                assert any(writer.is_alive() for writer in writers)
            with lock:
                before = list(written)
            file = tmp_path / f"{number}.backup"
            backup(own.server, file)
            made.append((file, before, len(written)))
    finally:
        stop.set()
        for writer in writers:
            writer.join(30)
    assert all(after > len(before) for _, before, after in made), "writing went on meanwhile"
    own.server.stop()
    for file, before, _ in (made[0], made[-1]):
        other = elsewhere(own.server)
        assert "intact:" in restore(other, file)
        there = administrator(other.start())
        for key, blob, alias in before:
            assert there.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == key.encode()
            assert there.kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == key
        # One moment: an alias that is there has its key, and a house that goes on verifies.
        for alias in there.kms.list_aliases(Limit=100)["Aliases"]:
            if "TargetKeyId" in alias:
                there.kms.describe_key(KeyId=alias["TargetKeyId"])
        assert other.stop() == 0 and other.verify().returncode == 0


def test_a_backup_tells_nothing_without_the_root(kept):
    content = kept.backup.read_bytes()
    database = (kept.data / "kagiban.db").read_bytes()
    clear = [kept.key, "alias/in-the-backup", kept.user.name, kept.user.access_key, "111122223333", "kms/keys"]
    for text in (*clear, "trail_index", "SQLite format 3"):
        assert text.encode() in database or text == "alias/in-the-backup" and b"in-the-backup" in database, text
        assert text.encode() not in content, f"`{text}` is in the backup in clear"
    assert b"in-the-backup" not in content
    assert stat.S_IMODE(kept.backup.stat().st_mode) == 0o600


def test_two_backups_of_one_moment_have_nothing_in_common_but_the_keyring(kept, tmp_path):
    backup(kept, tmp_path / "again")
    one, two = kept.backup.read_bytes(), (tmp_path / "again").read_bytes()
    begin = body(one)
    assert one[:34] == two[:34] and one[34:66] != two[34:66]
    assert one[66:begin] == two[66:begin]
    assert not {one[at : at + 16] for at in range(begin, len(one) - 16, 16)} & {
        two[at : at + 16] for at in range(begin, len(two) - 16, 16)
    }


def test_an_existing_file_is_never_overwritten(kept, tmp_path):
    for name, make in (("file", pathlib.Path.touch), ("folder", pathlib.Path.mkdir)):
        make(tmp_path / name)
        assert "never overwritten" in backup(kept, tmp_path / name, 2)
    (tmp_path / "link").symlink_to("nowhere")
    assert "never overwritten" in backup(kept, tmp_path / "link", 2)
    assert (tmp_path / "file").read_bytes() == b""
    backup(kept, tmp_path / "missing" / "backup", 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "link"], "nothing is left behind"


def test_what_is_no_house_has_no_backup(kept, tmp_path, make_server):
    server = make_server(start=False)
    assert "is no data directory" in backup(server, tmp_path / "backup", 2)
    stranger = make_server("stranger", start=False)
    shutil.copytree(kept.data, stranger.data)
    assert "root key" in backup(stranger, tmp_path / "backup", 2), "without the root there is nothing to seal it under"
    assert not list(tmp_path.iterdir())


# --- what is refused, and leaves nothing behind ----------------------------------------------------


def body(content: bytes) -> int:
    """Where the sealed part begins."""
    return FIXED + struct.unpack(">I", content[66:70])[0]


def chunks(content: bytes) -> list[tuple[int, int]]:
    """Begin and end of each chunk."""
    found, at = [], body(content)
    while at < len(content):
        end = at + CHUNK_HEAD + struct.unpack(">I", content[at + 1 : at + 5])[0] + 16
        found.append((at, end))
        at = end
    return found


def refuse(server: Server, content: bytes, words: str) -> None:
    """A backup with this content is refused with these words, and nothing is there afterwards."""
    file = server.folder / "tampered.backup"
    file.write_bytes(content)
    said = restore(server, file, 2)
    assert words in said and "panic" not in said, said
    assert not server.data.exists(), "a directory that was not there is not there"


def flipped(content: bytes, at: int) -> bytes:
    changed = bytearray(content)
    changed[at] ^= 1
    return bytes(changed)


def test_a_changed_backup_is_refused_at_each_field(kept, elsewhere):
    other, content = elsewhere(kept), kept.backup.read_bytes()
    (begin, _), (last, end) = chunks(content)[0], chunks(content)[-1]
    assert end == len(content)
    nothing_to_open = "does not open with this root"
    # The length of the only part, one more or one less: either its end is missing, or it is another part.
    longer = begin == last and content[begin + 4] % 2 == 0
    fields = {
        0: "is no backup of Kagiban",
        15: "is no backup of Kagiban",
        17: "its head is damaged",
        18: "is not there",  # another installation has another root key file
        34: "part 0 of it does not open",
        65: "part 0 of it does not open",
        66: "its head is damaged",
        69: nothing_to_open,
        FIXED: nothing_to_open,
        FIXED + 17: nothing_to_open,
        FIXED + 20: nothing_to_open,
        FIXED + 34: nothing_to_open,
        FIXED + 60: nothing_to_open,
        begin - 1: nothing_to_open,
        begin + 4: "its end is not there" if longer else "part 0 of it does not open",
        begin + 5: "part 0 of it does not open",
        begin + 21: "part 0 of it does not open",
        begin + CHUNK_HEAD: "part 0 of it does not open",
        last: "does not open",
        end - 17: "does not open",
        end - 1: "does not open",
    }
    for at, words in fields.items():
        refuse(other, flipped(content, at), words)
    # A seal that it does not have: a passphrase's recipe is longer.
    changed = bytearray(content)
    changed[FIXED + 34] = 2
    refuse(other, bytes(changed), "the keyring is damaged")
    restore(other, kept.backup)


def test_parts_of_a_backup_are_bound_to_their_places(make_server, elsewhere, tmp_path):
    own = make_server("of-many-parts")
    caller = administrator(own)
    for _ in range(60):
        caller.kms.create_key(Description="x" * 8000)
    assert own.stop() == 0
    one, two = tmp_path / "one", tmp_path / "two"
    backup(own, one)
    backup(own, two)
    other, content = elsewhere(own), one.read_bytes()
    parts = [content[begin:end] for begin, end in chunks(content)]
    assert len(parts) >= 3, "enough to exchange"
    foreign = [two.read_bytes()[begin:end] for begin, end in chunks(two.read_bytes())]
    head, whole = content[: body(content)], parts
    for arranged, words in (
        ([whole[1], whole[0], *whole[2:]], "part 0 of it does not open"),
        ([whole[0], *whole[2:]], "part 1 of it does not open"),
        ([whole[0], *whole], "part 1 of it does not open"),
        ([whole[0], foreign[1], *whole[2:]], "part 1 of it does not open"),
        (whole[:-1], "its end is not there"),
        ([*whole, whole[-1]], "something stands behind its end"),
        ([*whole, b"\0"], "something stands behind its end"),
        ([], "its end is not there"),
    ):
        refuse(other, head + b"".join(arranged), words)
    marked = bytearray(whole[-2])
    marked[0] = 1
    refuse(other, head + b"".join([*whole[:-2], bytes(marked)]), "does not open")
    restore(other, one)


def test_a_backup_that_is_cut_short_is_refused(kept, elsewhere):
    other, content = elsewhere(kept), kept.backup.read_bytes()
    begin = body(content)
    fixed = [16, 17, 18, 34, 66, 69, FIXED, FIXED + 1, begin - 1, begin, begin + 1, begin + CHUNK_HEAD]
    for length in [*fixed, *range(begin + 100, len(content), len(content) // 12), len(content) - 1]:
        refuse(other, content[:length], "cut short")
    for length in (0, 1, 15):
        refuse(other, content[:length], "is no backup of Kagiban")


def test_a_newer_format_is_refused(kept, elsewhere):
    content = bytearray(kept.backup.read_bytes())
    content[16:18] = struct.pack(">H", 2)
    refuse(elsewhere(kept), bytes(content), "it has format 2; this version knows formats up to 1")


def test_another_root_does_not_open_it(kept, make_server, tmp_path):
    stranger = make_server("stranger", start=False)
    assert "root key" in restore(stranger, kept.backup, 2), "no root at all"
    (tmp_path / "root.key").write_text(os.urandom(32).hex() + "\n")
    (tmp_path / "phrase").write_text("correct horse battery staple\n")
    for name in ("root.key", "phrase"):
        (tmp_path / name).chmod(0o600)
    for flag, name, words in (
        ("--root-key-file", "root.key", "does not open with this root"),
        ("--root-passphrase-file", "phrase", "is sealed with a key file"),
    ):
        done = stranger.run("restore", str(kept.backup), "--data-dir", str(stranger.data), flag, str(tmp_path / name))
        assert done.returncode == 2 and words in done.stderr, done.stderr
        assert str(kept.backup) in done.stderr and not stranger.data.exists()


def test_a_house_under_a_passphrase(make_server, tmp_path):
    phrase = tmp_path / "phrase"
    phrase.write_text("correct horse battery staple\n")
    phrase.chmod(0o600)
    server = make_server(flags=("--root-passphrase-file", str(phrase)))
    key = administrator(server).kms.create_key()["KeyMetadata"]["KeyId"]
    server.stop()
    where = ("--data-dir", str(server.data), "--root-passphrase-file", str(phrase))
    done = server.run("backup", str(tmp_path / "backup"), *where)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(server.data)
    done = server.run("restore", str(tmp_path / "backup"), *where)
    assert done.returncode == 0, done.stderr
    assert administrator(server.start()).kms.describe_key(KeyId=key)


def test_a_directory_with_anything_in_it_is_refused(kept, elsewhere):
    other = elsewhere(kept)
    other.data.mkdir()
    (other.data / "letter").write_text("mine")
    assert "has something in it" in restore(other, kept.backup, 2)
    assert [path.name for path in other.data.iterdir()] == ["letter"]
    before = sorted((path.name, path.read_bytes()) for path in kept.data.iterdir())
    assert "has something in it" in restore(kept, kept.backup, 2), "least of all a house"
    assert sorted((path.name, path.read_bytes()) for path in kept.data.iterdir()) == before


def test_an_empty_directory_is_taken_and_given_back(kept, elsewhere):
    other = elsewhere(kept)
    (other.data / "lost+found").mkdir(parents=True)
    content = kept.backup.read_bytes()
    file = other.folder / "cut"
    file.write_bytes(content[:-1])
    restore(other, file, 2)
    assert [path.name for path in other.data.iterdir()] == ["lost+found"], "it was there, so it stays"
    restore(other, kept.backup)
    assert administrator(other.start()).kms.decrypt(CiphertextBlob=kept.blob)["Plaintext"] == b"kept"


def test_a_restore_that_was_interrupted_is_no_house(kept, elsewhere):
    """As a kill leaves it: staged files, and nothing in its place. A start must not take it for an empty directory."""
    other = elsewhere(kept)
    restore(other, kept.backup)
    other.credentials_file.unlink()  # nothing but the folder keeps a first start from founding another house here
    staged = other.data / "restoring"
    staged.mkdir()
    for path in [p for p in other.data.iterdir() if p != staged]:
        path.rename(staged / path.name)
    with pytest.raises(NotStarted) as error:
        other.start()
    assert error.value.code == 2 and "was interrupted" in error.value.output, error.value.output
    assert "the folder `restoring` and the files beside it" in error.value.output, "what is left is named as in the docs"
    # All but the last of the moves were made.
    for name in ("kagiban.db", "keyring.sealed", "trail.head"):
        (staged / name).rename(other.data / name)
    shutil.rmtree(staged)
    assert not other.credentials_file.exists()
    with pytest.raises(NotStarted) as error:
        other.start()
    assert error.value.code == 2 and "installation" in error.value.output, error.value.output


MOMENTS = [number / 200 for number in range(0, 24, 2)]


def killed(server: Server, seconds: float, *command: str) -> None:
    """The command, killed after so long, unless it has ended by then."""
    process = subprocess.Popen(
        [str(binary()), *command, *server.root_flags()],
        env=server.environment,
        cwd=server.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    process.wait()


def test_a_backup_that_is_killed_has_its_name_only_when_it_is_whole(kept, elsewhere, tmp_path):
    there = 0
    for number, seconds in enumerate(MOMENTS):
        file = tmp_path / f"{number}.backup"
        killed(kept, seconds, "backup", str(file), "--data-dir", str(kept.data))
        if file.exists():
            there += 1
            other = elsewhere(kept)
            restore(other, file)
    left = [path.name for path in tmp_path.iterdir() if not path.name.endswith((".backup", ".new"))]
    assert left == [] and there < len(MOMENTS), "some were killed in time"


def test_a_restore_that_is_killed_leaves_a_whole_house_or_none(kept, elsewhere):
    """What is left in part is taken neither for a house nor for a place where to found one, and can be removed and made again."""
    outcomes = set()
    for seconds in MOMENTS:
        other = elsewhere(kept)
        killed(other, seconds, "restore", str(kept.backup), "--data-dir", str(other.data))
        left = {path.name for path in other.data.iterdir()} if other.data.exists() else set()
        whole = "installation" in left
        outcomes.add("whole" if whole else "part" if left else "nothing")
        if whole:
            assert other.verify().returncode == 0
            continue
        assert other.verify().returncode == 2
        if left:
            new = other.folder / "new-credentials"
            done = other.run("init", "--data-dir", str(other.data), "--credentials-file", str(new))
            assert done.returncode == 2 and not new.exists(), f"{left}: {done.stdout}{done.stderr}"
            assert "has something in it" in restore(other, kept.backup, 2)
            shutil.rmtree(other.data)
        restore(other, kept.backup)
    assert len(outcomes) > 1, outcomes


def test_a_broken_trail_is_not_restored(kept, elsewhere, make_server, tmp_path):
    import sqlite3

    bad = make_server("bad", of=kept, start=False)
    shutil.copytree(kept.home, bad.home, dirs_exist_ok=True)
    with contextlib.closing(sqlite3.connect(bad.data / "kagiban.db")) as wire:
        wire.execute("UPDATE rows SET revision = revision + 1 WHERE space = 'kms/keys'")
        wire.commit()
    backup(bad, tmp_path / "backup")
    other = elsewhere(kept)
    said = restore(other, tmp_path / "backup", 1)
    assert "broken: row" in said and "Nothing was restored" in said
    assert not other.data.exists()


# --- what an older state means ---------------------------------------------------------------------


def test_what_was_done_since_is_undone(own, elsewhere, tmp_path):
    """A user deleted after the backup is back, and a newer `trail.head` does not go with the restored house."""
    user = make_user(own)
    backup(own.server, tmp_path / "backup")
    own.iam.delete_access_key(UserName=user.name, AccessKeyId=user.access_key)
    own.iam.delete_user(UserName=user.name)
    assert own.server.stop() == 0
    other = elsewhere(own.server)
    restore(other, tmp_path / "backup")
    newer = other.folder / "newer"
    shutil.copytree(other.data, newer)
    shutil.copyfile(own.server.data / "trail.head", newer / "trail.head")
    done = other.run("trail", "verify", "--data-dir", str(newer))
    assert done.returncode == 1 and "its end was cut" in done.stdout, done.stdout
    administrator(other.start()).iam.get_user(UserName=user.name)
    own.server.start()
    with refused("NoSuchEntity"):
        own.iam.get_user(UserName=user.name)

"""Metrics: what is counted is what was done, who is no neighbour does not read them, and they name no key and no user."""

import http.client
import json
import re
import socket
import time

from rig import raw
from rig.clients import Caller, administrator, make_user
from rig.refusals import refused
from rig.server import Server, free_port
from test_full_disk import LEFT_BYTES, encrypt_until_full, fill, small_disk, until  # noqa: F401

PATH = "/_kagiban/metrics"
CENSUS_SECONDS_MAX = 75


def get(port: int, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("content-type") or "", answer.read().decode()
    finally:
        connection.close()


def samples(server: Server, port: int = 0) -> dict[str, float]:
    """Each sample of the page by its name and labels. The page is what OpenMetrics demands, as far as it can be told line by line."""
    status, kind, page = get(port or server.port, PATH)
    assert (status, kind) == (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert page.endswith("# EOF\n")
    found = {}
    for line in page.splitlines():
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP|TYPE|UNIT) [a-z_]+ .+|# EOF", line), line
            continue
        name, value = re.fullmatch(r'([a-z_]+(?:\{(?:[a-z]+="[^"]*",?)*\})?) (\S+)', line).groups()
        assert name not in found, f"{name} stands twice"
        found[name] = float(value)
    return found


def requests(found: dict[str, float], operation: str, outcome: str, service: str = "kms") -> float:
    return found.get(f'kagiban_requests_total{{service="{service}",operation="{operation}",outcome="{outcome}"}}', 0)


def test_what_is_counted_is_what_was_done(own):
    server = own.server
    key = own.kms.create_key()["KeyMetadata"]["KeyId"]
    before = samples(server)
    for _ in range(3):
        own.kms.encrypt(KeyId=key, Plaintext=b"x")
    with refused("NotFoundException"):
        own.kms.encrypt(KeyId="alias/none", Plaintext=b"x")
    with refused("NoSuchEntity"):
        own.iam.get_user(UserName="nobody")
    nobody = make_user(own)
    with refused("AccessDeniedException"):
        nobody.kms.encrypt(KeyId=key, Plaintext=b"x")
    with refused("UnrecognizedClientException"):
        own.but(access_key="AKIAIOSFODNN7EXAMPLE").kms.list_keys()
    after = samples(server)
    added = lambda *sample: requests(after, *sample) - requests(before, *sample)  # noqa: E731
    assert added("Encrypt", "success") == 3
    assert (added("Encrypt", "NotFoundException"), added("Encrypt", "AccessDeniedException")) == (1, 1)
    assert added("GetUser", "NoSuchEntity", "iam") == 1
    assert added("ListKeys", "success") == 0, "who is nobody calls nothing"
    assert after['kagiban_door_refusals_total{code="UnrecognizedClientException"}'] == 1
    lasted = 'kagiban_request_duration_seconds_{}{{service="kms",operation="Encrypt"}}'
    assert after[lasted.format("count")] == 5 and 0 < after[lasted.format("sum")] < 5
    buckets = [value for name, value in after.items() if name.startswith("kagiban_request_duration_seconds_bucket{")
               and 'operation="Encrypt"' in name]  # fmt: skip
    assert buckets == sorted(buckets) and buckets[-1] == 5 and len(buckets) == 15
    # Eight calls that were recorded, each in some commit; each commit was synced.
    assert after["kagiban_trail_events"] >= before["kagiban_trail_events"] + 8
    for name in ("kagiban_commit_groups_total", "kagiban_commit_jobs_total", "kagiban_commit_sync_seconds_total"):
        assert after[name] > before[name] > 0, name
    assert after["kagiban_commit_jobs_total"] >= after["kagiban_commit_groups_total"]
    assert after["kagiban_connections"] >= 1
    database = (server.data / "kagiban.db").stat().st_size
    assert after['kagiban_store_bytes{file="database"}'] == database > 0
    assert 5 << 20 < after["process_resident_memory_bytes"] < 500 << 20
    assert after["process_cpu_seconds_total"] > 0 and after["kagiban_disk_free_bytes"] > 0
    assert (after["kagiban_disk_full"], after["kagiban_clock_held"]) == (0, 0)
    assert any(name.startswith('kagiban_build_info{version="') for name in after)


def test_keys_by_state(own):
    keys = [own.kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(4)]
    own.kms.disable_key(KeyId=keys[0])
    own.kms.schedule_key_deletion(KeyId=keys[1], PendingWindowInDays=7)
    # At the start, and then each minute: the stamp says of when the numbers are.
    own.server.restart()
    assert until(10, lambda: "kagiban_keys_counted_timestamp_seconds" in samples(own.server))
    found = samples(own.server)
    by_state = {state: found[f'kagiban_keys{{state="{state}"}}'] for state in ("Enabled", "Disabled", "PendingDeletion")}
    assert by_state == {"Enabled": 2, "Disabled": 1, "PendingDeletion": 1}
    assert abs(found["kagiban_keys_counted_timestamp_seconds"] - time.time()) < CENSUS_SECONDS_MAX


def test_they_name_no_key_no_user_and_no_account(own):
    user = make_user(own)
    key = own.kms.create_key(Description="a description")["KeyMetadata"]
    own.kms.create_alias(AliasName="alias/an-alias", TargetKeyId=key["KeyId"])
    own.kms.encrypt(KeyId="alias/an-alias", Plaintext=b"x", EncryptionContext={"a-name": "a-value"})
    page = get(own.server.port, PATH)[2]
    secret = (key["KeyId"], "an-alias", "a description", "a-name", user.name, own.account(), own.access_key, str(own.server.data))
    assert [word for word in secret if word in page] == []


FORM = "Content-Type: application/x-www-form-urlencoded"


def test_a_code_that_a_stranger_makes_up_makes_no_sample(own):
    counted = ("kagiban_requests_total", "kagiban_door_refusals_total")
    names = lambda: {name for name in samples(own.server) if name.startswith(counted)}  # noqa: E731
    before = names()
    for number in range(5):
        headers = {"X-Amz-Target": f"TrentService.MadeUp{number}", "Content-Type": raw.JSON_11}
        raw.send(own, b"{}", raw.sign(own, "kms", b"{}", headers))
        raw.send(own, b"{}", {"X-Amz-Target": f"MadeUp{number}.X", "Authorization": f"MadeUp{number}"})
    assert "MadeUp" not in get(own.server.port, PATH)[2]
    codes = {re.search(r'code="(\w+)"', name).group(1) for name in names() - before}
    assert codes <= {"UnknownOperationException", "IncompleteSignatureException", "MissingAuthenticationTokenException", "other"}, codes


def test_what_is_refused_before_it_is_read_is_counted_and_told(own):
    port = own.server.port
    refused_by = lambda: {code: count for name, count in samples(own.server).items() if name.startswith("kagiban_door")  # noqa: E731
                          for code in re.findall(r'code="(\w+)"', name)}  # fmt: skip
    before = refused_by()
    for head, status in (
        (f"POST /{'a' * 20000} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", b"414"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n" + "x" * 1_100_000, b"413"),
        (f"POST / HTTP/1.1\r\nHost: sts.amazonaws.com\r\n{FORM}\r\nContent-Length: 18\r\n\r\nVersion=2010-05-08", b"400"),
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
            try:
                wire.sendall(head.encode())
            except ConnectionError:
                pass  # It was refused while it was being sent.
            assert wire.recv(65536).startswith(b"HTTP/1.1 " + status), head[:60]
    added = {code: count - before.get(code, 0) for code, count in refused_by().items() if count != before.get(code, 0)}
    assert added == {"RequestURITooLong": 1, "RequestEntityTooLarge": 1, "MissingAction": 1}
    log = own.server.output()
    assert [code for code in added if f'code="{code}"' not in log] == []


def test_a_failed_tls_handshake_is_counted(make_server, certificate):
    crt, key = map(str, certificate)
    metrics = free_port()
    flags = ("--tls-certificate-file", crt, "--tls-key-file", key, "--metrics-listen", f"127.0.0.1:{metrics}")
    server = make_server("tls", flags=flags, scheme="https", cafile=crt)
    assert samples(server, metrics)["kagiban_tls_handshake_failures_total"] == 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        wire.recv(65536)
    assert until(5, lambda: samples(server, metrics)["kagiban_tls_handshake_failures_total"] == 1)


def test_who_may_read_them(own, make_server):
    port = own.server.port
    assert get(port, PATH)[0] == 200
    # Somebody for whom a proxy on this machine asks is no neighbour.
    for header in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP"):
        status, _, body = get(port, PATH, {header: "192.0.2.1"})
        assert (status, json.loads(body)) == (404, {"message": "nothing is here"}), header
    # Nor is a page of the world whose name leads to this machine, or a proxy that hands on by which name it was asked.
    for host in ("kms.example", f"kms.example:{port}", "192.0.2.1"):
        assert get(port, PATH, {"Host": host})[0] == 404, host
        assert get(port, "/health", {"Host": host})[0] == 200, "health is for everybody"
    for host in ("localhost", f"LOCALHOST:{port}", f"[::1]:{port}"):
        assert get(port, PATH, {"Host": host})[0] == 200, host
    assert get(port, PATH, method="POST")[0] == 405 and get(port, f"{PATH}/x")[0] == 404

    # With a listener of their own they are there and nowhere else; and it has nothing else.
    aside = free_port()
    server = make_server(flags=("--metrics-listen", f"127.0.0.1:{aside}"))
    assert get(server.port, PATH)[0] == 404
    administrator(server).kms.create_key()
    assert requests(samples(server, aside), "CreateKey", "success") == 1
    assert get(aside, "/health")[::2] == (200, '{"status":"ok"}')
    apart = Caller(server, *server.credentials())
    served, server.port = server.port, aside
    answer = raw.send(apart, b"{}", raw.sign(apart, "kms", b"{}", {"X-Amz-Target": "TrentService.ListKeys"}))
    server.port = served
    assert answer.status == 404 and b"nothing is here" in answer.body
    assert f"metrics and health, without TLS, on http://127.0.0.1:{aside}" in server.output()


def test_a_listener_that_cannot_be_is_told(own, make_server):
    taken = make_server(start=False, flags=("--metrics-listen", f"127.0.0.1:{own.server.port}"))
    done = taken.run(*taken.command()[1:])
    assert done.returncode == 2 and str(own.server.port) in done.stderr and not taken.data.exists(), done


def test_a_full_disk_is_shown(small_disk, make_server):  # noqa: F811
    server = make_server("full", start=False)
    server.data = small_disk / "data"
    admin = administrator(server.start())
    key = admin.kms.create_key()["KeyMetadata"]["KeyId"]
    filler = fill(small_disk, LEFT_BYTES)
    encrypt_until_full(admin, key)
    found = samples(server)
    assert found["kagiban_disk_full"] == 1 and requests(found, "Encrypt", "KMSInternalException") == 1
    filler.unlink()
    assert until(5, lambda: samples(server)["kagiban_disk_full"] == 0)


def test_where_it_listens_is_a_setting(make_server):
    server = make_server(start=False)
    port = free_port()
    file = server.folder / "kagiban.toml"
    file.write_text(f'metrics_listen = "127.0.0.1:{port}"\n')
    done = server.run("config", "check", "--config", str(file))
    assert f'metrics_listen = "127.0.0.1:{port}"    # the file {file}' in done.stdout, done
    assert server.run("config", "check", "--metrics-listen", "nowhere").returncode == 2

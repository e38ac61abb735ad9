"""`kagiban cert`: what it makes is what the server speaks and clients trust, and nothing is overwritten."""

import pathlib
import re
import socket
import ssl
import stat
import subprocess

import botocore.exceptions
import pytest

from rig.cli import cli
from rig.clients import administrator
from rig.server import Server
from test_doctor import doctor

FILES = ["ca.key", "ca.pem", "server.key", "server.pem"]


@pytest.fixture
def house(make_server):
    return make_server(start=False)


def cert(server: Server, *flags: str) -> subprocess.CompletedProcess:
    return server.run("cert", "--dir", str(server.folder / "tls"), *flags)


def files(server: Server) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((server.folder / "tls").iterdir())}


def serve(server: Server, said: str) -> Server:
    """Starts it with the very flags, and trusts what the very line, that `cert` has printed."""
    flags = re.search(r"kagiban serve (--tls.*)$", said, re.M).group(1).split()
    server.flags = tuple(flags)
    server.scheme, server.cafile = "https", re.search(r"export AWS_CA_BUNDLE=(.*)$", said, re.M).group(1)
    return server.start()


def test_the_lines_that_it_prints_make_clients_work(house):
    done = cert(house)
    assert done.returncode == 0, done
    folder = house.folder / "tls"
    assert sorted(files(house)) == FILES
    for path in (folder, *folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    own = administrator(serve(house, done.stdout))
    key = own.kms.create_key()["KeyMetadata"]["KeyId"]
    assert cli(own, "kms", "describe-key", "--key-id", key).json()["KeyMetadata"]["KeyId"] == key

    # The administrator's own client does not know the authority, and says so.
    house.cafile = None
    stranger = own.but()
    with pytest.raises(botocore.exceptions.SSLError):
        stranger.kms.list_keys()
    refused = cli(stranger, "kms", "list-keys")
    assert refused.code != 0 and "CERTIFICATE_VERIFY_FAILED" in refused.err, refused

    # Whoever is told to trust the server's file, as the first start prints it, trusts the authority in it.
    assert f"export AWS_CA_BUNDLE={folder}/server.pem" in house.output()
    house.cafile = str(folder / "server.pem")
    assert own.but().kms.list_keys()["Keys"]


def test_each_name_is_one_of_the_certificate(house):
    done = cert(house, "--name", "kms.example", "--name", "192.0.2.7", "--name", "*.kms.example")
    serve(house, done.stdout)
    pem = ssl.get_server_certificate(("127.0.0.1", house.port))
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-ext", "subjectAltName,basicConstraints,extendedKeyUsage", "-text"],
        input=pem, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in ("DNS:localhost", "DNS:*.localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1",
                 "DNS:kms.example", "IP Address:192.0.2.7", "DNS:*.kms.example", "prime256v1",
                 "TLS Web Server Authentication"):  # fmt: skip
        assert name in shown, f"{name}\n{shown}"
    context = ssl.create_default_context(cafile=house.cafile)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with socket.create_connection(("127.0.0.1", house.port)) as wire:
        assert context.wrap_socket(wire, server_hostname="any.kms.example").version() == "TLSv1.3"


def test_nothing_is_overwritten_and_the_authority_stays(house):
    first = cert(house)
    before = files(house)
    again = cert(house)
    assert again.returncode == 2 and "--renew" in again.stderr and files(house) == before, again

    own = administrator(serve(house, first.stdout))
    renewed = cert(house, "--renew", "--days", "20")
    after = files(house)
    assert renewed.returncode == 0 and "was there" in renewed.stdout, renewed
    assert sorted(after) == sorted([*FILES, "server.key.1", "server.pem.1"])
    assert {name: after[name] for name in ("ca.key", "ca.pem")} == {name: before[name] for name in ("ca.key", "ca.pem")}
    assert (after["server.key.1"], after["server.pem.1"]) == (before["server.key"], before["server.pem"])
    assert after["server.pem"] != before["server.pem"] and after["server.key"] != before["server.key"]
    assert (renewed.stdout.splitlines()[-1], house.cafile) == (first.stdout.splitlines()[-1], f"{house.folder}/tls/ca.pem")

    # The server has read the old one at its start; the new one is served after a restart, and the clients stay as they are.
    old = ssl.get_server_certificate(("127.0.0.1", house.port))
    assert old.strip() in before["server.pem"].decode()
    house.restart()
    assert ssl.get_server_certificate(("127.0.0.1", house.port)).strip() in after["server.pem"].decode()
    assert own.but().kms.list_keys()["Keys"] == []
    assert doctor(house)["tls-certificate"]["level"] == "warning", "twenty days are few"

    assert cert(house, "--renew").returncode == 0
    assert sorted(files(house)) == sorted([*FILES, *(f"server.{end}.{number}" for end in ("key", "pem") for number in (1, 2))])


def test_what_cannot_be_made_is_told_and_leaves_nothing(house):
    for flags, said in [
        (("--name", "http://x"), "http://x"),
        (("--days", "0"), "0"),
        (("--days", "400", "--ca-days", "300"), "--days"),
    ]:
        done = cert(house, *flags)
        assert done.returncode == 2 and said in done.stderr, done
        assert not (house.folder / "tls").exists()


def test_an_authority_that_is_not_whole_signs_nothing(house):
    cert(house)
    folder = house.folder / "tls"
    for path in (folder / "server.pem", folder / "server.key"):
        path.unlink()
    key = (folder / "ca.key").read_bytes()
    (folder / "ca.key").unlink()
    done = cert(house)
    assert done.returncode == 2 and f"{folder}/ca.key" in done.stderr, done
    # The key of another authority.
    other = house.folder / "other"
    assert house.run("cert", "--dir", str(other)).returncode == 0
    write_private(folder / "ca.key", (other / "ca.key").read_bytes())
    done = cert(house)
    assert done.returncode == 2 and "belong together" in done.stderr and sorted(files(house)) == ["ca.key", "ca.pem"], done
    write_private(folder / "ca.key", key)
    (folder / "ca.key").chmod(0o644)
    done = cert(house)
    assert done.returncode == 2 and "chmod 600" in done.stderr, done
    (folder / "ca.key").chmod(0o600)
    assert cert(house).returncode == 0


def write_private(path: pathlib.Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def test_by_default_it_is_in_the_configuration_folder(house):
    assert house.run("cert").returncode == 0
    assert sorted(path.name for path in (house.home / "config/kagiban/tls").iterdir()) == FILES


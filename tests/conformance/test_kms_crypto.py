"""KMS cryptography: K-03 and K-04, blobs that are foreign, cut or changed, bounds, dry run, random bytes."""

import re
import secrets

import pytest

from rig.refusals import constraint, refused

CONTEXT = {"purpose": "demo", "tenant": "é 日本"}


@pytest.fixture(scope="module")
def shared_key(admin) -> dict:
    return admin.kms.create_key()["KeyMetadata"]


@pytest.fixture(scope="module")
def blob(admin, shared_key) -> bytes:
    return admin.kms.encrypt(KeyId=shared_key["KeyId"], Plaintext=b"customer list", EncryptionContext=CONTEXT)[
        "CiphertextBlob"
    ]


@pytest.mark.parametrize("plaintext", [b"x", b"customer list", bytes(4096), secrets.token_bytes(4096)])
def test_k03_what_was_encrypted_comes_back_without_naming_the_key(admin, shared_key, plaintext):
    sealed = admin.kms.encrypt(KeyId=shared_key["KeyId"], Plaintext=plaintext, EncryptionContext=CONTEXT)
    assert sealed["KeyId"] == shared_key["Arn"] and sealed["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    assert plaintext not in sealed["CiphertextBlob"] or len(plaintext) < 4
    assert len(sealed["CiphertextBlob"]) <= 6144
    opened = admin.kms.decrypt(
        CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=dict(reversed(CONTEXT.items()))
    )
    assert opened["Plaintext"] == plaintext
    assert opened["KeyId"] == shared_key["Arn"] and opened["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    assert opened["KeyMaterialId"] == shared_key["CurrentKeyMaterialId"]


def test_k03_the_same_plaintext_twice_gives_two_blobs(admin, shared_key):
    blobs = {admin.kms.encrypt(KeyId=shared_key["KeyId"], Plaintext=b"same")["CiphertextBlob"] for _ in range(20)}
    assert len(blobs) == 20


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"purpose": "other", "tenant": "é 日本"},
        {"purpose": "demo"},
        CONTEXT | {"more": ""},
        {"Purpose": "demo", "tenant": "é 日本"},
        {"purpose": "demo ", "tenant": "é 日本"},
        {"purpose": "é 日本", "tenant": "demo"},
    ],
)
def test_k03_another_context(admin, blob, context):
    with refused("InvalidCiphertextException", "^$", status=400):
        admin.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)


def test_contexts_that_join_to_the_same_text_are_different(admin, shared_key):
    sealed = admin.kms.encrypt(KeyId=shared_key["KeyId"], Plaintext=b"x", EncryptionContext={"ab": "c", "d": "e"})[
        "CiphertextBlob"
    ]
    for context in (
        {"a": "bc", "d": "e"},
        {"ab": "cd", "": "e"},
        {"ab": "c,d=e"},
        {"ab=c,d": "e"},
        {"abc": "", "d": "e"},
    ):
        with refused("InvalidCiphertextException|ValidationException"):
            admin.kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context)


def test_k03_a_foreign_blob(admin, shared_key, make_server):
    from rig.clients import administrator

    other = administrator(make_server())
    foreign = other.kms.encrypt(KeyId=other.kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    for strange in (foreign, b"x", secrets.token_bytes(200), b"AQICAHh" * 20, bytes(6144)):
        with refused("InvalidCiphertextException", status=400) as error:
            admin.kms.decrypt(CiphertextBlob=strange)
        assert b"customer" not in error.text.encode()
        with refused("InvalidCiphertextException|IncorrectKeyException", status=400):
            admin.kms.decrypt(CiphertextBlob=strange, KeyId=shared_key["KeyId"])


def test_k03_a_cut_or_lengthened_blob(admin, blob):
    for length in sorted({*range(1, 64, 7), *range(64, len(blob), 23), len(blob) - 1}):
        with refused("InvalidCiphertextException", status=400):
            admin.kms.decrypt(CiphertextBlob=blob[:length], EncryptionContext=CONTEXT)
    for longer in (blob + b"\0", blob + blob, b"\0" + blob):
        with refused("InvalidCiphertextException"):
            admin.kms.decrypt(CiphertextBlob=longer, EncryptionContext=CONTEXT)


def test_k03_a_blob_with_any_byte_changed(admin, blob):
    for at in range(len(blob)):
        changed = bytearray(blob)
        changed[at] ^= 1 << (at % 8)
        with refused("InvalidCiphertextException", status=400):
            admin.kms.decrypt(CiphertextBlob=bytes(changed), EncryptionContext=CONTEXT)
    assert admin.kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"] == b"customer list"


def test_halves_of_two_blobs_do_not_join(admin, shared_key):
    one, two = (
        admin.kms.encrypt(KeyId=shared_key["KeyId"], Plaintext=p)["CiphertextBlob"] for p in (b"aaaaaaaa", b"bbbbbbbb")
    )
    for cut in range(8, len(one), 11):
        joined = one[:cut] + two[cut:]
        # Both begin alike, with the name of the key.
        if joined in (one, two):
            continue
        with refused("InvalidCiphertextException"):
            admin.kms.decrypt(CiphertextBlob=joined)


def test_the_wrong_key_named(admin, blob):
    other = admin.kms.create_key()["KeyMetadata"]
    with refused("IncorrectKeyException", status=400):
        admin.kms.decrypt(CiphertextBlob=blob, KeyId=other["KeyId"], EncryptionContext=CONTEXT)


@pytest.mark.parametrize(
    "operation, parameters, text",
    [
        (
            "encrypt",
            {"Plaintext": bytes(4097)},
            "^1 validation error detected: Value " + constraint("plaintext", "have length less than or equal to 4096"),
        ),
        (
            "encrypt",
            {"Plaintext": b""},
            "at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            "encrypt",
            {},
            "^1 validation error detected: Value null " + constraint("plaintext", "not be null"),
        ),
        (
            "encrypt",
            {"Plaintext": b"x", "EncryptionAlgorithm": "ROT13"},
            "Value 'ROT13' at 'encryptionAlgorithm' failed to satisfy constraint: Member must satisfy enum value set",
        ),
        (
            "encrypt",
            {"Plaintext": b"x", "GrantTokens": ["t"] * 11},
            "at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 10",
        ),
        (
            "decrypt",
            {"CiphertextBlob": bytes(6145)},
            "at 'ciphertextBlob' failed to satisfy constraint: Member must have length less than or equal to 6144",
        ),
        (
            "decrypt",
            {"CiphertextBlob": b""},
            "at 'ciphertextBlob' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            "generate_data_key",
            {"NumberOfBytes": 1025},
            "Value '1025' " + constraint("numberOfBytes", "have value less than or equal to 1024"),
        ),
        (
            "generate_data_key",
            {"NumberOfBytes": 0},
            "Value '0' " + constraint("numberOfBytes", "have value greater than or equal to 1"),
        ),
        (
            "generate_data_key",
            {"KeySpec": "AES_192"},
            "Value 'AES_192' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set",
        ),
        ("generate_data_key", {"KeySpec": "AES_256", "NumberOfBytes": 32}, "(?i)number ?of ?bytes"),
        ("generate_data_key", {}, "(?i)number ?of ?bytes"),
        ("generate_data_key_without_plaintext", {}, "(?i)number ?of ?bytes"),
    ],
)
def test_bounds(admin, shared_key, operation, parameters, text):
    with refused("ValidationException", text, status=400):
        getattr(admin.loose_kms, operation)(KeyId=shared_key["KeyId"], **parameters)


def test_a_context_has_a_limit(admin, shared_key):
    with refused("ValidationException", "(?i)context", status=400):
        admin.kms.encrypt(
            KeyId=shared_key["KeyId"], Plaintext=b"x", EncryptionContext={f"k{i}": "v" * 100 for i in range(100)}
        )


@pytest.mark.parametrize(
    "size, length",
    [
        ({"KeySpec": "AES_256"}, 32),
        ({"KeySpec": "AES_128"}, 16),
        ({"NumberOfBytes": 1}, 1),
        ({"NumberOfBytes": 64}, 64),
        ({"NumberOfBytes": 1024}, 1024),
    ],
)
def test_k04_a_data_key(admin, shared_key, size, length):
    made = admin.kms.generate_data_key(KeyId=shared_key["KeyId"], EncryptionContext=CONTEXT, **size)
    assert len(made["Plaintext"]) == length and made["KeyId"] == shared_key["Arn"]
    assert made["KeyMaterialId"] == shared_key["CurrentKeyMaterialId"]
    assert (
        admin.kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)["Plaintext"]
        == made["Plaintext"]
    )
    bare = admin.kms.generate_data_key_without_plaintext(KeyId=shared_key["KeyId"], EncryptionContext=CONTEXT, **size)
    assert "Plaintext" not in bare and bare["KeyId"] == shared_key["Arn"]
    assert (
        len(admin.kms.decrypt(CiphertextBlob=bare["CiphertextBlob"], EncryptionContext=CONTEXT)["Plaintext"]) == length
    )
    with refused("InvalidCiphertextException"):
        admin.kms.decrypt(CiphertextBlob=made["CiphertextBlob"])


def test_data_keys_are_new_each_time(admin, shared_key):
    keys = {admin.kms.generate_data_key(KeyId=shared_key["KeyId"], KeySpec="AES_256")["Plaintext"] for _ in range(20)}
    assert len(keys) == 20


@pytest.mark.parametrize(
    "call",
    [
        lambda kms, key, blob: kms.encrypt(KeyId=key, Plaintext=b"x", DryRun=True),
        lambda kms, key, blob: kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT, DryRun=True),
        lambda kms, key, blob: kms.generate_data_key(KeyId=key, KeySpec="AES_256", DryRun=True),
        lambda kms, key, blob: kms.generate_data_key_without_plaintext(KeyId=key, KeySpec="AES_256", DryRun=True),
    ],
    ids=["Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"],
)
def test_dry_run_ends_with_its_verdict(admin, shared_key, blob, call):
    with refused(
        "DryRunOperationException", "The request would have succeeded, but the DryRun option is set", status=400
    ):
        call(admin.kms, shared_key["KeyId"], blob)


def test_dry_run_of_what_would_fail_fails_so(admin, shared_key):
    with refused("NotFoundException"):
        admin.kms.encrypt(KeyId="12345678-1234-4123-8123-123456789012", Plaintext=b"x", DryRun=True)
    with refused("ValidationException"):
        admin.kms.encrypt(KeyId=shared_key["KeyId"], Plaintext=bytes(4097), DryRun=True)


@pytest.mark.parametrize("length", [1, 32, 1024])
def test_random_bytes(admin, length):
    one, two = (admin.kms.generate_random(NumberOfBytes=length)["Plaintext"] for _ in range(2))
    assert len(one) == len(two) == length
    assert one != two or length == 1


@pytest.mark.parametrize(
    "length, text",
    [
        (
            0,
            "Value '0' " + constraint("numberOfBytes", "have value greater than or equal to 1"),
        ),
        (
            1025,
            "Value '1025' " + constraint("numberOfBytes", "have value less than or equal to 1024"),
        ),
    ],
)
def test_random_bytes_have_bounds(admin, length, text):
    with refused("ValidationException", "^1 validation error detected: " + text):
        admin.loose_kms.generate_random(NumberOfBytes=length)


def test_an_unknown_alias_names_its_arn(admin, account):
    with refused("NotFoundException", re.escape(f"arn:aws:kms:{admin.region}:{account}:alias/never-made"), status=400):
        admin.kms.encrypt(KeyId="alias/never-made", Plaintext=b"x")

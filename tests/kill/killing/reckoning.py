"""The reckoning after a kill. Each function answers with what is wrong, in words; nothing is what one hopes for."""

import collections
import concurrent.futures
import json

from . import book, wire
from .load import Sent
from .trail import Event

READERS = 8
PAGE = 1000


def with_the_trail(sent: list[Sent], events: dict[str, list[Event]]) -> list[str]:
    """Each answer has its one event; a request without an answer has one or none, and if it has, it counts as done."""
    wrong = []
    for request in sent:
        found, name = events.pop(request.mark, []), request.call.operation
        if len(found) > 1:
            wrong.append(f"{request.mark} {name} is {len(found)} times on the trail")
        answer = request.answer
        if answer is None:
            if found and found[0].ok:
                request.done = True
                # What leaves nothing behind gives nothing back either: its ciphertext is lost with the answer.
                if request.call.effect and request.call.writes:
                    request.call.effect(found[0])
            continue
        if not found:
            wrong.append(f"{request.mark} {name} was answered ({answer.status}) and is not on the trail")
            continue
        told = (found[0].name, found[0].request_id, found[0].ok)
        wanted = (name, answer.request_id, answer.ok)
        if told != wanted:
            wrong.append(f"{request.mark}: the trail has {told}, the answer was {wanted}")
    wrong += [f"the trail has {mark}, which nobody sent" for mark in events]
    ids = collections.Counter(request.answer.request_id for request in sent if request.answer)
    wrong += [f"{count} answers have the request id {name}" for name, count in ids.items() if count > 1]
    return wrong


def contests(sent: list[Sent]) -> list[str]:
    """One name, one winner; and who is told that the name is taken is told the truth."""
    wrong, tries = [], collections.defaultdict(list)
    for request in sent:
        if request.call.contested:
            tries[request.call.contested].append(request)
    for name, requests in tries.items():
        winners = [request.mark for request in requests if request.done]
        losers = [request.mark for request in requests if request.answer and not request.answer.ok]
        if len(winners) > 1:
            wrong.append(f"{name} was given to {' and '.join(winners)}")
        if losers and not winners:
            wrong.append(f"{name} was refused to {losers[0]} as taken, and nobody has it")
    return wrong


def shared_thing(sent: list[Sent], initial: str, final: str, now: float) -> list[str]:
    """The one description that all write: each reading was written, by a write that no later one had replaced before."""
    writes = [(r.call.shared, r.begin, r.end if r.answer else None) for r in sent if r.call.shared and r.done]
    writes.append((initial, 0.0, 0.0))
    readings = [(r.answer.get("Description"), r.begin, r.end) for r in sent if r.call.shared == "" and r.answer]
    readings.append((final, now, now))
    wrong = []
    for value, begin, end in readings:
        source = next((write for write in writes if write[0] == value), None)
        if source is None or source[1] > end:
            wrong.append(f"the shared description read `{value}`, which was never written")
            continue
        replaced = [
            other[0]
            for other in writes
            if source[2] is not None and other[2] is not None and source[2] < other[1] and other[2] < begin
        ]
        if replaced:
            wrong.append(f"the shared description read `{value}` after `{replaced[0]}` had been acknowledged")
    return wrong


def with_the_house(connect, books: list[book.Book], keys: list[book.Key], blobs: list[book.Blob], users) -> list[str]:
    """Lists and names are compared whole; of what they name, the given keys, ciphertexts and users are read back."""
    client = connect()
    wrong = names(client, books)
    client.close()
    with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
        lots = [
            pool.submit(read_back, connect, keys[n::READERS], blobs[n::READERS], users[n::READERS])
            for n in range(READERS)
        ]
        for lot in lots:
            wrong += lot.result()
    return wrong


def names(client: wire.Client, books: list[book.Book]) -> list[str]:
    got = {
        "keys": {item["KeyId"]: "" for item in pages(client, "ListKeys", "Keys")},
        "aliases": {item["AliasName"]: item["TargetKeyId"] for item in pages(client, "ListAliases", "Aliases")},
        "users": {name: "" for name in user_names(client) if name != "administrator"},
    }
    wanted = {
        "keys": {key.id: "" for one in books for key in one.keys} | {books[0].shared_key: ""},
        "aliases": {alias: key.id for one in books for alias, key in one.aliases.items()},
        "users": {user.name: "" for one in books for user in one.living()},
    }
    wrong = []
    for what, things in wanted.items():
        lost = [f"lost: {thing} of the {what} was acknowledged" for thing in things.keys() - got[what].keys()]
        extra = [f"{thing} is among the {what} and has no event" for thing in got[what].keys() - things.keys()]
        both = things.keys() & got[what].keys()
        moved = [f"{t} leads to {got[what][t]}, not to {things[t]}" for t in both if things[t] != got[what][t]]
        wrong += lost + extra + moved
    return wrong


def pages(client: wire.Client, operation: str, member: str) -> list[dict]:
    found, body = [], {"Limit": 100}
    while True:
        answer = client.call("kms", operation, body, "kill/names")
        found += answer.value[member]
        if not answer.value.get("Truncated"):
            return found
        body = body | {"Marker": answer.value["NextMarker"]}


def user_names(client: wire.Client) -> list[str]:
    found, body = [], {"MaxItems": str(PAGE)}
    while True:
        answer = client.call("iam", "ListUsers", body, "kill/names")
        found += answer.all("UserName")
        if answer.get("IsTruncated") != "true":
            return found
        body = body | {"Marker": answer.get("Marker")}


def read_back(connect, keys: list[book.Key], blobs: list[book.Blob], users: list[book.User]) -> list[str]:
    client, wrong = connect(), []

    def ask(call: book.Call) -> wire.Answer | None:
        answer = client.call(call.service, call.operation, call.body, "kill/back")
        if not answer.ok and answer.code not in call.refusals:
            wrong.append(f"lost: {call.operation} of {call.body} says {answer.text}")
            return None
        if call.wrong and (found := call.wrong(answer)):
            wrong.append(f"lost: {found}")
        return answer

    def same(what: str, got, wanted) -> None:
        if got != wanted:
            wrong.append(f"lost: {what} reads {got}, and {wanted} was acknowledged")

    for key in keys:
        ask(book.Call("kms", "DescribeKey", {"KeyId": key.id}, wrong=book.wrong_key(key)))
        if answer := ask(book.Call("kms", "ListResourceTags", {"KeyId": key.id})):
            tags = {tag["TagKey"]: tag["TagValue"] for tag in answer.value["Tags"]}
            same(f"the tags of {key.id}", tags, key.tags)
        if key.policy is not None:
            body = {"KeyId": key.id, "PolicyName": "default"}
            if answer := ask(book.Call("kms", "GetKeyPolicy", body)):
                same(f"the policy of {key.id}", json.loads(answer.get("Policy")), json.loads(key.policy))
    for blob in blobs:
        ask(book.decrypt(blob))
    for user in users:
        if answer := ask(book.Call("iam", "ListUserPolicies", {"UserName": user.name})):
            same(f"the policies of {user.name}", sorted(answer.all("member")), sorted(user.policies))
        for name in user.policies:
            ask(book.user_policy(user, name))
        if answer := ask(book.Call("iam", "ListAccessKeys", {"UserName": user.name})):
            listed = dict(zip(answer.all("AccessKeyId"), answer.all("Status"), strict=True))
            same(f"the access keys of {user.name}", listed, user.access_keys)
    client.close()
    return wrong

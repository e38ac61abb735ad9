"""Answers against the model: keys known, values of their kind, required members there; and botocore agrees."""

import base64
import binascii
import datetime
import json
import xml.etree.ElementTree as ElementTree

import botocore.parsers

from rig import raw

from . import wire


def complaints(service: str, name: str, answer: raw.Answer) -> list[str]:
    """What is not as the model has it, for an answer that is no error."""
    model = wire.operation(service, name)
    read = of_json if wire.is_json(service) else of_xml
    found, keys = read(model, answer)
    parser = botocore.parsers.create_parser(wire.model(service).metadata["protocol"])
    told = {"body": answer.body, "headers": answer.headers, "status_code": answer.status}
    parsed = parser.parse(told, model.output_shape)
    parsed.pop("ResponseMetadata", None)
    if model.output_shape is not None and paths(model.output_shape, parsed) != keys:
        differing = sorted(paths(model.output_shape, parsed) ^ keys)
        found.append(f"botocore reads {differing} otherwise than they are written")
    return [f"{service}:{name} {text}" for text in found]


def of_json(model, answer: raw.Answer) -> tuple[list[str], set[str]]:
    if not answer.headers.get("content-type", "").startswith("application/x-amz-json-1."):
        return [f"content type {answer.headers.get('content-type')}"], set()
    if model.output_shape is None:
        return ([] if answer.body in (b"", b"{}") else [f"a body where the model has none: {answer.body[:100]}"]), set()
    found: list[str] = []
    value = json.loads(answer.body)
    json_value(model.output_shape, value, "", found)
    return found, paths(model.output_shape, value) if isinstance(value, dict) else set()


def json_value(shape, value, place: str, found: list[str]) -> None:
    kind = shape.type_name
    kinds = {"structure": dict, "map": dict, "list": list, "string": str, "blob": str, "boolean": bool}
    wanted = kinds.get(kind, (int, float) if kind in ("timestamp", "float", "double") else int)
    if not isinstance(value, wanted) or (kind != "boolean" and isinstance(value, bool)):
        found.append(f"{place} is {value!r} and no {kind}")
    elif kind == "structure":
        known(shape, value, place, found)
        for name, inner in shape.members.items():
            if name in value:
                json_value(inner, value[name], f"{place}.{name}", found)
    elif kind == "list":
        for item in value:
            json_value(shape.member, item, f"{place}[]", found)
    elif kind == "map":
        for inner in value.values():
            json_value(shape.value, inner, f"{place}{{}}", found)
    elif kind == "blob" and not is_base64(value):
        found.append(f"{place} is no base64")
    elif kind == "string" and shape.enum and value not in shape.enum:
        found.append(f"{place} is {value!r}, which is none of {shape.enum}")


def known(shape, names, place: str, found: list[str]) -> None:
    found += [f"{place}.{name} is unknown to the model" for name in names if name not in shape.members]
    found += [f"{place}.{name} is missing" for name in shape.required_members if name not in names]


def is_base64(text: str) -> bool:
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    except binascii.Error:
        return False


def of_xml(model, answer: raw.Answer) -> tuple[list[str], set[str]]:
    """`<GetUserResponse xmlns=…><GetUserResult>…</GetUserResult><ResponseMetadata><RequestId>`."""
    if not answer.headers.get("content-type", "").startswith("text/xml"):
        return [f"content type {answer.headers.get('content-type')}"], set()
    found: list[str] = []
    root = ElementTree.fromstring(answer.body)
    namespace = "{" + model.service_model.metadata["xmlNamespace"] + "}"
    if root.tag != f"{namespace}{model.name}Response":
        found.append(f"the root is {root.tag}")
    strange = [element.tag for element in root.iter() if not element.tag.startswith(namespace)]
    found += [f"{tag} is in another namespace" for tag in strange]
    children = {element.tag.removeprefix(namespace): element for element in root}
    wrapper = model.output_shape and model.output_shape.serialization.get("resultWrapper")
    wanted = {"ResponseMetadata"} | ({wrapper} if wrapper else set())
    if set(children) != wanted:
        found.append(f"under the root stand {sorted(children)} and not {sorted(wanted)}")
    request_id = root.findtext(f"{namespace}ResponseMetadata/{namespace}RequestId")
    if request_id != answer.request_id:
        found.append(f"the request id is {request_id} in the body and {answer.request_id} in the head")
    if not wrapper or wrapper not in children:
        return found, set()
    value = xml_value(model.output_shape, children[wrapper], namespace, "", found)
    return found, paths(model.output_shape, value)


def xml_value(shape, element, namespace: str, place: str, found: list[str]):
    kind, text = shape.type_name, element.text or ""
    names = [child.tag.removeprefix(namespace) for child in element]
    if kind == "structure":
        wire_names = {inner.serialization.get("name", name): name for name, inner in shape.members.items()}
        known(shape, [wire_names.get(name, name) for name in names], place, found)
        if len(set(names)) != len(names):
            found.append(f"{place} has {names}")
        return {
            wire_names[name]: xml_value(shape.members[wire_names[name]], child, namespace, f"{place}.{name}", found)
            for name, child in zip(names, element, strict=True)
            if name in wire_names
        }
    if kind == "list":
        if set(names) - {shape.member.serialization.get("name", "member")}:
            found.append(f"{place} holds {set(names)}")
        return [xml_value(shape.member, child, namespace, f"{place}[]", found) for child in element]
    if names:
        found.append(f"{place} is {kind} and holds {names}")
    if kind == "boolean" and text not in ("true", "false"):
        found.append(f"{place} is {text!r} and no boolean")
    if kind in ("integer", "long") and not text.lstrip("-").isdigit():
        found.append(f"{place} is {text!r} and no number")
    if kind == "timestamp" and not text.endswith("Z"):
        found.append(f"{place} is {text!r} and no time of ISO 8601")
    if kind == "timestamp":
        datetime.datetime.fromisoformat(text)
    if kind == "string" and shape.enum and text not in shape.enum:
        found.append(f"{place} is {text!r}, which is none of {shape.enum}")
    return text


def paths(shape, value, place: str = "") -> set[str]:
    """The places that have a value: how much two readers see."""
    if shape.type_name == "structure":
        inner = [(f"{place}.{name}", shape.members.get(name), part) for name, part in value.items()]
        return {at for at, _, _ in inner} | {p for at, s, part in inner if s is not None for p in paths(s, part, at)}
    if shape.type_name == "list":
        inner = [(f"{place}[{at}]", item) for at, item in enumerate(value)]
        return {at for at, _ in inner} | {p for at, item in inner for p in paths(shape.member, item, at)}
    return set()

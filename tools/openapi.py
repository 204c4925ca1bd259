#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads docs/api/openapi.yaml and writes it as a page: tools/openapi.py FILE PAGE

The page stands alone but for docs/api/docs.css, and needs no script. What is read is the part of YAML
that the file keeps to: comments on lines of their own, mappings in blocks indented by two, and for values
plain texts on one line or JSON. Anything else is refused with its line.
"""

import html
import json
import sys
from pathlib import Path

METHODS = ("get", "post", "put", "delete", "patch")
NEEDS = {
    "anybody": "Anybody",
    "maybe": "Anybody; who shows a token is who it names",
    "somebody": "Whoever is logged in, guests too",
    "account": "Accounts, no guests",
    "superadmin": "Superadmins",
}


class Malformed(Exception):
    pass


def value_of(text, number):
    if text[0] in '{["':
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise Malformed(f"line {number}: no JSON: {error}") from None
    if text in ("true", "false"):
        return text == "true"
    if text[0] in "'&*!|>%@`":
        raise Malformed(f"line {number}: write plain text or JSON")
    return text


def parse(text):
    """The document as dictionaries, lists, texts and truth."""
    root = {}
    stack = [(-2, root)]
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip(" "))
        key, colon, rest = bare.partition(": ") if ": " in bare else (bare.removesuffix(":"), bare.endswith(":"), "")
        while stack[-1][0] >= indent:
            stack.pop()
        parent = stack[-1][1]
        key = key.strip('"')
        if not colon or indent != stack[-1][0] + 2 or key in parent:
            raise Malformed(f"line {number}: expected one more `name: value`, two deeper than its parent at most")
        parent[key] = value_of(rest, number) if rest else {}
        if not rest:
            stack.append((indent, parent[key]))
    return root


def load(path):
    return parse(Path(path).read_text(encoding="utf-8"))


def resolve(document, node):
    """What stands where a $ref points to."""
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def operations(document):
    """(method, path, operation) in the file's order; the path's own parameters are among the operation's."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = dict(item[method])
                operation["parameters"] = [
                    resolve(document, p) for p in item.get("parameters", []) + operation.get("parameters", [])]
                yield method.upper(), path, operation


# ---- the page ----


def escape(text):
    return html.escape(str(text))


def say_schema(schema):
    """A schema in a few words; named ones as links."""
    if "$ref" in schema:
        name = schema["$ref"].split("/")[-1]
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    if "oneOf" in schema:
        return " or ".join(map(say_schema, schema["oneOf"]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return "list of " + say_schema(schema["items"])
    if kind == "object" and "properties" in schema:
        return "object" + members(schema)
    words = [kind] + [f"{name} {schema[key]}" for key, name in (
        ("format", "as"), ("minLength", "from"), ("maxLength", "up to"), ("minimum", "from"), ("maximum", "to"),
        ("default", "else")) if key in schema]
    if "enum" in schema:
        words.append("(" + ", ".join(schema["enum"]) + ")")
    if schema.get("nullable"):
        words.append("or null")
    return escape(" ".join(words))


def members(schema):
    rows = []
    for name, inner in schema["properties"].items():
        needed = "" if name in schema.get("required", []) else " <small>optional</small>"
        note = f" <small>{escape(inner['description'])}</small>" if "description" in inner else ""
        rows.append(f"<dt><code>{escape(name)}</code>{needed}</dt><dd>{say_schema(inner)}{note}</dd>")
    return "<dl>" + "".join(rows) + "</dl>"


def say_parameters(operation):
    rows = "".join(
        f"<dt><code>{escape(p['name'])}</code> <small>{escape(p['in'])}</small></dt>"
        f"<dd>{say_schema(p['schema'])} <small>{escape(p.get('description', ''))}</small></dd>"
        for p in operation["parameters"])
    return f"<h4>Parameters</h4><dl>{rows}</dl>" if rows else ""


def say_content(document, node):
    content = resolve(document, node).get("content", {})
    return "".join(f"<small>{escape(kind)}</small> {say_schema(one.get('schema', {}))}" for kind, one in content.items())


def say_responses(document, operation):
    rows = []
    for status, response in operation["responses"].items():
        response = resolve(document, response)
        if status < "400":
            rows.append(f"<dt>{escape(status)}</dt><dd>{say_content(document, response) or 'nothing'}</dd>")
        else:
            codes = " ".join(f"<code>{escape(c)}</code>" for c in response["description"].split(", "))
            rows.append(f"<dt>{escape(status)}</dt><dd>{codes}</dd>")
    return "<h4>Answers</h4><dl>" + "".join(rows) + "</dl>"


def say_operation(document, method, path, operation):
    body = say_content(document, operation["requestBody"]) if "requestBody" in operation else ""
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><b class="{method.lower()}">{method}</b> '
        f"<code>/api{escape(path)}</code> {escape(operation['summary'])}</summary>"
        f"<p>{escape(operation.get('description', ''))}</p><p>For: {escape(NEEDS[operation['x-needs']])}.</p>"
        f"{say_parameters(operation)}{'<h4>Body</h4>' + body if body else ''}"
        f"{say_responses(document, operation)}</details>")


def page(document):
    sections = {}
    for method, path, operation in operations(document):
        sections.setdefault(operation["tags"][0], []).append(say_operation(document, method, path, operation))
    schemas = "".join(
        f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>{say_schema(schema)}</section>'
        for name, schema in document["components"]["schemas"].items())
    body = "".join(f"<h2 id=\"{escape(tag)}\">{escape(tag)}</h2>{''.join(parts)}" for tag, parts in sections.items())
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in [*sections, "schemas"])
    info = document["info"]
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(info['title'])} API</title>\n"
        '<link rel="stylesheet" href="/api/docs.css">\n'
        f"<header><h1>{escape(info['title'])} API</h1><p>{escape(info['description'])}</p>"
        f'<p><a href="/api/openapi.yaml">openapi.yaml</a></p><nav>{links}</nav></header>\n'
        f'<main>{body}<h2 id="schemas">schemas</h2>{schemas}</main>\n</html>\n')


def main():
    source, target = sys.argv[1:3]
    try:
        Path(target).write_text(page(load(source)), encoding="utf-8")
    except Malformed as error:
        sys.exit(f"{source}: {error}")


if __name__ == "__main__":
    main()

"""Reads cases as JSON from stdin and compares each result with its source and expectation."""

import json
import os
import sys

import yaml
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context


def load(text):
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def children(node):
    if isinstance(node, dict):
        return list(node.items())
    if isinstance(node, list):
        return list(enumerate(node))
    return None


def outside(expected, source, result, at=""):
    """All values without an expectation must be equal, also in type and order."""
    if at in expected:
        return
    assert type(source) is type(result), f"{at}: {source!r} became {result!r}"
    if children(source) is None:
        same = source == result or (source != source and result != result)
        assert same, f"{at}: {source!r} became {result!r}"
        return
    before, after = children(source), children(result)
    assert [k for k, _ in before] == [k for k, _ in after], f"{at}: other keys"
    for (key, old), (_, new) in zip(before, after):
        outside(expected, old, new, f"{at}/{key}")


def get(node, pointer):
    for step in pointer.split("/")[1:]:
        node = node[int(step) if isinstance(node, list) else step]
    return node


def same(left, right):
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def check(case):
    expected = case["expect"]
    assert expected, "nothing is expected"
    source, result = load(case["source"]), load(case["result"])
    outside(expected, source, result)
    set_invocation_context({**os.environ, **case["environment"]})
    renderer = ProfileRenderer({})
    for pointer, value in expected.items():
        seen = get(result, pointer)
        if isinstance(seen, (dict, list)):
            seen = renderer.render_data(seen)
        else:
            seen = renderer.render_value(seen, ("x",))
        assert same(seen, value), f"{pointer}: dbt sees {seen!r} instead of {value!r}"


# Line ends are part of the text: read and write them unchanged.
sys.stdin.reconfigure(encoding="utf-8", newline="")
cases = json.load(sys.stdin)
failures = 0
for case in cases:
    try:
        check(case)
    except Exception as problem:
        failures += 1
        print(f"{case['name']}: {type(problem).__name__}: {problem}\n{case['result']}")
if failures:
    sys.exit(1)
print(f"{len(cases)} cases agree")

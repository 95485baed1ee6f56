"""Label selectors: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/. Pure.

A selector is parsed once into a predicate over objects. Messages follow apimachinery's parser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from shared.embedded.errors import StatusError, bad_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from shared.service.objects import Obj

_TOKEN: Final = re.compile(r"\s*(!=|==|=|!|,|\(|\)|<|>|[^\s!=,()<>]+)")
_NAME: Final = re.compile(r"([A-Za-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_VALUE: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_SYMBOLS: Final = {"!", "=", "==", "!=", ",", "(", ")", "<", ">", ""}


def label_predicate(text: str) -> Callable[[Obj], bool] | None:
    """The predicate of a labelSelector, None when it selects all; raises 400."""
    tests = list(_requirements(text)) if text.strip() else []
    if not tests:
        return None

    def matches(obj: Obj) -> bool:
        labels = obj["metadata"].get("labels", {})
        return all(test(labels) for test in tests)

    return matches


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector object (matchLabels, matchExpressions) matches `labels`."""
    if not selector:
        return True
    wanted = selector.get("matchLabels", {})
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _test(term["key"], term["operator"].lower(), term.get("values", []))(labels)
        for term in selector.get("matchExpressions", [])
    )


def terms(selector: Mapping[str, Any]) -> Iterator[str]:
    """The requirements of a LabelSelector object, each in selector syntax."""
    for key, value in sorted(selector.get("matchLabels", {}).items()):
        yield f"{key}={value}"
    for term in selector.get("matchExpressions", []):
        key, values = term["key"], ",".join(sorted(term.get("values", [])))
        match term["operator"]:
            case "Exists":
                yield key
            case "DoesNotExist":
                yield f"!{key}"
            case operator:
                yield f"{key} {operator.lower()} ({values})"


def selector_text(selector: Mapping[str, Any]) -> str:
    """A LabelSelector object in selector syntax, as the scale subresource states it."""
    return ",".join(terms(selector))


class _Tokens:
    """A cursor over the tokens of a selector; the empty found is the end."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self) -> str:
        found = self.peek()
        self._at += 1
        return found


def _requirements(text: str) -> Iterator[Callable[[Mapping[str, str]], bool]]:
    tokens = _Tokens(text)
    while True:
        yield _requirement(tokens)
        found = tokens.take()
        if found == "":
            return
        if found != ",":
            raise bad_request(f"found '{found}', expected: ',' or 'end of string'")
        following = tokens.peek()
        if following in _SYMBOLS - {"!"}:
            raise bad_request(f"found '{following}', expected: identifier after ','")


def _requirement(tokens: _Tokens) -> Callable[[Mapping[str, str]], bool]:
    found = tokens.take()
    if found == "!":
        return _test(_key(tokens.take()), "doesnotexist", [])
    key = _key(found)
    operator = tokens.peek()
    if operator in ("", ","):
        return _test(key, "exists", [])
    tokens.take()
    if operator in ("=", "==", "!="):
        value = tokens.take() if tokens.peek() not in ("", ",") else ""
        return _test(key, "notin" if operator == "!=" else "in", [_value(value)])
    if operator in ("in", "notin"):
        return _test(key, operator, _values(tokens))
    if operator in ("<", ">"):
        return _comparison(key, operator, tokens.take())
    raise _unparsable(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")


def _values(tokens: _Tokens) -> list[str]:
    if (found := tokens.take()) != "(":
        raise _unparsable(f"found '{found}' expected: '('")
    values: list[str] = []
    while True:
        found = tokens.take()
        if found in (",", ")"):
            values.append("")
        else:
            values.append(_value(found))
            found = tokens.take()
        if found == ")":
            return values
        if found != ",":
            raise _unparsable(f"found '{found}', expected: ',' or ')'")


def _unparsable(why: str) -> StatusError:
    return bad_request(f"unable to parse requirement: {why}")


def _key(found: str) -> str:
    if found in _SYMBOLS:
        raise bad_request(f"found '{found}', expected: !, identifier, or 'end of string'")
    if not _NAME.fullmatch(found):
        raise bad_request(f'unable to parse requirement: key: Invalid value: "{found}"')
    return found


def _value(found: str) -> str:
    if found in _SYMBOLS - {""}:
        raise _unparsable(f"found '{found}', expected: identifier")
    if not _VALUE.fullmatch(found):
        raise bad_request(f'unable to parse requirement: values[0]: Invalid value: "{found}"')
    return found


def _test(key: str, operator: str, values: list[str]) -> Callable[[Mapping[str, str]], bool]:
    """An absent label satisfies `notin` and `!=` (documented behaviour of Kubernetes)."""
    if operator == "in":
        return lambda labels: labels.get(key) in values
    if operator == "notin":
        return lambda labels: labels.get(key) not in values
    if operator == "exists":
        return lambda labels: key in labels
    return lambda labels: key not in labels


def _comparison(key: str, operator: str, text: str) -> Callable[[Mapping[str, str]], bool]:
    if not re.fullmatch(r"-?\d{1,18}", text):
        why = "for 'Gt', 'Lt' operators, the value must be an integer"
        raise _unparsable(f'values[0]: Invalid value: "{text}": {why}')
    bound = int(text)

    def matches(labels: Mapping[str, str]) -> bool:
        label = labels.get(key, "")
        if not re.fullmatch(r"-?\d{1,18}", label):
            return False
        return int(label) > bound if operator == ">" else int(label) < bound

    return matches

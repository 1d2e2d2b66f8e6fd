"""Templates: an endpoint's own words for its messages, in a closed part of Jinja. Pure; the only owner of jinja2.

What is not on the lists below does not exist here. Nothing can be called, so there are no methods, no range() and no
macros; an attribute is a key of a JSON object and nothing of Python's; numbers are not reckoned with and strings not
multiplied. Loops, filters and large comparisons are counted and what comes out is measured, by number and not by time, and no filter
knows the clock: the same template makes the same bytes of the same event, at every retry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, wraps
from itertools import count
from traceback import walk_tb
from typing import Any, Final

import orjson
from jinja2 import StrictUndefined, Template, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bridge.formats import lengths
from bridge.formats.summary import said
from bridge.plugin import JSON

MAX_CHARACTERS: Final = 4_096
MAX_STEPS: Final = 500
"""Turns of loops, uses of filters, and lists, objects and long texts in comparisons, in one rendering."""
MAX_DEPTH: Final = 40
MAX_VALUE_CHARACTERS: Final = 1_000
MAX_SEPARATOR_CHARACTERS: Final = 20
LOOP: Final = frozenset(("index", "index0", "first", "last", "length"))
ALLOWED: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.Filter, nodes.Test, nodes.If, nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And,
    nodes.Or, nodes.Not, nodes.List, nodes.Tuple, nodes.Keyword,
)  # fmt: skip
TESTS: Final = frozenset(("defined", "none", "number", "string"))
STEPS: Final = "_steps"
"""Where a rendering counts; no template may use a name that begins like it."""


class TemplateError(ValueError):
    """A template cannot be used; the message says why, `line` where (from 1, None = as a whole)."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line

    def __str__(self) -> str:
        """Say why, with the line."""
        reason = lengths.cut(" ".join(super().__str__().split()), 300)
        return f"line {self.line}: {reason}" if self.line else reason


class Trusted(str):
    """Text of the bridge itself, such as a link, which is printed as it is."""

    __slots__ = ()


class _Closed(ImmutableSandboxedEnvironment):
    """Jinja whose attributes are keys of JSON, and nothing else."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, LoopContext):
            return getattr(obj, argument) if argument in LOOP else self.undefined(hint=_absent(argument))
        fits = (isinstance(obj, Mapping) and isinstance(argument, str)) or (
            isinstance(obj, list | tuple) and isinstance(argument, int)
        )
        try:
            return obj[argument] if fits else self.undefined(hint=_absent(argument))
        except LookupError:
            return self.undefined(hint=_absent(argument))

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ARG002 - Jinja's own signature
        return False


def render(source: str, escape: Callable[[str], str], variables: JSON, most: int) -> str:
    """Return what a template makes of its variables, without white space at its ends, at most `most` long.

    escape: what every value printed goes through. Raises TemplateError.
    """
    template, parts, length = _compiled(source, escape), [], 0
    try:
        for part in template.generate({**variables, STEPS: count()}):
            parts.append(part)
            length += lengths.of(part)
            _refuse_longer(length, most)
    except TemplateError as error:
        raise TemplateError(ValueError.__str__(error), error.line or _line(error)) from error
    except Exception as error:  # whatever a template does is its own fault
        raise TemplateError(str(error) or type(error).__name__, _line(error)) from error
    return "".join(parts).strip()


def check(source: str, escape: Callable[[str], str]) -> None:
    """Raise TemplateError for what is no template of this language."""
    _compiled(source, escape)


def _refuse_longer(length: int, most: int) -> None:
    if length > most:
        raise TemplateError(f"gives more than {most} characters")


@lru_cache(maxsize=256)
def _compiled(source: str, escape: Callable[[str], str]) -> Template:
    if len(source) > MAX_CHARACTERS:
        raise TemplateError(f"is {len(source)} characters long; at most {MAX_CHARACTERS} are taken")
    environment = _environment(escape)
    try:
        tree = environment.parse(source)
        _refuse_foreign(tree, 0)
        for loop in tree.find_all(nodes.For):
            loop.iter = _through("_each", loop.iter)
        for compare in tree.find_all(nodes.Compare):
            compare.expr = _through("_weighed", compare.expr)
            for operand in compare.ops:
                operand.expr = _through("_weighed", operand.expr)
        return environment.from_string(tree)
    except TemplateSyntaxError as error:
        raise TemplateError(error.message or "is no template", error.lineno) from error
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise TemplateError("is nested too deeply") from error


def _through(name: str, expression: nodes.Node) -> nodes.Filter:
    return nodes.Filter(expression, name, [], [], None, None, lineno=expression.lineno)


def _refuse_foreign(node: nodes.Node, depth: int) -> None:
    line = getattr(node, "lineno", None)
    if depth > MAX_DEPTH:
        raise TemplateError("is nested too deeply", line)
    if not isinstance(node, ALLOWED):
        raise TemplateError(f"{type(node).__name__.lower()} is not part of the language", line)
    if isinstance(node, nodes.Name) and node.name.startswith("_"):
        raise TemplateError(f"{node.name!r}: names do not begin with an underscore", line)
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        raise TemplateError(f"there is no test {node.name!r}, only {', '.join(sorted(TESTS))}", line)
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise TemplateError(f"there is no filter {node.name!r}, only {', '.join(sorted(FILTERS))}", line)
    if isinstance(node, nodes.For) and node.recursive:
        raise TemplateError("a loop cannot be recursive", line)
    for child in node.iter_child_nodes():
        _refuse_foreign(child, depth + 1)


@lru_cache(maxsize=16)
def _environment(escape: Callable[[str], str]) -> _Closed:
    def printed(value: Any) -> str:
        return str(value) if isinstance(value, Trusted) else escape(_cut(_text(value)))

    environment = _Closed(
        undefined=StrictUndefined, finalize=printed, autoescape=False, optimized=False, trim_blocks=True,
        lstrip_blocks=True, cache_size=0,
    )  # fmt: skip
    environment.globals.clear()
    environment.tests = {name: environment.tests[name] for name in TESTS}
    environment.filters = {name: _counted(found) for name, found in FILTERS.items()}
    environment.filters |= {"_each": _each, "_weighed": _weighed}
    return environment


def _counted(filter_: Callable[..., Any]) -> Callable[..., Any]:
    @pass_context
    @wraps(filter_)
    def counted(context: Context, *given: Any, **named: Any) -> Any:
        _step(context)
        found = filter_(*given, **named)
        return _cut(found) if type(found) is str else found

    return counted


@pass_context
def _each(context: Context, found: Any) -> Iterator[Any]:
    if not isinstance(found, list | tuple):
        raise TemplateError(f"a loop goes over a list, not over {_kind(found)}")
    for one in found:
        _step(context)
        yield one


@pass_context
def _weighed(context: Context, found: Any) -> Any:
    if isinstance(found, list | tuple | Mapping) or (
        isinstance(found, str) and len(found) > MAX_VALUE_CHARACTERS
    ):
        _step(context)
    return found


def _step(context: Context) -> None:
    if next(context[STEPS]) >= MAX_STEPS:
        raise TemplateError(
            f"takes more than {MAX_STEPS} steps (turns of loops, filters, what is large in comparisons)"
        )


def _default(value: Any, other: Any = "") -> Any:
    return other if isinstance(value, Undefined) or value is None else value


def _join(value: Any, by: str = ", ") -> str:
    if not isinstance(value, list):
        raise TemplateError(f"join takes a list, not {_kind(value)}")
    return _text(by)[:MAX_SEPARATOR_CHARACTERS].join(_cut(_text(one)) for one in value[:MAX_STEPS])


def _items(value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping | None):
        raise TemplateError(f"items takes an object, not {_kind(value)}")
    return list((value or {}).items())


def _length(value: Any) -> int:
    if not isinstance(value, str | list | Mapping):
        raise TemplateError(f"length takes a text, a list or an object, not {_kind(value)}")
    return len(value)


def _truncate(value: Any, most: int = 100) -> str:
    return lengths.cut(_text(value), max(1, most))


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "default": _default,
    "items": _items,
    "join": _join,
    "json": lambda value: orjson.dumps(value).decode(),
    "length": _length,
    "lower": lambda value: _text(value).lower(),
    "pretty": lambda value: said(_known(value)),
    "truncate": _truncate,
    "upper": lambda value: _text(value).upper(),
}


def _text(value: Any) -> str:
    value = _known(value)
    if isinstance(value, str):
        return str(value)
    return "" if value is None else orjson.dumps(value).decode()


def _known(value: Any) -> Any:
    if isinstance(value, Undefined):
        str(value)  # a StrictUndefined raises what is missing
    return value


def _cut(text: str) -> str:
    return lengths.cut(text, MAX_VALUE_CHARACTERS)


def _kind(value: Any) -> str:
    names = {str: "a text", bool: "yes or no", dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(_known(value)), "a number")


def _absent(name: Any) -> str:
    return f"there is no {lengths.cut(str(name), 60)!r} here"


def _line(error: Exception) -> int | None:
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == "<template>"]
    return lines[-1] if lines else None

"""What a setting may be, in our own words, read off its type: `Input should be a valid tuple` mends nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)), ("s", timedelta(seconds=1)))
_PLAIN: Mapping[Any, str] = {
    bool: "true or false",
    str: "text in quotation marks",
    SecretStr: "text in quotation marks",
    Path: "a path in quotation marks",
    date: "a date such as 2026-11-01",
}


def expected(settings: type[BaseModel], place: Sequence[str | int]) -> tuple[str, str]:
    """Give the dotted key of a place in the settings, and what is expected there; nothing where no type tells it.

    `place` is pydantic's: names, numbers in lists, and after a setting that may be one of several, which one was tried.
    """
    kind: Any = settings
    names: list[str] = []
    for part in place:
        if len(_kinds(kind)) > 1:
            break  # what follows names none of ours
        names.append(str(part))
        kind = _inside(kind, part)
    return ".".join(name for name in names if name != "[key]"), _described(kind)


def nearest(settings: type[BaseModel], place: Sequence[str | int]) -> str | None:
    """Give the key that a misspelt one at `place` most resembles, of those that its table has; None for none."""
    kind: Any = settings
    for part in place[:-1]:
        kind = _inside(kind, part)
    tables = [base for base, _ in map(_parts, _kinds(kind)) if _is_table(base)]
    known = [field.alias or name for base in tables for name, field in base.model_fields.items()]
    return next(iter(difflib.get_close_matches(str(place[-1]), known, n=1)), None)


def _inside(kind: Any, part: str | int) -> Any:
    """Give the type of one part of a table or a list; None where it has no such part."""
    (kind, *_) = _kinds(kind) or [None]
    base = _parts(kind)[0]
    if _is_table(base):
        return next((field for name, field in base.model_fields.items() if part in (name, field.alias)), None)
    inner = get_args(base)
    if get_origin(base) is dict:
        return inner[1]
    return inner[0] if inner else None


def _kinds(kind: Any) -> list[Any]:
    """Give the types that a setting may be of, None left out: no value of a file is none."""
    base, rest = _parts(kind)
    if get_origin(base) in (Union, UnionType):
        return [one for one in get_args(base) if one is not type(None)]
    return [] if base is None else [Annotated[base, *rest] if rest else base]


def _parts(kind: Any) -> tuple[Any, list[Any]]:
    """Give a type without what is said about it, and what is said."""
    if isinstance(kind, FieldInfo):
        base, rest = _parts(kind.annotation)
        return base, [*rest, *kind.metadata, *([kind] if kind.description else [])]
    if get_origin(kind) is Annotated:
        base, *said = get_args(kind)
        inner, before = _parts(base)
        return inner, [*before, *(one for each in said for one in _spread(each))]
    return kind, []


def _spread(said: Any) -> Iterator[Any]:
    yield said
    if isinstance(said, FieldInfo):
        yield from said.metadata


def _described(kind: Any) -> str:
    return ", or ".join(words for one in _kinds(kind) if (words := _one(*_parts(one))))


def _one(base: Any, said: list[Any]) -> str:
    for one in said:
        if isinstance(one, FieldInfo) and one.description:
            return one.description
    if base in (int, float, timedelta):
        return _number(base, said)
    if get_origin(base) is Literal:
        *most, last = (f'"{value}"' for value in get_args(base))
        return f"{', '.join(most)} or {last}" if most else last
    if _is_table(base) or get_origin(base) is dict:
        return "a table"
    if get_origin(base) in (tuple, list, frozenset):
        return "a list of tables" if _is_table(get_args(base)[0]) else "a list in square brackets"
    return _PLAIN.get(base, "")


def _is_table(base: Any) -> bool:
    return isinstance(base, type) and issubclass(base, BaseModel)


def _number(base: Any, said: list[Any]) -> str:
    """`a whole number from 1 to 64`, with whichever bounds there are."""
    what = {int: "a whole number", float: "a number", timedelta: "a duration"}[base]
    bounds: dict[str, str] = {}
    for one in said:
        for name in ("ge", "gt", "le", "lt"):
            if (bound := getattr(one, name, None)) is not None:
                bounds[name] = _shown(bound)
    least, most = bounds.get("ge"), bounds.get("le")
    if least and most:
        return f"{what} from {least} to {most}"
    parts = [f"over {bounds['gt']}"] if "gt" in bounds else []
    parts += [f"of at least {least}"] if least else []
    parts += [f"of at most {most}"] if most else []
    parts += [f"under {bounds['lt']}"] if "lt" in bounds else []
    return " ".join([what, " and ".join(parts)]) if parts else what


def _shown(bound: Any) -> str:
    if not isinstance(bound, timedelta):
        return f"{bound:g}" if isinstance(bound, float) else str(bound)
    return next((f'"{bound // unit}{name}"' for name, unit in _UNITS if bound and not bound % unit), str(bound))

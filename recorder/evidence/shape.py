"""Frozen dataclasses as canonical JSON values and back, ruled by their annotations.

Promises that what is written can be read, and that a missing, surplus, ill-typed or ill-ranged
member is refused with its path. A bool is never taken for an integer. `X | None` is a member that
may be absent; `Annotated[X, check]` is refused where `check(x)` raises Malformed; a method
`check()` of the dataclass speaks for rules between its members.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from recorder.evidence.canonical import MAX_INTEGER, Value
from recorder.evidence.errors import Malformed
from recorder.evidence.words import base64_bytes, check_digest, check_salt

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Between:
    """A check that an integer lies in a range, both ends included."""

    least: int
    most: int

    def __call__(self, number: int) -> None:
        """Raise Malformed outside the range."""
        if not self.least <= number <= self.most:
            raise Malformed(f"{number} does not lie between {self.least} and {self.most}")


@dataclass(frozen=True, slots=True)
class Base64Of:
    """A check that a text is canonical base64 of one of some lengths in bytes."""

    least: int
    most: int

    def __call__(self, text: str) -> None:
        """Raise Malformed for anything else."""
        if not self.least <= len(base64_bytes(text)) <= self.most:
            raise Malformed(f"{text!r} is not base64 of {self.least} to {self.most} bytes")


Integer = Annotated[int, Between(-MAX_INTEGER, MAX_INTEGER)]
Count = Annotated[int, Between(0, MAX_INTEGER)]
Number = Annotated[int, Between(1, MAX_INTEGER)]
CountOrUnknown = Annotated[int, Between(-1, MAX_INTEGER)]
Digest = Annotated[str, check_digest]
Salt = Annotated[str, check_salt]
PublicKeyText = Annotated[str, Base64Of(32, 32)]


@dataclass(frozen=True, slots=True)
class _Codec:
    """How one type is written and read; `where` is the path for a sentence."""

    write: Callable[[Any, str], Any]
    read: Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class _Member:
    key: str
    codec: _Codec
    may_be_absent: bool


class Shape(Generic[T]):
    """How one dataclass is written as a JSON object and read from it."""

    __slots__ = ("_codec", "keys")

    def __init__(self, kind: type[T]) -> None:
        members = _members(kind)
        self.keys = frozenset(member.key for member in members)
        self._codec = _object(kind, members)

    def value(self, thing: T, where: str) -> dict[str, Value]:
        """Write `thing`; raise Malformed if a reader would refuse it."""
        written: dict[str, Value] = self._codec.write(thing, where)
        return written

    def of(self, value: Value, where: str) -> T:
        """Read what `value` wrote; raise Malformed for anything else."""
        read: T = self._codec.read(value, where)
        return read


def _members(kind: type[Any]) -> tuple[_Member, ...]:
    hints = get_type_hints(kind, include_extras=True)
    members = []
    for field in fields(kind):
        hint = hints[field.name]
        absent = type(None) in get_args(hint)
        inner = next(arg for arg in get_args(hint) if arg is not type(None)) if absent else hint
        members.append(_Member(field.name, _codec(inner), absent))
    return tuple(members)


def _codec(hint: Any) -> _Codec:  # noqa: ANN401 - an annotation can be any object
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *checks = get_args(hint)
        return _checked(_codec(inner), tuple(checks))
    if origin is tuple:
        return _array(_codec(get_args(hint)[0]))
    kind: type[Any] = hint
    if is_dataclass(kind):
        return _object(kind, _members(kind))
    if issubclass(kind, enum.StrEnum):
        return _word(kind)
    return _plain(kind)


def _plain(kind: type[Any]) -> _Codec:
    name = {str: "a text", int: "an integer", bool: "true or false"}[kind]

    def same(value: Any, where: str) -> Any:  # noqa: ANN401 - that is what is found out here
        if type(value) is not kind:
            raise Malformed(f"{where} is not {name}.")
        return value

    return _Codec(same, same)


def _word(kind: type[enum.StrEnum]) -> _Codec:
    def read(value: Any, where: str) -> enum.StrEnum:  # noqa: ANN401 - found out here
        try:
            return kind(value)
        except ValueError:
            words = ", ".join(repr(word.value) for word in kind)
            raise Malformed(f"{where} is none of {words}.") from None

    return _Codec(lambda value, where: read(value, where).value, read)


def _checked(inner: _Codec, checks: tuple[Callable[[Any], object], ...]) -> _Codec:
    def run(value: Any, where: str) -> None:  # noqa: ANN401 - the checks know
        try:
            for check in checks:
                check(value)
        except Malformed as error:
            raise Malformed(f"{where}: {error}") from None

    def write(value: Any, where: str) -> Value:  # noqa: ANN401 - the inner codec knows
        written: Value = inner.write(value, where)
        run(value, where)
        return written

    def read(value: Any, where: str) -> Any:  # noqa: ANN401 - the inner codec knows
        found = inner.read(value, where)
        run(found, where)
        return found

    return _Codec(write, read)


def _array(inner: _Codec) -> _Codec:
    def write(value: Any, where: str) -> Value:  # noqa: ANN401 - found out here
        if type(value) is not tuple:
            raise Malformed(f"{where} is not a tuple.")
        return [inner.write(member, f"{where}[{n}]") for n, member in enumerate(value)]

    def read(value: Any, where: str) -> tuple[Any, ...]:  # noqa: ANN401 - found out here
        if type(value) is not list:
            raise Malformed(f"{where} is not an array.")
        return tuple(inner.read(member, f"{where}[{n}]") for n, member in enumerate(value))

    return _Codec(write, read)


def _read_member(member: _Member, value: dict[str, Value], where: str) -> Any:  # noqa: ANN401
    if member.key in value:
        return member.codec.read(value[member.key], f"{where}.{member.key}")
    if not member.may_be_absent:
        raise Malformed(f"{where} lacks the key {member.key!r}.")
    return None


def _consistent(kind: type[Any]) -> Callable[[Any, str], None]:
    check = getattr(kind, "check", None)

    def run(thing: Any, where: str) -> None:  # noqa: ANN401 - of type `kind`
        if check is not None:
            try:
                check(thing)
            except Malformed as error:
                raise Malformed(f"{where}: {error}") from None

    return run


def _object(kind: type[Any], members: tuple[_Member, ...]) -> _Codec:
    known = frozenset(member.key for member in members)
    consistent = _consistent(kind)

    def write(thing: Any, where: str) -> Value:  # noqa: ANN401 - found out here
        if type(thing) is not kind:
            raise Malformed(f"{where} is not a {kind.__name__}.")
        written = {
            m.key: m.codec.write(getattr(thing, m.key), f"{where}.{m.key}")
            for m in members
            if not (m.may_be_absent and getattr(thing, m.key) is None)
        }
        consistent(thing, where)
        return written

    def read(value: Any, where: str) -> Any:  # noqa: ANN401 - found out here
        if type(value) is not dict:
            raise Malformed(f"{where} is not an object.")
        if not value.keys() <= known:
            raise Malformed(f"{where} has unknown keys: {', '.join(sorted(value.keys() - known))}.")
        thing = kind(**{m.key: _read_member(m, value, where) for m in members})
        consistent(thing, where)
        return thing

    return _Codec(write, read)

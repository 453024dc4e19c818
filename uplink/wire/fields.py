"""Read the fields of one message out of canonical JSON: each once, each bounded, none left over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from recorder.evidence.canonical import Value, decode
from recorder.evidence.errors import Malformed

Item = TypeVar("Item")
MESSAGE_MAX_BYTES = 262_144
INTEGER_MAX = 2**53 - 1


def decode_message(payload: bytes) -> Value:
    """Decode one small message. Raise Malformed when it is too long or not canonical."""
    if len(payload) > MESSAGE_MAX_BYTES:
        raise Malformed(
            f"a message of {len(payload)} bytes is longer than {MESSAGE_MAX_BYTES}; split it"
        )
    return decode(payload)


@dataclass(slots=True)
class Fields:
    """The fields of one object, taken out one by one; every method raises Malformed."""

    where: str
    _left: dict[str, Value] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Value, where: str) -> "Fields":
        """Begin with an object, called `where` in refusals."""
        if not isinstance(value, dict):
            raise Malformed(f"{where} is not an object")
        return cls(where, dict(value))

    def take(self, key: str) -> Value:
        """Take a field of any kind."""
        if key not in self._left:
            raise Malformed(f"{self.where} has no {key}")
        return self._left.pop(key)

    def text(self, key: str, longest: int) -> str:
        """Take a string of at most so many characters."""
        value = self.take(key)
        if not isinstance(value, str) or len(value) > longest:
            raise Malformed(f"{key} of {self.where} is not a text of at most {longest} characters")
        return value

    def count(self, key: str, lowest: int = 0, highest: int = INTEGER_MAX) -> int:
        """Take a whole number within bounds."""
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Malformed(f"{key} of {self.where} is not a whole number")
        if not lowest <= value <= highest:
            raise Malformed(f"{key} of {self.where} is {value}, outside {lowest} to {highest}")
        return value

    def flag(self, key: str) -> bool:
        """Take a boolean."""
        value = self.take(key)
        if not isinstance(value, bool):
            raise Malformed(f"{key} of {self.where} is neither true nor false")
        return value

    def items(self, key: str, longest: int, parse: Callable[[Value], Item]) -> tuple[Item, ...]:
        """Take a list of at most so many items, each parsed."""
        value = self.take(key)
        if not isinstance(value, list) or len(value) > longest:
            raise Malformed(f"{key} of {self.where} is not a list of at most {longest} items")
        return tuple(parse(item) for item in value)

    def end(self) -> None:
        """Refuse what nobody asked for."""
        if self._left:
            raise Malformed(f"{self.where} has unknown fields: {', '.join(sorted(self._left))}")

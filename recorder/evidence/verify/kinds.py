"""What a code means: its axis, its weight and its sentence in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from recorder.evidence.verdict import Axis, Weight


@dataclass(frozen=True, slots=True)
class Kind:
    """What a code means; braces in the sentences are filled from the finding's place and facts."""

    axis: Axis
    weight: Weight
    zh: str
    en: str


def content(zh: str, en: str, weight: Weight = Weight.DISPROOF) -> Kind:
    """Give a kind of finding about what the files hold."""
    return Kind(Axis.CONTENT, weight, zh, en)


def whole(zh: str, en: str, weight: Weight = Weight.DISPROOF) -> Kind:
    """Give a kind of finding about whether anything is missing."""
    return Kind(Axis.COMPLETENESS, weight, zh, en)


def signer(zh: str, en: str, weight: Weight = Weight.DISPROOF) -> Kind:
    """Give a kind of finding about who signed."""
    return Kind(Axis.IDENTITY, weight, zh, en)


def time(zh: str, en: str, weight: Weight = Weight.DISPROOF) -> Kind:
    """Give a kind of finding about when it was."""
    return Kind(Axis.TIME, weight, zh, en)


def custody(zh: str, en: str, weight: Weight = Weight.DISPROOF) -> Kind:
    """Give a kind of finding about who has it."""
    return Kind(Axis.CUSTODY, weight, zh, en)

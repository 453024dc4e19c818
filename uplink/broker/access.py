"""Who may write and read where: one small table that every broker of ours enforces. Pure.

A client's name is its certificate's common name, so nobody can take another's.
"""

from dataclasses import dataclass
from enum import Enum

from uplink.broker.topics import covers, split_share

NAME_LEVEL = "{name}"
"""The topic level in a rule that stands for the client's own name."""


class Action(Enum):
    """What a client does with a topic."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Rule:
    """`who` may do `action` on whatever `topic_filter` matches; `who` None means every client."""

    who: str | None
    action: Action
    topic_filter: str


@dataclass(frozen=True, slots=True)
class AccessTable:
    """All that is allowed; what no rule allows is refused."""

    rules: tuple[Rule, ...]

    def may(self, client_name: str, action: Action, topic: str) -> bool:
        """Whether a client may write on this topic, or read from this topic or topic filter.

        A filter may be read only if one rule allows everything that it can match.
        """
        if not is_safe_name(client_name):
            return False
        _group, plain = split_share(topic) if action is Action.READ else (None, topic)
        return any(
            rule.action is action
            and rule.who in {None, client_name}
            and covers(_filled(rule.topic_filter, client_name), plain)
            for rule in self.rules
        )


OPEN = AccessTable((Rule(None, Action.READ, "#"), Rule(None, Action.WRITE, "#")))
"""Everything to everybody: for a plain line on the loopback interface, and for tests."""


def is_safe_name(client_name: str) -> bool:
    """Whether a name can stand as one topic level without reaching beyond it."""
    return not any(sign in client_name for sign in "+#/") and client_name.isprintable()


def _filled(topic_filter: str, client_name: str) -> str:
    levels = topic_filter.split("/")
    return "/".join(client_name if level == NAME_LEVEL else level for level in levels)

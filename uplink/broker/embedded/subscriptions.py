"""Who listens where: a tree of topic levels, so that a letter costs its depth, not all filters."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from uplink.broker.embedded.packets import Filter
from uplink.broker.embedded.session import Session
from uplink.broker.topics import split_share


@dataclass(slots=True)
class _Node:
    """One topic level."""

    below: dict[str, "_Node"] = field(default_factory=dict)
    listeners: dict[tuple[str, Session], Filter] = field(default_factory=dict)


@dataclass(slots=True)
class Subscriptions:
    """All subscriptions of all sessions."""

    _root: _Node = field(default_factory=_Node)

    def add(self, session: Session, wanted: Filter) -> None:
        """Subscribe, or change the options of a subscription."""
        node = self._root
        for level in split_share(wanted.topic_filter)[1].split("/"):
            node = node.below.setdefault(level, _Node())
        node.listeners[wanted.topic_filter, session] = wanted

    def remove(self, session: Session, topic_filter: str) -> None:
        """Unsubscribe; nothing happens if there was no such subscription."""
        path: list[tuple[_Node, str]] = []
        node = self._root
        for level in split_share(topic_filter)[1].split("/"):
            if level not in node.below:
                return
            path.append((node, level))
            node = node.below[level]
        node.listeners.pop((topic_filter, session), None)
        for parent, level in reversed(path):
            child = parent.below[level]
            if child.below or child.listeners:
                return
            del parent.below[level]

    def listening(self, topic: str) -> Iterator[tuple[Session, Filter]]:
        """Yield every subscription, shared or not, that a letter on `topic` matches."""
        levels = topic.split("/")
        nodes = [self._root]
        for place, level in enumerate(levels):
            # MQTT-4.7.2-1: a leading wildcard does not reach topics that begin with $.
            wild = place or not topic.startswith("$")
            names = (level, "+") if wild else (level,)
            if wild:
                for node in nodes:
                    yield from _here(node.below.get("#"))
            nodes = [node.below[name] for node in nodes for name in names if name in node.below]
        for node in nodes:
            yield from _here(node)
            yield from _here(node.below.get("#"))


def _here(node: _Node | None) -> Iterator[tuple[Session, Filter]]:
    if node is not None:
        for (_name, session), wanted in node.listeners.items():
            yield session, wanted

"""Topic names and filters of MQTT 5 (section 4.7): what is allowed, what matches what. Pure."""

_SHARE = "$share/"


class BadTopic(ValueError):
    """A topic name or filter that MQTT 5 does not allow."""


def check_name(topic: str) -> None:
    """Raise BadTopic unless `topic` can be published on."""
    if not topic or "+" in topic or "#" in topic or "\0" in topic:
        raise BadTopic(f"{topic!r} cannot be published on: a topic has no +, # or NUL")


def check_filter(topic_filter: str) -> None:
    """Raise BadTopic unless `topic_filter`, shared or not, can be subscribed to."""
    group, plain = split_share(topic_filter)
    levels = plain.split("/")
    placed = all(level in {"+", "#"} or ("+" not in level and "#" not in level) for level in levels)
    if not plain or "\0" in plain or not placed or "#" in levels[:-1]:
        raise BadTopic(f"{topic_filter!r} is no topic filter: + and # stand alone, # at the end")
    if group is not None and (not group or "+" in group or "#" in group):
        raise BadTopic(f"{topic_filter!r} names no group; write $share/group/filter")


def split_share(topic_filter: str) -> tuple[str | None, str]:
    """Return the group of a shared subscription (else None) and the filter itself."""
    if not topic_filter.startswith(_SHARE):
        return None, topic_filter
    group, _, plain = topic_filter.removeprefix(_SHARE).partition("/")
    return group, plain


def covers(wide: str, narrow: str) -> bool:
    """Whether every topic that `narrow` (a filter or a name) can match is matched by `wide`."""
    if narrow.startswith("$") and wide[:1] in {"+", "#"}:
        return False
    wide_levels, narrow_levels = wide.split("/"), narrow.split("/")
    for place, level in enumerate(wide_levels):
        if level == "#":
            return True
        if place >= len(narrow_levels):
            return False
        other = narrow_levels[place]
        if other == "#" or (level not in {"+", other}):
            return False
    return len(wide_levels) == len(narrow_levels)


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a letter on `topic` reaches an unshared subscription to `topic_filter`."""
    return covers(topic_filter, topic)

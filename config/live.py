"""Whether segments travel while their recording goes on: the regulation allows it, the unit asks.

Under a regulation that knows secrecy labels nothing travels live: a label may come after the press.
"""

from config.schema import Effective


def travels_live(config: Effective) -> bool:
    """Whether regulation and unit both want it, and nothing about the footage may be secret."""
    rules = config.rules
    return config.unit.record.live and rules.live.mode == "on_request" and rules.secrecy is None


def segment_seconds(config: Effective) -> int:
    """How long a segment is: a live one is short, so that the first is soon home."""
    record = config.unit.record
    return record.live_segment_seconds if travels_live(config) else record.segment_seconds

"""Who may write and read where, from the protocol's words: the broker's access table."""

from uplink.broker.access import NAME_LEVEL, AccessTable, Action, Rule
from uplink.wire.topics import FROM_UNIT, STATION, TO_UNIT, Kind


def access_table(agency: str) -> AccessTable:
    """Give each unit its own name's topics, and the station what is addressed to it."""
    prefix = f"shilu/1/{agency}"
    mine = f"{prefix}/{NAME_LEVEL}"
    rules = [Rule(None, Action.WRITE, f"{mine}/{kind}") for kind in FROM_UNIT]
    rules.append(Rule(None, Action.WRITE, f"{mine}/{Kind.CHUNK}/+"))
    rules += [Rule(None, Action.READ, f"{mine}/{kind}") for kind in TO_UNIT]
    rules.append(Rule(None, Action.READ, f"{prefix}/{STATION}/{Kind.STATE}"))
    rules += [Rule(STATION, Action.WRITE, f"{prefix}/+/{kind}") for kind in TO_UNIT]
    rules += [Rule(STATION, Action.READ, f"{prefix}/+/{kind}") for kind in FROM_UNIT]
    rules.append(Rule(STATION, Action.READ, f"{prefix}/+/{Kind.CHUNK}/+"))
    return AccessTable(tuple(rules))

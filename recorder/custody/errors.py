"""What custody cannot do; each is a sentence that tells a person what to do."""


class CustodyError(Exception):
    """Custody cannot go on with this."""


class StorageLost(CustodyError):
    """A file of ours could not be written or made durable; it is never trusted again."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} could not be written ({reason}); check the card and its space.")
        self.name = name


class HoldsOther(StorageLost):
    """A file that we would complete holds bytes that we never wrote; nothing is overwritten."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "it already holds something else")


class NotOurs(StorageLost):
    """A name that we need is taken by something that we did not put there and cannot read."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "something else has its name")


class NotReady(CustodyError):
    """Something that custody needs at start is missing or wrong."""


class KeyMissing(NotReady):
    """The identity key is not there, or not what it must be."""


class KeyLost(CustodyError):
    """A key that this unit's log has promised is gone."""


class LogDamaged(CustodyError):
    """The log on the card is not what this unit signed."""


class RefusedRequest(CustodyError):
    """A caller asked for what this unit does not do, or not now."""

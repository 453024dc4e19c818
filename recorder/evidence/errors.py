"""What can be wrong with evidence; each error is a sentence that says where and what."""


class EvidenceError(Exception):
    """Something here is not what was sealed, or does not belong here."""


class Malformed(EvidenceError):
    """Bytes that break the format."""


class Truncated(Malformed):
    """An encrypted file that ends before its final chunk."""


class DamagedChunk(Malformed):
    """A chunk of an encrypted file that does not authenticate.

    `index` counts chunks from 0; `cipher_offset` and `clear_offset` are the bytes at which the
    chunk begins, in the encrypted and in the clear file.
    """

    def __init__(self, sentence: str, index: int, cipher_offset: int, clear_offset: int) -> None:
        super().__init__(sentence)
        self.index = index
        self.cipher_offset = cipher_offset
        self.clear_offset = clear_offset


class BadSignature(EvidenceError):
    """A signature that is missing, or was not made by the key it names over these bytes."""


class BrokenChain(EvidenceError):
    """A record, head or epoch that does not follow the one before it."""


class BadProof(EvidenceError):
    """A proof that does not lead to the root it claims."""


class NotForUs(EvidenceError):
    """An encrypted file that none of the given keys opens."""


class NotObeyed(EvidenceError):
    """A command that is whole and yet not for now: another unit's, an old one, out of its time."""

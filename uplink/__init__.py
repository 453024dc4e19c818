"""The way home: the unit's courier, the wire, and the station that answers with receipts."""

"""The packets on the custody socket, parsed strictly on both sides."""

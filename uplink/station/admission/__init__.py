"""From complete files to receipts: verify, then store, then receipt."""

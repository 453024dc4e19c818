"""The unit: what an officer wears. Nothing in here deletes, except `recorder.release`."""

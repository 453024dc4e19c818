"""The verdict, in the steps of `docs/format.md` §11: pure, streaming, never one tick."""

"""The journey of a segment: offered, moving, stored, receipted."""

"""What people do with a station: look at it, examine it, back it up, dispose of what ran out."""

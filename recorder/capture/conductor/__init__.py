"""What happens, when, and who is told: machine, buttons, lamp, voice and positions; no media."""

"""The spoken prompts of a unit: wordings, their WAVs, and the script that renders them."""

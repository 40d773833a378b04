"""The `sprint` and `retro` groups."""

"""The `feedback` group: what was said, by whom, and what it is worth."""

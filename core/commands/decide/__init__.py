"""The `decide` group: open, voted on, closed for good."""

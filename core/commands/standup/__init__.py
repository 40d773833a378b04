"""The `standup` and `blocker` groups."""

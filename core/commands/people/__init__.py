"""Who is in the team, when they work, what waits for them, and who else wants to know."""

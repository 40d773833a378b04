"""`ask`, `question` and `doc`: what the record says, what it does not, and who is asked then."""

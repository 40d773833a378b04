"""`setup`, `help`, `history`, `undo`, `forget`: what is of no one group."""

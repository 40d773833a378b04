"""One way through, as data, and what must stand in the database at its end, whatever it was driven with."""

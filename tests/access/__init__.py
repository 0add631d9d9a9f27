"""Proof that the two gates hold: every route, every kind of caller, every kind of object."""

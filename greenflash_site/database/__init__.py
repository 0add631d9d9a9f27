"""What can go wrong with the embedded database; `embedded` and the modules it leans on raise these."""


class EmbeddedDatabaseError(Exception):
    """The embedded database cannot be used; the message says to a person what is wrong and what to do."""


class AlreadyRunning(EmbeddedDatabaseError):
    """Another live process runs the database of this folder; the message names its pid."""

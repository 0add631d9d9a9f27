"""Mail without a mail server: printed in the terminal, so that its links can be copied."""

from typing import Any

from django.core.mail.backends.console import EmailBackend as ConsoleBackend


class TerminalBackend(ConsoleBackend):
    """Prints a mail as a person reads it; as sent over the wire its long links would be broken into lines."""

    def write_message(self, message: Any) -> None:
        """Write who it is to, its subject and its text."""
        line = "-" * 79
        self.stream.write(f"{line}\nMail to {', '.join(message.to)}: {message.subject}\n\n{message.body}\n{line}\n")

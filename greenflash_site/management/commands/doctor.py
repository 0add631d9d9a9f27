"""`manage.py doctor`: look this installation over and say what to do."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from greenflash_site.doctor import Level, examine

MARKS = {Level.GOOD: "✓", Level.WARNING: "!", Level.ERROR: "✗"}


class Command(BaseCommand):
    help = "Check settings, database, worker, mail, disk and clock, and say what to do about what is wrong."
    requires_system_checks = []

    def handle(self, **_options: Any) -> None:
        """A line for each finding, and a remedy below what needs one; exit code 1 when something is wrong."""
        styles = {
            Level.GOOD: self.style.SUCCESS,
            Level.WARNING: self.style.WARNING,
            Level.ERROR: self.style.ERROR,
        }
        counts = dict.fromkeys(Level, 0)
        for finding in examine():
            counts[finding.level] += 1
            self.stdout.write(f"{styles[finding.level](MARKS[finding.level])} {finding.about}: {finding.sentence}")
            if finding.remedy:
                self.stdout.write(f"    {finding.remedy}")
        errors, warnings = counts[Level.ERROR], counts[Level.WARNING]
        self.stdout.write(f"\n{counts[Level.GOOD]} good, {warnings} to look at, {errors} wrong.")
        if errors:
            sys.exit(1)

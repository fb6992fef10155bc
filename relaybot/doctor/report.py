"""What the doctor found: one finding a check - ok, skip, warn or fail, what it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it is. Only FAIL makes the exit status 1."""

    OK = "ok"
    SKIP = "skip"  # could not be looked at now
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, what was found, and what to do ("" where nothing has to be done)."""

    level: Level
    about: str
    found: str
    do: str = ""

    def lines(self) -> list[str]:
        """As it is printed: one line, and one more for what to do."""
        first = f"{self.level:<4}  {self.about}: {self.found}"
        return [first, f"      -> {self.do}"] if self.do else [first]


class Report:
    """Collects findings; `tell` hears each as soon as it is there."""

    def __init__(self, tell: Callable[[Finding], None] = lambda finding: None) -> None:
        self.findings: list[Finding] = []
        self._tell = tell

    def ok(self, about: str, found: str) -> None:
        """In order."""
        self._add(Finding(Level.OK, about, found))

    def skip(self, about: str, found: str, do: str = "") -> None:
        """Not looked at; `do` says how it could be."""
        self._add(Finding(Level.SKIP, about, found, do))

    def warn(self, about: str, found: str, do: str) -> None:
        """Works, or may work, but somebody should look at it."""
        self._add(Finding(Level.WARN, about, found, do))

    def fail(self, about: str, found: str, do: str) -> None:
        """Does not work."""
        self._add(Finding(Level.FAIL, about, found, do))

    def _add(self, finding: Finding) -> None:
        self.findings.append(finding)
        self._tell(finding)

    def count(self, level: Level) -> int:
        """How many findings of a level."""
        return sum(finding.level is level for finding in self.findings)

    @property
    def failed(self) -> bool:
        """Whether anything has to be mended."""
        return self.count(Level.FAIL) > 0

    def summary(self) -> str:
        """The last line."""
        numbers = {level: self.count(level) for level in Level}
        told = [
            f"{numbers[Level.OK]} in order",
            f"{numbers[Level.WARN]} to look at",
            f"{numbers[Level.FAIL]} to mend",
        ]
        if numbers[Level.SKIP]:
            told.append(f"{numbers[Level.SKIP]} not looked at")
        return ", ".join(told) + "."

    def as_dict(self) -> dict[str, object]:
        """For --json."""
        counts: dict[str, object] = {str(level): self.count(level) for level in Level}
        return {"findings": [asdict(finding) for finding in self.findings], **counts}

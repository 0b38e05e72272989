"""What a process holds in memory, and how long it worked."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def resident_bytes() -> tuple[int, int]:
    """Give the memory that this process holds now, and the most that it held; the latter twice where none is told.

    Linux tells of this program alone; elsewhere what its parent held when it began counts too.
    """
    if not _STATUS.is_file():
        return peak_bytes(), peak_bytes()
    lines = dict(line.split(":", 1) for line in _STATUS.read_text("ascii").splitlines())
    now, most = (int(lines[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


def resident_of(process: int) -> int | None:
    """Give the memory that another process holds now; None where it has ended, or where the system does not tell."""
    try:
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines())
        return int(lines["VmRSS"].split()[0]) * 1024
    except (OSError, KeyError):
        return None


def worked_seconds(process: int) -> float | None:
    """Give the seconds that the cores worked for another process so far; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return None


def peak_bytes() -> int:
    """Give the most memory that this process held, pages of mapped files included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

"""What a process holds in memory."""

from __future__ import annotations

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


def peak_bytes() -> int:
    """Give the most memory that this process held, pages of mapped files included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

"""Writes the dashboards: `python -m manifests.monitoring.grafana`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from manifests.monitoring.grafana.written import written

FOLDER: Final = Path(__file__).parents[1] / "dashboards"


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in written().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()

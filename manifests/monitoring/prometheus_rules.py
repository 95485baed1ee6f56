"""Writes prometheus-rules.yaml, a PrometheusRule for each file of rules/: run it when one changes.

    python manifests/monitoring/prometheus_rules.py

`promtool` and a plain Prometheus read the files of rules/, the Prometheus operator reads these
objects; kustomize cannot make one of the other.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE / "prometheus-rules.yaml"
HEAD = "# Made of rules/ by prometheus_rules.py; change those, and run it.\n"
OBJECT = """---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: exposed-services-{name}
  namespace: oscar
spec:
"""


def text() -> str:
    """The objects of all files, their comments and their layout as they are."""
    return HEAD + "".join(
        OBJECT.format(name=path.stem) + _indented(path.read_text())
        for path in sorted((HERE / "rules").glob("*.yaml"))
    )


def _indented(rules: str) -> str:
    return "".join(f"  {line}" if line.strip() else line for line in rules.splitlines(True))


if __name__ == "__main__":
    TARGET.write_text(text())

"""The shipped rules, and forms of them that tests need: quick ones, and promtool's unit tests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parents[2] / "manifests" / "monitoring" / "rules"
FILES: Final = sorted(FOLDER.glob("*.yaml"))
CASES: Final = Path(__file__).parent / "alerts.yaml"

Rule = dict[str, Any]

_METRIC: Final = re.compile(r"\b(?:gateway|scaler|management|process)_[a-z_]+\b")
_MATCHED: Final = re.compile(r"(\b[a-z_:]+\d*[a-z_0-9]*)\s*\{([^}]*)\}")
_LABEL: Final = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)\s*\"")
_RECORDED: Final = re.compile(r"\b[a-z_]+:[a-z_]+:[a-z_0-9]+\b")
_TOLD: Final = re.compile(r"(?<!with )\$labels\.(\w+)")
_STEPS: Final = re.compile(r"x(\d+)")


def rules() -> Iterator[Rule]:
    """All rules of all files, as they are written."""
    for file in FILES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]


def alerts() -> dict[str, Rule]:
    """The alerts by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def records() -> list[str]:
    """The names of what is recorded."""
    return list(dict.fromkeys(rule["record"] for rule in rules() if "record" in rule))


def quick(folder: Path) -> list[Path]:
    """Copies in `folder` for a test that cannot wait: every group is evaluated as often as the
    server does by default, and what has to last does so for two seconds. Expressions stay."""
    made = []
    for file in FILES:
        document = yaml.safe_load(file.read_text())
        for group in document["groups"]:
            group.pop("interval", None)
            for rule in group["rules"]:
                if "for" in rule:
                    rule["for"] = "2s"
        made.append(folder / f"quick-{file.name}")
        made[-1].write_text(yaml.safe_dump(document, sort_keys=False))
    return made


def needed(alert: str) -> dict[str, Any]:
    """The alert with the rules that record what it asks for, and what those ask for, as one file:
    promtool evaluates all rules of a file in every minute of a week."""
    recorded = {rule["record"]: rule["expr"] for rule in rules() if "record" in rule}
    chosen = alerts()[alert]
    waiting, known = [chosen["expr"]], set[str]()
    while waiting:
        asked = set(_RECORDED.findall(waiting.pop())) - known
        known |= asked
        waiting.extend(recorded[name] for name in asked)
    inside = [rule for rule in rules() if rule.get("record") in known]
    return {"groups": [{"name": "needed", "rules": [*inside, chosen]}]}


def metrics(expression: str) -> set[str]:
    """The metrics of our programs that an expression names."""
    return set(_METRIC.findall(_RECORDED.sub("", expression)))


def matched(expression: str) -> Iterator[tuple[str, str]]:
    """Each metric with a label by which the expression picks its series."""
    for metric, matchers in _MATCHED.findall(expression):
        for label in _LABEL.findall(matchers):
            yield metric, label


@dataclass(frozen=True, slots=True)
class Case:
    """Series, and what an alert does on them."""

    alert: str
    title: str
    every: str
    series: Mapping[str, str]

    @property
    def fires(self) -> bool:
        return self.title.startswith("fires")

    def promtool(self) -> dict[str, Any]:
        """As a test of `promtool test rules`: of the last minute, or of all of them. One that fires
        has the labels that its texts tell."""
        texts = "".join(alerts()[self.alert]["annotations"].values()) if self.fires else ""
        having = "".join(f', {label}!=""' for label in sorted(set(_TOLD.findall(texts))))
        firing = f'ALERTS{{alertname="{self.alert}", alertstate="firing"{having}}}'
        length = max(_length(values) for values in self.series.values())
        minutes = length * int(self.every.removesuffix("m"))
        always = f"count_over_time({firing}[{minutes + 1}m])"
        asked = firing if self.fires or self.title.startswith("no more") else always
        expected = [{"labels": f'{{alertname="{self.alert}"}}', "value": 1}] if self.fires else []
        return {
            "name": f"{self.alert} {self.title}",
            "interval": self.every,
            "input_series": [
                {"series": series, "values": values} for series, values in self.series.items()
            ],
            "promql_expr_test": [
                {
                    "expr": f"count by (alertname) ({asked})",
                    "eval_time": f"{minutes}m",
                    "exp_samples": expected,
                }
            ],
        }


def cases() -> Iterator[Case]:
    """All cases of the file beside this one."""
    # Nothing but text: YAML would take `0x10` for sixteen.
    for alert, entries in yaml.load(CASES.read_text(), yaml.BaseLoader).items():
        every = entries.pop("every", "1m")
        for title, series in entries.items():
            yield Case(alert, title, every, series)


def _length(values: str) -> int:
    """Steps from the first sample to the last."""
    return sum(int(m[1]) + 1 if (m := _STEPS.search(part)) else 1 for part in values.split()) - 1

"""Decision cases as data: read one, decide it, answer in the fields of its suite. Pure.

The form is that of `tests/scaler/decision/data/cases.json`: `_m` is milliCPU, `_s` seconds, ages
are seconds before now, and 1e9 means "very long ago".
"""

from scaler.decision.cases.fields import FieldError
from scaler.decision.cases.suites import evaluate

__all__ = ["FieldError", "evaluate"]

"""Tells of decisions: a log line, numbers for metrics, a status, an Event on the Deployment.

The loop, the fetcher and the configuration file call it, each by a protocol of its own.

What repeats is told seldom: a hold, or a change that was decided before and is not carried out, at
most once a minute and service, an Event of one reason at most once in five minutes, a new change of
size always.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from scaler.control.actuator import Outcome, Result
from scaler.control.standing import Standing
from scaler.decision import Action
from scaler.decision.zero import SLEEP, WAKE
from scaler.report.audience import Audience
from scaler.report.glossary import explained
from scaler.report.sentences import clock_time, sentence
from scaler.report.stats import Histogram
from shared.service.objects import annotations_of
from shared.service.sleeping import asleep_since

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Set

    from scaler.cluster.catalog import Target
    from scaler.decision import Decision
    from scaler.report.stats import ServiceStatus, Stats
    from scaler.sources.quality import Fault
    from shared.runtime.clock import Clock
    from shared.service.objects import Obj
    from shared.service.sizing import Setting

log = logging.getLogger(__name__)

EventType = Literal["Normal", "Warning"]

HOLD_PERIOD: Final = 60.0
EVENT_PERIOD: Final = 300.0
NO_DATA_GRACE: Final = 90.0
"""Seconds without trusted data before a warning and an Event tell of it: half a minute in which a
new pod starts, and the two scrapes of 30 s at most that a first rate of CPU takes."""
TROUBLES: Final = frozenset(
    {
        *("Loading", "CrashLoop", "Pending", "TargetAboveLimit", "CpuDoesNotFollow"),
        *(
            "Unschedulable",
            "GatewayPartial",
            "GatewayMissing",
            "ClockSkew",
            "SamplesStale",
            "SamplesAbsurd",
        ),
    }
)
"""Reasons that somebody should see to if they last for NO_DATA_GRACE: each is told in an Event."""
RESCALED: Final = "SuccessfulRescale"
"""The reason of the Event on a change of size, as Kubernetes' HPA gives it."""
_REVISION: Final = "deployment.kubernetes.io/revision"
CONTROLLER: Final = ""
"""Stands for the scaler itself where a service's name is asked for."""


class EventSink(Protocol):
    """Where Events go; `shared.kube.events.EventRecorder` is one."""

    def emit(
        self,
        regarding: Obj,
        reason: str,
        note: str,
        *,
        type: EventType = "Normal",  # noqa: A002  the API's word
        action: str = "",
    ) -> None:
        """Write an Event, some time."""


class Reporter:
    """Keeps `stats`, writes the log, emits Events; those about the scaler itself regard `own`."""

    def __init__(
        self,
        stats: Stats,
        events: EventSink,
        own: Obj,
        clock: Clock,
        audience: Audience | None = None,
    ) -> None:
        self._stats = stats
        self._audience = audience or Audience("", clock)
        self._events = events
        self._own = own
        self._clock = clock
        self._told_at: dict[tuple[str, str], float] = {}
        self._no_data_since: dict[str, float] = {}
        self._troubled_since: dict[str, dict[str, float]] = {}
        """By service and reason."""

    def decided(
        self, target: Target, decision: Decision, standing: Standing, awake: str = ""
    ) -> None:
        """A decision was made; it is not yet written. `awake` is what keeps it from sleeping."""
        self._stats.decided(decision)
        status = self.status(target, standing)
        status.awake = awake
        known, status.decision = status.decision, decision
        status.decided = self._clock.now()
        topic = "decision" if decision.valid else "no decision"
        if _is_news(known, decision) or self._due(target.name, topic, HOLD_PERIOD):
            level = logging.WARNING if self._lacks_data(target, decision) else logging.INFO
            dry = " (dry run)" if standing is Standing.DRY_RUN else ""
            log.log(
                level,
                "%s: %s%s",
                target.name,
                sentence(decision),
                dry,
                extra={"fields": _fields(decision)},
            )
        if self._lacks_data(target, decision):
            cause = next((r for r in decision.reasons if r in TROUBLES), "FailedGetPodMetrics")
            self.event(target, cause, sentence(decision))
        self._tell_troubles(target, decision)
        self._audience.sees(target.name, status, target)

    def _tell_troubles(self, target: Target, decision: Decision) -> None:
        """An Event for each that has lasted; where nothing could be decided, that is told."""
        found = TROUBLES.intersection(decision.reasons) if decision.valid else frozenset()
        known = self._troubled_since.pop(target.name, {})
        if not found:
            return
        now = self._clock.monotonic()
        since = {reason: known.get(reason, now) for reason in found}
        self._troubled_since[target.name] = since
        for reason in sorted(found):
            if now - since[reason] >= NO_DATA_GRACE:
                self.event(target, reason, f"{explained(reason)}; {sentence(decision)}")

    def written(self, target: Target, decision: Decision, outcome: Outcome) -> None:
        """The write of a decision ended."""
        self._stats.writes[outcome.result] += 1
        match outcome.result:
            case Result.WRITTEN:
                status = self.status(target, Standing.ACTIVE)
                status.written = self._clock.now()
                status.unmarked = outcome.unmarked
                status.rescaled(_direction(decision))
                reason = next((r for r in decision.reasons if r in (SLEEP, WAKE)), RESCALED)
                note = f"New size: {decision.replicas}; {sentence(decision)}"
                self._emit(_reference(target), reason, note, "Normal")
                self._audience.happened(target.name, reason, note, warning=False, decision=decision)
            case Result.FAILED | Result.THROTTLED:
                note = f"{sentence(decision)}; not written: {outcome.message}"
                self._warn_at_intervals(target.name, "write failed", note)
                self.event(target, "FailedRescale", note)
            case _:
                log.info("%s: not written: %s", target.name, outcome.message or outcome.result)

    def streams(self, connected: int) -> None:
        """So many gateways tell of requests as they come."""
        self._stats.wake_streams = connected

    def cold_start(self, target: Target, parts: Mapping[str, float]) -> None:
        """A service has a ready pod after it slept."""
        self._stats.of(target.name).cold_starts += 1
        for part, seconds in parts.items():
            self._stats.cold_starts.setdefault(part, Histogram()).saw(seconds)
        told = ", ".join(f"{part} {seconds:.2f} s" for part, seconds in parts.items())
        log.info("%s: ready after %.2f s: %s", target.name, sum(parts.values()), told)
        words = f"ready after {sum(parts.values()):.2f} s: {told}"
        self._audience.happened(target.name, "ColdStart", words, warning=False)

    def left_alone(self, target: Target, standing: Standing, note: str) -> None:
        """Nothing is decided for a service, and why."""
        known = self._stats.services.get(target.name)
        before = known.standing if known else None
        status = self.status(target, standing)
        status.note = note
        if standing is not Standing.WAITING:
            status.decision = None  # what was decided before does not hold any more
        self._audience.sees(target.name, status, target)
        if standing in (Standing.WAITING, before):
            return
        log.info("%s: %s", target.name, note)
        if standing is Standing.RIVAL:
            self._warn_of(target, "RivalAutoscaler", note)

    def leftover(self, target: Target, note: str) -> None:
        """Another Deployment runs pods of the same service, and is not scaled."""
        self._warn_at_intervals(target.name, "leftover", note)
        self.event(target, "LeftoverDeployment", note)

    def external_change(
        self, target: Target, expected: int, found: int, by: str, until: float | None = None
    ) -> None:
        """Somebody else changed the replicas; a larger size is held `until` then."""
        self._stats.foreign_changes += 1
        note = f"replicas changed from {expected} to {found} by {by}, not by the scaler, which "
        if until is None:
            note += "goes on scaling; to keep a size, set scaling.pause, min_scale or max_scale"
        else:
            hold = f"size {found} set by {by} is held until {clock_time(until)}"
            status = self._stats.of(target.name)
            status.hold, status.hold_until = hold, until
            note += f"does not shrink it for a while: {hold} (scaling.hold); to keep it longer, "
            note += "set scaling.pause or min_scale"
        log.warning("%s: %s", target.name, note)
        self.event(target, "ForeignReplicaChange", note)

    def problems(self, target: Target, problems: Sequence[str]) -> None:
        """What is wrong with `expose.scaling` of a service."""
        for problem in problems:
            log.warning("%s: %s; the field is ignored", target.name, problem)
        self.event(target, "InvalidScaling", "; ".join(problems))

    def failed(self, name: str, error: BaseException) -> None:
        """A service could not be handled in a tick; others go on."""
        self._stats.service_errors += 1
        status = self._stats.of(name)
        status.standing, status.note = Standing.FAILED, f"{type(error).__name__}: {error}"
        self._audience.sees(name, status)
        if self._due(name, "error", HOLD_PERIOD):
            log.error("%s: cannot be scaled: %s", name, status.note, exc_info=error)

    def broken(self, name: str, reason: str) -> None:
        """The definition of a service cannot be read."""
        status = self._stats.of(name)
        status.standing, status.note = Standing.FAILED, reason
        self._audience.sees(name, status)
        self._warn_at_intervals(name, "definition", f"its definition cannot be read: {reason}")

    def source(self, kind: str, problem: str) -> None:
        """A source of samples or loads did not answer, wholly or in part."""
        self._stats.source_failures[kind] += 1
        self._warn_at_intervals(CONTROLLER, kind, problem)

    def malformed(self, count: int) -> None:
        """Entries of a source that could not be read."""
        self._stats.malformed += count

    def ages(self, kind: str, age: float | None) -> None:
        """Seconds since the samples of a source came."""
        self._stats.source_ages = {} if age is None else {kind: age}
        self._audience.source(kind)

    def gateways(self, heard: int, silent: int) -> None:
        """How many gateways answer, and how many do not."""
        self._stats.gateways = {"heard": heard, "silent": silent}
        self._audience.gateways(heard, silent)

    def faults(self, faults: Iterable[Fault]) -> None:
        """Samples that were turned down."""
        self._stats.faults.update(faults)

    def warnings(self, warnings: Sequence[str]) -> None:
        """What is odd in the configuration, but harmless."""
        for warning in warnings:
            log.warning("configuration: %s", warning)

    def ticked(self, seconds: float, interval: float) -> None:
        """A tick is done; when it took longer than `interval`, that is said."""
        self._stats.ticked(seconds)
        if seconds > interval:
            self._stats.overruns += 1
            self._warn_at_intervals(
                CONTROLLER,
                "overrun",
                f"a tick took {seconds:.2f} s of {interval:g} s; raise periods or give more CPU",
            )

    def configuration(self, problems: Sequence[str], generation: int) -> None:
        """The configuration file was read anew; with `problems`, the last good one stays."""
        self._stats.config_generation = generation
        self._stats.config_valid = not problems
        text = "; ".join(problems)
        if problems:
            note = f"the configuration is wrong and the last good one stays: {text}"
            log.error(note)
            self._emit(self._own, "InvalidConfiguration", note, "Warning")
        else:
            log.info("configuration loaded", extra={"fields": {"generation": generation}})

    def event(self, target: Target, reason: str, note: str) -> None:
        """A warning on the Deployment, at most once in EVENT_PERIOD for each reason."""
        if self._due(target.name, f"event {reason}", EVENT_PERIOD):
            self._warn_of(target, reason, note)

    def configured(self, target: Target, settings: tuple[Setting, ...]) -> None:
        """By what a service is scaled from now on."""
        self._audience.configured(target.name, settings)

    def _warn_of(self, target: Target, reason: str, note: str) -> None:
        self._emit(_reference(target), reason, note, "Warning")
        self._audience.happened(target.name, reason, note, warning=True)

    def status(self, target: Target, standing: Standing) -> ServiceStatus:
        """The status of a service, brought up to what the cluster shows."""
        status = self._stats.of(target.name)
        status.standing, status.note = standing, ""
        if status.hold_until is not None and status.hold_until <= self._clock.now():
            status.hold, status.hold_until = "", None
        if asleep_since(target.deployment):
            status.fell_asleep(self._clock.now())
        elif standing is not Standing.WAITING:
            status.woke(self._clock.now())
        status.current = target.replicas
        status.least, status.most = target.expose.min_scale, target.expose.max_scale
        status.ready = len([each for each in target.pods if each.pod.ready == "True"])
        status.runs(len([each for each in target.pods if not each.pod.deleted]), self._clock.now())
        status.revision = _revision(target.deployment)
        return status

    def retain(self, names: Set[str]) -> None:
        """Forget every service that is not among `names`."""
        self._audience.retain(names)
        gone = self._stats.services.keys() - names
        if not gone:
            return
        for name in gone:
            del self._stats.services[name]
            self._no_data_since.pop(name, None)
            self._troubled_since.pop(name, None)
        self._told_at = {key: at for key, at in self._told_at.items() if key[0] not in gone}

    def _lacks_data(self, target: Target, decision: Decision) -> bool:
        """Whether there were no data for a while: that new pods have none is no news."""
        if decision.valid:
            self._no_data_since.pop(target.name, None)
            return False
        now = self._clock.monotonic()
        return now - self._no_data_since.setdefault(target.name, now) >= NO_DATA_GRACE

    def _warn_at_intervals(self, name: str, topic: str, text: str) -> None:
        if self._due(name, topic, HOLD_PERIOD):
            log.warning("%s%s", f"{name}: " if name else "", text)

    def _due(self, name: str, topic: str, period: float) -> bool:
        now = self._clock.monotonic()
        if now - self._told_at.get((name, topic), float("-inf")) < period:
            return False
        self._told_at[name, topic] = now
        return True

    def _emit(self, regarding: Obj, reason: str, note: str, kind: EventType) -> None:
        self._events.emit(regarding, reason, note, type=kind, action="Scale")


def _is_news(known: Decision | None, decision: Decision) -> bool:
    """Whether a change of size was decided that is not the one decided last."""
    if not decision.changes:
        return False
    move = decision.current, decision.replicas
    return known is None or move != (known.current, known.replicas)


def _direction(decision: Decision) -> str:
    for reason in (SLEEP, WAKE):
        if reason in decision.reasons:
            return reason.lower()
    return "up" if decision.action is Action.UP else "down"


def _revision(deployment: Obj) -> int:
    text = annotations_of(deployment).get(_REVISION, "")
    return int(text) if text.isdecimal() else 0


def _reference(target: Target) -> Obj:
    # items of a list do not say their kind
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": target.deployment["metadata"],
    }


def _fields(decision: Decision) -> dict[str, Any]:
    return {
        "service": decision.service,
        "action": decision.action.value,
        "from": decision.current,
        "to": decision.replicas,
        "utilisation": decision.utilisation_pct,
        "target": decision.target_pct,
        "reasons": ",".join(decision.reasons),
    }

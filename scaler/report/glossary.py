"""What the names of reasons and limits mean, and the setting behind each. Pure."""

from __future__ import annotations

from typing import Final

from scaler.decision.reasons import (
    ABOVE_MAXIMUM,
    BELOW_MINIMUM,
    DOWN_LIMIT,
    TOO_FEW,
    TOO_MANY,
    UP_LIMIT,
)

MEANINGS: Final = {
    "AboveTarget": "CPU is above the target by more than the tolerance",
    "Saturated": "pods at their CPU limit hide demand (up.saturated, up.saturation_factor)",
    "BelowTarget": "CPU is below the target",
    "WithinTolerance": (
        "what is called for is near enough to the target (tolerance), or one pod fewer would "
        "exceed it"
    ),
    "Unmeasured": (
        "pods that start, or have no sample yet, count for what they may take: with them the "
        "number is right, as far as can be seen"
    ),
    "GatewayLoad": "the requests that gateways count ask for it (in_flight_target)",
    "Bursts": "so much may come at once when a pod asked for now serves",
    "Rhythm": "so much was needed at this hour of the last days, or of last week (rhythm)",
    "Arrivals": "the requests that come, at the CPU that one of them takes, ask for it",
    "Waiting": (
        "requests wait for a pod, and CPU does not tell yet what they take: as many pods as would "
        "let them in, or as what is remembered from before asks for"
    ),
    "Overload": "no pod is ready any more and their CPU is high: a bounded step (up.overload_step)",
    "OverloadPeriod": "the last such step has time to help before the next one (up.overload_every)",
    "Loading": (
        "no pod is ready: they start, or their probe fails; more of them would not help "
        "(kubectl describe pods, kubectl logs)"
    ),
    "CrashLoop": "no pod is ready, and they end soon after they start (kubectl logs --previous)",
    "Pending": (
        "pods that are asked for do not run yet: no node has room, or an image cannot be pulled "
        "(kubectl describe pods)"
    ),
    "Unschedulable": (
        "no node has room for a pod, so no more of them are asked for until one has (a node more, "
        "or a smaller cpu or memory)"
    ),
    "Asleep": "nobody asks for the service; the next request wakes it (zero_after)",
    "Sleep": "nobody has asked for the service for so long (zero_after)",
    "Wake": "somebody asks for the service, which slept (wake_to)",
    "TargetAboveLimit": (
        "pods cannot use so much more than they request, so a lower target holds "
        "(cpu_threshold, or a higher CPU limit)"
    ),
    "CpuDoesNotFollow": (
        "CPU is high and does not follow the requests: the server spins, or works on what does not "
        "come by the gateways (cpu: false if CPU does not count)"
    ),
    "Dearer": (
        "requests take more CPU than they did, so CPU counts until it is known anew how much"
    ),
    "ClockSkew": "samples are from the future: the clocks of machines differ; set them by NTP",
    "SamplesStale": "samples are too old to be believed (max_sample_age)",
    "SamplesAbsurd": "samples show CPU that cannot be, and are not believed",
    "Fallback": "there were no samples for long (fallback)",
    "NoUsableSamples": "no ready pod has a sample that can be believed",
    "ScalingDisabled": "at 0 replicas scaling is off until somebody sets another number",
    "UpStep": "so many times the replicas at once, and no more (up.factor)",
    "DownWindow": "the highest need of the last while still holds (down.window)",
    "RecentGrowth": "the service grew within the window, and does not turn back (down.window)",
    "DownPeriod": "the last step down was taken just now (down.every)",
    "DownStep": "so large a part of the replicas may go at once, and no more (down.step)",
    "Burst": "in a burst, and for a while after it, nothing shrinks (up.burst, up.burst_window)",
    "SamplesMissing": (
        "half of the pods or more have no sample, or some are not seen at all, and nothing shrinks "
        "blindly"
    ),
    "GatewayMissing": "no gateway tells its requests, and nothing shrinks blindly (gateways)",
    "GatewayPartial": "a gateway is silent, so there may be more requests, and nothing shrinks",
    "Silence": "nothing comes any more, and all may come back at once (down.longest_window)",
    "IdleWait": "pods still have requests, and those without go first (idle_wait)",
    "OperatorHold": "somebody else has set this size, and it is held for a while (hold)",
    "ScaleUpStabilized": "a lower number of the last while still holds (hpa.behavior.scaleUp)",
    "ScaleDownStabilized": (
        "a higher number of the last while still holds (hpa.stabilization_seconds, or "
        "hpa.behavior.scaleDown)"
    ),
    UP_LIMIT: "no more may come at once (without hpa.behavior: twice as many, or 4)",
    DOWN_LIMIT: "no more may go at once (hpa.behavior.scaleDown)",
    TOO_FEW: "there are never fewer (min_scale, or a schedule)",
    TOO_MANY: "there are never more (max_scale)",
    BELOW_MINIMUM: "there are never fewer (min_scale, or a schedule)",
    ABOVE_MAXIMUM: "there are never more (max_scale)",
}


def explained(name: str) -> str:
    """The name with its meaning; a name in words is its own."""
    meaning = MEANINGS.get(name)
    return f"{name}: {meaning}" if meaning else name

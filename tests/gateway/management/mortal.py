"""A client of the cluster whose process is killed at one of its calls: after that nothing runs."""

from __future__ import annotations

from typing import Any, Final

from shared.kube.client import KubeClient

WRITES: Final = frozenset({"apply", "create", "patch", "delete", "replace", "scale"})


class Killed(BaseException):
    """SIGKILL: no code of ours sees it."""


class Mortal:
    """The real client until so many `writes` are made; at the call after the last it is killed.

    What it reads leaves no trace, so these are all the states in which a death can leave a cluster.
    """

    def __init__(self, kube: KubeClient, writes: int) -> None:
        self._kube = kube
        self._left = writes

    def __getattr__(self, verb: str) -> Any:
        real = getattr(self._kube, verb)

        async def counted(*arguments: Any, **options: Any) -> Any:
            if self._left < 0:  # dead: what would be undone is not
                raise Killed
            if verb in WRITES:
                self._left -= 1
                if self._left < 0:
                    raise Killed
            return await real(*arguments, **options)

        return counted


class Failing:
    """The real client but for its write number `at`, which fails; if `after`, it was done."""

    def __init__(self, kube: KubeClient, at: int, error: BaseException, *, after: bool) -> None:
        self._kube = kube
        self._left = at
        self._error = error
        self._after = after

    def __getattr__(self, verb: str) -> Any:
        real = getattr(self._kube, verb)

        async def counted(*arguments: Any, **options: Any) -> Any:
            self._left -= verb in WRITES
            if self._left or verb not in WRITES:
                return await real(*arguments, **options)
            if self._after:
                await real(*arguments, **options)
            raise self._error

        return counted

    @property
    def failed(self) -> bool:
        """Whether there was such a write."""
        return self._left <= 0

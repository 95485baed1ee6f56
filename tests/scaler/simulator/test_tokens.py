"""What requests to language models cost."""

from __future__ import annotations

from random import Random
from statistics import correlation, fmean, quantiles

import pytest

from scaler.simulator.tokens import CODE, CONVERSATION, Lengths, Tokens


def _drawn(lengths: Lengths) -> list[float]:
    random = Random(1)
    return [lengths.draw(random) for _ in range(20_000)]


@pytest.mark.parametrize(
    ("lengths", "median", "most"),
    [
        (CODE.prompt, 1469, 7437),
        (CODE.generated, 13, 1900),
        (CONVERSATION.prompt, 1020, 4096),
        (CONVERSATION.generated, 129, 1000),
    ],
)
def test_lengths_have_the_medians_stated(lengths: Lengths, median: float, most: int) -> None:
    drawn = _drawn(lengths)
    assert quantiles(drawn, n=2)[0] == pytest.approx(median, rel=0.1)
    assert lengths.least < min(drawn) <= max(drawn) <= most
    assert fmean(drawn) == pytest.approx(lengths.mean, rel=0.02)


def test_code_has_the_quantiles_of_the_trace() -> None:
    for lengths, wanted in ((CODE.prompt, (578, 2744, 7302)), (CODE.generated, (9, 24, 90))):
        twentieths = quantiles(_drawn(lengths), n=20)
        found = (twentieths[4], twentieths[14], twentieths[18])
        assert found == pytest.approx(wanted, rel=0.12)


@pytest.mark.parametrize("tokens", [CODE, CONVERSATION])
def test_a_cost_is_a_multiple_of_the_mean_and_varies(tokens: Tokens) -> None:
    random = Random(2)
    costs = [tokens.draw(random) for _ in range(20_000)]
    assert fmean(costs) == pytest.approx(1.0, rel=0.03)
    low, *_, high = quantiles(costs, n=20)
    assert high > 5 * low
    assert abs(correlation(costs[1:], costs[:-1])) < 0.03

from __future__ import annotations

from gateway.management.answers.elsewhere import AREAS, of_area, of_invocation


def test_every_sentence_says_what_this_is() -> None:
    for area in AREAS:
        assert "Exposed Services" in of_area(area)


def test_an_invocation_is_told_where_to_go() -> None:
    assert "send requests to /system/services/ocr/exposed/." in of_invocation("ocr")
    assert "/system/services/<name>/exposed/." in of_invocation("<script>")

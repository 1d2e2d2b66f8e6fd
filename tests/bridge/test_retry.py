from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import retry

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
DAY = 86_400


def test_eleven_attempts_are_made_over_about_three_days() -> None:
    waits = [retry.wait_seconds(attempts, chance=0) for attempts in range(12)]
    assert waits == [0, 5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, None]
    assert sum(retry.SCHEDULE_SECONDS) == 272_135  # 75 h 35 min 35 s


@given(st.integers(min_value=1, max_value=10), st.floats(min_value=0, max_value=1))
def test_jitter_shortens_by_at_most_a_fifth(attempts: int, chance: float) -> None:
    full = retry.SCHEDULE_SECONDS[attempts]
    wait = retry.wait_seconds(attempts, chance=chance)
    assert wait is not None
    assert full * 0.8 <= wait <= full


@pytest.mark.parametrize(("asked", "waited"), [(60, 60), (1, 5), (10 * DAY, DAY), (None, 5), (0, 5)])
def test_what_the_receiver_asks_for_makes_the_wait_longer_up_to_a_day(asked: int | None, waited: int) -> None:
    assert retry.wait_seconds(1, chance=0, retry_after_seconds=asked) == waited


def test_what_the_receiver_asks_for_gives_no_attempt_beyond_the_last() -> None:
    assert retry.wait_seconds(11, chance=0, retry_after_seconds=60) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("9" * 5000, DAY),
        ("Sun, 22 Nov 2026 12:02:00 GMT", 120),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 22 Nov 2026 12:02:00", 120),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("Sun, 99 Nov 2026 12:02:00 GMT", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert retry.retry_after_seconds(header, NOW) == seconds


@pytest.mark.parametrize(
    ("status_code", "meaning"),
    [(status_code, "succeeded") for status_code in (200, 204, 299)]
    + [(status_code, "failed") for status_code in (301, 302, 304, 308, 408, 425, 500, 501, 599)]
    + [(status_code, "slow_down") for status_code in (429, 502, 503, 504)]
    + [(status_code, "refused") for status_code in (400, 401, 403, 404, 413, 422, 499)]
    + [(410, "gone")],
)
def test_only_2xx_is_success_and_the_others_mean_what_they_say(status_code: int, meaning: str) -> None:
    assert retry.meaning(status_code) == meaning


def test_an_endpoints_own_waits_are_its_schedule() -> None:
    waits = [retry.wait_seconds(attempts, chance=0, waits=[7, 70]) for attempts in range(4)]
    assert (waits, retry.wait_seconds(1, chance=0, waits=[])) == ([0, 7, 70, None], None)


@pytest.mark.parametrize(
    ("attempts", "limit", "wait"), [(5, 6, 7200), (6, 6, None), (6, 0, 18000), (6, None, 18000)]
)
def test_a_limit_ends_the_schedule_early(attempts: int, limit: int | None, wait: int | None) -> None:
    assert retry.wait_seconds(attempts, chance=0, limit=limit) == wait


def test_a_hold_doubles_to_ten_minutes_and_follows_the_receiver_for_an_hour() -> None:
    doubled = [retry.hold_seconds(trips) for trips in (1, 2, 3, 7, 50)]
    asked = [retry.hold_seconds(trips, asked) for trips, asked in ((1, 90), (7, 90), (1, 10 * DAY), (1, 0))]
    assert (doubled, asked) == ([10, 20, 40, 600, 600], [90, 600, 3600, 10])

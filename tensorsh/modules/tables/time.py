"""Clocks and calendars."""

from __future__ import annotations

from typing import Any

from ..table import Table


def _timeit(modules: Any) -> dict[str, Any]:
    from ..timing import names

    return names(modules.host)


def _time(modules: Any) -> dict[str, Any]:
    def sleep(seconds: Any, /) -> None:
        """Wait for so many seconds; other threads run meanwhile."""
        from ..cooperative import scheduler

        scheduler.sleep(seconds)

    sleep.__module__, sleep.__qualname__ = "time", "sleep"
    return {"sleep": sleep}


TABLES = {
    "time": Table(
        "CLOCK_BOOTTIME CLOCK_MONOTONIC CLOCK_MONOTONIC_RAW CLOCK_PROCESS_CPUTIME_ID CLOCK_REALTIME "
        "CLOCK_THREAD_CPUTIME_ID altzone asctime clock_getres clock_gettime clock_gettime_ns ctime daylight "
        "get_clock_info gmtime localtime mktime monotonic monotonic_ns perf_counter perf_counter_ns process_time "
        "process_time_ns strftime strptime struct_time thread_time thread_time_ns time time_ns timezone tzname",
        made=_time,
    ),
    "datetime": Table("MAXYEAR MINYEAR UTC date datetime time timedelta timezone tzinfo"),
    "calendar": Table(
        "APRIL AUGUST Calendar DECEMBER Day FEBRUARY FRIDAY HTMLCalendar IllegalMonthError IllegalWeekdayError JANUARY "
        "JULY JUNE MARCH MAY MONDAY Month NOVEMBER OCTOBER SATURDAY SEPTEMBER SUNDAY THURSDAY TUESDAY TextCalendar "
        "WEDNESDAY calendar day_abbr day_name firstweekday isleap leapdays month month_abbr month_name monthcalendar "
        "monthrange prcal prmonth timegm weekday weekheader"
    ),
    "zoneinfo": Table("ZoneInfo ZoneInfoNotFoundError available_timezones"),
    "timeit": Table(made=_timeit),
}

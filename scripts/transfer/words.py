"""Human-readable numbers, always with a decimal point, whatever the locale."""


def duration(seconds: float | None) -> str:
    """Format a duration as `3 d 4 h`, `1 h 05 min`, `3 min 20 s` or `12 s`; a dash for None."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def span(seconds: float) -> str:
    """Format a duration as one number, such as `23 days`, `1.5 days`, `7 hours`, `40 minutes`."""
    for unit, length in (("day", 86400), ("hour", 3600)):
        count = seconds / length
        if count >= 1.5:
            return f"{count:.1f} {unit}s" if count < 10 else f"{count:,.0f} {unit}s"
    minutes = max(round(seconds / 60), 1)
    return f"{minutes} minute{'s' * (minutes > 1)}"


def size(count: float | None) -> str:
    """Format bytes in powers of ten, such as `12.3 GB` or `870 kB`; a dash for None."""
    if count is None:
        return "–"
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.{0 if count >= 100 * scale else 1}f} {unit}"
    return f"{round(count)} B"


def number(value: float | None, digits: int) -> str:
    """Format a number with so many decimals; a dash for None."""
    return "–" if value is None else f"{value:.{digits}f}"


def hours(seconds: float | None) -> str:
    """Format GPU time in hours, such as `0.4 h` or `1,234 h`; a dash for None."""
    if seconds is None:
        return "–"
    value = seconds / 3600
    return f"{value:.1f} h" if value < 100 else f"{value:,.0f} h"

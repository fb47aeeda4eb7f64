"""Numbers as people read them; always with a decimal point, whatever the locale."""


def duration(seconds: float | None) -> str:
    """Such as `3 d 4 h`, `1 h 05 min`, `3 min 20 s` or `12 s`; a dash for None."""
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


def size(count: float | None) -> str:
    """Bytes, such as `12.3 GB` or `870 kB`, in powers of ten; a dash for None."""
    if count is None:
        return "–"
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.{0 if count >= 100 * scale else 1}f} {unit}"
    return f"{round(count)} B"


def number(value: float | None, digits: int) -> str:
    """A number with so many decimals; a dash for None."""
    return "–" if value is None else f"{value:.{digits}f}"


def hours(seconds: float | None) -> str:
    """Card time in hours, such as `0.4 h` or `1,234 h`; a dash for None."""
    if seconds is None:
        return "–"
    value = seconds / 3600
    return f"{value:.1f} h" if value < 100 else f"{value:,.0f} h"

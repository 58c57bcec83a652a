"""How large a problem from outside may be: what one machine answers while somebody waits."""

from __future__ import annotations

from feature_store.time_grid import STEPS_PER_WEEK

FIRST_YEAR, LAST_YEAR = 1999, 2100
"""No meter of 15 minutes is older, and nobody plans for later; both are left out."""
MOST_STEPS = 2 * STEPS_PER_WEEK
"""Nobody foresees a load for longer, and two weeks of a battery still solve in a second."""
MOST_EQUIPMENT = 200
"""More than any site of the complex has; the model is built in a few seconds."""
MOST_PATHS = 50
"""Courses of the load; each repeats all of the grid's demands."""
MOST_PEAKS = 50
MOST_EVENTS = 20
LONGEST_TIME_LIMIT_S = 30.0
"""Whoever waits for an answer gives up after it."""
MOST_BYTES = 4 * 1024 * 1024
"""Fifty paths of two weeks and a plan of two hundred pieces of equipment are some 3 MiB."""
MOST_MEMBERS = 1000
"""Firms of a complex: the largest that was measured, some ten minutes of one core."""
MOST_SHARED_BATTERIES = 20
"""More than any feeder has room for."""
LONGEST_COMPLEX_LIMIT_S = 3600.0
"""For a thousand firms on a busy machine; the service gives less."""
MOST_COMPLEX_BYTES = 16 * 1024 * 1024
"""A thousand firms of two days, with some ten kilobytes of equipment and load each."""

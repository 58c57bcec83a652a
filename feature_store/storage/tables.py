"""The ledger's tables; readings are only ever appended to. Moments are UTC epoch seconds."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

from feature_store.entities.weather_batch import VARIABLES

METADATA = MetaData()

IMPORTS = Table(
    "imports",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("source_name", Text, nullable=False),
    Column("source_format", Text, nullable=False),
    Column("content_sha256", Text, nullable=False),
    # Of the content and of whose meters it is about: what a repetition is recognised by.
    Column("identity_sha256", Text, nullable=False, server_default="-"),
    Column("rows_added", Integer, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,  # an id in an audit log never comes back for another file
)
"""One row for each delivery of which something was stored."""
Index("imports_by_identity", IMPORTS.c.identity_sha256, unique=True)

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("idempotency_key", Text, primary_key=True),
    Column("identity_sha256", Text, nullable=False),
    Column("import_id", Integer, ForeignKey("imports.id")),
    Column("rows_added", Integer, nullable=False),
    Column("rows_already_known", Integer, nullable=False),
    Column("corrections", Integer, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("refusal_id", Integer, ForeignKey("refusals.id")),  # null: every row was taken
)
"""What was answered to each idempotency key."""
Index("deliveries_by_refusal", DELIVERIES.c.refusal_id)

METERS = Table(
    "meters",
    METADATA,
    Column("meter_id", Text, primary_key=True),
    Column("firm_id", Text, nullable=False),
    Column("declared", Boolean, nullable=False),  # or readings came before any declaration
)
"""Whose each meter is; the row is what concurrent writers of the meter wait for."""
Index("meters_by_firm", METERS.c.firm_id)

METER_NUMBERS = Table(
    "meter_numbers",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("meter_id", Text, ForeignKey("meters.meter_id"), nullable=False),
    Column("numbers", Text, nullable=False),  # JSON: [[customer number, meter number], ...]
    Column("source_name", Text, nullable=False),  # the first file that told them
    Column("recorded_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Numbers that a meter's readings came under where no declaration tells the firm's meters apart;
several in a row are summed."""
Index("meter_numbers_by_meter", METER_NUMBERS.c.meter_id)

READINGS = Table(
    "readings",
    METADATA,
    Column("meter_id", Text, ForeignKey("meters.meter_id"), primary_key=True),
    Column("period_start", BigInteger, primary_key=True, autoincrement=False),
    Column("known_at", BigInteger, primary_key=True, autoincrement=False),
    Column("kwh", Float, nullable=False),
    Column("lagging_kvarh", Float),
    Column("leading_kvarh", Float),
    Column("quality", SmallInteger, nullable=False),  # position in ReadingQuality
    Column("recorded_at", BigInteger, nullable=False),
    Column("import_id", Integer, ForeignKey("imports.id"), nullable=False),
    sqlite_with_rowid=False,  # stored in the order of the key: a meter's year is one range of pages
    postgresql_partition_by="RANGE (period_start)",  # a partition a month, made when first needed
)
"""One row for each version of a reading; the latest known by a moment holds at that moment.

PostgreSQL does not enforce its two foreign keys, whose checks took three quarters of the time of an
insert: the one transaction that adds readings adds what they refer to, nothing is ever deleted, and
``sandan db check`` looks. Its key includes the columns that are measured, so that a history is read
from the key's index alone and not from as many pages as it has intervals.
"""
Index("readings_by_import", READINGS.c.import_id)

FIRMS = Table(
    "firms",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("firm_id", Text, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("valid_from", BigInteger),  # null: ever since
    Column("valid_to", BigInteger),  # null: for good
    Column("document", Text, nullable=False),  # JSON of feature_store.entities.firm.Firm
)
"""One row for each version of a firm's declaration."""
Index("firms_by_time", FIRMS.c.firm_id, FIRMS.c.known_at)

WEATHER = Table(
    "weather",
    METADATA,
    Column("place", Text, primary_key=True),
    Column("valid_time", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),  # a WeatherKind
    Column("issued_at", BigInteger, primary_key=True, autoincrement=False),
    Column("known_at", BigInteger, primary_key=True, autoincrement=False),
    *(Column(variable.name, Float) for variable in VARIABLES),
    Column("recorded_at", BigInteger, nullable=False),
    Column("import_id", Integer, ForeignKey("imports.id"), nullable=False),
    sqlite_with_rowid=False,  # stored in the order of the key: a place's time is one range of pages
)
"""One row for each version of what one source told of a place's hour at one time.

``issued_at`` keeps an issue in its place when it is corrected later than the next one came. A
variable is a column, not a row: all of them are wanted together, an hour has one belief time, and
a new variable is one more column.
"""
Index("weather_by_import", WEATHER.c.place, WEATHER.c.import_id)

REFUSALS = Table(
    "refusals",
    METADATA,
    Column("id", Integer, primary_key=True),
    # Of the bytes and of what was asked about them: what a repetition is recognised by.
    Column("identity_sha256", Text, nullable=False),
    Column("source_name", Text, nullable=False),
    Column("content_sha256", Text, nullable=False),
    Column("idempotency_key", Text),  # null: the delivery had none
    Column("recorded_at", BigInteger, nullable=False),
    Column("rows_refused", Integer, nullable=False),
    Column("faults", Integer, nullable=False),  # a row may have several
    Column("rest_stored", Boolean, nullable=False),
    sqlite_autoincrement=True,  # an id that somebody noted never comes back for another file
)
"""One row for each delivery of which something was refused; of a content that is sent again, one
for each different answer that a key was given."""
Index("refusals_by_identity", REFUSALS.c.identity_sha256)

REFUSED_ROWS = Table(
    "refused_rows",
    METADATA,
    Column("refusal_id", Integer, ForeignKey("refusals.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("row", Integer, nullable=False),  # as a person counts, 0: the file as a whole
    Column("column", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("fix", Text, nullable=False),
    sqlite_with_rowid=False,  # stored in the order of the key: a refusal's are one range of pages
)
"""What is wrong with each refused row, in the order of rows; of each refusal a bounded number."""

FINDINGS = Table(
    "findings",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("firm_id", Text, nullable=False),
    Column("meter_id", Text, ForeignKey("meters.meter_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("period_start", BigInteger, nullable=False),
    Column("period_end", BigInteger, nullable=False),
    Column("status", Text, nullable=False),  # found or gone
    Column("found_at", BigInteger, nullable=False),  # since when it is believed
    Column("document", Text, nullable=False),  # JSON of a quality.document.FindingDocument
)
"""One row whenever a finding is made, changes or no longer holds: the latest by a moment holds."""
Index("findings_by_firm", FINDINGS.c.firm_id, FINDINGS.c.found_at)

FINDING_MARKS = Table(
    "finding_marks",
    METADATA,
    Column("firm_id", Text, primary_key=True),
    Column("checked_at", BigInteger, nullable=False),
)
"""As of when each firm's readings were last checked, also if nothing was found."""

DAILY_LOADS = Table(
    "daily_loads",
    METADATA,
    Column("firm_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),  # in the firm's zone
    Column("steps_known", Integer, nullable=False),
    Column("kwh", Float, nullable=False),
    Column("highest_kw", Float, nullable=False),
    Column("highest_at", BigInteger, nullable=False),
    Column("highest_by_hour_kw", Text, nullable=False),  # JSON list of 24, null where unknown
    Column("known_at", BigInteger, nullable=False),  # when the last of its readings was known
)
"""Made of the readings, and made again at will: a firm's load of one local day, as known newest."""

DAILY_LOAD_MARKS = Table(
    "daily_load_marks",
    METADATA,
    Column("firm_id", Text, primary_key=True),
    Column("up_to_import", Integer, nullable=False),
    Column("services_sha256", Text, nullable=False),  # of which meters are summed when, and zone
)
"""Up to which import, and as the sum of which meters, a firm's daily loads are true."""

"""Arrow that is corrupt, cut off or made to unpack without end is refused, and ends no process."""

import io
import random

import polars as pl
import pyarrow as pa
import pytest

from feature_store.ingestion.arrow_end import cut_off
from feature_store.ingestion.arrow_table import arrow_names, read_arrow
from feature_store.ingestion.sheet import UnreadableSheetError

FRAME = pl.DataFrame(
    {
        "firm_id": ["a", "b"] * 50,
        "kwh": [1.5] * 100,
        "period_start": ["2026-03-02T00:00:00+09:00"] * 100,
    }
).with_columns(kind=pl.col("firm_id").cast(pl.Categorical), at=pl.lit("2026-03-02").str.to_date())


def written(write, **options):
    content = io.BytesIO()
    write(content, **options)
    return content.getvalue()


WHOLE = {
    "stream": written(FRAME.write_ipc_stream),
    "file": written(FRAME.write_ipc),
    "zstd stream": written(FRAME.write_ipc_stream, compression="zstd"),
    "lz4 file": written(FRAME.write_ipc, compression="lz4"),
    "older stream": written(FRAME.write_ipc_stream, compat_level=pl.CompatLevel.oldest()),
}
every_whole = pytest.mark.parametrize("content", WHOLE.values(), ids=WHOLE)


def of_arrow(table, new=pa.ipc.new_stream, *, times=1, compression=None):
    content = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with new(content, table.schema, options=options) as writer:
        for _ in range(times):
            writer.write_table(table)
    return content.getvalue()


both_forms = pytest.mark.parametrize("new", [pa.ipc.new_stream, pa.ipc.new_file])


@every_whole
def test_a_whole_one_is_read_as_it_was_written(content):
    assert cut_off(content) is None
    assert arrow_names(content) == FRAME.columns
    assert read_arrow(content).cast({"kind": pl.String}).equals(FRAME.cast({"kind": pl.String}))


@both_forms
def test_batch_after_batch_is_one_table(new):
    table = pa.table({"kwh": [1.0, 2.0]})
    assert read_arrow(of_arrow(table, new, times=3))["kwh"].to_list() == [1.0, 2.0] * 3


@every_whole
def test_one_that_is_cut_off_anywhere_is_seen(content):
    assert all(cut_off(content[:end]) for end in range(len(content) - 1, 8, -7))


@every_whole
def test_corrupt_bytes_are_refused_or_read_and_never_fatal(content):
    """The library that reads these files elsewhere ends the process on some of them."""
    chance, refused = random.Random(20261122), 0  # noqa: S311  bytes to damage, no secret
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            read_arrow(bytes(damaged))
        except UnreadableSheetError:
            refused += 1
    assert refused > 20


@both_forms
@pytest.mark.parametrize(
    ("table", "times", "compression", "reason"),
    [
        (
            pa.table({"kwh": pa.nulls(200_000, pa.float64())}),
            2,
            "zstd",
            "more than 200,000 rows",
        ),
        (pa.table({"note": ["x" * 2**20] * 100}), 1, "zstd", "unpacks to more than 32 MiB"),
        (pa.table({"note": ["x" * 2**20] * 100}), 1, "lz4", "unpacks to more than 32 MiB"),
        (pa.table({f"c{at}": pa.nulls(1_000_000) for at in range(30)}), 1, None, "more than"),
        (pa.table({f"c{at}": [1] for at in range(600)}), 1, None, "has 600 columns"),
        (
            pa.table({"firm_id": pa.array(["y" * 1000] * 3).dictionary_encode()}),
            1,
            None,
            "has words of 1,000 bytes in firm_id",
        ),
        (pa.table({"kwh": [[1.0], [2.0]]}), 1, None, "holds list<item: double> in kwh"),
    ],
    ids=["rows", "zstd", "lz4", "nulls", "columns", "words", "lists"],
)
def test_what_would_take_too_much_is_refused_before_it_is_unpacked(
    new, table, times, compression, reason
):
    content = of_arrow(table, new, times=times, compression=compression)
    assert len(content) < 2**21
    with pytest.raises(UnreadableSheetError, match=reason):
        read_arrow(content)


def test_a_zone_that_does_not_exist_is_not_looked_up():
    times = pa.array([0], pa.timestamp("ns", "Nowhere/At all"))
    assert str(read_arrow(of_arrow(pa.table({"at": times})))["at"].dtype.time_zone) == "UTC"

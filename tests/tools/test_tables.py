"""Looking into tables and changing them, through the tools' own doors and with real files."""

# ruff: noqa: ASYNC240  (a test may block)

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Preview, Tool
from butler_tui.tools import sheets
from butler_tui.tools.cell_edits import column_letters, column_number
from butler_tui.tools.csv_text import delimiter_of, records
from butler_tui.tools.table_changes import edit_table, write_table
from butler_tui.tools.tables import MOST_ROWS, describe_table, query_table


async def run(tool: Tool, context: Any, **values: Any) -> Any:
    """Call a tool as a plan's step does: arguments checked first."""
    return await tool.run(context, **tool.validated(values))


async def preview(tool: Tool, context: Any, **values: Any) -> Preview:
    assert tool.preview is not None
    return await tool.preview(context, **tool.validated(values))


async def refused(tool: Tool, context: Any, **values: Any) -> ToolError:
    with pytest.raises(ToolError) as raised:
        await run(tool, context, **values)
    assert raised.value.code.replace("_", "").isalpha()
    assert "\n" not in str(raised.value)
    return raised.value


@pytest.fixture
def costs(tmp_path: Path) -> Path:
    """A workbook as people keep them: a title above the table, dates, formulas, two sheets."""
    book = Workbook()
    page: Any = book.active
    page.title = "Costs"
    page.append(["Costs 2024"])
    page.append([])
    page.append(["Day", "Amount", "What", "Double"])
    page.append([date(2024, 1, 2), 3, "bread", "=B4*2"])
    page.append([date(2024, 1, 3), 4.5, "tea\nand milk", "=B5*2"])
    page["B4"].font = Font(bold=True, color="FF0000")
    other: Any = book.create_sheet("More")
    other.append(["n"])
    other.append([7])
    path = tmp_path / "costs.xlsx"
    book.save(path)
    return path


class TestDescribe:
    async def test_csv(self, context: Any, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text(
            "name,amount,day,zip\nA,1.5,2024-01-02,01234\nB,,2024-02-03,00001\nC,2.5,,99999\n"
        )
        result = await run(describe_table, context, path="a.csv")
        table = result.output
        assert table.rows == 3
        assert [(one.name, one.type, one.filled) for one in table.columns] == [
            ("name", "text", 3),
            ("amount", "number", 2),
            ("day", "date", 2),
            ("zip", "text", 3),
        ]
        amount = table.columns[1]
        assert (amount.min, amount.max, amount.mean, amount.distinct) == (1.5, 2.5, 2.0, 2)
        assert table.sample[0] == {
            "name": "A",
            "amount": 1.5,
            "day": "2024-01-02",
            "zip": "01234",
        }
        assert table.statistics[0].name == "amount"
        assert table.statistics[0].sum == 4.0
        assert result.marks[0].origin == "file a.csv"

    async def test_german_csv_in_an_old_encoding(self, context: Any, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(
            "Name;Preis\nMüller;1.234,50\nÖztürk;3,5\n".encode("latin-1")
        )
        table = (await run(describe_table, context, path="a.csv")).output
        assert [row["Name"] for row in table.sample] == ["Müller", "Öztürk"]
        assert table.columns[1].max == 1234.5
        assert "decimal commas" in table.notes[0]

    @pytest.mark.parametrize(
        ("text", "rows", "names"),
        [
            ("a,b\n1,2\n3\n4,5,6\n", 3, ["a", "b", "column2"]),
            ("Report\n\na;b\n1;2\n", 1, ["a", "b"]),
            ("1,2\n3,4\n", 2, ["column0", "column1"]),
            ("only,header\n", 0, ["only", "header"]),
            ('a,b\n1,"two\nlines"\n', 1, ["a", "b"]),
            ("n\n" + "1\n" * 30_000 + "x\n", 30_001, ["n"]),
            ("name\nA\nB\n", 2, ["name"]),
        ],
    )
    async def test_no_row_is_lost_without_a_word(
        self, context: Any, tmp_path: Path, text: str, rows: int, names: list[str]
    ) -> None:
        (tmp_path / "a.csv").write_text(text)
        table = (await run(describe_table, context, path="a.csv")).output
        assert table.rows == rows
        assert [one.name for one in table.columns] == names

    async def test_what_was_put_in_order_is_said(self, context: Any, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("Report\n\na;b;c\n1;2;3\n1;2\n")
        notes = (await run(describe_table, context, path="a.csv")).output.notes
        assert any("above the table" in note for note in notes)
        assert any("1 row" in note for note in notes)

    async def test_dates_that_can_be_read_in_two_ways_are_noted(
        self, context: Any, tmp_path: Path
    ) -> None:
        (tmp_path / "a.csv").write_text("d,n\n01/02/2024,1\n03/04/2024,2\n")
        table = (await run(describe_table, context, path="a.csv")).output
        assert table.columns[0].type == "date"
        assert table.notes == ["Dates were read as day, month, year."]

    async def test_parquet(self, context: Any, tmp_path: Path) -> None:
        duckdb.execute(
            "COPY (SELECT i, 'NaN'::DOUBLE AS x, [i] AS l, i::DECIMAL(9,2) AS d FROM range(7) t(i))"
            f" TO '{tmp_path}/a.parquet' (FORMAT parquet)"
        )
        table = (await run(describe_table, context, path="a.parquet")).output
        assert table.rows == 7
        assert len(table.sample) == 5
        assert [one.type for one in table.columns] == [
            "whole number",
            "number",
            "bigint[]",
            "number",
        ]
        assert table.columns[1].mean is None
        assert table.sample[1] == {"i": 1, "x": None, "l": [1], "d": 1.0}

    async def test_a_workbook_below_its_title(self, context: Any, costs: Path) -> None:
        table = (await run(describe_table, context, path="costs.xlsx")).output
        assert [one.name for one in table.columns] == ["Day", "Amount", "What", "Double"]
        assert table.rows == 2
        assert table.sheet == "Costs"
        assert table.sheets == ["Costs", "More"]
        assert "2 formulas have no saved value" in table.notes[0]
        assert table.columns[1].mean == 3.75
        more = (await run(describe_table, context, path="costs.xlsx", sheet="more")).output
        assert more.sample == [{"n": 7}]

    async def test_what_is_no_table_is_refused(self, context: Any, tmp_path: Path) -> None:
        (tmp_path / "a.ods").write_bytes(b"PK")
        (tmp_path / "bad.xlsx").write_bytes(b"PK no")
        (tmp_path / "bad.parquet").write_bytes(b"PAR1" * 9)
        (tmp_path / "bad.csv").write_bytes(bytes(range(256)) * 4)
        assert (await refused(describe_table, context, path="a.ods")).code == "not_a_table"
        assert (await refused(describe_table, context, path="bad.xlsx")).code == "bad_table"
        broken = await refused(describe_table, context, path="bad.parquet")
        assert broken.code == "bad_table"
        assert "/dev/fd" not in str(broken)
        assert (await refused(describe_table, context, path="bad.csv")).code == "binary"
        assert (await refused(describe_table, context, path="none.csv")).code == "not_found"
        assert (await refused(describe_table, context, path="/etc/x.csv")).code == "outside"

    async def test_a_sheet_that_is_not_there(
        self, context: Any, costs: Path, tmp_path: Path
    ) -> None:
        error = await refused(describe_table, context, path="costs.xlsx", sheet="Cost")
        assert (error.code, "Costs, More" in str(error)) == ("no_such_sheet", True)
        (tmp_path / "a.csv").write_text("a\n1\n")
        assert (
            await refused(describe_table, context, path="a.csv", sheet="x")
        ).code == "no_such_sheet"

    async def test_a_workbook_that_unpacks_to_too_much(
        self, context: Any, costs: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sheets, "MOST_UNPACKED", 1_000)
        assert (await refused(describe_table, context, path="costs.xlsx")).code == "too_big"


class TestQuery:
    async def test_files_are_joined_by_name_and_number(
        self, context: Any, costs: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "my prices.csv").write_text("what,price\nbread,2\n")
        sql = (
            "SELECT c.What, p.price, c.Day, count(*) AS n FROM costs c "
            "JOIN my_prices p ON c.What = p.what JOIN 'my prices.csv' q ON p.what = q.what "
            "JOIN t1 ON t1.Day = c.Day GROUP BY ALL"
        )
        result = await run(query_table, context, sql=sql, paths=["costs.xlsx", "my prices.csv"])
        assert result.output.columns == ["What", "price", "Day", "n"]
        assert result.output.rows == [{"What": "bread", "price": 2, "Day": "2024-01-02", "n": 1}]
        assert result.marks[0].origin == "file costs.xlsx and file my prices.csv"

    async def test_each_sheet_has_a_name(self, context: Any, costs: Path) -> None:
        sql = "SELECT (SELECT sum(n) FROM costs_More) AS more, count(*) AS rows FROM costs_Costs"
        result = await run(query_table, context, sql=sql, paths=["costs.xlsx"])
        assert result.output.rows == [{"more": 7, "rows": 2}]

    async def test_values_are_what_json_holds(self, context: Any, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("a\n1\n")
        sql = (
            "SELECT DATE '2024-01-02' AS day, TIMESTAMP '2024-01-02 03:04:05' AS moment, "
            "1.5::DECIMAL(5,2) AS price, 'NaN'::DOUBLE AS nan, '\\xFF'::BLOB AS blob, "
            "{'k': [1, NULL]} AS nested, MAP {1: 'x'} AS map, a AS a, a AS a FROM a"
        )
        result = await run(query_table, context, sql=sql, paths=["a.csv"])
        assert result.output.rows == [
            {
                "day": "2024-01-02",
                "moment": "2024-01-02T03:04:05",
                "price": 1.5,
                "nan": None,
                "blob": "ff",
                "nested": {"k": [1, None]},
                "map": {"1": "x"},
                "a": 1,
                "a_2": 1,
            }
        ]

    async def test_more_rows_than_fit_are_said_to_be_cut(
        self, context: Any, tmp_path: Path
    ) -> None:
        (tmp_path / "a.csv").write_text("a\n1\n")
        sql = "SELECT * FROM range(10001)"
        result = await run(query_table, context, sql=sql, paths=["a.csv"])
        assert len(result.output.rows) == MOST_ROWS
        assert result.output.truncated

    @pytest.mark.parametrize(
        ("sql", "code"),
        [
            ("SELECT 1; SELECT 2", "not_a_query"),
            ("DROP TABLE t1", "not_a_query"),
            ("COPY t1 TO 'out.csv'", "not_a_query"),
            ("ATTACH 'x.db'", "not_a_query"),
            ("INSTALL httpfs", "not_a_query"),
            ("SET memory_limit = '1TB'", "not_a_query"),
            ("", "not_a_query"),
            ("SELEC 1", "bad_query"),
            ("SELECT nothing FROM t1", "bad_query"),
            ("SELECT * FROM result", "bad_query"),
            ("SELECT * FROM read_csv('b.csv')", "not_allowed"),
            ("SELECT * FROM read_text('/etc/passwd')", "not_allowed"),
            ("SELECT * FROM glob('/*')", "not_allowed"),
            ("SELECT * FROM read_parquet('https://example.invalid/a')", "not_allowed"),
            ("SELECT error('two\nlines') FROM t1", "bad_query"),
        ],
    )
    async def test_nothing_but_one_select_over_the_files(
        self, context: Any, tmp_path: Path, sql: str, code: str
    ) -> None:
        (tmp_path / "a.csv").write_text("a\n1\n")
        (tmp_path / "b.csv").write_text("secret\n1\n")
        error = await refused(query_table, context, sql=sql, paths=["a.csv"])
        assert error.code == code
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv"]

    @pytest.mark.parametrize(
        ("sql", "said"),
        [
            (
                'SELECT sum("amont") FROM t1',
                "There is no column amont in t1; it has region, amount. Did you mean amount?",
            ),
            ("SELECT t1.zz FROM t1", "There is no column zz in t1; it has region, amount."),
            ("SELECT zz FROM t1", "There is no column zz in t1; it has region, amount."),
            ("SELECT zz", "There is no column zz in t1; it has region, amount."),
            ("FROM salse", "There is no table salse; there is t1."),
            ("SELECT t2.amount FROM t1", "There is no table t2; there is t1."),
            ("SELECT nope(1)", "There is no function nope in this SQL; use another one."),
            ("SELEC 1", "The query is not valid SQL: there is a mistake near SELEC."),
            (
                "SELECT sum(region) FROM t1",
                "sum(VARCHAR) does not fit these types of values; convert them with CAST first.",
            ),
            (
                "SELECT region, sum(amount) FROM t1",
                "Column region is neither grouped by nor summed up; add it to GROUP BY.",
            ),
            (
                "SELECT amount FROM t1 a, t1 b",
                "Several tables have a column amount; say which one, as in t1.amount.",
            ),
            ("SELECT error('two\nlines')", "The query cannot be answered: two."),
        ],
    )
    async def test_a_query_that_cannot_be_is_answered_in_a_sentence(
        self, context: Any, tmp_path: Path, sql: str, said: str
    ) -> None:
        (tmp_path / "sales.csv").write_text("region,amount\nnorth,2\n")
        error = await refused(query_table, context, sql=sql, paths=["sales.csv"])
        assert (error.code, str(error)) == ("bad_query", said)

    async def test_a_wrong_column_of_several_tables_is_answered_with_all_of_them(
        self, context: Any, tmp_path: Path
    ) -> None:
        (tmp_path / "a.csv").write_text("x,y\n1,2\n")
        wide = ",".join(f"c{number}" for number in range(23))
        (tmp_path / "b.csv").write_text(f"{wide}\n{wide}\n")
        sql = "SELECT q FROM t1, t2"
        error = await refused(query_table, context, sql=sql, paths=["a.csv", "b.csv"])
        assert str(error).startswith("There is no column q; t1 has x, y; t2 has c0, c1, ")
        assert str(error).endswith(", c19 and 3 more.")

    async def test_names_that_are_sql_do_no_harm(self, context: Any, tmp_path: Path) -> None:
        name = "a\"b'; DROP TABLE t1; --.csv"
        (tmp_path / name).write_text("x\"y,'z\n1,2\n")
        result = await run(query_table, context, sql="FROM t1", paths=[name])
        assert result.output.rows == [{'x"y': 1, "'z": 2}]

    async def test_cancelling_interrupts_the_query(self, context: Any, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("a\n1\n")
        sql = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range > b.range"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(run(query_table, context, sql=sql, paths=["a.csv"]), 0.3)

    async def test_it_needs_a_table(self, context: Any) -> None:
        assert (await refused(query_table, context, sql="SELECT 1", paths=[])).code == (
            "bad_arguments"
        )


class TestEditCsv:
    async def test_only_the_touched_record_is_written_anew(
        self, context: Any, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.csv"
        original = 'Name;Preis;Ort\r\n"Mü;ller"; 1,5 ;"x\r\ny"\r\nÖ;2,5;\r\nZ;3;"z"'
        path.write_bytes(original.encode("cp1252"))
        result = await run(
            edit_table,
            context,
            path="a.csv",
            cells=[{"row": 3, "column": "preis", "value": 7.25}, {"cell": "C3", "value": 'a"b'}],
        )
        assert result.output.changed == 2
        expected = original.replace("Ö;2,5;", 'Ö;7,25;"a""b"')
        assert path.read_bytes() == expected.encode("cp1252")
        assert context.kept == [path]
        facts = result.receipt.facts["files"][0]
        assert facts["sha256"] != facts["sha256_before"]

    async def test_line_ends_in_a_cell_stay_in_it(self, context: Any, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(b"a,b\n1,2\n")
        await run(edit_table, context, path="a.csv", cells=[{"cell": "B2", "value": "x\ry\nz"}])
        assert path.read_bytes() == b'a,b\n1,"x\ry\nz"\n'

    async def test_rows_are_added_below_the_last(self, context: Any, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_text('"a","b"\n"1","2"')
        await run(edit_table, context, path="a.csv", cells=[{"cell": "B4", "value": True}])
        assert path.read_text() == '"a","b"\n"1","2"\n"",""\n"","true"'

    async def test_the_preview_shows_the_rows_and_changes_nothing(
        self, context: Any, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.csv"
        path.write_text("a,b\n1,2\n3,4\n")
        cells = [{"row": 2, "column": "b", "value": None}]
        seen = await preview(edit_table, context, path="a.csv", cells=cells)
        assert seen.kind == "diff"
        assert "-2: 1 | 2\n+2: 1 | \n" in seen.text
        assert path.read_text() == "a,b\n1,2\n3,4\n"
        assert context.kept == []

    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ([{"row": 2, "column": "nope", "value": 1}], "no_such_column"),
            ([{"row": 2, "column": 0, "value": 1}], "no_such_column"),
            ([{"row": 5000, "column": "a", "value": 1}], "no_such_row"),
            ([{"cell": "A2", "formula": "=1"}], "no_formulas"),
            ([{"cell": "A2"}], "bad_arguments"),
            ([{"cell": "A2", "row": 1, "column": 1, "value": 1}], "bad_arguments"),
            ([{"cell": "2A", "value": 1}], "bad_arguments"),
            ([{"cell": "A2", "value": [1]}], "bad_arguments"),
            ([], "bad_arguments"),
        ],
    )
    async def test_what_cannot_be_done_is_refused_and_nothing_changes(
        self, context: Any, tmp_path: Path, cells: list[dict[str, Any]], code: str
    ) -> None:
        path = tmp_path / "a.csv"
        path.write_text("a,b\n1,2\n")
        assert (await refused(edit_table, context, path="a.csv", cells=cells)).code == code
        assert path.read_text() == "a,b\n1,2\n"

    async def test_a_column_named_twice_needs_its_letter(
        self, context: Any, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.csv"
        path.write_text("x,x\n1,2\n")
        cells = [{"row": 2, "column": "x", "value": 9}]
        assert "letter" in str(await refused(edit_table, context, path="a.csv", cells=cells))
        await run(edit_table, context, path="a.csv", cells=[{"row": 2, "column": "B", "value": 9}])
        assert path.read_text() == "x,x\n1,9\n"

    async def test_two_steps_side_by_side_both_count(self, context: Any, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_text("a,b\n1,2\n")
        await asyncio.gather(
            *(
                run(edit_table, context, path="a.csv", cells=[{"cell": cell, "value": 9}])
                for cell in ("A2", "B2")
            )
        )
        assert path.read_text() == "a,b\n9,9\n"


class TestEditWorkbook:
    async def test_formulas_styles_and_other_sheets_stay(self, context: Any, costs: Path) -> None:
        result = await run(
            edit_table,
            context,
            path="costs.xlsx",
            sheet="Costs",
            cells=[
                {"cell": "B4", "value": 99},
                {"row": 5, "column": "What", "value": "=1+1"},
                {"row": 6, "column": "Day", "value": "2024-05-06"},
                {"row": 6, "column": "Double", "formula": "=B6*2"},
                {"cell": "A4", "value": None},
            ],
        )
        assert result.output.changed == 5
        book = load_workbook(costs)
        page: Any = book["Costs"]
        assert page["B4"].value == 99
        assert page["B4"].font.bold
        assert (page["D4"].value, page["D4"].data_type) == ("=B4*2", "f")
        assert (page["C5"].value, page["C5"].data_type) == ("=1+1", "s")
        assert page["A6"].value == datetime(2024, 5, 6)
        assert (page["D6"].value, page["D6"].data_type) == ("=B6*2", "f")
        assert page["A4"].value is None
        assert book["More"]["A2"].value == 7

    async def test_the_preview_tells_text_from_formulas(self, context: Any, costs: Path) -> None:
        before = costs.read_bytes()
        cells = [{"cell": "C4", "value": "=x"}, {"cell": "D4", "formula": "=B4*3"}]
        seen = await preview(edit_table, context, path="costs.xlsx", cells=cells)
        assert "bread | =B4*2\n" in seen.text
        assert "'=x | =B4*3\n" in seen.text
        assert costs.read_bytes() == before

    async def test_an_edit_that_changes_nothing_leaves_the_bytes(
        self, context: Any, costs: Path
    ) -> None:
        before = costs.read_bytes()
        cells = [{"cell": "B4", "value": 3}]
        result = await run(edit_table, context, path="costs.xlsx", cells=cells)
        assert result.output.changed == 0
        assert costs.read_bytes() == before

    async def test_what_cannot_be_kept_is_named_beforehand(self, context: Any, costs: Path) -> None:
        data = costs.read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(costs, "w") as new:
            for name in old.namelist():
                part = old.read(name)
                if name == "xl/worksheets/sheet1.xml":
                    part = part.replace(b"</worksheet>", b"<extLst/></worksheet>")
                new.writestr(name, part)
        cells = [{"cell": "B4", "value": 4}]
        seen = await preview(edit_table, context, path="costs.xlsx", cells=cells)
        assert seen.text.startswith("# costs.xlsx will lose sparklines")
        result = await run(edit_table, context, path="costs.xlsx", cells=cells)
        assert "will lose sparklines" in result.receipt.summary

    async def test_the_inside_of_a_merged_cell_is_refused(self, context: Any, costs: Path) -> None:
        book = load_workbook(costs)
        book["Costs"].merge_cells("A1:C1")
        book.save(costs)
        error = await refused(
            edit_table, context, path="costs.xlsx", cells=[{"cell": "B1", "value": 1}]
        )
        assert (error.code, "A1:C1" in str(error)) == ("merged_cell", True)


class TestWrite:
    ROWS = (
        {"name": "Anna", "n": 1, "note": "=HYPERLINK(1)"},
        {"name": None, "n": 2.5, "more": [1, "x"]},
        {"name": "#N/A", "n": True, "note": 10**17},
    )

    async def test_a_workbook_that_keeps_text_as_text(self, context: Any, tmp_path: Path) -> None:
        result = await run(write_table, context, path="new/a.xlsx", rows=list(self.ROWS))
        assert result.output.rows == 3
        page: Any = load_workbook(tmp_path / "new" / "a.xlsx").active
        rows = [[cell.value for cell in row] for row in page.iter_rows()]
        assert rows == [
            ["name", "n", "note", "more"],
            ["Anna", 1, "=HYPERLINK(1)", None],
            [None, 2.5, None, '[1, "x"]'],
            ["#N/A", True, "100000000000000000", None],
        ]
        assert (page["C2"].data_type, page["A4"].data_type) == ("s", "s")
        described = (await run(describe_table, context, path="new/a.xlsx")).output
        assert described.notes == []
        assert described.sample[0]["note"] == "=HYPERLINK(1)"

    async def test_csv_and_tsv(self, context: Any, tmp_path: Path) -> None:
        await run(write_table, context, path="a.csv", rows=[{"a": 'x"y', "b": "1,2"}, {"b": None}])
        assert (tmp_path / "a.csv").read_text() == 'a,b\n"x""y","1,2"\n,\n'
        await run(write_table, context, path="a.tsv", rows=[["a", 1.0], [False, 2.25]])
        assert (tmp_path / "a.tsv").read_text() == "a\t1\nfalse\t2.25\n"

    async def test_what_a_query_found_can_be_written_and_read_again(
        self, context: Any, tmp_path: Path
    ) -> None:
        (tmp_path / "a.csv").write_text("d,x\n2024-01-02,1.5\n2024-01-03,\n")
        found = (await run(query_table, context, sql="FROM t1", paths=["a.csv"])).output
        for name in ("b.csv", "b.xlsx"):
            await run(write_table, context, path=name, rows=found.rows)
            again = (await run(describe_table, context, path=name)).output
            assert again.sample == found.rows

    async def test_the_preview_says_what_goes(self, context: Any, costs: Path) -> None:
        seen = await preview(write_table, context, path="costs.xlsx", rows=[["x", 1]])
        assert seen.text.startswith("# This also removes the sheets More.")
        assert "-3: Day | Amount | What | Double\n" in seen.text
        assert "+1: x | 1\n" in seen.text
        fresh = await preview(write_table, context, path="b.csv", rows=[{"x": 1}])
        assert fresh.text.startswith("--- /dev/null\n+++ b.csv\n")
        assert context.kept == []

    @pytest.mark.parametrize(
        ("path", "rows", "code"),
        [
            ("a.csv", [], "no_rows"),
            ("a.csv", [{}, {}], "no_rows"),
            ("a.csv", [{"a": 1}, [1]], "bad_rows"),
            ("a.csv", ["text"], "bad_rows"),
            ("a.ods", [[1]], "not_a_table"),
            ("a.xlsm", [[1]], "not_a_table"),
            ("a.xlsx", [["x" * 40_000]], "too_long"),
            ("../a.csv", [[1]], "outside"),
        ],
    )
    async def test_what_cannot_be_written(
        self, context: Any, tmp_path: Path, path: str, rows: list[Any], code: str
    ) -> None:
        assert (await refused(write_table, context, path=path, rows=rows)).code == code
        assert list(tmp_path.iterdir()) == []


CELLS = st.text(alphabet='ab ,;"\n\r1.é', max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_joined_records_are_the_text(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    text = out.getvalue()
    found = list(records(text, ","))
    assert "".join(one.raw for one in found) == text
    assert [list(one.cells) for one in found] == rows


@given(st.integers(1, 20_000))
def test_column_letters_and_numbers_are_inverse(number: int) -> None:
    assert column_number(column_letters(number)) == number


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b\n1,5;2\n", ";"),
        ("a,b\n1;5,2\n", ","),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ("word\nother\n", ","),
        ("", ","),
        ('"a;b",c\n"d;e",f\n', ","),
    ],
)
def test_the_delimiter_is_the_one_that_parts_evenly(text: str, delimiter: str) -> None:
    assert delimiter_of(text) == delimiter


@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), value=CELLS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_an_edit_changes_its_cell_and_no_other(
    context: Any, tmp_path: Path, rows: list[tuple[str, str]], value: str
) -> None:
    path = tmp_path / "property.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("head", "other"), *rows])
    before = list(records(path.read_bytes().decode(), ","))
    await run(edit_table, context, path=path.name, cells=[{"cell": "B2", "value": value}])
    after = list(records(path.read_bytes().decode(), ","))
    assert [one.raw for one in after if one is not after[1]] == [
        one.raw for one in before if one is not before[1]
    ]
    assert after[1].cells == (before[1].cells[0], value)

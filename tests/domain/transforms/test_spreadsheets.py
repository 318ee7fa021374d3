"""What spreadsheets give: the rows of the sheet with a header, or a sentence; never more memory than they are worth."""

from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.domain.transforms.convert import convert, guess
from bot.domain.transforms.format_detection import recognise
from bot.domain.transforms.row_reader import Row, read_rows
from bot.errors import BadInput

QUESTIONS = [["question", "answer"], ["Who?", "Me."], ["Why?", "So."]]
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEADER = "<row>" + "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in "qa") + "</row>"


def book(**sheets: Sequence[Sequence[Any]]) -> bytes:
    """A spreadsheet of these sheets; a name that begins with `hidden` is hidden."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        sheet.sheet_state = "hidden" if name.startswith("hidden") else "visible"
        for row in rows:
            sheet.append(row)
    with BytesIO() as file:
        workbook.save(file)
        return file.getvalue()


def with_sheet(body: str, before: str = "") -> bytes:
    """A spreadsheet whose one sheet holds this XML."""
    xml = f"{before}<worksheet {NAMESPACE}><sheetData>{body}</sheetData></worksheet>"
    with BytesIO() as file:
        with ZipFile(BytesIO(SOUND)) as source, ZipFile(file, "w", ZIP_DEFLATED) as target:
            for part in source.namelist():
                target.writestr(part, xml if part.endswith("sheet1.xml") else source.read(part))
        return file.getvalue()


SOUND = book(Sheet=QUESTIONS)


def rows(content: bytes) -> list[Row]:
    return list(read_rows(content.splitlines(keepends=True)))


def test_a_row_has_a_text_for_each_named_column_and_says_where_it_stands() -> None:
    assert rows(SOUND) == [
        Row(2, {"question": "Who?", "answer": "Me."}, sheet="Sheet"),
        Row(3, {"question": "Why?", "answer": "So."}, sheet="Sheet"),
    ]
    values = [row.values for row in rows(SOUND)]
    assert convert(values[0], guess(values)) == {
        "messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Me."}]
    }


def test_the_first_sheet_with_a_header_is_read() -> None:
    content = book(
        hidden=[["secret", "answer"], ["a", "b"]],
        Cover=[["Our questions"], ["by", "the team"]],
        Twice=[["a", "a"], [1, 2]],
        Data=[[], *QUESTIONS],
        More=[["x", "y"], [1, 2]],
    )
    assert {row.sheet for row in rows(content)} == {"Data"}
    assert [row.number for row in rows(content)] == [3, 4]


def test_cells_that_are_no_text_become_text() -> None:
    cells = [3, 2.5, True, None, date(2026, 11, 22), datetime(2026, 11, 22, 9, 30)]  # noqa: DTZ001 - sheets have no zones
    names = ["whole", "part", "truth", "nothing", "day", "moment"]
    (row,) = rows(book(Data=[names, cells]))
    assert list(row.values.values()) == ["3", "2.5", "True", "", "2026-11-22", "2026-11-22 09:30:00"]


def test_empty_rows_and_columns_are_passed_over_and_columns_without_a_name_called_by_their_place() -> None:
    content = book(
        Data=[["question", None, "answer "], [], ["Who?", "a note", "Me.", "more"], [None, None], ["Why?"]]
    )
    assert [(row.number, row.values) for row in rows(content)] == [
        (3, {"question": "Who?", "column 2": "a note", "answer": "Me.", "column 4": "more"}),
        (5, {"question": "Why?", "answer": ""}),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (book(Data=[]), "No sheet has a header"),
        (book(Data=[["one column"], ["a"]]), "No sheet has a header"),
        (SOUND[:-100], "broken or protected"),
        (with_sheet("<row>"), "broken or protected"),
        (with_sheet(HEADER, '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>'), "broken or protected"),
        (with_sheet(HEADER + "<row>" + "<c/>" * 1_100_000 + "</row>"), "unpacks to more"),
        (with_sheet(HEADER + "<row></row>" * 2_100_000), "unpacks to more"),
        (with_sheet(HEADER + " " * (129 << 20)), "unpacks to more"),
    ],
    ids=["empty", "one-column", "cut-off", "bad-xml", "entities", "wide-row", "many-rows", "large"],
)
def test_what_cannot_or_should_not_be_read_is_told(content: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        rows(content)


def test_rows_far_below_are_not_waited_for() -> None:
    assert rows(with_sheet(HEADER + '<row r="99999999999"><c><v>1</v></c></row>')) == []


def test_a_spreadsheet_too_large_to_be_held_is_told() -> None:
    line = b"x" * (1 << 20) + b"\n"
    with pytest.raises(BadInput, match="32 MiB"):
        list(read_rows([b"PK\x03\x04xl/workbook.xml\n", *[line] * 33]))
    with pytest.raises(BadInput, match="32 MiB"):
        list(read_rows([b"PK\x03\x04xl/workbook.xml\n", None]))


def test_to_a_check_a_spreadsheet_is_a_table_to_be_converted() -> None:
    fault = recognise(SOUND.split(b"\n")).fault
    assert fault is not None
    assert fault.code == "table_file"
    assert "spreadsheet" in fault.message
    assert "Convert" in fault.fix


@given(st.integers(0, len(SOUND)), st.binary(max_size=8), st.integers(0, 8))
def test_however_a_spreadsheet_is_broken_the_answer_is_rows_or_a_sentence(
    at: int, junk: bytes, less: int
) -> None:
    content = SOUND[:at] + junk + SOUND[at + less :]
    try:
        found = rows(content)
    except BadInput:
        return
    assert all(isinstance(value, str) for row in found if row.sheet for value in row.values.values())

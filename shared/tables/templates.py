"""The template of a form as xlsx: titles, notes, drop-downs from the code tables, text cells."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import xlsxwriter

from shared.tables.cells import column_name
from shared.tables.forms import Column, Form, Holds

# So many rows below the header have drop-downs and formats.
ROWS = 2_000
MADE = datetime(2000, 1, 1, tzinfo=UTC)
_LISTS = "选项"
_FORMATS = {Holds.DAY: "yyyy-mm-dd", Holds.AMOUNT: "0.00", Holds.NUMBER: "0"}


def write(form: Form, choices: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """Give a form's template; `choices` are further drop-downs by field (the area's towns)."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    # The same form is the same bytes, whenever it is asked for.
    book.set_properties({"created": MADE})
    sheet, lists = book.add_worksheet(form.title.zh), book.add_worksheet(_LISTS)
    head = book.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1, "text_wrap": True})
    must = book.add_format({"bold": True, "bg_color": "#F8D7DA", "border": 1, "text_wrap": True})
    listed = 0
    for place, column in enumerate(form.columns):
        # Text unless it is counted with: a spreadsheet keeps fifteen digits of a long number.
        shape = book.add_format({"num_format": _FORMATS.get(column.holds, "@")})
        sheet.set_column(place, place, max(12, 2 * len(column.title) + 2), shape)
        title = f"{column.title}*" if column.required else column.title
        sheet.write_string(0, place, title, must if column.required else head)
        if note := _note(column):
            sheet.write_comment(0, place, note, {"x_scale": 2})
        names = [name.zh for name in column.choices.values()]
        names = names or list((choices or {}).get(column.name, ()))
        if names:
            lists.write_column(0, listed, names)
            letters = column_name(listed)
            source = f"={_LISTS}!${letters}$1:${letters}${len(names)}"
            # What is typed by hand is read as well, so the list offers and does not refuse.
            rule = {"validate": "list", "source": source, "error_type": "warning"}
            sheet.data_validation(1, place, ROWS, place, rule)
            listed += 1
    sheet.freeze_panes(1, 0)
    lists.hide()
    book.close()
    return file.getvalue()


def _note(column: Column) -> str:
    kinds = {
        Holds.DAY: "日期，如 2023-03-01",
        Holds.MONTH: "月份，如 2023-03",
        Holds.AMOUNT: "金额，单位元",
        Holds.NUMBER: "整数",
    }
    parts = ("必填" if column.required else "", kinds.get(column.holds, ""), column.note)
    return "；".join(each for each in parts if each)

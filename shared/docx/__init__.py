"""Word documents: templates with `{{fields}}` are looked at and filled, plain ones are made.

    found = await sandbox.run(docx.look, content, ["明细.姓名"], memory_mb=…, seconds=…)
    filled = await sandbox.run(docx.fill, content, values, rows, memory_mb=…, seconds=…)

A template is a foreign file, so both are called in the sandbox. A field is a name and no formula:
nothing of a template is carried out. Whoever fills one writes the name anywhere in the text, in a
header or a footer; that a program split its letters over several runs does no harm. A row of a
table that holds a repeated field comes once for each of `rows`.
"""

from shared.docx.made import Block, Cell, Paragraph, Table, write
from shared.docx.template import Fault, Found, Unfit, fill, look, xml_text

__all__ = [
    "Block",
    "Cell",
    "Fault",
    "Found",
    "Paragraph",
    "Table",
    "Unfit",
    "fill",
    "look",
    "write",
    "xml_text",
]

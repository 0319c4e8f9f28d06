"""Graphs as data: what a file or a mapping says of a graph, read and written.

    file --_files--> plain data --_model--> Document --_reading--> nodes
    settled nodes --_writing--> plain data

Only this package needs pydantic for its models, and only those who read or write graphs import it.
"""

from syncra._documents._files import read_file
from syncra._documents._model import Document
from syncra._documents._reading import read_document
from syncra._documents._writing import written

__all__ = ["Document", "read_document", "read_file", "written"]

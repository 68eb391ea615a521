"""What every reader is: someone else's program that reads a file, behind one small interface."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Job:
    """A file, what must be in it, and the options of the export that its reader must know of."""

    format: str
    file: str
    expected: str
    table: str = "results"
    dialect: str = "standard"
    formulas: str = "keep"
    delimiter: str = ","
    bom: bool = False
    links: bool = True
    before: tuple = ()
    refused_by: tuple = ()


@dataclass
class Reading:
    """What was read: the names of the columns, the rows, what else is wrong, and whether the rows have an order."""

    names: list
    rows: list
    faults: list = field(default_factory=list)
    ordered: bool = True


class Reader:
    """One reader of one or more formats. Whatever it starts, such as a server, ends with `close`."""

    name = ""
    formats = ()

    def version(self):
        """The version of the program that reads."""
        raise NotImplementedError

    def takes(self, job):
        """Whether the file is meant for this reader."""
        return job.format in self.formats

    def prepare(self, jobs):
        """Is told all files before it reads the first, for readers that take less time for many at once."""

    def refuses(self, job, expected):
        """Why the reader cannot read such rows at all, by the loss table, or None."""
        return None

    def names(self, job, expected):
        """The names that it must give."""
        return expected.names

    def rule(self, job, expected, at):
        """The function of `losses` that turns a value of the column at this place into what this reader must give."""
        raise NotImplementedError

    def read(self, job, expected):
        """Reads the file. Values come in the types of `expected`; `expected` says only which type a column has."""
        raise NotImplementedError

    def close(self):
        """Ends what was started."""

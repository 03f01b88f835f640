"""Commands that are SPL, and parse with whatever arguments, but do not run here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Self

from spl.commands.base import Command, Stage
from spl.context import Context
from spl.errors import UnsupportedSplError
from spl.lang.reader import Reader

_REASONS = {
    "data models and datasets are not read here": "datamodel from pivot",
    "metrics are not read here": "mcatalog mcollect meventcollect mpreview msearch mstats",
    "there is no index here that it could describe": (
        "audit dbinspect eventcount metadata metasearch typeahead walklex"
    ),
    "there is no server here that it could ask": (
        "history internalinputs localop redistribute rest"
    ),
    "there are no finished search jobs here": "loadjob",
    "it runs one search for each row": "map",
    "it needs the Machine Learning Toolkit": (
        "apply deletemodel fit listmodels sample score summary"
    ),
    "databases are not read here": "dbxlookup dbxoutput dbxquery",
    "directories are not read here": "ldapfetch ldapfilter ldapgroup ldapsearch ldaptestconnection",
    "the engine sends nothing": ("sendalert sendemail snowevent snowincident"),
    "scripts run as commands of commands.conf only": "run runshellscript script",
    "the engine deletes and dumps nothing": "delete dump tscollect",
    "files other than lookups are not read or written": (
        "input inputcsv inputintelligence outputcsv outputtext"
    ),
    "summary indexing is not done here": "overlap sichart sirare sistats sitimechart sitop",
    "maps are not drawn here": "geom geomfilter geostats",
    "its statistics are not in this engine": (
        "abstract analyzefields anomalies anomalousvalue anomalydetection arules associate "
        "bucketdir cluster cofilter concurrency contingency correlate erex findtypes "
        "folderize gauge kmeans makecontinuous outlier predict timewrap trendline "
        "typelearner typer x11"
    ),
    "it is not in this engine": (
        "diff highlight iconify kvform localize multikv rangemap reltime require "
        "rtorder scrub searchtxn selfjoin set setfields tags uniq xmlunescape xpath"
    ),
}


@dataclass(frozen=True, kw_only=True)
class NotRun(Command):
    """A command with its arguments as they stand in the search; to start it is an error."""

    documentation: ClassVar[str] = "search-commands"
    reason: ClassVar[str]

    text: str

    @classmethod
    def parse(cls, reader: Reader, start: int) -> Self:
        reader.skip_space()
        begin = reader.position
        reader.skip_command()
        text = reader.text[begin : reader.position].strip()
        return cls(text=text, span=reader.span(start))

    def start(self, context: Context) -> Stage:
        raise UnsupportedSplError(f"'{self.name}' does not run here: {self.reason}")

    def arguments(self) -> Iterable[str]:
        yield self.text


@cache
def not_run_commands() -> Mapping[str, type[NotRun]]:
    """Return the commands that do not run here, by name."""
    return {
        name: type(
            name.capitalize(),
            (NotRun,),
            {
                "__doc__": f"`{name}`, which does not run here: {reason}.",
                "name": name,
                "syntax": f"{name} <arguments>",
                "documentation": f"search-commands/{name}",
                "reason": reason,
            },
        )
        for reason, names in _REASONS.items()
        for name in names.split()
    }

"""Runs hunts over inputs, all in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any

from hunts.content import filter_macro
from hunts.inputs import Inputs, RawLines, Share, Views
from hunts.judge import Alike, Wish
from hunts.model import Hunt, HuntResult, Report
from hunts.parallel import Numbers, Workers
from hunts.plan import Plan, Planner
from hunts.timeline import Timeline, align
from spl import Engine, Event, SplError
from spl.engine import Prospect, Results, RunningSearch
from spl.fields import MOST_PARSED, MOST_PARSED_BYTES
from spl.matching import compile_search
from spl.time_range import TimeRange

# So much waits for the hunts: less than that of which the parsed JSON is kept.
_FED_AT_ONCE = MOST_PARSED * 2 // 3
_FED_BYTES = MOST_PARSED_BYTES // 2
_SETTLED_AT_ONCE = 50_000  # events
_SHOWN_SOURCETYPES = 5
_SHOWN_SEARCH = 60  # characters


def run_hunts(
    engine: Engine,
    hunts: Sequence[Hunt],
    inputs: Inputs,
    *,
    earliest: str = "",
    latest: str = "",
    jobs: int = 1,
    timelines: bool = True,
) -> Report:
    """Run `hunts` over `inputs`; events outside `earliest` to `latest` are left out.

    Up to `jobs` processes read them. Without `timelines` less must be known of each event. A hunt
    that cannot run has the status `error` and the rest go on. Raises SplError for wrong time
    modifiers, and WorkerError.
    """
    within = TimeRange.parse(earliest, latest, engine.environment)
    run = _Run(engine, [_RunningHunt(engine, hunt, timed=timelines) for hunt in hunts], within)
    own, *others = inputs.shares(jobs)
    shares = [own]
    workers = Workers(others, run.share, inputs.on_progress)
    batches = own.batches(workers.progress)
    first = [*islice(batches, 1)]
    run.prepare(first)
    with workers:
        run.read(chain(first, batches))
        run.feed()
        for part in workers.results():
            run.absorb(part)
            if isinstance(part, _Read):
                shares.append(part.share)
    inputs.close(shares)
    return run.report(inputs, len(shares))


@dataclass
class _Held:
    """What a hunt, by its number, found in another process."""

    number: int
    found: Any


@dataclass
class _Read:
    """What another process read."""

    share: Share
    seen: Counter[str]
    outside: int
    problems: list[str]


class _Run:
    """All hunts at work, and what they were shown."""

    def __init__(self, engine: Engine, hunts: Sequence[_RunningHunt], within: TimeRange) -> None:
        self._engine = engine
        self._hunts = hunts
        self._within = within
        self._seen: Counter[str] = Counter()
        self._outside = 0
        self._belonging: Counter[int] = Counter()
        """Events by the bits of the hunts of whose data source they are."""
        self._unsettled = 0
        self._waiting = 0
        self._waiting_bytes = 0
        self._planner = Planner(engine, [hunt.wish for hunt in hunts])

    def prepare(self, batches: Iterable[Views | RawLines]) -> None:
        """Do what need not be done in each of several processes, given the first events."""
        for batch in batches:
            if isinstance(batch, RawLines) and (plan := self._plan(batch)):
                plan.finder.prepare(batch)

    def _plan(self, batch: RawLines) -> Plan | None:
        return None if self._within.bounded else self._planner.plan(batch)

    def read(self, batches: Iterable[Views | RawLines]) -> None:
        """Show the hunts all events."""
        for batch in batches:
            if isinstance(batch, RawLines):
                plan = self._plan(batch)
                if plan is not None:
                    self._read_lines(plan, batch)
                    continue
            for views in batch if isinstance(batch, RawLines) else (batch,):
                self._offer(views)
        self._settle()

    def feed(self) -> None:
        """Let the hunts do what they put off."""
        self._waiting = self._waiting_bytes = 0
        for hunt in self._hunts:
            hunt.feed()

    def share(self, share: Share, on_progress: Callable[[int], object]) -> Iterator[_Held | _Read]:
        """Show the hunts some of the events, in a process of its own; yield what they found."""
        known_problems = len(self._engine.app.problems)
        for hunt in self._hunts:
            hunt.share()
        self.read(share.batches(on_progress))
        for number, hunt in enumerate(self._hunts):
            yield _Held(number, hunt.held())
        yield _Read(share, self._seen, self._outside, self._engine.app.problems[known_problems:])

    def absorb(self, part: _Held | _Read) -> None:
        """Take what another process found in the events that follow."""
        if isinstance(part, _Held):
            self._hunts[part.number].absorb(part.found)
            return
        self._seen += part.seen
        self._outside += part.outside
        for problem in part.problems:
            self._engine.app.problem(problem)

    def report(self, inputs: Inputs, jobs: int) -> Report:
        """Return what the hunts found; up to `jobs` processes finish them."""
        results = self._finish(_there(self._seen, self._outside), jobs)
        width = align([hunt.timeline for hunt in self._hunts])
        for hunt, result in zip(self._hunts, results, strict=True):
            result.timeline = dict(sorted(hunt.timeline.counts.items()))
        errors = [f"{r.hunt.name}: {r.messages[0]}" for r in results if r.status == "error"]
        return Report(
            hunts=results,
            inputs=inputs.reports,
            errors=[*inputs.problems, *errors],
            bucket_seconds=width,
            timezone=str(self._engine.environment.timezone),
        )

    def _finish(self, there: str, jobs: int) -> list[HuntResult]:
        if any(hunt.writes for hunt in self._hunts):
            jobs = 1
        numbers = Numbers(len(self._hunts))

        def some(*_: object) -> list[tuple[int, HuntResult, list[str]]]:
            found: list[tuple[int, HuntResult, list[str]]] = []
            problems = self._engine.app.problems
            for number in numbers:
                known = len(problems)
                found.append((number, self._hunts[number].finish(there), problems[known:]))
            return found

        results: dict[int, HuntResult] = {}
        with Workers([None] * (jobs - 1), some, lambda _count: None) as workers:
            for number, result, problems in chain(some(), workers.results()):
                results[number] = result
                for problem in problems:
                    self._engine.app.problem(problem)
        return [results[number] for number in range(len(self._hunts))]

    def _offer(self, views: Views) -> None:
        if self._within.bounded and not self._within.contains(views[0]):
            self._outside += 1
            return
        self._seen[_sourcetypes(views)] += 1
        bound = [self._engine.bind(view) for view in views]
        look = self._planner.look(bound)
        if look.belongs is None:
            belonging: dict[str, Event | None] = {}
            for position, hunt in enumerate(self._hunts):
                hunt.offer(bound, belonging, wanted=bool(look.sees >> position & 1))
        else:
            self._belonging[look.belongs] += 1
            for position in _positions(look.sees):
                self._hunts[position].take(bound[0], matches=bool(look.takes >> position & 1))
        self._await(len(views[0].raw))
        self._unsettled += 1
        if self._unsettled >= _SETTLED_AT_ONCE:
            self._settle()

    def _read_lines(self, plan: Plan, batch: RawLines) -> None:
        """Show each hunt its candidates among unparsed lines, and count the rest for it."""
        count = batch.lines.count
        for bits, certain, views in plan.candidates(batch):
            if not views:
                count -= 1
                continue
            size = 0
            for position in _positions(bits):
                identity = plan.views[position]
                view = None if identity is None else views[identity]
                if view is not None:
                    self._hunts[position].take(view, matches=bool(certain >> position & 1))
                    size = len(view.raw)
            self._await(size)
        self._seen[_sourcetypes(batch.origin)] += count
        self._unsettled += count
        if self._unsettled >= _SETTLED_AT_ONCE:
            self._settle()
        for hunt, identity in zip(self._hunts, plan.views, strict=True):
            if identity is not None:
                hunt.events += count

    def _await(self, size: int) -> None:
        """Count an event of so many bytes that waits for hunts."""
        self._waiting += 1
        self._waiting_bytes += size
        if self._waiting >= _FED_AT_ONCE or self._waiting_bytes >= _FED_BYTES:
            self.feed()

    def _settle(self) -> None:
        """Give the hunts what was foreseen of the events since the last time."""
        for foreseen, events in self._planner.foreseen():
            for position, prospect in foreseen:
                self._hunts[position].take_foreseen(prospect, events)
        for bits, count in self._belonging.items():
            for position in _positions(bits):
                self._hunts[position].events += count
        self._belonging.clear()
        self._unsettled = 0


def _positions(bits: int) -> Iterator[int]:
    while bits:
        bit = bits & -bits
        bits ^= bit
        yield bit.bit_length() - 1


def _sourcetypes(views: Views) -> str:
    return " or ".join(view.origin[0] for view in views)


def run_search(
    engine: Engine, text: str, inputs: Iterable[Views], *, earliest: str = "", latest: str = ""
) -> Results:
    """Run any search over inputs. An event with several identities goes in as the first that the
    search, or one inside it, reads. Raises SplError."""

    def events() -> Iterator[Event]:
        for views in inputs:
            bound = [engine.bind(view) for view in views]
            yield next(filter(reads, bound), bound[0])

    reads = engine.reads(text)
    return engine.search(text, events(), earliest=earliest, latest=latest)


class _RunningHunt:
    """One hunt at work, and what it counts."""

    def __init__(self, engine: Engine, hunt: Hunt, *, timed: bool) -> None:
        self.hunt = hunt
        self.timeline = Timeline()
        self.events = 0
        """Events of its data source."""
        self._engine = engine
        self._timed = timed
        self._waiting: list[tuple[bool, Event]] = []
        self._error = ""
        self._running: RunningSearch | None = None
        self.wish: Wish | None = None
        """What it wants to see; None where it cannot run or reads no events."""
        try:
            on_match = self.timeline.add if timed else None
            self._running = engine.start(hunt.search, on_match=on_match)
            macro = f"`{hunt.data_source}`" if hunt.data_source else "*"
            source = engine.app.search_expression(macro)
            self._belongs = compile_search(source)
            running = self._running
            if running.clause is not None:
                self.wish = Wish(source, running.clause, running.foresee, running.counted_fields)
        except SplError as error:
            self._error = _in_a_line(error)

    @property
    def writes(self) -> bool:
        """Whether hunts that finish after it see what it leaves behind."""
        return self._running is not None and self._running.writes

    def offer(
        self, views: Sequence[Event], belonging: dict[str, Event | None], *, wanted: bool
    ) -> None:
        """Take an event under the first of its identities that the data source matches.

        `belonging`: which one that is, by data source, for hunts that share one; `wanted`: the
        first clause may match, else it is only counted.
        """
        if self._running is None:
            return
        source = self.hunt.data_source
        if source not in belonging:
            belonging[source] = next(filter(self._belongs, views), None)
        view = belonging[source]
        if view is not None:
            self.events += 1
            if wanted:
                self.take(view)

    def take(self, event: Event, *, matches: bool = False) -> None:
        """Take an event of the data source, which is counted already.

        `matches`: it is known that the search's first clause matches it.
        """
        self._waiting.append((matches, event))

    def take_foreseen(self, prospect: Prospect, events: Alike) -> None:
        """Take events that were foreseen; see `RunningSearch.take_foreseen`."""
        if self._running is not None:
            self._running.take_foreseen(prospect, events)
            if self._timed and prospect.rows:
                for time, count in events.times(self.timeline.width).items():
                    self.timeline.add(time, count)

    def feed(self) -> None:
        """Let the search take the events that wait for it."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        try:
            for matches, some in groupby(waiting, key=itemgetter(0)):
                events = [event for _, event in some]
                if self._running is not None:
                    (self._running.feed_matching if matches else self._running.feed)(events)
        except SplError as error:
            self._error, self._running = _in_a_line(error), None

    def share(self) -> None:
        """Become one of several that are shown parts of the events: see `RunningSearch.share`."""
        if self._running is not None:
            self._running.share()

    def held(self) -> tuple[int, Timeline, str, Any]:
        """Return what was found in this part, which ends here; it can be pickled."""
        self.feed()
        running, self._running = self._running, None
        held = None if running is None else running.held()
        return self.events, self.timeline, self._error, held

    def absorb(self, part: tuple[int, Timeline, str, Any]) -> None:
        """Take what was found in the events that follow."""
        self.feed()  # what came before
        events, timeline, error, held = part
        self.events += events
        self.timeline.absorb(timeline)
        if error and self._running is not None:
            self._error, self._running = error, None
        if self._running is not None:
            try:
                self._running.absorb(held)
            except SplError as failure:
                self._error, self._running = _in_a_line(failure), None

    def finish(self, there: str) -> HuntResult:
        """Return what the hunt found. `there` says which events the inputs have."""
        self.feed()
        running, self._running = self._running, None  # what it holds may be much
        if running is not None:
            try:
                return self._result(running, running.finish(), there)
            except SplError as error:
                self._error = _in_a_line(error)
        return HuntResult(self.hunt, "error", events=self.events, messages=[self._error])

    def _result(self, running: RunningSearch, results: Results, there: str) -> HuntResult:
        messages = [message.text for message in results.messages]
        if self.events == 0:
            messages.append(self._no_data(there))
        scores = [float(row["risk_score"]) for row in results if row.get("risk_score")]
        return HuntResult(
            self.hunt,
            "findings" if results.rows else "clean" if self.events else "no data",
            events=self.events,
            matched=running.matched,
            filtered=self._rows_before_filter(results) - len(results),
            risk_score=max(scores, default=None),
            fields=results.fields,
            results=results.rows,
            messages=messages,
        )

    def _rows_before_filter(self, results: Results) -> int:
        macro = filter_macro(self.hunt)
        if macro is None:
            return len(results)
        filtering = len(self._engine.parse(f"search * | `{macro}`").commands) - 1
        return results.counts[-1 - filtering]

    def _no_data(self, there: str) -> str:
        macro = self.hunt.data_source
        definition = " ".join(self._engine.expand(f"`{macro}`").text.split()) if macro else "*"
        return f"no event matches the data source `{macro}`, which is: {definition}; {there}"


def _in_a_line(error: SplError) -> str:
    """Return the message and its place in the search, without the caret of a terminal."""
    if error.text is None:
        return error.message
    rest = " ".join(error.text[error.start :].split())
    return f"{error.message}, at: {rest[:_SHOWN_SEARCH]}"


def _there(seen: Counter[str], outside: int) -> str:
    """Say which events there are: by sourcetype, and how many outside the time range."""
    kinds = [f"{count:,} of {kind}" for kind, count in seen.most_common(_SHOWN_SOURCETYPES)]
    more = f"; {outside:,} more are outside the time range" if outside else ""
    return f"the events here are: {', '.join(kinds) or 'none'}{more}"

"""What a policy says, as data: facts, criteria, codes, evidence, references, readings, flags.

Shapes only; `files` reads them from YAML and `check` looks for ids that lead nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Scalar = int | str
Value = Scalar | tuple[str, ...]
"""One value of a fact; a tuple for a list of procedure codes."""

UNKNOWN = "unknown"
"""How files and callers write that a fact was spoken of and left open."""

OUTSIDE = "other"
"""Stands for any procedure code that the policy does not list."""

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=64)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]


class Model(BaseModel):
    """What all parts of a policy share: no unknown keys, never changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fact(Model):
    """Something a review establishes, with every value that it can have.

    `about` tells what a value belongs to: `side` facts to one of a pair (each hip has its own), `patient` facts to
    the person, `request` facts to the form. Where several values may be so at once, `best_of` lists them, and the first
    one that is said counts: of an MRI and a radiograph, the MRI. With `of_both`, words that name no side count for both
    sides in an answer that speaks of both: one study may show two hips. A number outside `plausible` is a slip and
    never counts.
    """

    id: Id
    label: Text
    kind: Literal["choice", "grade", "integer", "codes", "date"]
    about: Literal["side", "patient", "request"]
    values: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 0
    plausible: tuple[int, int] = (-1, 1_000_000)
    best_of: tuple[str, ...] = ()
    of_both: bool = False
    wording: Mapping[Scalar, Text] = Field(default_factory=dict)
    note: str = ""

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        if self.kind in {"choice", "grade"} and len(self.values) < 2:
            raise ValueError("give at least two values")
        if self.kind == "integer" and self.minimum >= self.maximum:
            raise ValueError("give minimum and maximum")
        if not set(self.best_of) <= set(self.values):
            raise ValueError("best_of names values that the fact does not have")
        if UNKNOWN in self.values:
            raise ValueError("leave 'unknown' out of the values: every fact can be unknown")
        return self

    def say(self, value: Value) -> str:
        """A value in the words a reviewer reads."""
        if isinstance(value, tuple):
            return ", ".join(value)
        return self.wording.get(value, str(value))


class Condition(Model):
    """A test of facts, of one of these forms.

    `fact` with `in`, `min` or `max` (values), with `state` (how far it is known) or with `codes_*` (groups of codes);
    `criterion` with `is`; or `all`, `any`, `none` of further conditions.
    """

    fact: Id | None = None
    values: tuple[Scalar, ...] | None = Field(None, alias="in")
    minimum: int | None = Field(None, alias="min")
    maximum: int | None = Field(None, alias="max")
    state: Literal["unknown", "missing_or_unknown", "narrowed", "several"] | None = None
    codes_include: Id | None = None
    codes_exclude: Id | None = None
    codes_beyond: Id | None = None
    criterion: Id | None = None
    truth: bool | None = Field(None, alias="is")
    all: tuple[Condition, ...] | None = None
    any: tuple[Condition, ...] | None = None
    none: tuple[Condition, ...] | None = None

    @model_validator(mode="after")
    def _is_one_form(self) -> Self:
        tests = [self.values, self.state, self.codes_include, self.codes_exclude, self.codes_beyond]
        ranged = self.minimum is not None or self.maximum is not None
        given = sum(t is not None for t in tests) + ranged
        forms = [self.fact, self.criterion, self.all, self.any, self.none]
        if sum(f is not None for f in forms) != 1:
            raise ValueError("give exactly one of fact, criterion, all, any, none")
        if (self.fact is not None) != (given == 1):
            raise ValueError("a fact needs exactly one test: in, min/max, state or codes_include/exclude/beyond")
        if (self.criterion is None) != (self.truth is None):
            raise ValueError("criterion and is go together")
        if any(group is not None and not group for group in (self.all, self.any, self.none)):
            raise ValueError("a list of conditions must not be empty")
        return self

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions that this one joins; none for a single test."""
        return self.all or self.any or self.none or ()

    def walk(self) -> Iterator[Condition]:
        """This condition and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


class AtLeast(Model):
    """So many of these criteria."""

    count: int = Field(ge=1)
    of: tuple[Criterion, ...]


class Criterion(Model):
    """A statement of the policy that is true, false or unknown.

    `references` are the numbers printed at it in the published text, ranges expanded; a criterion without any
    inherits those of the one above. A `part` is a piece of its parent that the published text does not list apart.
    """

    id: Id
    label: Text
    statement: Text
    section: Text
    references: tuple[int, ...] = ()
    part: bool = False
    when: Condition | None = None
    all: tuple[Criterion, ...] | None = None
    any: tuple[Criterion, ...] | None = None
    none: tuple[Criterion, ...] | None = None
    at_least: AtLeast | None = None

    @model_validator(mode="after")
    def _is_one_form(self) -> Self:
        forms = [self.when, self.all, self.any, self.none, self.at_least]
        if sum(f is not None for f in forms) != 1:
            raise ValueError("give exactly one of when, all, any, none, at_least")
        if self.when is None and not self.children:
            raise ValueError("a list of criteria must not be empty")
        return self

    @property
    def children(self) -> tuple[Criterion, ...]:
        """The criteria that this one joins."""
        return (self.at_least.of if self.at_least else None) or self.all or self.any or self.none or ()

    def walk(self) -> Iterator[Criterion]:
        """This criterion and all below it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()

    def facts(self) -> tuple[str, ...]:
        """The facts that this criterion tests, each once."""
        found = [c.fact for node in self.walk() if node.when for c in node.when.walk() if c.fact]
        return tuple(dict.fromkeys(found))


class Implication(Model):
    """A fact that goes without saying: when the condition is true and nobody spoke of it, it has the value."""

    when: Condition
    fact: Id
    value: Scalar


class Contradiction(Model):
    """Two facts that can not both be so. Criteria then keep only what holds with either of them left out."""

    id: Id
    facts: tuple[Id, Id]
    when: Condition


class Flag(Model):
    """A note that a case raises, and what it does to the outcome.

    `scope`: the policy does not speak of this request. `refer`: a physician decides, unless criteria are not met.
    `hold`: met becomes information needed, unless `hold_unless` is true. `forgets`: what is known of facts about this
    stops counting.
    """

    id: Id
    when: Condition
    note: Text
    effect: Literal["note", "hold", "scope", "refer"] = "note"
    hold_unless: Condition | None = None
    request: str = ""
    fact: Id | None = None
    forgets: Literal["side"] | None = None
    readings: tuple[Id, ...] = ()

    @model_validator(mode="after")
    def _hold_says_what_to_request(self) -> Self:
        if self.effect == "hold" and not (self.request and self.fact):
            raise ValueError("a hold needs fact and request: what is missing and what to ask for")
        return self


class ReleaseItem(Model):
    """Something that must be established before a side may be released.

    Each of `facts` must be down to one value that is not doubted and not contradicted, and `require` must be true;
    `why` says what is wrong when it is not. `request` is what to ask the provider for. With `when`, it is needed only
    where that is true. Facts with `several` may keep more than one value as long as `require` holds for all. An
    `interview` item is the answer to a question that is put to every reviewer; a program that assesses facts may leave
    it out.
    """

    id: Id
    label: Text
    facts: tuple[Id, ...]
    require: Condition | None = None
    when: Condition | None = None
    several: bool = False
    interview: bool = False
    why: Text
    request: str


class Reading(Model):
    """How an ambiguity of the published text is read, and when the reader of a rationale must see it."""

    id: Id
    ambiguity: Text
    reading: Text
    note: Text
    when: Condition | Literal["always", "never"]


class Code(Model):
    """A procedure code; the description is in our own words, never the official descriptor."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{5}$")]
    system: Literal["CPT", "HCPCS"]
    kind: Literal["specific", "add_on", "unlisted", "generic"]
    description: Text
    note: str = ""


class Evidence(Model):
    """A study as the policy reports it; `supports` are the criteria it may be shown with."""

    id: Id
    study: Text
    design: Text
    figures: tuple[Text, ...] = ()
    statement: Text
    references: tuple[int, ...]
    supports: tuple[Id, ...] = ()
    note: str = ""


class Reference(Model):
    """One entry of the policy's reference list."""

    number: int = Field(ge=1)
    authors: Text
    title: Text
    journal: Text
    year: int = Field(ge=1800, le=2200)
    locator: Text
    published: str = ""
    doi: str = ""
    pmid: str = ""
    printed_at: tuple[Id, ...]


class Requirement(Model):
    """A general documentation requirement of the policy."""

    id: Id
    requirement: Text
    effect: Text
    section: Text
    flags: tuple[Id, ...] = ()


class Request(Model):
    """What to ask the provider for while facts are unknown."""

    facts: tuple[Id, ...]
    ask: Text


class Revision(Model):
    """One entry of the revision history."""

    version: int
    date: date
    changes: tuple[Text, ...]


class Population(Model):
    """Whom the policy covers, ages in completed years."""

    label: Text
    minimum_age: int
    maximum_age: int


class Migration(Model):
    """How reviews of an earlier version map to this one: its names of facts, values, questions and criteria, by theirs.

    Names that stay the same are left out.
    """

    from_version: int = Field(ge=1)
    facts: Mapping[Id, Id] = Field(default_factory=dict)
    values: Mapping[Id, Mapping[str, Scalar]] = Field(default_factory=dict)
    questions: Mapping[Id, Id] = Field(default_factory=dict)
    criteria: Mapping[Id, Id] = Field(default_factory=dict)


class Policy(Model):
    """A whole policy version. Built from `policy/<id>/<version>.yaml`."""

    id: Id
    version: int = Field(ge=1)
    title: Text
    short_title: Text
    publisher: Text
    area: Text
    service: Text
    original_date: date
    approved: date
    last_review: date
    next_review: date
    revision_printed: str = ""
    use: Text
    limits: Text
    population: tuple[Population, ...]
    levels_of_care: tuple[Text, ...]
    sides: tuple[Id, ...] = ()
    side_fact: Id | None = None
    both_sides: str = ""
    vocabulary: tuple[Id, ...]
    form: str = ""
    facts: tuple[Fact, ...]
    implications: tuple[Implication, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    indications: Criterion
    non_indications: Criterion
    requests: tuple[Request, ...]
    flags: tuple[Flag, ...]
    release: tuple[ReleaseItem, ...] = ()
    readings: tuple[Reading, ...]
    requirements: tuple[Requirement, ...]
    codes: tuple[Code, ...]
    evidence: tuple[Evidence, ...]
    references: tuple[Reference, ...]
    revisions: tuple[Revision, ...]
    migrations: tuple[Migration, ...] = ()

    def __hash__(self) -> int:
        """By identity: a loaded policy is one thing, and caches hang on it."""
        return id(self)

    def __eq__(self, other: object) -> bool:
        """By identity, as the hash."""
        return self is other

    @cached_property
    def fact(self) -> Mapping[str, Fact]:
        """Facts by id."""
        return {f.id: f for f in self.facts}

    @cached_property
    def domains(self) -> Mapping[str, frozenset[Value]]:
        """Every value of every fact that criteria and flags can test; dates have none."""
        return {f.id: self._domain(f) for f in self.facts if f.kind != "date"}

    def _domain(self, fact: Fact) -> frozenset[Value]:
        if fact.kind == "integer":
            return frozenset(range(fact.minimum, fact.maximum + 1))
        if fact.kind == "codes":
            every = [*sorted(self.code_groups["listed"]), OUTSIDE]
            return frozenset(c for n in range(1, len(every) + 1) for c in combinations(every, n))
        return frozenset(fact.values)

    @cached_property
    def code_groups(self) -> Mapping[str, frozenset[str]]:
        """Codes by kind, with `listed` (all) and `primary` (all that may stand alone)."""
        groups: dict[str, frozenset[str]] = {
            kind: frozenset(c.code for c in self.codes if c.kind == kind)
            for kind in ("specific", "add_on", "unlisted", "generic")
        }
        groups["listed"] = frozenset(c.code for c in self.codes)
        groups["primary"] = groups["listed"] - groups["add_on"]
        return groups

    @cached_property
    def criteria(self) -> tuple[Criterion, ...]:
        """The criteria that the published text lists, indications first, without roots and parts."""
        roots = (self.indications, self.non_indications)
        return tuple(c for root in roots for c in root.walk() if c is not root and not c.part)

    @cached_property
    def criterion(self) -> Mapping[str, Criterion]:
        """Every criterion by id, roots and parts too."""
        return {c.id: c for root in (self.indications, self.non_indications) for c in root.walk()}

    @cached_property
    def parent(self) -> Mapping[str, str]:
        """The id of the criterion above, for all but the two roots."""
        return {child.id: c.id for c in self.criterion.values() for child in c.children}

    @cached_property
    def reference(self) -> Mapping[int, Reference]:
        """References by number."""
        return {r.number: r for r in self.references}

    def citations(self, criterion: str) -> tuple[int, ...]:
        """The reference numbers printed at a criterion, or at the nearest one above it."""
        node: str | None = criterion
        while node is not None:
            if self.criterion[node].references:
                return self.criterion[node].references
            node = self.parent.get(node)
        return ()

    def request_for(self, fact: str) -> str:
        """What to ask the provider for when the fact is unknown; empty if the policy says nothing."""
        return next((r.ask for r in self.requests if fact in r.facts), "")


def values_of(policy: Policy, fact_id: str, given: Any) -> frozenset[Value]:
    """The set of possible values that a caller's value stands for.

    Args:
        policy: Where the fact is defined.
        fact_id: Its id.
        given: A value, `"unknown"`, or a list of possible values; for codes a list is one value.

    Raises:
        ValueError: The policy has no such fact, or the fact no such value; says which are allowed.
    """
    fact = policy.fact.get(fact_id)
    if fact is None or fact.kind == "date":
        raise ValueError(f"the policy has no fact '{fact_id}'; it has {', '.join(policy.domains)}")
    domain = policy.domains[fact_id]
    if given == UNKNOWN or given is None:
        return domain
    if fact.kind == "codes":
        return code_values(policy, fact_id, given)
    if isinstance(given, list | tuple | set | frozenset):
        if not given:
            raise ValueError(f"'{fact_id}' has an empty list; leave it out or write \"unknown\"")
        return frozenset().union(*(values_of(policy, fact_id, one) for one in given))
    value = _scalar(fact, given)
    if value not in domain:
        allowed = f"{fact.minimum} to {fact.maximum}" if fact.kind == "integer" else ", ".join(fact.values)
        raise ValueError(f"'{fact_id}' can not be {given!r}; it can be {allowed}, or unknown")
    return frozenset([value])


def in_order(policy: Policy, fact_id: str, values: Iterable[Value]) -> list[Value]:
    """Values in the order in which the policy lists them."""
    fact = policy.fact[fact_id]
    if fact.kind == "integer":
        return sorted(values, key=lambda v: int(str(v)))
    return sorted(values, key=lambda v: fact.values.index(str(v)) if str(v) in fact.values else -1)


def _scalar(fact: Fact, given: Any) -> Value | None:
    if isinstance(given, bool):
        return None
    if fact.kind == "integer":
        if isinstance(given, float) and given.is_integer():
            return int(given)
        if isinstance(given, str) and given.strip().isdecimal():
            return int(given.strip())
        return given if isinstance(given, int) else None
    return given.strip().lower() if isinstance(given, str) else None


def code_values(policy: Policy, fact_id: str, given: Any) -> frozenset[Value]:
    """A list of procedure codes as the policy sees it: its own codes, and one word for all others."""
    codes = [given] if isinstance(given, str | int) else given
    if not isinstance(codes, list | tuple) or not all(isinstance(c, str | int) for c in codes):
        raise ValueError(f"'{fact_id}' must be a list of codes or \"unknown\"")
    bare = {normal_code(c) for c in codes} - {""}
    if not bare:
        return policy.domains[fact_id]
    listed = policy.code_groups["listed"]
    return frozenset([tuple(sorted(bare & listed)) + ((OUTSIDE,) if bare - listed else ())])


def normal_code(code: str | int) -> str:
    """A code without its modifier: `s2325-rt` is `S2325`."""
    return str(code).strip().upper().replace(" ", "-").split("-")[0]

"""What a review looks like in words: the same text for the screen and for plain mode. Nothing here decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .answering import set_aside
from .determination import Determination, Outcome, Truth, based_on, flag_of, missing, service_notices
from .events import Answered, FactRead, Picked
from .findings import CONTRADICTS, SKIP, START, Finding, Turn, computed_age, is_disputed, is_plausible
from .interview import Ask, Session, SideReview, context_for, ending_of, next_question
from .matching.reading import NAMES_BOTH
from .policy import Criterion, Policy, Question, Value
from .safe_text import clean

OUTCOME_WORDS = {
    Outcome.MET: "criteria met",
    Outcome.NOT_MET: "criteria not met: refer to a physician reviewer",
    Outcome.INFORMATION_NEEDED: "information needed",
    Outcome.NOT_ADDRESSED: "not addressed by this policy: refer to a physician reviewer",
}
NEXT_STEP = {
    Outcome.MET: "You may release it for this side, once you have looked at what it rests on.",
    Outcome.NOT_MET: "A physician reviewer decides.",
    Outcome.INFORMATION_NEEDED: "Pend it and request what is listed.",
    Outcome.NOT_ADDRESSED: "A physician reviewer decides, by other standards.",
}
_INDICATION_WORDS = {Truth.TRUE: "met", Truth.FALSE: "not met", Truth.UNKNOWN: "open"}
_NON_INDICATION_WORDS = {Truth.TRUE: "applies", Truth.FALSE: "does not apply", Truth.UNKNOWN: "open"}
MAX_QUOTE = 60
MAX_REASONS = 3
MAX_ASIDE = 4


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One criterion as shown beside the question."""

    id: str
    label: str
    word: str
    quote: str
    indication: bool
    depth: int


@dataclass(frozen=True, slots=True)
class QuestionView:
    """The question as shown: where we are, the words, why it is asked, and the choices of an ask-back."""

    progress: str
    text: str
    why: str
    choices: tuple[str, ...]


def quoted(text: str, limit: int = MAX_QUOTE) -> str:
    """A reviewer's words in quotation marks, cut to a length."""
    shown = clean(text.strip())
    return f"“{shown if len(shown) <= limit else shown[: limit - 1].rstrip() + '…'}”" if shown else ""


def side_word(session: Session, side: str | None) -> str:
    """`right`, or the only side, or nothing while it is not known."""
    if side:
        return side
    known = session.sides[0].findings.get(session.policy.side_fact or "")
    return session.policy.fact[known.fact].say(known.value) if known and known.value is not None else ""


def heading(session: Session) -> str:
    """Policy, version, case and side."""
    parts = [f"{session.policy.short_title}, version {session.policy.version}"]
    if session.started.case:
        parts.append(f"case {clean(session.started.case)}")
    side = side_word(session, session.current.side)
    if side:
        parts.append(side if side == "both hips" else f"{side} side")
    if session.started.mode != "review":
        parts.append(session.started.mode)
    return " · ".join(parts)


def remaining(session: Session) -> int:
    """How many interview questions may still come, the present one included."""
    prompts = session.loaded.prompts
    count = 0
    for review in session.sides:
        for question in prompts.questions:
            done = any(t.question == question.id and t.side in {review.side, None} for t in session.turns)
            live = any(f in review.determination.live for f in question.facts)
            count += not done and live
    return count


def question_view(session: Session) -> QuestionView | None:
    """The present question in words; None when there is none."""
    ask = next_question(session)
    if ask is None:
        return None
    question = ask.question
    prompts = session.loaded.prompts
    if question in prompts.intake:
        left = len(prompts.intake) - prompts.intake.index(question)
        met = [s for s in session.sides if s.determination.outcome is Outcome.MET]
        to_check = len(session.releases[met[0].side].open) if met and session.gated else 0
        progress = (
            f"Before a release ({to_check} still to check; Enter skips)"
            if to_check
            else f"The request ({left} short {'question' if left == 1 else 'questions'}; Enter skips, /start skips all)"
        )
        progress = f"To be sure · {progress}" if ask.ask_back else progress
    elif question is prompts.closing:
        progress = "Last question"
    else:
        number = 1 + len({(t.question, t.side) for t in session.turns if t.question in _interview_ids(session)})
        left = remaining(session)
        progress = f"Question {number}" + (f", at most {left} to go" if left > 1 else "")
        if ask.ask_back:
            progress = "To be sure"
    if ask.side:
        progress += f" · {ask.side} side"
    text, why = question.text, question.why
    if any(session.policy.fact[f].kind == "date" for f in question.facts):
        order = "day" if session.started.date_order == "day-month" else "month"
        why += f" Dates in figures are read {order} first."
    if ask.ask_back:
        text, why = question.ask_back, open_because(session, ask)
    return QuestionView(progress, text, why, tuple(f"{c.key}  {c.label}" for c in ask.choices))


def _interview_ids(session: Session) -> set[str]:
    return {q.id for q in session.loaded.prompts.questions}


def open_because(session: Session, ask: Ask) -> str:
    """Why a question is asked back: what was read, or that nothing was; and how answers that disagree are settled."""
    if not ask.fact:
        return ask.question.why
    why, finding = _why_open(session, ask), session.review_of(ask.side).findings.get(ask.fact)
    if not session.gated or finding is None or not is_disputed(finding):
        return why
    return f"{why} Type its key, a colon and your reason; without a reason it holds a release."


def _why_open(session: Session, ask: Ask) -> str:
    policy = session.policy
    label = policy.fact[ask.fact].label
    finding = session.review_of(ask.side).findings.get(ask.fact)
    turns = [t for t in session.turns if t.question == ask.question.id and not t.void]
    doubts = [r.doubt for t in turns[-1:] for r in t.read if r.fact == ask.fact and r.doubt]
    if NAMES_BOTH in doubts:
        return f"One answer names two values for {label}: “{clean(turns[-1].text)[:MAX_QUOTE]}”."
    if doubts:
        return doubts[0]
    if finding is None:
        said = [f"“{clean(t.text)[:MAX_QUOTE]}”" for t in turns[-1:] if not t.skipped and not t.pick]
        return f"{said[0] if said else 'The answer'} does not say: {label}."
    quotes = [f"{quoted(s.quote)}{_turn_word(s.turn)}" for s in finding.sources if s.quote]
    if finding.conflict:
        return f"These do not agree on {label}: {' and '.join(quotes)}."
    if finding.values == policy.domains[ask.fact]:
        return f"{label[:1].upper()}{label[1:]} is still open" + (f": {quotes[-1]}." if quotes else ".")
    return f"{label[:1].upper()}{label[1:]} is {say_values(policy, finding)}" + (f": {quotes[-1]}." if quotes else ".")


def _turn_word(turn: int) -> str:
    return f" (answer {turn})" if turn else " (request)"


def say_values(policy: Policy, finding: Finding) -> str:
    """A finding in words: its value, or all that are still possible."""
    fact = policy.fact[finding.fact]
    if finding.values == policy.domains[finding.fact]:
        return _closed_word(finding) if finding.closed else "open"
    if fact.kind == "codes":
        return "; ".join(fact.say(v) for v in finding.values)
    if fact.kind == "integer" and len(finding.values) > 3:
        numbers = sorted(int(str(v)) for v in finding.values)
        return f"between {fact.say(numbers[0])} and {fact.say(numbers[-1])}"
    order: list[Value] = list(fact.values) or sorted(finding.values, key=lambda v: int(str(v)))
    return " or ".join(fact.say(v) for v in order if v in finding.values)


def _closed_word(finding: Finding) -> str:
    return finding.reason if any(s.quote == CONTRADICTS for s in finding.sources) else "not documented"


def criteria_lines(session: Session, review: SideReview | None = None) -> tuple[CriterionLine, ...]:
    """Every criterion with its word and the quote that decided it, indications first."""
    chosen = review or session.current
    lines: list[CriterionLine] = []
    for root, indication in ((session.policy.indications, True), (session.policy.non_indications, False)):
        for depth, criterion in _listed(root, 0):
            truth = chosen.determination.criteria[criterion.id]
            words = _INDICATION_WORDS if indication else _NON_INDICATION_WORDS
            quote = deciding_quote(criterion, chosen) if truth is not Truth.UNKNOWN and not criterion.children else ""
            lines.append(CriterionLine(criterion.id, criterion.label, words[truth], quote, indication, depth))
    return tuple(lines)


def _listed(criterion: Criterion, depth: int) -> Iterable[tuple[int, Criterion]]:
    for child in criterion.children:
        if not child.part:
            yield depth, child
            yield from _listed(child, depth + 1)


def deciding_quote(criterion: Criterion, review: SideReview) -> str:
    """The reviewer's words behind a criterion, those of its last deciding fact."""
    found = [review.findings[f] for f in criterion.facts() if f in review.findings]
    quotes = [s.quote for finding in found for s in finding.sources[-1:] if s.quote]
    return quoted(quotes[-1], 40) if quotes else ""


def determination_line(session: Session, review: SideReview | None = None) -> str:
    """The determination so far, or the final one; of all sides when none is named."""
    if review is None and len(session.sides) > 1:
        sides = [f"{s.side}: {_standing(session, s)}" for s in session.sides]
        return f"{'Concluded' if session.concluded else 'So far'}: {' · '.join(sides)}"
    chosen = review or session.current
    side = f"{chosen.side} side: " if chosen.side else ""
    return f"{'Concluded' if session.concluded else 'So far'}: {side}{_standing(session, chosen)}"


def _standing(session: Session, review: SideReview) -> str:
    found = review.determination
    if session.concluded:
        return OUTCOME_WORDS[ending_of(session, review)]
    if found.outcome is Outcome.INFORMATION_NEEDED and found.live:
        count = sum(found.criteria[c.id] is Truth.UNKNOWN for c in session.policy.criteria)
        return f"{OUTCOME_WORDS[found.outcome]}, {count} of {len(session.policy.criteria)} criteria open"
    if found.outcome is Outcome.MET and session.gated:
        if review.side in session.released:
            return "criteria met, released"
        if count := len(session.releases[review.side].open):
            return f"{OUTCOME_WORDS[Outcome.MET]}, {count} still to check before a release"
    return OUTCOME_WORDS[found.outcome]


def reason_line(session: Session, review: SideReview) -> str:
    """The outcome of a side, and in the same line what makes it so."""
    policy, found = session.policy, review.determination
    ending = ending_of(session, review)
    ending = ending if session.concluded else found.outcome
    side = f"{review.side} side: " if review.side else ""
    text = f"{side}{OUTCOME_WORDS[ending]}"
    because: list[str] = []
    if found.outcome is Outcome.NOT_MET:
        tested = [c for c in policy.criterion.values() if c.when is not None]
        against = {c.id for c in policy.non_indications.walk()}
        wrong = [c for c in tested if found.criteria[c.id] is (Truth.TRUE if c.id in against else Truth.FALSE)]
        because = [
            f"{'' if c.part else c.id + ' '}{c.label}: {criterion_word(policy, c, found.criteria[c.id])} "
            f"{deciding_quote(c, review)}".strip()
            for c in sorted(wrong, key=lambda c: c.id not in against)
        ]
    elif found.outcome in {Outcome.NOT_ADDRESSED, Outcome.INFORMATION_NEEDED}:
        effects = {"scope", "refer"} if found.outcome is Outcome.NOT_ADDRESSED else {"hold"}
        because = [f.note.rstrip(".") for f in policy.flags if f.id in found.flags and f.effect in effects]
    elif ending is not Outcome.MET or not session.concluded:
        because = [one.why.rstrip(".") for one in session.releases[review.side].open] if session.gated else []
    shown = "; ".join(because[:MAX_REASONS])
    still = "still to check: " if ending is Outcome.MET and shown else ""
    return f"{text[:1].upper()}{text[1:]}{f' ({still}{shown})' if shown else ''}."


def criterion_word(policy: Policy, criterion: Criterion, truth: Truth) -> str:
    """The truth of a criterion as a reader says it: met or not met, applies or does not apply."""
    favour = any(c.id == criterion.id for c in policy.indications.walk())
    return (_INDICATION_WORDS if favour else _NON_INDICATION_WORDS)[truth]


def say_day(day: date) -> str:
    """A day with its month as a word."""
    return f"{day:%B} {day.day}, {day.year}"


def overdue_line(session: Session, today: date) -> str:
    """The line on the version and its review that every result carries, and on a date of service outside it."""
    return " ".join([based_on(session.policy, today), *date_notices(session)])


def date_notices(session: Session) -> tuple[str, ...]:
    """What is odd about the date of service: outside this version of the policy, or already past at the review."""
    day = session.dates.get("date_of_service")
    if day is None:
        return ()
    begun = session.started.at[:10] if session.started.at else ""
    past = (f"The date of service, {say_day(day)}, was before this review began.",) if day.isoformat() < begun else ()
    return (*past, *service_notices(session.policy, day))


def understood(session: Session, event: Answered | Picked) -> tuple[str, ...]:
    """After an answer: each fact that was read, with the words that matched, and the criteria that changed."""
    policy = session.policy
    lines = []
    if isinstance(event, Picked):
        review = session.review_of(event.side)
        lines = [f"{policy.fact[f].label}: {say_values(policy, review.findings[f])} (your choice)" for f in event.facts]
    else:
        lines = [_read_line(session, event, read) for read in event.read or ()]
        lines += dict.fromkeys(read.doubt for read in event.read or () if read.doubt)
        lines += _aside_lines(session, event)
        if not lines and event.text not in {SKIP, START}:
            lines.append("I read nothing from this that the criteria ask for.")
        if any(policy.fact[read.fact].kind == "date" for read in event.read or ()):
            lines += [*_age_lines(session), *date_notices(session)]
        for again in event.rereads:
            lines.append(f"answer {again.turn} is now read anew")
    changed = [_changed_line(policy, c, t) for c, t in (event.criteria or {}).items() if not policy.criterion[c].part]
    return (*lines, *[c for c in changed if c])


def _aside_lines(session: Session, event: Answered) -> list[str]:
    """What was found in an answer and does not count, and why; with two sides under review each has its own."""
    question = session.loaded.prompts.question[event.question]
    told = {(read.start, read.end) for read in event.read or ()}
    aside = set_aside(session.loaded, event.text, question, context_for(session, event.side))
    shown = [one for one in aside if (one.start, one.end) not in told]
    return [f"Not counted: {quoted(one.quote)}, {one.reason}" for one in shown[:MAX_ASIDE]]


def _age_lines(session: Session) -> tuple[str, ...]:
    """The age that the dates give, with the dates; why it does not count where it can not be so."""
    age = computed_age(session.policy, session.started, session.turns)
    if age is None:
        return ()
    label = session.policy.fact["age_years"].label
    shown = " or ".join(str(v) for v in sorted(age.values, key=str))
    if age.implausible:
        return (f"{label}: {shown} ({age.basis}); this can not be so and does not count. Check both dates.",)
    return (f"{label}: {shown} ({age.basis})",)


def _read_line(session: Session, event: Answered, read: FactRead) -> str:
    policy = session.policy
    fact_id, quote = read.fact, read.quote
    fact = policy.fact[fact_id]
    review = session.review_of(event.side)
    if event.side and read.side in policy.sides and read.side != event.side:
        words = say_values(policy, Finding(fact_id, frozenset(read.values), ()))
        return f"{read.side} side: {fact.label}: {words} {quoted(quote)}"
    if fact.kind == "date":
        days = session.days.get(fact_id, ())
        order = " (day first)" if session.started.date_order == "day-month" else " (month first)"
        shown = f"{say_day(days[0])}{order if len(days) > 1 else ''}" if days else "not given"
        return f"{fact.label}: {shown} {quoted(quote)}"
    finding = review.findings.get(fact_id)
    if fact.kind == "integer" and read.values and not is_plausible(fact, read.values):
        return f"{fact.label}: {read.values[0]} can not be so and does not count {quoted(quote)}"
    if finding is None:
        return f"{fact.label}: kept aside until its side is known {quoted(quote)}"
    words = "does not agree with an earlier answer" if finding.conflict else say_values(policy, finding)
    return f"{fact.label}: {words} {quoted(quote)}".rstrip()


def _changed_line(policy: Policy, criterion_id: str, truth: str) -> str:
    if criterion_id in {policy.indications.id, policy.non_indications.id}:
        return ""
    criterion = policy.criterion[criterion_id]
    indication = any(c.id == criterion_id for c in policy.indications.walk())
    words = _INDICATION_WORDS if indication else _NON_INDICATION_WORDS
    return f"{criterion_id} {criterion.label}: {words[Truth(truth)]}"


def turn_lines(session: Session, turn: Turn) -> tuple[str, str, tuple[str, ...]]:
    """An earlier turn: its question, the answer as typed, and what it says of facts."""
    policy = session.policy
    if turn.note:
        return f"Note on {turn.note.criterion}", clean(turn.note.text), ()
    prompts = session.loaded.prompts.question
    text = prompts[turn.question].text if turn.question in prompts else "Chosen value"
    if turn.pick:
        said = tuple(
            f"{policy.fact[f].label}: {_say_given(policy, f, v)}"
            + (f" ({clean(turn.pick.reason)})" if turn.pick.reason else "")
            for f, v in turn.pick.facts.items()
        )
        return text, clean(turn.text) or "(chosen)", said
    if turn.skipped:
        return text, "(skipped)", ()
    read = tuple(
        f"{policy.fact[r.fact].label}: {_say_read(policy, r.fact, r.values)} {quoted(r.quote)}" for r in turn.read
    )
    return text, clean(turn.text), read


def _say_given(policy: Policy, fact_id: str, value: object) -> str:
    fact = policy.fact[fact_id]
    if isinstance(value, list | tuple):
        return " or ".join(fact.say(v) for v in value)
    return "not documented" if value == "unknown" else fact.say(value if isinstance(value, int) else str(value))


def _say_read(policy: Policy, fact_id: str, values: tuple[int | str, ...]) -> str:
    if policy.fact[fact_id].kind in {"codes", "date"}:
        return ", ".join(str(v) for v in values)
    return say_values(policy, Finding(fact_id, frozenset(values), ()))


def open_items(session: Session, review: SideReview) -> tuple[str, ...]:
    """What to request from the provider, in the order of the questions."""
    found = missing(session.policy, session.loaded.prompts, review.determination)
    asked = [m.request for m in found if m.request]
    if session.gated and review.determination.outcome is Outcome.MET:
        asked += [one.request for one in session.releases[review.side].open if one.request]
    return tuple(dict.fromkeys(asked))


def flag_notes(policy: Policy, determination: Determination) -> tuple[str, ...]:
    """The notes of the flags that the case raises."""
    return tuple(flag_of(policy, f).note for f in determination.flags)


def help_lines(question: Question) -> tuple[str, ...]:
    """Help for a question: what to look for in a chart, and which forms of answer are read."""
    lines = [question.help]
    if question.look_for:
        lines += ["", "Look for:", *(f"  {one}" for one in question.look_for)]
    if question.forms:
        lines += ["", "Answers such as:", *(f"  {one}" for one in question.forms)]
    return tuple(lines)


def policy_lines(policy: Policy, criterion_id: str) -> tuple[str, ...]:
    """What the policy says at a criterion: statement, section, references, and the evidence that goes with it."""
    criterion = policy.criterion[criterion_id]
    numbers = policy.citations(criterion_id)
    lines = [f"{criterion.id}  {criterion.label}", criterion.statement, f"Section: {criterion.section}"]
    lines.append(f"The policy cites: {', '.join(str(n) for n in numbers)}")
    lines += [f"  {n}. {_reference(policy, n)}" for n in numbers]
    for item in (e for e in policy.evidence if criterion_id in e.supports):
        lines += ["", f"{item.id} {item.study} [{', '.join(str(n) for n in item.references)}]: {item.statement}"]
    return tuple(lines)


def _reference(policy: Policy, number: int) -> str:
    found = policy.reference[number]
    link = f" doi:{found.doi}" if found.doi else f" PMID:{found.pmid}" if found.pmid else ""
    return f"{found.authors.rstrip('.')}. {found.title}. {found.journal}. {found.year};{found.locator}.{link}"


def criterion_for(policy: Policy, question: Question) -> str | None:
    """The criterion that a question serves first."""
    return next((c.id for c in policy.criteria if not c.children and set(c.facts()) & set(question.facts)), None)


def criteria_tree(policy: Policy) -> list[str]:
    """A policy's criteria as an indented list, with sections and references."""
    lines = [f"{policy.title}, version {policy.version}, approved {policy.approved.isoformat()}"]
    for root in (policy.indications, policy.non_indications):
        lines.append(f"{root.id} {root.statement} [{', '.join(str(n) for n in policy.citations(root.id))}]")
        for depth, criterion in _listed(root, 1):
            numbers = ", ".join(str(n) for n in policy.citations(criterion.id))
            lines.append(f"{'  ' * depth}{criterion.id} {criterion.statement} [{numbers}]")
    return lines

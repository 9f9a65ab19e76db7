"""The rationale: sections, citations, what it must never say, and text of reviewers that stays text.

What may be cited where is stated here on its own, from the published text.
"""

import json
import os
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from forms import IN_ORDER
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.determination import Outcome, Truth
from assistant.errors import AssistantError
from assistant.events import Answered, Concluded, FactRead, Noted, Picked, Released, Reopened, Started, Undone
from assistant.interview import advance, as_concluded, ending_of, outcome_of, start
from assistant.policy import load, packaged
from assistant.rationale import rationale_digest, render, statements
from assistant.view import clean

TODAY = date(2026, 11, 22)
SNAPSHOTS = Path(__file__).with_name("snapshots") / "rationale"
FORMS = ("text", "markdown", "html", "json")
AUDIENCES = ("clinical", "member", "provider")
SECTIONS = (
    "1. Request and policy",
    "2. Outcome",
    "3. Deciding criteria",
    "4. All criteria",
    "5. Notes and readings applied",
    "6. Open items and requests",
    "7. Evidence",
    "8. References cited",
    "9. Limits",
    "10. Audit",
)
MET = {
    "IND": {3, 4}, "I1": {4, 5, 6}, "I1a": set(), "I1b": set(), "I2": {7}, "I2a": {8}, "I2b": {8},
    "NON": {7}, "N1": set(), "N2": {8}, "N3": {8, 9},
}  # fmt: skip
NOT_MET = {"N1": {7}, "N2": {7, 8}, "N3": {7, 8, 9}, "I1": {4, 5, 6}, "I2": {7}, "I2a": {7, 8}, "I2b": {7, 8}}
OPEN = {"I1": {4, 5, 6}, "I1a": {4, 5, 6}, "I1b": {4, 5, 6}, "I2": {7}, "I2a": {7, 8}, "I2b": {7, 8}}
OPEN |= {"N1": {7}, "N2": {8}, "N3": {8, 9}}
NEVER = re.compile(
    r"\bden(y|ied|ies|ial)\b|not medically necessary|\bproves?\b|\bproven\b|advanced imaging (showed|shows|demonstrate)"
    r"|birthday|recommend|guarantee|should (have|undergo|wait|be delayed)|postpone|craterization|saucerization"
    r"|intercalary|list separately|medically appropriate|we approve|is approved|was approved|request approved",
    re.IGNORECASE,
)
PASSING = {
    "age": {"age_years": 38},
    "laterality": {"laterality": "right"},
    "imaging": {"imaging_modality": "mri", "radiology_report": "present"},
    "stage": {"osteonecrosis": "present", "osteonecrosis_stage": 2, "staging_system": "steinberg"},
    "collapse": {"femoral_head_collapse": "none"},
    "arthritis": {"arthritis": "mild"},
    "symptoms": {"hip_pain": "present"},
    "circumstances": {"individual_circumstances": "absent"},
}
WORDS = {
    "age": "38 on the date of service",
    "laterality": "R hip",
    "imaging": "MRI 30 Oct 2026, signed report on file",
    "stage": "AVN, Steinberg IIA",
    "collapse": "contour preserved, no collapse",
    "arthritis": "mild OA, KL 2",
    "symptoms": "right groin pain since spring",
    "circumstances": "no",
}


def reads(text, facts):
    return tuple(
        FactRead(fact=f, values=tuple(v) if isinstance(v, list | tuple) else (v,), quote=text, end=len(text))
        for f, v in facts.items()
    )


def answer(question, text=None, side=None, replaces=None, **facts):
    said = WORDS[question] if text is None else text
    read = reads(said, facts or (PASSING[question] if text is None else {}))
    return Answered(question=question, text=said, side=side, replaces=replaces, read=read)


def review(loaded, *events, **request):
    begun = Started(
        policy=loaded.policy.id,
        version=2,
        case="CASE-7",
        reviewer="R. Nurse",
        request={**IN_ORDER, **request},
        intake=False,
    )
    session = start(loaded, lambda *_: (), begun)
    for event in events:
        session = advance(session, event)
    return session


def concluded(session):
    """The review closed, with every side released that may be."""
    for one in () if session.concluded else session.sides:
        if session.releases[one.side].allowed:
            session = advance(session, Released(side=one.side))
    closed = as_concluded(session)
    outcomes = {s.side or "": ending_of(closed, s).value for s in session.sides}
    return advance(session, Concluded(determination=outcome_of(closed).value, determinations=outcomes))


def passing(*without):
    return [answer(q) for q in PASSING if q not in without]


def text_of(session, audience="clinical", form="text", today=TODAY):
    return render(session, form=form, audience=audience, today=today)


def examples(loaded):
    """A session of each kind."""
    both = answer("laterality", "both hips", laterality="bilateral")
    radiograph = answer("imaging", "x-ray only", imaging_modality="radiograph", radiology_report="present")
    film = reads("left film only", {"imaging_modality": "radiograph"})
    left = Answered(question="imaging", text="left film only", side="left", read=film)
    unsaid = {"femoral_head_collapse": "unknown"}
    right = [answer(q, WORDS[q], "right", **PASSING[q]) for q in PASSING if q not in {"age", "laterality"}]
    stage = answer("stage", "stage II-III", osteonecrosis="present", osteonecrosis_stage=[2, 3])
    return {
        "met": concluded(review(loaded, *passing(), procedure_codes=["S2325-RT"], date_of_service="2026-07-01")),
        "not_met_age": concluded(review(loaded, answer("age", "57 y/o", age_years=57), answer("circumstances"))),
        "not_met_gap": concluded(
            review(
                loaded,
                *passing("symptoms"),
                answer("symptoms", "no pain, walks freely", hip_pain="absent", functional_disability="absent"),
            )
        ),
        "not_met_curable": concluded(
            review(
                loaded,
                answer("age"),
                radiograph,
                answer("stage", "stage II on film", osteonecrosis_stage=2),
                answer("circumstances"),
            )
        ),
        "information_needed": concluded(review(loaded, *passing("stage", "collapse"), stage)),
        "held": concluded(review(loaded, *passing(), procedure_codes=["20933"])),
        "other_side": review(loaded, *passing(), documented_laterality="left"),
        "not_addressed": concluded(
            review(loaded, answer("age", "62", age_years=62), requested_condition="other", procedure_codes=["99999"])
        ),
        "circumstances": concluded(
            review(
                loaded,
                *passing("circumstances"),
                answer("circumstances", "repeat after 2023", individual_circumstances="present"),
            )
        ),
        "both_sides": concluded(review(loaded, answer("age"), both, *right, left, documented_laterality="bilateral")),
        "range_that_passes": review(
            loaded,
            *passing("stage"),
            answer("stage", "stage I-II", osteonecrosis="present", osteonecrosis_stage=[1, 2]),
        ),
        "conflict": review(
            loaded,
            *passing("stage"),
            answer("stage", "stage II", osteonecrosis_stage=2),
            answer("stage", "stage III", osteonecrosis_stage=3),
        ),
        "presence_conflict": review(
            loaded,
            *passing("stage"),
            answer("stage", "no AVN; stage IV", osteonecrosis="absent", osteonecrosis_stage=4),
        ),
        "override": review(
            loaded,
            *passing(),
            Picked(facts={"arthritis": "moderate"}, origin="override", reason="film grades KL 3", text="moderate"),
        ),
        "not_documented": review(
            loaded,
            *passing("collapse"),
            Picked(question="collapse", facts=unsaid, text="/unknown", reason="the record does not say"),
        ),
        "reopened": advance(concluded(review(loaded, *passing())), Reopened(reason="addendum came")),
        "unfinished": review(loaded),
        "computed_age": review(loaded, answer("arthritis"), birth_date="1976-12-10", date_of_service="2026-12-10"),
    }


CASES = tuple(examples(load("hip-core-decompression")))


@pytest.fixture(scope="module")
def cases(loaded):
    return examples(loaded)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("case", CASES)
def test_every_case_renders_for_everybody_in_every_form(cases, case, audience, form):
    text = text_of(cases[case], audience, form)
    said = " ".join(json.loads(text)["notices"]) if form == "json" else text
    assert "Based on version 2, approved 24 July 2025" in said
    assert "121 days overdue" in said
    assert not NEVER.search(text)
    assert all(c.isprintable() or c == "\n" for c in text)
    if form == "json":
        json.loads(text)


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize(
    "case",
    [
        "met",
        "not_met_age",
        "not_met_gap",
        "not_met_curable",
        "information_needed",
        "held",
        "not_addressed",
        "both_sides",
    ],
)
def test_accepted_texts(cases, case, audience):
    """UPDATE_SNAPSHOTS=1 accepts; review the diff."""
    path = SNAPSHOTS / f"{case}.{audience}.txt"
    text = text_of(cases[case], audience)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"differs from {path}; UPDATE_SNAPSHOTS=1 accepts it"


def cited(side):
    return {r.number for r in side.references}


def test_met_cites_each_criterion_as_printed(cases):
    (side,) = statements(cases["met"], TODAY).sides
    assert side.outcome == "criteria_met"
    shown = {c.id: set(c.references) | set(c.group_references) for c in side.deciding}
    assert shown == {c: MET[c] for c in MET if c != "I1b"}
    assert cited(side) == {3, 4, 5, 6, 7, 8, 9}


@pytest.mark.parametrize(
    ("events", "deciding", "numbers"),
    [
        ([("arthritis", {"arthritis": "severe"})], ["N1"], {7}),
        ([("stage", {"osteonecrosis_stage": 4})], ["N2", "I2a"], {7, 8}),
        ([("age", {"age_years": 50})], ["N3"], {7, 8, 9}),
        ([("symptoms", {"hip_pain": "absent", "functional_disability": "absent"})], ["I1"], {4, 5, 6}),
        ([("imaging", {"imaging_modality": "ultrasound"})], ["I2"], {7}),
        ([("imaging", {"radiology_report": "absent"})], ["I2"], {7}),
        ([("stage", {"osteonecrosis_stage": 0})], ["I2a"], {7, 8}),
        ([("stage", {"osteonecrosis": "absent"})], ["I2a"], {7, 8}),
        ([("collapse", {"femoral_head_collapse": "moderate"})], ["I2b"], {7, 8}),
    ],
)
def test_not_met_cites_what_decides_and_its_parent_alone(loaded, events, deciding, numbers):
    session = review(loaded, *[answer(q, "words", **facts) for q, facts in events])
    (side,) = statements(session, TODAY).sides
    assert [c.id for c in side.deciding] == deciding
    assert cited(side) == numbers
    assert {n for e in side.evidence for n in e.references} <= numbers


def test_the_age_limit_never_cites_the_study_that_found_no_effect_of_age(cases):
    text = text_of(cases["not_met_age"])
    assert "Kang" not in text
    assert "[8, 9]" in text


@pytest.mark.parametrize("case", ["not_addressed", "circumstances"])
def test_what_is_not_addressed_cites_nothing_and_applies_no_criterion(cases, case):
    (side,) = statements(cases[case], TODAY).sides
    assert not side.references
    assert not side.evidence
    assert not side.deciding
    text = text_of(cases[case])
    assert "No criterion of this policy is applied as a reason." in text
    assert "G6" in text
    assert "instructions of the health plan" in text


def test_a_plain_film_is_never_called_advanced_imaging(cases):
    text = text_of(cases["not_met_curable"])
    assert "The stage does not come from advanced imaging" in text
    assert "R14" in text
    assert "would cure" in text
    assert "stage of osteonecrosis: stage II" in text


def test_what_can_not_be_cured_is_not_offered(loaded):
    events = [answer("age", "57", age_years=57), answer("imaging", "film", imaging_modality="radiograph")]
    (side,) = statements(review(loaded, *events), TODAY).sides
    assert side.curable == ()


def test_each_kind_of_review_says_what_it_is(cases):
    assert "No decision has been made." in text_of(cases["unfinished"])
    assert "As it stands" in text_of(cases["unfinished"])
    assert "opened again" in text_of(cases["reopened"])
    assert "No decision has been made." in text_of(cases["information_needed"])
    assert "As it stands" not in text_of(cases["met"])
    assert "No decision" not in text_of(cases["met"])
    assert "stage I or stage II, more than one value is possible" in text_of(cases["range_that_passes"])
    assert "answers do not agree; stage II, “stage II” (answer 8); stage III, “stage III” (answer 9)" in text_of(
        cases["conflict"]
    )
    assert "set by the reviewer against what was read (answer 9), reason: “film grades KL 3”" in text_of(
        cases["override"]
    )
    assert "collapse of the femoral head: the record does not say; answer 8" in text_of(cases["not_documented"])
    assert "age on the date of service: 50; computed: born 1976-12-10, service 2026-12-10" in text_of(
        cases["computed_age"]
    )
    assert "indication_gap" in [f.id for f in statements(cases["not_met_gap"], TODAY).sides[0].flags]


def test_dates_are_computed_from_the_clock(cases):
    assert "1 day overdue" in text_of(cases["met"], today=date(2026, 7, 25))
    assert "overdue" not in text_of(cases["met"], today=date(2026, 7, 24))
    late = text_of(review(load("hip-core-decompression"), date_of_service="2026-12-10"))
    assert "The date of service, 10 December 2026, is after this version's next review was due" in late


def test_audit_tells_edits_undos_notes_and_skips(loaded):
    session = review(
        loaded,
        answer("age", "thirty eight", age_years=38),
        answer("age", "38 on DOS", replaces=1, age_years=38),
        answer("arthritis", "a slip", arthritis="severe"),
        Undone(),
        Noted(criterion="N1", text="film is poor"),
        Answered(question="collapse", text="/skip", read=()),
    )
    text = text_of(session)
    assert "edited; before: “thirty eight”" in text
    assert "taken back: Does the imaging show arthritis of the hip, and how severe? “a slip”" in text
    assert "Note of the reviewer: “film is poor” (answer 2)" in text
    assert "- skipped" in text
    assert "a slip" not in text.split("10. Audit")[0]


def digest(session):
    return rationale_digest(statements(session, session.policy.approved))


def test_digest_stands_still_while_only_the_clock_moves(loaded):
    session = review(loaded, *passing())
    stamped = review(loaded, *[e.model_copy(update={"at": "2026-11-22T10:00:00"}) for e in passing()])
    assert digest(session) == digest(stamped) == digest(concluded(session))
    assert digest(session).startswith("sha256:")
    other = review(loaded, *passing("arthritis"), answer("arthritis", "no OA", arthritis="none"))
    assert digest(other) != digest(session)


def test_findings_of_the_other_side_never_enter(loaded):
    events = [answer("age"), answer("laterality", "both", laterality="bilateral")]
    for side, modality in (("right", "mri"), ("left", "radiograph")):
        text = f"{side}words"
        events.append(
            Answered(question="imaging", text=text, side=side, read=reads(text, {"imaging_modality": modality}))
        )
    session = review(loaded, *events)
    right, left = text_of(session).split("Rationale: left hip")
    assert "rightwords" in right
    assert "leftwords" not in right
    assert "leftwords" in left
    assert "rightwords" not in left
    narrowed = advance(session, answer("laterality", "right only", replaces=2, laterality="right"))
    assert narrowed.current.findings["imaging_modality"].value == "mri"
    assert "leftwords" not in text_of(narrowed)


def test_records_of_another_side_are_no_findings(cases):
    before, _ = text_of(cases["other_side"]).split("10. Audit")
    assert "groin pain" not in before
    assert "nothing counts here, as the records are of another side" in before
    assert all(c.truth == "unknown" for c in statements(cases["other_side"], TODAY).sides[0].criteria if c.id != "N3")


# --- The patient's letter -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_the_patient_reads_no_codes_ids_or_abbreviations(cases, policy, case):
    text = text_of(cases[case], "member").replace("CASE-7", "")
    assert not re.search(r"\b[A-Z]{2,}\b|\b[A-Z]?\d{4,5}\b(?<!\b20\d\d)", text), text
    for criterion in policy.criteria:
        assert not re.search(rf"\b{criterion.id}\b", text)
    for sentence in re.split(r"(?<=[.!?])\s|\n", text.split("Please note")[0]):
        assert len(sentence.split()) <= 24, sentence
    plain = load("hip-core-decompression").prompts.plain
    for word, meaning in plain.terms.items():
        assert text.count(f"{word}: {meaning}") <= len(cases[case].sides)


def test_plain_words_cover_every_criterion_and_every_request(policy, loaded):
    plain = loaded.prompts.plain
    nodes = {c.id for root in (policy.indications, policy.non_indications) for c in root.walk() if c is not root}
    assert nodes - set(plain.criteria) == {"I2"}
    asked = {f for r in policy.requests for f in r.facts} | {f.fact for f in policy.flags if f.fact}
    assert asked - set(plain.requests) <= {"staging_system", "level_of_care"}
    assert {f.id for f in policy.flags if f.effect in {"scope", "refer"}} <= set(plain.flags)


def test_plain_words_for_an_id_that_is_not_there_are_an_error(tmp_path, policy):
    from assistant.policy import Library, PolicyError

    for kind in ("policy", "prompts"):
        target = tmp_path / kind / policy.id
        target.mkdir(parents=True)
        text = (packaged(kind) / policy.id / "2.yaml").read_text(encoding="utf-8")
        (target / "2.yaml").write_text(text.replace("    N3:\n      yes:", "    N9:\n      yes:"), encoding="utf-8")
    with pytest.raises(PolicyError, match="no 'N9' in the policy"):
        load(policy.id, Library((tmp_path,)))


# --- Text of reviewers stays text ---------------------------------------------------------------------------------

NASTY = (
    "{{ 7 * 7 }} {% for x in r %}{{ x }}{% endfor %}",
    "<script>alert(1)</script> <b>bold</b> & &lt;",
    "**bold** _x_ [link](http://x.test) ![i](x) `code` | # www.x.test a@x.test ~~x~~",
    "[bold red]x[/] [link=x]y[/link]",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b1m \x01\x02 \u202eabc \ud800",
    "one\n\n# two\n- three\r\n",
    "“quoted” \"and\" 'so'",
    "</span></li><style>*{display:none}</style>",
)


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text.append(data)


def nasty_review(loaded, text):
    session = review(
        loaded,
        Answered(question="age", text=text, read=reads(text, {"age_years": 40})),
        answer("age", "forty", replaces=1, age_years=40),
        Answered(question="arthritis", text=text, read=reads(text, {"arthritis": "moderate"})),
        Picked(facts={"femoral_head_collapse": "none"}, reason=text, text=text),
        Noted(criterion="N1", text=text),
        answer("symptoms", text, hip_pain="present"),
        Undone(),
    )
    session = advance(concluded(session), Reopened(reason=text))
    begun = session.started.model_copy(update={"case": text, "reviewer": text})
    return type(session)(session.loaded, session.read, session.events, begun, session.turns, session.sides)


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("nasty", NASTY)
def test_text_of_reviewers_is_shown_and_never_obeyed(loaded, nasty, audience):
    session = nasty_review(loaded, nasty)
    visible = clean(nasty).strip()
    text = text_of(session, audience)
    assert visible in text
    assert all(c.isprintable() or c == "\n" for c in text)

    page = Page()
    page.feed(text_of(session, audience, "html"))
    assert visible in "".join(page.text)
    assert page.tags <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "ul",
        "ol",
        "li",
        "p",
        "strong",
        "sup",
        "span",
    }

    rendered = Page()
    rendered.feed(MarkdownIt("gfm-like", {"linkify": False}).render(text_of(session, audience, "markdown")))
    assert visible in "".join(rendered.text)
    assert rendered.tags <= {"h1", "h2", "ul", "ol", "li", "p", "strong", "sup"}

    content = text_of(session, audience, "json")
    assert content.isascii()
    assert json.loads(content)["case"] == nasty


def test_a_quote_that_does_not_stand_in_the_answer_is_not_repeated(loaded):
    forged = (FactRead(fact="arthritis", values=("severe",), quote="invented words"),)
    text = text_of(review(loaded, Answered(question="arthritis", text="mild OA", read=forged)))
    assert "invented words" not in text
    assert "“mild OA” (answer 1)" in text


# --- Whatever happens in a review -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def any_events(loaded):
    """Any events at all: answers on every fact with any values, for any side, picks, notes, edits and undos."""
    policy = loaded.policy
    questions = [q.id for q in (*loaded.prompts.intake, *loaded.prompts.questions, loaded.prompts.closing)]
    facts = [f for f in policy.domains if policy.fact[f].kind != "codes"]
    letters = st.text(alphabet="qxzj QXZJ", min_size=1, max_size=12).map(str.strip).filter(bool)
    side = st.sampled_from([None, None, "right", "left"])

    @st.composite
    def read(draw, text):
        fact = draw(st.sampled_from(facts))
        values = draw(
            st.lists(st.sampled_from(sorted(policy.domains[fact], key=str)), min_size=1, max_size=3, unique=True)
        )
        whole = draw(st.booleans()) and draw(st.booleans())
        chosen = tuple(sorted(policy.domains[fact], key=str)) if whole else tuple(values)
        return FactRead(fact=fact, values=chosen, quote=text, closed=whole and draw(st.booleans()))

    @st.composite
    def answered(draw):
        text = draw(letters)
        found = draw(st.lists(read(text), max_size=4))
        replaces = draw(st.sampled_from([None, None, None, 1, 2]))
        return Answered(
            question=draw(st.sampled_from(questions)), text=text, side=draw(side), replaces=replaces, read=tuple(found)
        )

    @st.composite
    def picked(draw):
        fact = draw(st.sampled_from(facts))
        value = draw(st.sampled_from([*sorted(policy.domains[fact], key=str), "unknown"]))
        origin = draw(st.sampled_from(["manual", "override"]))
        return Picked(facts={fact: value}, side=draw(side), origin=origin, reason=draw(letters), text=draw(letters))

    noted = st.builds(Noted, criterion=st.sampled_from([c.id for c in policy.criteria]), text=letters, side=side)
    single = st.sampled_from(["age", "imaging", "stage", "collapse", "arthritis", "symptoms"]).map(
        lambda q: Answered(question=q, text="jqx", read=reads("jqx", PASSING[q]))
    )
    bilateral = st.just(Answered(question="laterality", text="zzj", read=reads("zzj", {"laterality": "bilateral"})))
    request = st.fixed_dictionaries(
        {},
        optional={
            "procedure_codes": st.lists(st.sampled_from(["S2325", "20933", "27299", "99999"]), min_size=1, max_size=3),
            "requested_condition": st.sampled_from(["other", "osteonecrosis_femoral_head"]),
            "documented_laterality": st.sampled_from(["left", "right", "bilateral"]),
            "age_years": st.integers(0, 90),
            "birth_date": st.just("1980-02-29"),
            "date_of_service": st.just("2026-12-10"),
        },
    )
    events = st.lists(
        st.one_of(answered(), single, single, single, bilateral, picked(), noted, st.just(Undone())), max_size=10
    )
    begun = st.sampled_from([[], passing("circumstances"), passing("circumstances", "laterality")])
    return st.tuples(st.builds(lambda first, then: [*first, *then], begun, events), request)


def lived(loaded, events, request):
    session = review(loaded, **request)
    for event in events:
        try:
            session = advance(session, event)
        except AssistantError:
            continue
    return session


def expected_citations(side, outcome, truths):
    """What may be cited, from the truths of the nine criteria alone."""
    if outcome is Outcome.NOT_ADDRESSED:
        return set(), set()
    if outcome is Outcome.MET:
        return {3, 4, 5, 6, 7, 8, 9}, {3, 4, 5, 6, 7, 8, 9}
    if outcome is Outcome.NOT_MET:
        decides = {c for c in ("N1", "N2", "N3") if truths[c] is Truth.TRUE}
        decides |= {c for c in ("I1", "I2a", "I2b") if truths[c] is Truth.FALSE}
        decides |= {"I2" for c in ("I2-imaging", "I2-report") if truths[c] is Truth.FALSE}
        found = set().union(*(NOT_MET[c] for c in decides))
        return found, found
    return set(), set().union(*(OPEN[c] for c in OPEN if truths[c] is Truth.UNKNOWN), set())


def check_side(side, session, review_of_side, text):
    found = review_of_side.determination
    outcome = ending_of(session, review_of_side)
    least, most = expected_citations(side, outcome, found.criteria)
    assert least <= cited(side) <= most
    assert {int(n) for group in re.findall(r"\[(\d+(?:, \d+)*)\]", text) for n in group.split(", ")} <= cited(side)
    assert {n for e in side.evidence for n in e.references} <= cited(side)
    assert "[1" not in text

    positions = [text.index(f"\n{section}\n") for section in SECTIONS]
    assert positions == sorted(positions)

    lines = text.split("4. All criteria")[1].split("5. Notes")[0].splitlines()
    for criterion in side.criteria:
        truth = found.criteria[criterion.id]
        line = next(x for x in lines if x.startswith(f"  - {criterion.id} {criterion.label}: "))
        assert f": {truth.value} (" in line
        if truth is Truth.UNKNOWN:
            assert criterion.word == "open"
            assert f"{criterion.id} {criterion.label}: unknown (open)" in line
            assert not any(
                f"{criterion.id} {criterion.label}: {word}" in text
                for word in ("not met", "does not", "met", "applies")
            )
    plain = session.loaded.prompts.plain
    for sentence in side.member.why:
        supports = [
            (c, t)
            for c, p in plain.criteria.items()
            for t, s in ((Truth.TRUE, p.yes), (Truth.FALSE, p.no))
            if s == sentence
        ]
        assert sentence in plain.flags.values() or any(found.criteria[c] is t for c, t in supports)
    for criterion in (*side.deciding, *side.criteria, *side.established):
        if criterion.truth != "unknown" and not session.policy.criterion[criterion.id or "I2-report"].children:
            assert any(f.words for f in criterion.facts), f"nothing supports {criterion.label}"


def test_what_holds_for_every_review(loaded, any_events):

    @settings(max_examples=80, deadline=None)
    @given(any_events)
    def check(drawn):
        session = lived(loaded, *drawn)
        rationale = statements(session, TODAY)
        text = text_of(session)
        parts = re.split(r"(?m)^Rationale(?:: (?:right|left) hip)?\n=+$", text)[1:]
        assert len(parts) == len(session.sides) == len(rationale.sides)
        said = [e.text for e in session.events if isinstance(e, Answered | Picked | Noted)]
        said += [e.reason for e in session.events if isinstance(e, Picked)]
        for quote in re.findall(r"“([^”]*)”", text):
            assert quote in said
        for side, one, part in zip(rationale.sides, session.sides, parts, strict=True):
            check_side(side, session, one, part)
            foreign = {t.number for t in session.turns if one.side and t.side not in {None, one.side}}
            shared = {f.id for f in loaded.policy.facts if f.about != "side"}
            stated = [f for c in (*side.criteria, *side.deciding) for f in c.facts]
            assert not foreign & {w.turn for f in stated if f.id not in shared for w in f.words}
            assert not foreign & {e.number for e in side.audit if e.kind != "elsewhere"}
            numbers = {e.number for e in side.audit}
            assert {int(n) for n in re.findall(r"answers? (\d+)", part)} <= numbers
        for audience in AUDIENCES:
            assert not NEVER.search(text_of(session, audience))
        assert digest(session) == digest(concluded(session))

    check()

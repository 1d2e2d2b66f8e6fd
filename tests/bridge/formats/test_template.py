"""Templates: what they can say, and that they can do nothing else."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bridge import formats, registry
from bridge.formats import slack, template, wording
from bridge.formats.template import TemplateError

EVENT_TYPES = registry.load().event_types
KNOWN = EVENT_TYPES["index.configured"]
LONE = "a < that begins no tag is written &lt; for Telegram"
VARIABLES = {
    "event": {
        "key": "docs<",
        "list": [1, 2, 3],
        "deep": {"a": {"b": "c"}},
        "none": None,
        "text": "a@b & <c>",
    },
    "link": template.Trusted("https://bridge.example/v1/x?a=1&b"),
}


def rendered(source: str, most: int = 3000, **more: Any) -> str:
    return template.render(source, slack.escape, VARIABLES | more, most)


def refused(source: str, **more: Any) -> str:
    with pytest.raises(TemplateError) as caught:
        rendered(source, **more)
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain *text* & <markup>", "plain *text* & <markup>"),
        ("{{ event.key }}", "docs&lt;"),
        ("{{ event['text'] }}", "a@b &amp; &lt;c&gt;"),
        ("<{{ link }}|look>", "<https://bridge.example/v1/x?a=1&b|look>"),
        ("{% for one in event.list %}{{ loop.index }}={{ one }}{% if not loop.last %}, {% endif %}{% endfor %}",
         "1=1, 2=2, 3=3"),
        ("{% for name, value in event.deep|items %}{{ name }}: {{ value }}{% endfor %}", 'a: {"b":"c"}'),
        ("{% if event.none is none %}nothing{% elif event.key %}b{% else %}c{% endif %}", "nothing"),
        ("{{ event.nope|default('-') }} {{ event.none|default('-') }} {{ event.deep.x.y|default('-') }}", "- - -"),
        ("{{ 'yes' if event.list|length > 2 else 'no' }} {{ 2 in event.list }}", "yes true"),
        ("{{ event.list|join(' → ') }} {{ event.key|upper }} {{ event.text|truncate(4) }}", "1 → 2 → 3 DOCS&lt; a@b…"),
        ("{{ event.deep|json }} {{ event.deep.a|pretty }}", '{"a":{"b":"c"}} b: c'),
        ("{{ event.list[1] }} {{ event.list.0 }} {{ '2026-11-22T18:14:12.204133Z'|pretty }}", "2 1 2026-11-22 18:14 UTC"),
        ("{% for one in event.deep|items if one.0 == 'a' %}{{ one.0 }}{% else %}none{% endfor %}", "a"),
        ("{# nobody sees this #}{{ none }}x", "x"),
        ("a{% if event.nope is defined %}b{% endif %}", "a"),
    ],
)  # fmt: skip
def test_a_template_says(source: str, text: str) -> None:
    assert rendered(source) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ event.__class__ }}",
        "{{ event['__class__'] }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ event.keys }}",
        "{{ event.list.append }}",
        "{{ event.keys() }}",
        "{{ event.text.format(event) }}",
        "{{ self }}",
        "{{ self.__init__.__globals__ }}",
        "{{ loop }}",
        "{{ cycler }}",
        "{{ lipsum.__globals__ }}",
        "{{ lipsum() }}",
        "{{ request }}",
        "{{ config }}",
        "{{ event|attr('keys') }}",
        "{{ [event]|map(attribute='__class__')|list }}",
        "{{ '%s'|format(event) }}",
        "{{ _steps }}",
        "{{ context }}",
        "{% for _steps in event.list %}x{% endfor %}",
        "{% set x = 1 %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% block b %}{% endblock %}",
        "{% filter upper %}x{% endfilter %}",
        "{% with x = 1 %}{% endwith %}",
        "{% raw %}{% endraw %}{{ x() }}",
        "{% for x in event.list recursive %}{{ x }}{% endfor %}",
        "{% for x in event.list %}{{ loop(x) }}{% endfor %}",
        "{% for x in event.list %}{{ loop.__class__ }}{% endfor %}",
        "{% for x in event.list %}{{ loop.cycle }}{% endfor %}",
        "{% autoescape false %}x{% endautoescape %}",
        "{% do x %}",
        "{% debug %}",
    ],
)
def test_a_template_reaches_nothing_but_the_event(source: str) -> None:
    assert refused(source)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(10 ** 9) %}x{% endfor %}",
        "{{ range(10 ** 9)|join }}",
        "{{ 'x' * 10 ** 9 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 'x' ~ 'y' }}",
        "{{ 'x'|center(10 ** 9) }}",
        "{{ 'x'|center(1000000000) }}",
        "{{ 'x'|indent(1000000000) }}",
        "{{ 'x'|replace('', 'xxxxxxxx') }}",
        "{{ event.list[0:2] }}",
        "{{ 1 + 1 }}",
        "{% for a in event.many %}{% for b in event.many %}{% for c in event.many %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in event.many %}{% for b in event.many %}{{ event.text|json|json|json }}{% endfor %}{% endfor %}",
        "{% for a in event.many %}{{ event.long }}{% endfor %}",
        "{{ event.long|join }}",
        "{{ " + "event.text|json" + "|json" * 600 + " }}",
        "{{ " + "(" * 1500 + "1" + ")" * 1500 + " }}",
        "{{ " + "not " * 900 + "1 }}",
        "{{ " + "[" * 1500 + "]" * 1500 + " }}",
        "{% if 1 %}" * 200 + "{% endif %}" * 200,
        "{% for a in [1] %}" * 60 + "{% endfor %}" * 60,
        "{{ 1" + " and 1" * 500 + " }}",
        "x" * 4097,
    ],
)
def test_a_bomb_is_refused_at_once(source: str) -> None:
    begun = time.process_time()
    assert refused(source, event={"many": [1] * 400, "long": "x" * 60_000, "text": "x", "list": [1]})
    assert time.process_time() - begun < 2


def test_the_most_that_a_template_can_do_is_little() -> None:
    wire = {**KNOWN.example, "data": {"many": list(range(2000)), "text": "x" * 40_000}}
    most = (
        "{% for a in event.data.many %}{% if event|json|length and event.data|json %}{% endif %}{% endfor %}x"
    )
    begun = time.process_time()
    made = formats.told("slack", wire, KNOWN, own={"body": most}, public_url=None)
    assert (made.failure or "").endswith(
        "line 1: takes more than 500 steps (turns of loops, filters, what is large in comparisons)"
    )
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("sides", [("one", "other"), ("[one]", "[other]")])
def test_what_is_large_is_compared_a_few_times_only(sides: tuple[str, str]) -> None:
    chain = "==".join([*sides] * 80)
    most = f"{{% for one in [event.many] %}}{{% for other in [event.more] %}}{{% for a in one %}}{{% if {chain} %}}{{% endif %}}{{% endfor %}}{{% endfor %}}{{% endfor %}}x"
    many, more = ([number + 0.5 for number in range(9_000)] for _ in range(2))
    begun = time.process_time()
    assert "takes more than 500 steps" in refused(most, event={"many": many, "more": more})
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("one\ntwo {{ event.nope }}", "line 2: there is no 'nope' here"),
        ("one\n\n{{ event.key", "line 3: unexpected end of template, expected 'end of print statement'."),
        ("{{ event.key|shout }}", ("line 1: there is no filter 'shout', only default, items, join, json, length, lower, "
         "pretty, truncate, upper")),
        ("a\n{% for x in event.key %}{% endfor %}", "line 2: a loop goes over a list, not over a text"),
        ("{% if event.key is odd %}{% endif %}", "line 1: there is no test 'odd', only defined, none, number, string"),
        ("{{ event.list|length }}{{ nobody }}", "line 1: 'nobody' is undefined"),
        ("x" * 101, "gives more than 100 characters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(source: str, reason: str) -> None:
    assert refused(source, most=100) == reason


def test_a_value_is_cut_so_that_one_text_cannot_take_the_whole_message() -> None:
    assert len(rendered("{{ event.long }}{{ event.long }}", event={"long": "x" * 60_000})) == 2000


def test_a_template_is_tried_on_the_example_of_every_type_that_is_wanted() -> None:
    own = {"title": "{{ event.key }}", "body": "{{ event.data.dimension }}"}
    wanted = [EVENT_TYPES["index.ready"], EVENT_TYPES["backup.ready"], EVENT_TYPES["backup.failed"]]
    assert list(wording.faults(slack, own, wanted, None)) == [
        ("body", "line 1: there is no 'dimension' here (tried on the example of backup.ready)")
    ]


def test_a_template_that_fails_makes_way_for_the_built_in_message() -> None:
    built_in = formats.told("slack", KNOWN.example, KNOWN, own=None, public_url=None)
    failed = formats.told("slack", KNOWN.example, KNOWN, own={"body": "{{ event.nope }}"}, public_url=None)
    assert (failed.message, failed.failure) == (
        built_in.message,
        "the template failed, the built-in message was sent: line 1: there is no 'nope' here",
    )


@pytest.mark.parametrize("name", formats.PLATFORMS)
def test_a_template_takes_the_place_of_title_and_fields(name: str) -> None:
    own = {
        "title": "{{ event.key }} was\n changed",
        "body": "{{ fields|length }} fields, {{ tone }}: {{ title }}",
    }
    message = formats.told(name, KNOWN.example, KNOWN, own=own, public_url=None)
    shown = str(message.message).replace("\\", "")
    assert message.failure is None
    assert "articles was changed" in shown
    assert "7 fields, plain: Index Configured: articles" in shown
    assert "Dimension" not in shown


@pytest.mark.parametrize("name", formats.PLATFORMS)
def test_a_title_alone_keeps_the_fields(name: str) -> None:
    message = formats.told(name, KNOWN.example, KNOWN, own={"title": "Look"}, public_url=None).message
    assert ("Dimension" in str(message), "Look" in str(message)) == (True, True)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<b>{{ event.key }}</b> <a href='{{ link }}'>x</a> <code>&lt;</code>", None),
        ("<b>{{ event.key }}", "<b> is not closed"),
        ("<b><i>x</b></i>", "</b> closes what is not open"),
        ("<script>x</script>", "Telegram knows no <script>"),
        ("x<br>", "Telegram knows no <br>"),
        ("<![x[", LONE),
        ("<!-- x -->", LONE),
        ("<?x?>", LONE),
        ("1 < 2", LONE),
        ("<b>x</b> <a href='", LONE),
        ("1 &lt; 2 &#60; &amp; <b>x</b>", None),
    ],
)
def test_telegrams_html_is_checked(body: str, reason: str | None) -> None:
    failure = formats.told("telegram", KNOWN.example, KNOWN, own={"body": body}, public_url=None).failure
    assert (failure or "").rpartition("sent: ")[2] == (reason or "")


def test_an_event_too_large_for_templates_is_told_as_usual() -> None:
    wire = {**KNOWN.example, "data": {"text": "x" * 70_000}}
    made = formats.told("discord", wire, KNOWN, own={"body": "x"}, public_url=None)
    assert "larger than the 64 KB" in (made.failure or "")

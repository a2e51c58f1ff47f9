r"""Prompt matrices: which prompts a text with braces makes, and what is refused."""

import pytest

from core.errors import MessageError
from dashboard.domain import grids, prompt_matrix
from wire.messages.job import JobRequest, new_job, submitted_at


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("a cat", ["a cat"]),
        ("{red|blue} {cat|dog}", ["red cat", "red dog", "blue cat", "blue dog"]),
        ("a {red|green|blue} cat", ["a red cat", "a green cat", "a blue cat"]),
        ("{a|b}{c|d}", ["ac", "ad", "bc", "bd"]),
        ("a {|very } big  cat", ["a big cat", "a very big cat"]),
        ("cat{| in a hat}", ["cat", "cat in a hat"]),
        ("{ red | blue } cat", ["red cat", "blue cat"]),
        ("{a\nb|c}", ["a b", "c"]),
        ("{ä|🐈}", ["ä", "🐈"]),
        # Braces without a bar, and bars without braces, are text.
        ("{red} cat", ["{red} cat"]),
        ("{} cat", ["{} cat"]),
        ("a | b", ["a | b"]),
        ("a } b", ["a } b"]),
        ("a { b", ["a { b"]),
        ('{"style": {"name": "ink"}}', ['{"style": {"name": "ink"}}']),
        ("{red} {cat|dog}", ["{red} cat", "{red} dog"]),
        # Escaped characters are text.
        (r"\{red|blue\} cat", ["{red|blue} cat"]),
        (r"{a\|b|c\}d}", ["a|b", "c}d"]),
        (r"{a|b\\}", ["a", "b\\"]),
        (r"a \(cat:1.2\), \n {x|y}", [r"a \(cat:1.2\), \n x", r"a \(cat:1.2\), \n y"]),
    ],
)
def test_text_makes_these_prompts(text: str, prompts: list[str]):
    """Each combination of alternatives is a prompt; text that is no group stays as it is."""
    assert list(prompt_matrix.parse(text).prompts) == prompts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{red|{dark|light} blue} cat", "Braces within braces"),
        ("{big {red|blue} cat}", "Braces within braces"),
        ("{red|blue cat", "is not closed"),
        ("{red|blue {cat}", "is not closed"),
        ("{cat|cat}", "the same"),
        ("{cat| cat}", "the same"),
        ("a {||red} cat", "the same"),
        ("{a|ab}{bc|c}", "the same"),
        ("{|cat}", "empty"),
        ("{1|2|3|4|5}" * 3, "125 prompts; the maximum is 100"),
        ("{1|2}" * 200, "the maximum is 100"),
        ("{1|2}" * 15_000, "make more than 1,000,000 prompts; the maximum is 100"),
    ],
)
def test_unclear_matrix_is_refused(text: str, reason: str):
    """What cannot be meant is refused with a sentence, before anything is sent."""
    with pytest.raises(MessageError, match=reason):
        prompt_matrix.parse(text)


@pytest.mark.parametrize(
    "prompt",
    ["a cat", "{red|blue} cat", r"\{a|b\}", "{a", "{a|b", "a|b", r"C:\dir\{x}", r"\(a\)", "\\\\"],
)
def test_escaped_prompt_is_itself(prompt: str):
    """A stored prompt that fills the form again is generated as it was, braces included."""
    matrix = prompt_matrix.parse(prompt_matrix.escape(prompt))
    assert (matrix.groups, matrix.prompts) == ((), (prompt,))


def test_ordinary_prompts_are_not_changed_by_escaping():
    """Nobody sees backslashes who uses no braces."""
    for prompt in ("a cat", "a | b", "{red} cat", r"\(a\)"):
        assert prompt_matrix.escape(prompt) == prompt


def test_rows_and_columns_are_in_the_order_of_the_prompts():
    """The last group heads the columns, the combinations of the others the rows."""
    matrix = prompt_matrix.parse("{a|b} {1|2} {x|y|z}")
    assert matrix.columns == ("x", "y", "z")
    assert matrix.rows == (("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"))
    expected = [" ".join((*row, column)) for row in matrix.rows for column in matrix.columns]
    assert list(matrix.prompts) == expected


def test_first_id_names_all_jobs_of_a_grid():
    """The ids follow one another, sort by time as all ids, and are valid ids of jobs."""
    first = grids.first_id()
    ids = [grids.nth_id(first, number) for number in range(prompt_matrix.MAX_PROMPTS)]
    assert ids[0] == first
    assert sorted(set(ids)) == ids
    last = new_job(JobRequest(prompt="x"), job_id=ids[-1])
    assert submitted_at(last.id) == submitted_at(first)


@pytest.mark.parametrize(
    "text",
    ["", "x", "019a6f00-0000-7000-8000-000000000001", "f" * 36,
     "019A6F00-0000-7000-8000-00000000A000", "019a6f00-0000-4000-8000-000000000000",
     "ffffffff-ffff-7fff-bfff-ffffffffffff"],
)  # fmt: skip
def test_other_ids_name_no_grid(text: str):
    """A shortened or changed link is not read as another grid."""
    assert not grids.is_first_id(text)
    assert grids.is_first_id("019a6f00-0000-7000-8000-00000000a000")

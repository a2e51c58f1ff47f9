"""Prompts that are refused, and similar ones that are not."""

import pytest

from core.errors import PromptRefused
from dashboard.runtime import blocked_words
from dashboard.runtime.blocked_words import check, compile_pattern, parse


@pytest.mark.parametrize(
    "prompt",
    [
        "a nude",
        "Nude!",
        "a NUDE, please",
        "nude",
        "(nude)",
        "nude-ish",
        "_nude_",
        "a ku  klux\tklan",
        "\uff4e\uff55\uff44\uff45",
        "nu\u200bde",
        "nu\u00adde",
    ],
)
def test_blocked_word_is_found_however_it_is_written(prompt: str):
    """Case, punctuation, full-width letters and invisible characters do not hide a word."""
    with pytest.raises(PromptRefused):
        check(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "peacock",
        "Sussex",
        "a cockpit",
        "sextant",
        "Essex",
        "Scunthorpe",
        "grapes",
        "a rapeseed field",
        "Moby-Dick",
        "a weathercock",
        "ein Ausdruck",
        "therapist",
        "analysis",
        "сова",
        "猫",
        "🐈",
    ],
)
def test_words_that_only_contain_a_blocked_one_are_fine(prompt: str):
    """Only whole words count: the birds and counties of England are allowed."""
    check(prompt)


def test_refusal_names_neither_the_word_nor_a_list():
    """The sentence does not help to evade the list."""
    with pytest.raises(PromptRefused) as refusal:
        check("a nude")
    assert "nude" not in str(refusal.value)
    assert "list" not in str(refusal.value)


def test_list_may_be_commented():
    """A list has a word per line; comments and empty lines are skipped."""
    assert parse("# heading\n\n one # why\ntwo words\n") == ["one", "two words"]


def test_words_may_be_of_any_alphabet():
    """Whole words are found in alphabets other than the Latin one too."""
    pattern = compile_pattern(["слово", "STRASSE"])
    assert pattern.search("одно слово.")
    assert not pattern.search("словарь")
    assert pattern.search(blocked_words._normalize("eine Straße"))


def test_empty_list_blocks_nothing():
    """A site may use an empty list."""
    assert not compile_pattern([]).search("anything")

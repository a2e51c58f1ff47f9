"""Captions that people might type for a scene, and the tokenizer for them."""

from collections import Counter
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from tokenizers import pre_tokenizers
from transformers import CLIPTokenizer

from models.train import words
from models.train.vocabulary import COLOURS, SETTINGS, STYLES, SUBJECTS, Scene

TOKENS = 24
VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"
WORD_END = "</w>"


def plain_prompt(scene: Scene) -> str:
    """Return the shortest caption of a scene, such as "red house at night"."""
    setting = _phrases("SETTING_WORDS", SETTINGS[scene.setting])[0]
    style = _phrases("STYLE_WORDS", STYLES[scene.style])[0]
    colour = COLOURS[scene.colour] if scene.named else ""
    return _joined(style, colour, SUBJECTS[scene.subject], setting)


def caption(scene: Scene, random: np.random.Generator) -> str:
    """Sample a caption of the scene: synonyms, word orders, fillers, typing errors."""
    subject = _pick(random, "SUBJECT_WORDS", SUBJECTS[scene.subject])
    subject += "s" if random.random() < 0.08 else ""
    colour = _pick(random, "COLOUR_WORDS", COLOURS[scene.colour]) if scene.named else ""
    setting = _pick(random, "SETTING_WORDS", SETTINGS[scene.setting])
    style = _pick(random, "STYLE_WORDS", STYLES[scene.style])
    opening, adjective, ending = (
        _pick(random, name) for name in ("OPENINGS", "ADJECTIVES", "ENDINGS")
    )
    that_is = f"that is {colour}" if colour else ""
    orders = (
        _joined(opening, style, adjective, colour, subject, setting),
        _joined(opening, adjective, colour, style, subject, setting),
        _joined(setting, opening, style, colour, subject),
        _listed(_joined(opening, adjective, colour, subject), setting, style),
        _joined(opening, adjective, subject, that_is, setting, style),
        _listed(subject, colour, setting, style),
    )
    text = orders[random.choice(len(orders), p=(0.6, 0.14, 0.08, 0.08, 0.05, 0.05))]
    return _with_typing_errors(_joined(text, ending), random)


def _with_typing_errors(text: str, random: np.random.Generator) -> str:
    """Add typing errors, unknown words, capitals and full stops."""
    parts = text.split(" ")
    if random.random() < 0.2:
        index = int(random.integers(len(parts)))
        parts[index] = _misspelled(parts[index], random)
    for _ in range(int(random.choice(3, p=(0.7, 0.2, 0.1)))):
        parts.insert(int(random.integers(len(parts) + 1)), _unknown_word(random))
    text = " ".join(parts)
    text = text.capitalize() if random.random() < 0.1 else text
    return f"{text}." if random.random() < 0.06 else text


def _misspelled(word: str, random: np.random.Generator) -> str:
    """Drop, double or swap a letter; short words stay, as an error makes other words of them."""
    if len(word) < 5:
        return word
    at = int(random.integers(1, len(word) - 1))
    errors = (
        word[:at] + word[at + 1 :],
        word[: at + 1] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:-1],
    )
    return errors[int(random.integers(len(errors)))]


def _unknown_word(random: np.random.Generator) -> str:
    """Invent a word that is not in the vocabulary; half of them can be pronounced."""
    if random.random() < 0.5:
        return "".join(random.choice(tuple(VOWELS + CONSONANTS), random.integers(2, 9)))
    pairs = random.integers(1, 4)
    sounds = zip(
        random.choice(tuple(CONSONANTS), pairs), random.choice(tuple(VOWELS), pairs), strict=True
    )
    word = "".join(first + second for first, second in sounds)
    return word + str(random.choice(("", "n", "r", "s", "st", "ng", "ck")))


@cache
def _phrases(table: str, key: str = "") -> tuple[str, ...]:
    found = getattr(words, table)
    return words.choices(found[key] if key else found)


def _pick(random: np.random.Generator, table: str, key: str = "") -> str:
    phrases = _phrases(table, key)
    return phrases[int(random.integers(len(phrases)))]


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _listed(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def make_tokenizer() -> CLIPTokenizer:
    """Build a byte-level tokenizer: one token for each known word, pieces for other text."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = learn_merges(words.known_words())
    pieces = [*letters, *(letter + WORD_END for letter in letters)]
    pieces += [first + second for first, second in merges]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    # Its annotation names a file of merges, but it takes the pairs.
    pairs: Any = merges
    return CLIPTokenizer(vocab=vocabulary, merges=pairs, model_max_length=TOKENS)


def learn_merges(known: list[str]) -> list[tuple[str, str]]:
    """Merge the most frequent pair of pieces until each word is one piece.

    The trainer of `tokenizers` breaks ties at random; a model needs the same token ids every time.
    """
    spelled = [[*word[:-1], word[-1] + WORD_END] for word in known]
    merges = []
    while pairs := Counter(pair for pieces in spelled for pair in pairwise(pieces)):
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        spelled = [_merged(pieces, best) for pieces in spelled]
        merges.append(best)
    return merges


def _merged(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    joined: list[str] = []
    for piece in pieces:
        if joined and (joined[-1], piece) == pair:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined

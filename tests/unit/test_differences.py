"""The differences between the details of two pictures."""

from dashboard.presentation.differences import NONE, Part, compare

LEFT = [("Prompt", "a red cat in a hat"), ("Seed", "7"), ("Model", "demo"), ("Scheduler", "DDIM")]
RIGHT = [("Prompt", "a blue cat in a big hat"), ("Seed", "7"), ("Model", "demo"), ("Energy", "3 J")]


def test_differing_details_come_first_with_their_words_marked():
    """What differs is found at once: the row, and the words in it."""
    rows = compare(LEFT, RIGHT)
    assert [(row.name, row.differs) for row in rows] == [
        ("Prompt", True),
        ("Scheduler", True),
        ("Energy", True),
        ("Seed", False),
        ("Model", False),
    ]
    assert rows[0].left[:2] == (Part("a", False), Part("red", True))
    assert " ".join(part.text for part in rows[0].left) == dict(LEFT)["Prompt"]
    assert [part.text for part in rows[0].right if part.differs] == ["blue", "big"]
    assert rows[1].right == (Part(NONE, True),)


def test_equal_pictures_have_no_difference():
    """The same picture twice is no difference, nor are its words marked."""
    rows = compare(LEFT, LEFT)
    assert not any(row.differs or part.differs for row in rows for part in row.left)

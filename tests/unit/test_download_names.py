"""Names of downloaded pictures: readable, unique, and valid on every system."""

import pytest

from dashboard.gallery.download_names import UniqueNames, stem

DAY = 1764412459.0  # 2025-11-29 10:34:19 UTC


@pytest.mark.parametrize(
    ("prompt", "seed", "number", "name"),
    [
        ("A red cat", 42, 0, "2025-11-29_a-red-cat_seed-42_1"),
        ("a cat, (masterpiece:1.2)", 0, 3, "2025-11-29_a-cat-masterpiece-1-2_seed-0_4"),
        ('CON: <a>/b\\c|"d"?*', 1, 0, "2025-11-29_con-a-b-c-d_seed-1_1"),
        ("../../etc/passwd", 1, 0, "2025-11-29_etc-passwd_seed-1_1"),
        ("snake_case", 1, 0, "2025-11-29_snake-case_seed-1_1"),
        ("Grüße, 猫", 1, 0, "2025-11-29_grüsse-猫_seed-1_1"),
        ("🐈", 1, 0, "2025-11-29_picture_seed-1_1"),
        ("", None, 0, "2025-11-29_picture_1"),
        ("word " * 40, 1, 0, f"2025-11-29_{'-'.join(['word'] * 16)}_seed-1_1"),
        ("w" * 500, 1, 0, f"2025-11-29_{'w' * 80}_seed-1_1"),
        ("猫" * 500, 1, 0, f"2025-11-29_{'猫' * 26}_seed-1_1"),
        ("猫、" + "犬" * 500, 1, 0, f"2025-11-29_猫-{'犬' * 25}_seed-1_1"),
        ("एक लाल बिल्ली", 1, 0, "2025-11-29_एक-लाल-बिल्ली_seed-1_1"),
        ("ที่" * 500, 1, 0, f"2025-11-29_{'ที่' * 8}_seed-1_1"),
        ("❤️ cat", 1, 0, "2025-11-29_cat_seed-1_1"),
        ("a" + "\u0333" * 500, 1, 0, "2025-11-29_picture_seed-1_1"),
    ],
)
def test_name_tells_day_prompt_seed_and_number(prompt: str, seed: int | None, number: int, name):
    """Letters with their marks, digits, hyphens and underscores are left of a prompt.

    Words are whole where spaces divide them, and characters in every language.
    """
    assert stem(DAY, prompt, seed, number) == name
    assert len(f"{name}_100.json".encode()) < 255


def test_equal_names_are_numbered():
    """Two pictures of one prompt and seed both reach the disk, where case does not count too."""
    names = UniqueNames()
    assert [names.give(name) for name in ("a", "A", "a_2", "b", "a")] == [
        "a",
        "A_2",
        "a_2_2",
        "b",
        "a_3",
    ]

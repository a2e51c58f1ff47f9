"""The words of captions; related words map to the nearest one of the vocabulary."""

SUBJECT_WORDS: dict[str, str] = {
    "dwarf": "dwarf*4 gnome elf wizard goblin",
    "submarine": "submarine*4 sub u-boat",
    "dog": "dog*4 puppy hound wolf doggy",
    "cat": "cat*4 kitten kitty tiger fox lion",
    "house": "house*4 home cottage hut cabin barn",
    "rocket": "rocket*4 spaceship rocket_ship spacecraft shuttle",
    "fish": "fish*4 goldfish shark whale dolphin",
    "robot": "robot*4 android droid machine",
    "castle": "castle*4 fortress palace tower",
    "snowman": "snowman*4 snow_man",
    "tree": "tree*4 oak bush",
    "mushroom": "mushroom*4 toadstool fungus",
    "boat": "boat*4 ship sailboat sailing_boat yacht",
    "flower": "flower*4 daisy blossom sunflower tulip",
    "car": "car*4 automobile taxi truck vehicle",
    "balloon": "balloon*4 hot_air_balloon air_balloon",
}
COLOUR_WORDS: dict[str, str] = {
    "red": "red*5 crimson scarlet ruby",
    "orange": "orange*5 tangerine",
    "yellow": "yellow*5 golden gold",
    "green": "green*5 emerald lime",
    "blue": "blue*5 navy azure turquoise",
    "purple": "purple*5 violet lilac",
    "pink": "pink*5 rosy magenta",
    "brown": "brown*5 chocolate wooden",
    "white": "white*5 ivory silver",
    "black": "black*5 dark grey",
}
SETTING_WORDS: dict[str, str] = {
    "studio": "*14 studio_background on_a_plain_background in_a_studio",
    "meadow": "in_a_meadow*3 in_the_meadow on_the_grass in_a_field in_the_park on_a_green_hill "
    "in_a_garden by_day in_the_countryside outdoors in_the_forest in_the_jungle",
    "night": "at_night*4 in_the_night in_the_moonlight under_the_stars under_the_moon by_night "
    "on_a_starry_night",
    "sunset": "at_sunset*4 at_dusk at_sunrise in_the_evening during_sunset on_a_hill_at_sunset "
    "at_dawn",
    "space": "in_space*4 in_outer_space on_the_moon in_the_galaxy among_the_stars on_mars",
    "sea": "in_the_sea*3 underwater*2 under_water under_the_sea in_the_ocean in_water "
    "at_the_bottom_of_the_sea",
    "snow": "in_the_snow*2 in_snow*2 in_winter on_a_snowy_day in_a_snowy_forest at_christmas "
    "on_the_ice",
    "city": "in_the_city*3 in_a_city in_town on_the_street on_the_road downtown in_new_york",
    "desert": "in_the_desert*3 in_a_desert on_the_sand on_the_beach among_cacti in_the_dunes",
}
STYLE_WORDS: dict[str, str] = {
    "poster": "*14 poster poster_style flat_design",
    "cartoon": "cartoon*4 comic cartoon_style outlined",
    "pastel": "pastel*4 soft_pastel pastel_style watercolor",
    "neon": "neon*4 glowing neon_style neon_glow",
}
OPENINGS = (
    "*8 a*3 the one my a_picture_of_a a_photo_of_a an_image_of_a draw_a a_drawing_of_a "
    "an_illustration_of_a please_draw_a show_me_a a_painting_of_a"
)
ADJECTIVES = "*12 cute little big nice beautiful happy funny small old pretty tiny large friendly"
ENDINGS = "*12 please high_quality detailed illustration art masterpiece vector_art 4k beautiful"
FILLERS = ("and", "with", "of", "that", "is", "in", "by", "some", "very")


def choices(words: str) -> tuple[str, ...]:
    """Expand a list of weighted phrases.

    `red*5` yields "red" five times, `in_space` one phrase of two words, `*9` nine empty phrases.
    """
    phrases: list[str] = []
    for entry in words.split():
        phrase, _, times = entry.partition("*")
        phrases += [phrase.replace("_", " ")] * int(times or 1)
    return tuple(phrases)


def known_words() -> list[str]:
    """Return every word that captions may contain, sorted."""
    tables = (SUBJECT_WORDS, COLOUR_WORDS, SETTING_WORDS, STYLE_WORDS)
    lists = [words for table in tables for words in table.values()]
    lists += [OPENINGS, ADJECTIVES, ENDINGS]
    known = {word for words in lists for phrase in choices(words) for word in phrase.split()}
    subjects = (choices(words) for words in SUBJECT_WORDS.values())
    plurals = {f"{phrase.split()[-1]}s" for phrases in subjects for phrase in phrases}
    return sorted(known | plurals | set(FILLERS))

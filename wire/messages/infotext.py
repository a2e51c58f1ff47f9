"""The ``parameters`` text in PNG files, as AUTOMATIC1111's web UI, Civitai and others read it.

    a cat at night <lora:watercolour:0.8>
    Negative prompt: blurry
    Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x512

It names what these tools have in common. The text ``generation`` beside it is the JSON of all
parameters.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from wire.messages.parameters import GenerationParameters

INFOTEXT = "parameters"
GENERATION = "generation"

_NEGATIVE = "Negative prompt:"
_SCHEDULE_TYPES = ("Karras", "Exponential", "SGM Uniform", "Beta")
"""Noise schedules; schedulers are named with theirs, such as ``DPM++ 2M Karras``."""
_MIN_SETTINGS = 3
"""A last line with fewer is a part of the prompt, as in the web UI."""
# Limits and possessive quantifiers: a hostile text is parsed in linear time.
_SETTING = re.compile(r'(\w[\w \-/]{1,40}+):\s*+("(?:\\.|[^\\"])++"|[^,]*+)(?:,|$)')
_NUMBER = re.compile(r"[-+]?(?:\d{1,9}(?:\.\d{0,12})?|\.\d{1,12})")
_LORA = re.compile(r"<lora:([^:<>]++)(?::([-+.\d]++))?+[^<>]*+>")


def picture_texts(parameters: GenerationParameters, model_id: str) -> dict[str, str]:
    """Return the texts of a picture's PNG file by keyword."""
    return {
        INFOTEXT: format_infotext(parameters, model_id),
        GENERATION: parameters.model_dump_json(exclude_none=True),
    }


def fields_of(texts: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the parameters in the texts of a PNG file; None without any.

    The values are those of the file: they may be out of range.
    """
    try:
        fields = json.loads(texts.get(GENERATION, "null"))
    except (ValueError, RecursionError):
        fields = None
    if isinstance(fields, dict):
        return fields
    return parse_infotext(texts[INFOTEXT]) if texts.get(INFOTEXT) else None


def format_infotext(parameters: GenerationParameters, model_id: str) -> str:
    """Format the parameters of a generated picture."""
    loras = (f" <lora:{lora.name}:{lora.weight:g}>" for lora in parameters.loras)
    settings = ", ".join(f"{name}: {_quote(value)}" for name, value in _settings(parameters))
    lines = [parameters.prompt + "".join(loras)]
    if parameters.negative_prompt:
        lines.append(f"{_NEGATIVE} {parameters.negative_prompt}")
    return "\n".join([*lines, f"{settings}, Model: {_quote(model_id)}".removeprefix(", ")])


def _settings(parameters: GenerationParameters) -> Iterator[tuple[str, str]]:
    sampler, schedule_type = _split_scheduler(parameters.scheduler or "")
    size = f"{parameters.width}x{parameters.height}"
    values = {
        "Steps": parameters.steps,
        "Sampler": sampler or None,
        "Schedule type": schedule_type,
        "CFG scale": parameters.guidance_scale,
        "Seed": parameters.seed,
        "Size": size if parameters.width and parameters.height else None,
        "Denoising strength": parameters.strength,
    }
    for name, value in values.items():
        if value is not None:
            yield name, f"{value:.10g}" if isinstance(value, float) else str(value)


def _split_scheduler(scheduler: str) -> tuple[str, str | None]:
    for schedule_type in _SCHEDULE_TYPES:
        if scheduler.endswith(f" {schedule_type}"):
            return scheduler.removesuffix(f" {schedule_type}"), schedule_type
    return scheduler, None


def _quote(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search('[,:\n"]', value) else value


def _unquote(value: str) -> str:
    try:
        return str(json.loads(value)) if value.startswith('"') else value.strip()
    except ValueError:
        return value


def parse_infotext(text: str) -> dict[str, Any]:
    """Parse the parameters in an infotext; settings of other tools are left out."""
    *lines, last = text.strip().split("\n")
    settings = {name: _unquote(value) for name, value in _SETTING.findall(last)}
    if len(settings) < _MIN_SETTINGS:
        lines, settings = [*lines, last], {}
    prompt, _, negative = "\n".join(["", *lines]).partition(f"\n{_NEGATIVE}")
    fields = {
        "prompt": " ".join(_LORA.sub("", prompt).split()),
        "negative_prompt": " ".join(negative.split()),
        "loras": [{"name": name, "weight": _number(weight)} for name, weight in _loras(prompt)],
        "scheduler": _join_scheduler(settings),
        **_numbers(settings),
    }
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def _loras(prompt: str) -> Iterator[tuple[str, str]]:
    for match in _LORA.finditer(prompt):
        yield match[1].strip(), match[2] or "1"


def _join_scheduler(settings: Mapping[str, str]) -> str:
    sampler, schedule_type = settings.get("Sampler", ""), settings.get("Schedule type", "")
    return f"{sampler} {schedule_type}" if schedule_type in _SCHEDULE_TYPES else sampler


def _numbers(settings: Mapping[str, str]) -> dict[str, int | float | None]:
    width, _, height = settings.get("Size", "").partition("x")
    guidance = settings.get("Distilled CFG Scale") or settings.get("CFG scale")
    return {
        "width": _integer(width),
        "height": _integer(height),
        "steps": _integer(settings.get("Steps")),
        "guidance_scale": _number(guidance),
        "seed": _integer(settings.get("Seed")),
        "strength": _number(settings.get("Denoising strength")),
    }


def _integer(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,12}", text) else None


def _number(text: str | None) -> float | None:
    return float(text) if text and _NUMBER.fullmatch(text) else None

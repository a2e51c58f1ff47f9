"""How large the model is and how long its parts train, on a CPU and on a GPU."""

from dataclasses import dataclass

from models.train.device import best_device
from models.train.loop import Plan


@dataclass(frozen=True, slots=True)
class Preset:
    """How large the model is and how long its parts train."""

    pictures: int
    widths: tuple[int, int, int]
    decoder_width: int
    decoder_blocks: tuple[int, ...]
    """For each size of the picture, 16 x 16 to 256 x 256; the last one makes edges crisp."""
    text: Plan
    judge: Plan
    decoder: Plan
    decoder_batch: int
    unet: Plan
    unet_batch: int
    distill: Plan
    distill_pictures: int
    refine: Plan
    refine_pictures: int


CPU = Preset(
    pictures=16_000,
    widths=(96, 128, 128),
    decoder_width=48,
    decoder_blocks=(8, 5, 3, 1, 1),
    text=Plan("text", steps=2_200, rate=2e-3),
    judge=Plan("judge", steps=800, rate=2e-3, average=0.99),
    decoder=Plan("decoder", steps=6_000, rate=1e-3, average=0.99, turn=True),
    decoder_batch=6,
    unet=Plan("unet", steps=8_000, rate=1.5e-3, average=0.998, turn=True),
    unet_batch=32,
    distill=Plan("distill", steps=1_500, rate=3e-4, average=0.99, decay_from=0.3, turn=True),
    distill_pictures=4,
    refine=Plan("refine", steps=6_000, rate=5e-4, average=0.99, decay_from=0.4, turn=True),
    refine_pictures=4_000,
)
GPU = Preset(
    pictures=40_000,
    widths=(96, 128, 128),
    decoder_width=48,
    decoder_blocks=(8, 5, 3, 1, 1),
    text=CPU.text,
    judge=CPU.judge,
    decoder=Plan("decoder", steps=20_000, rate=1e-3, average=0.999, turn=True),
    decoder_batch=32,
    unet=Plan("unet", steps=30_000, rate=1.5e-3, average=0.9995, turn=True),
    unet_batch=256,
    distill=Plan("distill", steps=4_000, rate=3e-4, average=0.995, decay_from=0.3, turn=True),
    distill_pictures=32,
    refine=Plan("refine", steps=20_000, rate=5e-4, average=0.999, decay_from=0.4, turn=True),
    refine_pictures=16_000,
)


def best_preset() -> Preset:
    """Choose the larger one where there is a GPU."""
    return GPU if best_device().type == "cuda" else CPU

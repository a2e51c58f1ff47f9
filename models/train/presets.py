"""Model sizes and training lengths for a CPU and for a GPU."""

from dataclasses import dataclass

from models.train.device import best_device
from models.train.loop import Plan


@dataclass(frozen=True, slots=True)
class Preset:
    """The size of the model and the plans of its training stages."""

    pictures: int
    widths: tuple[int, int, int]
    decoder_width: int
    decoder_blocks: tuple[int, ...]
    """For each resolution, 16 x 16 to 256 x 256; the last one makes edges crisp."""
    text: Plan
    classifier: Plan
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
    text=Plan("text", steps=2_200, learning_rate=2e-3),
    classifier=Plan("classifier", steps=800, learning_rate=2e-3, ema_decay=0.99),
    decoder=Plan("decoder", steps=6_000, learning_rate=1e-3, ema_decay=0.99, muon=True),
    decoder_batch=6,
    unet=Plan("unet", steps=8_000, learning_rate=1.5e-3, ema_decay=0.998, muon=True),
    unet_batch=32,
    distill=Plan(
        "distill", steps=1_500, learning_rate=3e-4, ema_decay=0.99, decay_from=0.3, muon=True
    ),
    distill_pictures=4,
    refine=Plan(
        "refine", steps=6_000, learning_rate=5e-4, ema_decay=0.99, decay_from=0.4, muon=True
    ),
    refine_pictures=4_000,
)
GPU = Preset(
    pictures=40_000,
    widths=(96, 128, 128),
    decoder_width=48,
    decoder_blocks=(8, 5, 3, 1, 1),
    text=CPU.text,
    classifier=CPU.classifier,
    decoder=Plan("decoder", steps=20_000, learning_rate=1e-3, ema_decay=0.999, muon=True),
    decoder_batch=32,
    unet=Plan("unet", steps=30_000, learning_rate=1.5e-3, ema_decay=0.9995, muon=True),
    unet_batch=256,
    distill=Plan(
        "distill", steps=4_000, learning_rate=3e-4, ema_decay=0.995, decay_from=0.3, muon=True
    ),
    distill_pictures=32,
    refine=Plan(
        "refine", steps=20_000, learning_rate=5e-4, ema_decay=0.999, decay_from=0.4, muon=True
    ),
    refine_pictures=16_000,
)


def best_preset() -> Preset:
    """Return the GPU preset if there is a GPU."""
    return GPU if best_device().type == "cuda" else CPU

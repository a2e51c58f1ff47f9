"""Train the bundled model from scratch: `python -m models.train.train`.

Renders the pictures, then trains the text encoder, the classifier, the decoder and the UNet;
distills the guidance into the UNet, and refines the decoder on latents that the UNet generates.
Every stage writes a checkpoint to the work folder; the same command resumes from there.
"""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from torch import Tensor, nn
from transformers import CLIPTextModel

from models.train.bundled_model import DEMO
from models.train.captions import make_tokenizer
from models.train.card import model_card
from models.train.checkpoint import write_checkpoint
from models.train.classifier import Classifier, train_classifier
from models.train.dataset import Dataset, open_dataset, render_dataset
from models.train.decoder import LATENT_NOISE, Examples, build_autoencoder, train_decoder
from models.train.device import best_device, processors
from models.train.distilled import Teacher, train_student
from models.train.latents import PatchBasis, fit_basis
from models.train.loop import Module, Plan, TrainingLoop, steps_taken
from models.train.package import assemble, write_pipeline
from models.train.presets import Preset, best_preset
from models.train.refinement import generate_pairs
from models.train.text import CaptionClassifier, train_text_encoder
from models.train.unet import UNetData, build_unet, train_unet

WORK = Path("data/training")


class Training:
    """The stages; each loads its result from the work folder or computes it."""

    def __init__(self, folder: Path, preset: Preset, seed: int, progress: Progress) -> None:
        self.folder, self.preset, self.seed, self.progress = folder, preset, seed, progress
        self.device = best_device()
        self.tokenizer = make_tokenizer()

    def dataset(self) -> Dataset:
        """Render the pictures that are missing."""
        task = self.progress.add_task("pictures", total=self.preset.pictures)
        for count in render_dataset(self.folder, self.preset.pictures, self.seed, processors()):
            self.progress.update(task, completed=count)
        self.progress.update(task, completed=self.preset.pictures)
        return open_dataset(self.folder, self.seed)

    def basis(self, dataset: Dataset) -> PatchBasis:
        """Return the basis of the latents."""
        path = self.folder / "basis.pt"
        if not path.exists():
            fit_basis(dataset.pictures[:4000]).save(path)
        return PatchBasis.load(path)

    def latents(self, dataset: Dataset) -> Tensor:
        """Return the latents of all pictures."""
        path = self.folder / "latents.pt"
        if not path.exists():
            write_checkpoint(self.basis(dataset).encode(dataset.pictures), path)
        latents: Tensor = torch.load(path, weights_only=True)
        return latents

    def text_encoder(self) -> CLIPTextModel:
        """Train the text encoder to classify captions, then freeze it."""
        loop = self._loop(self.preset.text, lambda: CaptionClassifier(self.tokenizer))
        return train_text_encoder(loop, self.progress)

    def classifier(self, dataset: Dataset) -> Classifier:
        """Train the classifier that `evaluate` uses."""
        loop = self._loop(self.preset.classifier, Classifier)
        return train_classifier(loop, dataset, self.progress)

    def decoder(self, dataset: Dataset, latents: Tensor) -> nn.Module:
        """Train the decoder on latents of rendered pictures."""
        loop = self._loop(
            self.preset.decoder, lambda: self._build_autoencoder().get_submodule("decoder")
        )
        examples = Examples(dataset.pictures[: dataset.training], latents[: dataset.training])
        return self._train_decoder(loop, examples, LATENT_NOISE)

    def unet(self, dataset: Dataset, latents: Tensor, text_encoder: CLIPTextModel) -> nn.Module:
        """Train the UNet with caption dropout, for guidance."""
        loop = self._loop(self.preset.unet, lambda: build_unet(self.preset.widths))
        data = UNetData(dataset, latents, text_encoder, self.tokenizer, self.preset.unet_batch)
        return train_unet(loop, data, self.progress)

    def distilled(self, unet: nn.Module, text_encoder: CLIPTextModel) -> nn.Module:
        """Train a UNet that generates without guidance what this one generates with it."""
        loop = self._loop(self.preset.distill, lambda: copy.deepcopy(unet).requires_grad_(True))
        teacher = Teacher(unet, text_encoder, self.tokenizer)
        return train_student(loop, teacher, self.preset.distill_pictures, self.progress)

    def refined(
        self,
        decoder: nn.Module,
        unet: nn.Module,
        text_encoder: CLIPTextModel,
        dataset: Dataset,
    ) -> nn.Module:
        """Train the decoder further, on latents that the UNet generates."""
        loop = self._loop(self.preset.refine, lambda: copy.deepcopy(decoder).requires_grad_(True))
        vae = self._build_autoencoder()
        pipeline = assemble(unet, vae.to(self.device), text_encoder, self.tokenizer)
        scenes = dataset.scenes[: self.preset.refine_pictures]
        pairs = generate_pairs(self.folder, pipeline, self.basis(dataset), scenes, self.progress)
        vae.add_module("decoder", self._train_decoder(loop, pairs, noise=0.0))
        return vae

    def _train_decoder(
        self, loop: TrainingLoop[nn.Module], examples: Examples, noise: float
    ) -> nn.Module:
        return train_decoder(loop, examples, self.preset.decoder_batch, noise, self.progress)

    def _build_autoencoder(self) -> nn.Module:
        return build_autoencoder(self.preset.decoder_width, self.preset.decoder_blocks)

    def _loop(self, plan: Plan, build: Callable[[], Module]) -> TrainingLoop[Module]:
        torch.manual_seed(self.seed)
        module = build().to(self.device).to(memory_format=torch.channels_last)
        return TrainingLoop(plan, module, self.folder, self.seed)


def make_model(training: Training, out: Path) -> None:
    """Run every stage that is not done yet, and write the pipeline."""
    dataset = training.dataset()
    latents = training.latents(dataset)
    text_encoder = training.text_encoder()
    training.classifier(dataset)
    decoder = training.decoder(dataset, latents)
    unet = training.unet(dataset, latents, text_encoder)
    student = training.distilled(unet, text_encoder)
    vae = training.refined(decoder, student, text_encoder, dataset)
    write_pipeline(out, student, vae, text_encoder, training.tokenizer)
    (out / "README.md").write_text(model_card(steps_taken(training.folder)))


def progress_bar() -> Progress:
    """Show a bar for each stage: done, total, time taken and time left."""
    return Progress(
        TextColumn("{task.description:24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )


def main(
    work: Annotated[Path, typer.Option(help="The folder of the checkpoints.")] = WORK,
    out: Annotated[Path, typer.Option(help="The pipeline's folder.")] = DEMO,
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.")] = 0,
) -> None:
    """Train what is not trained yet, and write the pipeline."""
    work.mkdir(parents=True, exist_ok=True)
    with progress_bar() as progress:
        make_model(Training(work, best_preset(), seed, progress), out)


if __name__ == "__main__":
    typer.run(main)

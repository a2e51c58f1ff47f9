"""Fill buckets quickly: MinIO unpacks tar files into objects."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import Random

from minio import Minio
from minio.commonconfig import SnowballObject
from PIL import Image

from core.settings import Settings
from dashboard.gallery.listing import prefix
from tests.support.samples import metadata_of
from wire.messages.job import Job
from wire.messages.metadata import encode_metadata
from wire.messages.object_names import metadata_name, picture_name

RECENT = 24
_PER_JOB = 4
_PER_TAR = 5000
_MINUTE = 60.0
_WORDS = ("cat", "dog", "house", "submarine", "rocket", "snowman", "mushroom", "boat")
_SHEET = Path(__file__).parent.parent / "docs" / "contact-sheet.webp"


def fill(settings: Settings, pictures: int, now: float) -> None:
    """Store pictures: 24 of the last minutes, and older jobs a minute apart."""
    keys = (settings.minio_access_key, settings.minio_secret_key)
    client = Minio(settings.minio_endpoint, *(key.get_secret_value() for key in keys), secure=False)
    if not client.bucket_exists(settings.minio_bucket):
        client.make_bucket(settings.minio_bucket)
    objects = _objects(pictures, now)
    while batch := list(islice(objects, _PER_TAR)):
        client.upload_snowball_objects(settings.minio_bucket, batch)


def _objects(pictures: int, now: float) -> Iterator[SnowballObject]:
    random = Random(pictures)
    for number in range(pictures // _PER_JOB):
        recent = number < RECENT // _PER_JOB
        age = 10.0 * (number + 1) if recent else 15 * _MINUTE + number * _MINUTE
        job_id = f"{prefix(now - age)}-7000-8000-{random.randrange(16**12):012x}"
        prompt = f"{random.choice(_WORDS)} number {number}"
        job = Job(id=job_id, prompt=prompt, count=_PER_JOB)
        for index in range(_PER_JOB):
            body = sample_picture(number * _PER_JOB + index) if recent else b"older"
            yield _object(picture_name(job.id, index), body, now - age)
        yield _object(metadata_name(job.id), encode_metadata(metadata_of(job)), now - age)


def _object(name: str, body: bytes, at: float) -> SnowballObject:
    modified = datetime.fromtimestamp(at, UTC)
    return SnowballObject(name, data=io.BytesIO(body), length=len(body), mod_time=modified)


def sample_picture(number: int) -> bytes:
    """Return a picture of the bundled model, 256 pixels wide."""
    with Image.open(_SHEET) as sheet:
        side = sheet.width // 8
        left, top = number % 8 * side, number // 8 % 8 * side
        picture = sheet.crop((left, top, left + side, top + side)).convert("RGB")
    body = io.BytesIO()
    picture.resize((256, 256)).save(body, "PNG")
    return body.getvalue()

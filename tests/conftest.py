"""Fixtures that every test may use; each server has a module of its own."""

pytest_plugins = [
    "tests.chromium",
    "tests.dashboard_server",
    "tests.minio_server",
    "tests.rabbitmq_server",
]

"""Trained models on disk and in the MLflow registry: the only room that keeps models."""

from pathlib import Path


def bundle_pyfunc_path() -> Path:
    """Path of the code that MLflow keeps and runs to load a bundle."""
    return Path(__file__).with_name("bundle_pyfunc.py")

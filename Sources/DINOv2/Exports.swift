@_exported import ViT

@_exported import CLIP

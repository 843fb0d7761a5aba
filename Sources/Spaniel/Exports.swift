@_exported import CLIPSeg
@_exported import DINOv2
@_exported import OWLViT
@_exported import PerSAM

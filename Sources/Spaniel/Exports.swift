@_exported import CLIPSeg
@_exported import OWLViT
@_exported import PerSAM

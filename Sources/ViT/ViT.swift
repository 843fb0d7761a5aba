/// The Vision Transformer (Dosovitskiy et al. 2020), and the layers that every model built on it shares.
public struct ViT: Sendable {
}

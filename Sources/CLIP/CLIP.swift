/// CLIP (Radford et al. 2021): pictures and texts in one space.
public struct CLIP: Sendable {
}

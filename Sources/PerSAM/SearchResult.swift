import SpanielImaging

/// What the search for one class found.
struct SearchResult {
    /// A place that was segmented, and the object there, if any.
    struct Find {
        var object: PerSAM.FoundObject?
        var verdict: PerSAM.Candidate.Verdict
        let point: Point
        let peak: Float

        init(_ object: PerSAM.FoundObject?, verdict: PerSAM.Candidate.Verdict, point: Point, peak: Float) {
            (self.object, self.verdict, self.point, self.peak) = (object, verdict, point, peak)
        }
    }

    let scene: Scene
    var found: [Find]
    let stop: PerSAM.Stop
}

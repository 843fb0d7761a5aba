package import SpanielImaging
package import Tensor

/// PerSAM in the arithmetic of its authors' code, its faults included, to compare with that code.
///
/// The default search mends four of the faults. The authors read the reference mask through the picture's
/// normaliser, so that grey up to 123 counts as background; they stretch the attention map over the padded
/// grid; they return one object whether or not it is there; they fail on an empty mask.
package struct Original: Sendable {
    package let sam: SAM

    package init(_ sam: SAM) { self.sam = sam }

    /// What the authors' code learns from the reference (PerSAM, section 3.2).
    package struct Target: Sendable {
        /// The object's feature, not normalised, [C].
        package let embedding: Tensor
        /// The feature at length one, [C].
        package let feature: Tensor
        /// PerSAM-F's two weights, if they were fitted.
        package var weights: MaskWeights?
    }

    /// The mask of one picture, and every tensor of the way to it that can be compared.
    package struct Trace: Sendable {
        /// The tensors by name, in the order they were computed.
        package var tensors: [(name: String, tensor: Tensor)] = []
        /// The mask; empty if a step's mask was empty, on which the authors' code fails.
        package var mask: Mask
        /// The intersection over union that the last step predicted.
        package var score: Float = 0
    }

    /// Learns the target from one reference.
    /// - Parameters:
    ///   - mask: a picture of the mask, as the authors read it: red above 123.675 is the object.
    ///   - fineTune: whether to learn as PerSAM-F does: the target is half the mean and half the maximum of
    ///     the object's cells, and two weights are fitted.
    /// - Throws: `PerSAMError.noCell` if no cell of the grid is on the object.
    package func learn(_ reference: Picture, mask: Picture, fineTune: Bool) throws -> Target {
        let encoding = try sam.encode(reference)
        let grid = encoding.embedding.shape[0]
        let cells = encoding.embedding.reshaped([grid * grid, encoding.embedding.shape[2]])
        let coverage = sam.preprocessing(mask).pixels.lastAxis(0..<1)
        let side = coverage.shape[1]
        let foreground = coverage.reshaped([side, side]).interpolatedBilinear(height: grid, width: grid).array
        let chosen = foreground.indices.filter { foreground[$0] > 0 }.map { cells[leading: $0] }
        guard !chosen.isEmpty else { throw PerSAMError.noCell }
        let object = Tensor.stack(chosen)
        var embedding = object.mean(axis: 0)
        if fineTune {
            let channels = object.transposed([1, 0])
            let maximum = Tensor(
                (0..<channels.shape[0]).map { channels[leading: $0].maximum() }, [channels.shape[0]])
            embedding = maximum * 0.5 + embedding * 0.5
        }
        var target = Target(embedding: embedding, feature: embedding.l2Normalized())
        if fineTune {
            let map = similarityAtPixels(similarity(target, encoding), encoding.frame)
            let (logits, _, _) = sam.decode(
                prompts: [SAM.Prompt(points: [peak(map)])], in: encoding, multimask: true, faithful: true)
            let size = encoding.frame.original
            // The authors read the same mask by another rule here: anything above zero is the object.
            let truth = (0..<size.width * size.height).map { mask.pixels[3 * $0] > 0 }
            guard logits.shape[1] == 3 else { return target }
            let maps = (0..<3).map { pixels(logits[leading: 0][leading: $0], encoding.frame).array }
            target.weights = MaskWeights(fitting: maps, to: truth)
        }
        return target
    }

    /// Finds the paper's one object.
    package func find(_ target: Target, in encoding: SAM.Encoding) -> Trace {
        let map = similarity(target, encoding)
        var trace = Trace(mask: Mask(size: encoding.frame.original))
        trace.tensors = [("target_embedding", target.embedding), ("similarity", map)]
        let pixels = similarityAtPixels(map, encoding.frame)
        if let weights = target.weights {
            findFitted(weights, pixels, encoding, &trace)
        } else {
            findGuided(target, pixels, encoding, &trace)
        }
        return trace
    }

    private func findGuided(_ target: Target, _ map: Tensor, _ encoding: SAM.Encoding, _ trace: inout Trace) {
        let prompt = SAM.Prompt(points: [peak(map), trough(map)])
        trace.note("points", prompt.points)
        let grid = encoding.embedding.shape[0]
        // The authors stretch the map over the grid, although the picture covers only a part of the grid.
        let standard = (map - map.mean()) / map.standardDeviation()
        let attention = standard.interpolatedBilinear(height: grid, width: grid).sigmoid().reshaped([
            grid * grid
        ])
        trace.tensors.append(("attention_similarity", attention))
        let (logits, _, _) = sam.decode(
            prompts: [prompt], in: encoding, multimask: false,
            guidance: .init(attention: attention, target: target.embedding), faithful: true)
        let first = logits[leading: 0]
        trace.tensors.append(("step0_logits", first))
        refineTwice(prompt, first[leading: 0], nil, encoding, &trace)
    }

    private func findFitted(
        _ weights: MaskWeights, _ map: Tensor, _ encoding: SAM.Encoding, _ trace: inout Trace
    ) {
        let prompt = SAM.Prompt(points: [peak(map)])
        trace.note("points", prompt.points)
        let (logits, scores, _) = sam.decode(prompts: [prompt], in: encoding, multimask: true, faithful: true)
        trace.tensors += [
            ("weights", Tensor([weights.second, weights.third], [2])), ("step0_logits", logits[leading: 0]),
        ]
        trace.tensors.append(("step0_scores", scores[leading: 0]))
        let mixed = weights.mixture(of: logits[leading: 0])
        let mask = SAM.Prediction(score: 0, logits: mixed, frame: encoding.frame).mask()
        guard let box = mask.box else { return }
        refineTwice(prompt, mixed, box, encoding, &trace)
    }

    /// Refines a mask twice: the last mask is the prompt, then that mask with its box; the best of the three
    /// answers counts each time.
    private func refineTwice(
        _ prompt: SAM.Prompt, _ logits: Tensor, _ box: Box?, _ encoding: SAM.Encoding, _ trace: inout Trace
    ) {
        var prompt = prompt
        prompt.mask = logits
        prompt.box = box.map(inclusive)
        for step in 1...2 {
            let (logits, scores, _) = sam.decode(
                prompts: [prompt], in: encoding, multimask: true, faithful: true)
            trace.tensors += [
                ("step\(step)_logits", logits[leading: 0]), ("step\(step)_scores", scores[leading: 0]),
            ]
            let best = scores.argmax()
            let prediction = SAM.Prediction(
                score: scores.array[best], logits: logits[leading: 0][leading: best], frame: encoding.frame)
            let mask = prediction.mask()
            guard let box = mask.box else { return }
            prompt.mask = prediction.logits
            prompt.box = inclusive(box)
            if step == 2 { (trace.mask, trace.score) = (mask, prediction.score) }
        }
        let size = encoding.frame.original
        let pixels = Tensor(
            (0..<size.height).flatMap { y in (0..<size.width).map { trace.mask[$0, y] ? 1 : 0 } },
            [size.height, size.width])
        trace.tensors.append(("mask", pixels))
    }

    /// Returns the cosine of every cell with the target, [h, w].
    private func similarity(_ target: Target, _ encoding: SAM.Encoding) -> Tensor {
        let shape = encoding.embedding.shape
        let cells = encoding.embedding.reshaped([shape[0] * shape[1], shape[2]]).l2Normalized()
        return matmul(cells, target.feature.reshaped([1, shape[2]]), transposed: true).reshaped([
            shape[0], shape[1],
        ])
    }

    /// Enlarges a map to the picture's size: four times first, then as masks are enlarged. [H, W]
    private func similarityAtPixels(_ map: Tensor, _ frame: SAM.Frame) -> Tensor {
        pixels(map.interpolatedBilinear(height: 4 * map.shape[0], width: 4 * map.shape[1]), frame)
    }

    /// Enlarges low-resolution values to the picture's size, [H, W].
    private func pixels(_ map: Tensor, _ frame: SAM.Frame) -> Tensor {
        var rows = SAM.Prediction(score: 0, logits: map, frame: frame).rows
        let size = frame.original
        var row = [Float](repeating: 0, count: size.width)
        var values: [Float] = []
        values.reserveCapacity(size.height * size.width)
        for y in 0..<size.height {
            rows.fill(y, &row)
            values += row
        }
        return Tensor(values, [size.height, size.width])
    }

    private func peak(_ map: Tensor) -> SAM.Prompt.LabelledPoint { point(map.argmax(), map, isObject: true) }
    private func trough(_ map: Tensor) -> SAM.Prompt.LabelledPoint {
        point(map.argmin(), map, isObject: false)
    }

    private func point(_ index: Int, _ map: Tensor, isObject: Bool) -> SAM.Prompt.LabelledPoint {
        .init(Point(x: Double(index % map.shape[1]), y: Double(index / map.shape[1])), isObject: isObject)
    }

    /// Moves the box's right and bottom edges to the last pixel inside, as in the authors' code.
    private func inclusive(_ box: Box) -> Box { Box(x1: box.x1, y1: box.y1, x2: box.x2 - 1, y2: box.y2 - 1) }
}

extension Original.Trace {
    fileprivate mutating func note(_ name: String, _ points: [SAM.Prompt.LabelledPoint]) {
        tensors.append(
            (name, Tensor(points.flatMap { [Float($0.point.x), Float($0.point.y)] }, [points.count, 2])))
    }
}

import SpanielAnnotations
package import SpanielJSON

extension [AnnotationNote] {
    /// What was left out or changed, for programs.
    package var json: JSON {
        JSON(
            map {
                [
                    "kind": JSON($0.kind), "count": JSON($0.count), "loss": JSON($0.isLoss),
                    "message": JSON($0.sentence),
                ] as JSON
            })
    }
}

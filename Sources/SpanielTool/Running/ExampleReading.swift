import PerSAM
import SpanielImaging
import SpanielPlatform

/// Reads the examples of a command line: each picture once, masks checked against their pictures.
struct ExampleReading {
    /// For the original code, which ignored transparency and minded a mask's grey levels.
    let faithful: Bool
    private var pictures: [String: Picture] = [:]

    init(faithful: Bool) { self.faithful = faithful }

    /// What a class is known by: words, examples, and what it must not be taken for.
    struct Class {
        let name: String
        var texts: [String] = []
        var examples: [Example] = []
        var negatives: [Example] = []
        /// The files of both, as they were named.
        var sources: [String] = []

        /// Runs `work`, which learns from the examples: what it throws does not know where they came from.
        func learn<Learnt>(_ work: () throws -> Learnt) throws -> Learnt {
            do { return try work() } catch {
                let failure = Failure(error, about: .input)
                guard failure.status == .unusable, !sources.isEmpty else { throw failure }
                throw Failure(
                    .unusable, code: failure.code, "\(sources.joined(separator: ", ")): \(failure.message)")
            }
        }
    }

    /// - Returns: the classes in the order they first appear, those of texts first.
    /// - Throws: `Failure` 66 when a file is missing, 65 when one is there but unusable.
    mutating func classes(
        _ arguments: [ExampleArgument], negatives: [ExampleArgument], texts: [TextArgument] = []
    ) throws -> [Class] {
        var classes = Self.classes(of: texts)
        for argument in arguments {
            let name = argument.className ?? ExampleArgument.defaultClass
            Self.add(try example(argument, className: name), from: argument.picture, to: name, in: &classes)
        }
        try add(negatives, to: &classes)
        return classes
    }

    /// The classes of some texts, in the order they first appear.
    static func classes(of texts: [TextArgument]) -> [Class] {
        var classes: [Class] = []
        for text in texts {
            let index = index(of: text.defaultClass, in: &classes)
            if !classes[index].texts.contains(text.words) { classes[index].texts.append(text.words) }
        }
        return classes
    }

    static func add(_ example: Example, from file: String, to name: String, in classes: inout [Class]) {
        let index = index(of: name, in: &classes)
        classes[index].examples.append(example)
        classes[index].sources.append(file)
    }

    private static func index(of name: String, in classes: inout [Class]) -> Int {
        if let index = classes.firstIndex(where: { $0.name == name }) { return index }
        classes.append(Class(name: name))
        return classes.endIndex - 1
    }

    /// A negative that has the name of a class counts against that class alone, any other against all.
    mutating func add(_ negatives: [ExampleArgument], to classes: inout [Class]) throws {
        for argument in negatives {
            let named = classes.indices.filter { classes[$0].name == argument.className }
            let example = try example(argument, className: argument.className ?? ExampleArgument.defaultClass)
            for index in named.isEmpty ? Array(classes.indices) : named {
                classes[index].negatives.append(example)
                classes[index].sources.append(argument.picture)
            }
        }
    }

    /// - Throws: `Failure` that names the picture where the region cannot be of it.
    private mutating func example(_ argument: ExampleArgument, className: String) throws -> Example {
        let example = try read(argument, className: className)
        do {
            _ = try example.region.box(in: example.picture.size)
            return example
        } catch {
            throw Failure(.unusable, code: error.code, "\(argument.picture): \(error)")
        }
    }

    private mutating func read(_ argument: ExampleArgument, className: String) throws -> Example {
        let picture = try self.picture(argument.picture)
        switch argument.region {
        case .mask(let file):
            var example = Example(picture, mask: try Self.mask(file, for: picture), class: className)
            if faithful {
                example.maskPicture = try Picture(contentsOf: URL(filePath: file), transparency: .dropped)
            }
            return example
        case .box(let box): return Example(picture, box: box, class: className)
        case .point(let point): return Example(picture, point: point, class: className)
        case .polygon(let corners): return Example(picture, polygon: corners, class: className)
        case nil:  // the whole picture
            let whole = Box(picture.size)
            return Example(picture, box: whole, class: className)
        }
    }

    mutating func picture(_ path: String) throws -> Picture {
        if let known = pictures[path] { return known }
        let picture = try Picture(contentsOf: URL(filePath: path), transparency: faithful ? .dropped : .white)
        pictures[path] = picture
        return picture
    }

    private static func mask(_ path: String, for picture: Picture) throws -> Mask {
        let mask = try Mask(contentsOf: URL(filePath: path))
        guard mask.size == picture.size else {
            throw ImagingError.maskSize(file: path, expected: picture.size, found: mask.size)
        }
        if mask.isEmpty { throw ImagingError.maskEmpty(file: path) }
        if mask.area == mask.width * mask.height { throw ImagingError.maskFull(file: path) }
        return mask
    }
}

extension SoughtOptions {
    /// The classes that texts and examples make.
    func classes(_ reading: inout ExampleReading, negatives: [ExampleArgument]) throws
        -> [ExampleReading.Class]
    {
        try reading.classes(examples.examples, negatives: negatives, texts: texts.texts)
    }
}

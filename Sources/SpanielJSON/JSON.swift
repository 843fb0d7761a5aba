/// A JSON value. Numbers keep their text until asked for, so that large integers are never rounded.
package enum JSON: Sendable {
    case null
}

/// A reader of bytes from outside, as libFuzzer and the tests of its corpus call it.
///
/// A run returns whatever the bytes are. It stops the process if the reader breaks a promise: that
/// it stays within its limits, or that what it accepts can be written and read again.
package struct FuzzTarget: Sendable {
  /// The name of the target, and of the folder of its corpus in `Tests/Fuzz/Corpus`.
  package let name: String
  /// Reads an input. Called on one thread at a time.
  package let run: @Sendable (UnsafeRawBufferPointer) -> Void

  /// All targets, in the order in which `dev/fuzz` runs them.
  package static let all = [
    frames, envelopes, messages, json, pageTokens, csv, keys, yaml,
  ]

  /// Returns the target of a name, or nil.
  package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// Stops the process because a reader broke a promise.
func require(_ holds: Bool, _ promise: @autoclosure () -> String) {
  guard holds else { fatalError("broken promise: \(promise())") }
}

extension UnsafeRawBufferPointer {
  /// Splits off the first byte, which chooses between variants of a target; 0 if there is none.
  var choice: (byte: Int, rest: UnsafeRawBufferPointer) {
    guard let first else { return (0, self) }
    return (Int(first), UnsafeRawBufferPointer(rebasing: dropFirst()))
  }
}

import ArgumentParser
import PatronClient
import PatronModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The file of rejected lines: NDJSON, `{"line": N, "error": {...}, "input": ...}`. It holds the
/// lines of this run only, exists only if there are any, and is readable only by its owner.
struct BatchRejects: ~Copyable {
  /// The exit status of a batch that finished with rejects.
  static let exitCode = ExitCode(3)

  /// The path used if the user names no file.
  static let defaultPath = "rejects.ndjson"

  let path: String
  private(set) var count = 0
  private var file: PrivateFile?

  /// True if the user named the file.
  private let isNamed: Bool
  /// True if this run created the file.
  private var isNew = false

  /// Opens a file that the user named, so that an unwritable path fails before anything is sent.
  /// Its content is kept until the first reject replaces it.
  init(path: String?) throws(LocalError) {
    self.path = path ?? Self.defaultPath
    isNamed = path != nil
    guard isNamed else { return }
    isNew = !fileExists(self.path)
    file = PrivateFile.append(self.path)
    guard file != nil else { throw failure }
  }

  deinit {
    file?.close()
    // An empty file left by a failed run would look like a run without rejects.
    if isNew && count == 0 { unlink(path) }
  }

  mutating func add(_ reject: RejectedLine) throws(LocalError) {
    if count == 0 {
      file = PrivateFile.create(path)
      guard file != nil else { throw failure }
    }
    count += 1
    let line = Self.line(reject)
    guard let file, file.write(line) else { throw failure }
  }

  /// Flushes and closes the file.
  mutating func close() throws(LocalError) {
    guard let open = file else { return }
    file = nil
    guard open.close() else { throw failure }
  }

  /// Cleans up after a run without rejects. A named file with rejects of an earlier run is deleted.
  /// One at the default path may belong to another input, so a remark about it is returned instead.
  /// Files with other content are kept.
  func endClean() -> String? {
    guard count == 0, PrivateFile.isRegular(path), let line = PrivateFile.firstLine(path),
      line.isEmpty || line.starts(with: Self.beginning)
    else { return nil }
    if isNamed {
      unlink(path)
      return nil
    }
    return "\(path) is from an earlier run; this run rejected no lines"
  }

  private var failure: LocalError {
    LocalError("cannot write the rejects to \(path): \(String(cString: strerror(errno)))")
  }

  /// The beginning of every file of rejects.
  private static let beginning = Array("{\"line\":".utf8)

  static func line(_ reject: RejectedLine) -> [UInt8] {
    let violations = reject.error.violations.prefix(100).map { violation in
      JSONText.object([
        ("field", JSONText.string(SafeText.line(violation.field))),
        ("description", JSONText.string(SafeText.line(violation.description))),
        ("reason", JSONText.string(ErrorText.reason(violation.reason))),
      ])
    }
    var error = [
      ("code", JSONText.string("\(reject.error.code)")),
      ("message", JSONText.string(SafeText.line(reject.error.message))),
    ]
    if let reason = reject.error.reason {
      error.append(("reason", JSONText.string(ErrorText.reason(reason))))
    }
    if !violations.isEmpty {
      error.append(("violations", "[\(violations.joined(separator: ","))]"))
    }
    let text = JSONText.object([
      ("line", "\(reject.number)"), ("error", JSONText.object(error)),
      ("input", JSONText.embedded(reject.input)),
    ])
    return Array(text.utf8) + [0x0A]
  }
}

private func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// JSON text written without a message descriptor.
enum JSONText {
  static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\(string($0.0)):\($0.1)" }.joined(separator: ",") + "}"
  }

  static func string(_ text: String) -> String {
    JSONString.quoted(text) { SafeText.isControl($0) }
  }

  /// Returns the line unchanged if it is one JSON value, otherwise as a JSON string.
  static func embedded(_ line: [UInt8]) -> String {
    let values = Array(JSONValueSequence(line))
    if values.count == 1, case .success(let value) = values[0] {
      return String(decoding: value, as: UTF8.self)
    }
    return string(String(decoding: line, as: UTF8.self))
  }
}

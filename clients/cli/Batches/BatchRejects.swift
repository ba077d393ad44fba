import ArgumentParser
import PatronClient

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The file of rejected lines: NDJSON, `{"line": N, "error": {...}, "input": ...}`. It has lines of
/// this run only, is there only when there are any, and only its owner may read it.
struct BatchRejects: ~Copyable {
  /// The exit status of a batch that finished with rejects.
  static let exitCode = ExitCode(3)

  /// Where rejects go when the user names no file.
  static let usualPath = "rejects.ndjson"

  let path: String
  private(set) var count = 0
  private var file: UnsafeMutablePointer<FILE>?

  /// Whether the user named the file, rather than leaving it at its usual name.
  private let isNamed: Bool
  /// Whether this run made the file.
  private var isNew = false

  /// Nothing is sent before the file that the user named can be written. What is in it stays until
  /// there is something to put in its place.
  init(path: String?) throws(LocalError) {
    self.path = path ?? Self.usualPath
    isNamed = path != nil
    guard isNamed else { return }
    isNew = !fileExists(self.path)
    file = PrivateFile.append(self.path)
    guard file != nil else { throw failure }
  }

  deinit {
    if let file { fclose(file) }
    // An empty file of a run that failed would look like a run without rejects.
    if isNew && count == 0 { unlink(path) }
  }

  mutating func add(_ reject: RejectedLine) throws(LocalError) {
    if count == 0 {
      if let file { fclose(file) }
      file = PrivateFile.create(path)
      guard file != nil else { throw failure }
    }
    count += 1
    let line = Self.line(reject)
    guard fwrite(line, 1, line.count, file) == line.count else { throw failure }
  }

  /// Writes what is buffered.
  mutating func close() throws(LocalError) {
    guard let open = file else { return }
    file = nil
    guard fclose(open) == 0 else { throw failure }
  }

  /// After a run without rejects: a named file that has those of an earlier run goes away, and the
  /// returned remark tells of one at the usual name, which may belong to another input. A file that
  /// has something else stays.
  func endClean() -> String? {
    guard count == 0, PrivateFile.isRegular(path), let line = PrivateFile.firstLine(path),
      line.isEmpty || line.starts(with: Self.beginning)
    else { return nil }
    if isNamed {
      unlink(path)
      return nil
    }
    return "\(path) is from an earlier run: this one rejected no line"
  }

  private var failure: LocalError {
    LocalError("cannot write the rejects to \(path): \(String(cString: strerror(errno)))")
  }

  /// What every file of rejects begins with.
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

/// The little JSON that the command writes itself.
enum JSONText {
  static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { "\(string($0.0)):\($0.1)" }.joined(separator: ",") + "}"
  }

  static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if SafeText.isControl(scalar) {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }

  /// A line as it was when it is one JSON value, otherwise as a string.
  static func embedded(_ line: [UInt8]) -> String {
    let values = Array(JSONValueSequence(line))
    if values.count == 1, case .success(let value) = values[0] {
      return String(decoding: value, as: UTF8.self)
    }
    return string(String(decoding: line, as: UTF8.self))
  }
}

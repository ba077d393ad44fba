import TestKit
import Testing

@testable import patrond

@Suite("The settings file")
struct SettingsFileTests {
  private static func read(_ text: String) throws -> SettingsFile {
    try SettingsFile(text: text, path: "p.yaml")
  }

  @Test("values with their lines")
  func values() throws {
    let file = try Self.read(
      """
      # Settings
      threads: 4
      listen:
        - 127.0.0.1:0
        - "unix:/tmp/a & b"   # limits *see* below
      unix-socket-mode: "0660"
      group-commit: false
      """
    )
    #expect(
      file.entries == [
        .init(name: "threads", texts: ["4"], line: 2),
        .init(name: "listen", texts: ["127.0.0.1:0", "unix:/tmp/a & b"], line: 3),
        .init(name: "unix-socket-mode", texts: ["0660"], line: 6),
        .init(name: "group-commit", texts: ["false"], line: 7),
      ]
    )
    for text in ["", "# nothing\n"] {
      let file = try Self.read(text)
      #expect(file.entries.isEmpty)
    }
  }

  /// Files with a mistake, the line of it, and a word of the error.
  static let mistakes: [(text: String, line: Int, says: String)] = [
    ("threads: 4\nmax-callz: 1\n", 2, "did you mean max-calls?"),
    ("qqqqqqqq: 1\n", 1, "template"),
    ("config: other.yaml\n", 1, "is no setting"),
    ("threads: 0\n", 1, "expected 1 to 64"),
    ("threads: four\n", 1, "threads is four"),
    ("\nthreads:\n", 2, "has no value"),
    ("threads: ~\n", 1, "has no value"),
    ("threads: [1, 2]\n", 1, "takes one value"),
    ("tls-cert:\n  file: x\n", 1, "takes one value"),
    ("listen: []\n", 1, "has no value"),
    ("listen:\n  - a: b\n", 2, "list of texts"),
    ("group-commit: yes\n", 1, "true, false"),
    ("synchronous: maybe\n", 1, "full, normal, off"),
    ("threads: 1\nmap-mib: 5\nthreads: 2\n", 3, "threads is there twice"),
    ("threads: 1\n!name threads: 2\n", 2, "threads is there twice"),
    ("- threads\n", 1, "expected lines such as"),
    ("threads: \"4\n", 1, "not YAML"),
    ("threads: 1\n---\nthreads: 2\n", 2, "not YAML"),
    ("threads: &a 4\n", 1, "anchors and aliases"),
    ("threads: 4\nmap-mib: *a\n", 2, "anchors and aliases"),
    ("a: [&a x, *a]\n", 1, "anchors and aliases"),
  ]

  @Test("a mistake is refused with its line")
  func refused() {
    for (text, line, says) in Self.mistakes {
      do {
        _ = try Self.read(text)
        Issue.record("accepted: \(text)")
      } catch {
        let message = "\(error)"
        #expect(message.contains(says), "\(message)")
        #expect(says == "not YAML" || message.hasPrefix("p.yaml:\(line): "), "\(message)")
      }
    }
  }

  @Test("files that are missing, too large or no text")
  func unreadable() throws {
    let folder = TemporaryDirectory()
    let large = try folder.write("large", "#" + String(repeating: "x", count: 64 << 10))
    for (path, says) in [(large, "64 KiB"), (folder.file("none"), "cannot read")] {
      do {
        _ = try SettingsFile(path: path)
        Issue.record("accepted: \(path)")
      } catch {
        let message = "\(error)"
        #expect(message.contains(says) && message.contains(path), "\(message)")
      }
    }
  }
}

import Testing

@Suite("Shape of the sources")
struct ShapeTests {
  static let code = Repository.files(
    ending: ".swift",
    ".c",
    ".h",
    ".go",
    ".py",
    ".awk",
    ".sh",
    ".sql",
    ".proto"
  )
  static let swift = Repository.files(ending: ".swift")

  @Test("The repository was found")
  func findsTheRepository() {
    #expect(Repository.files.contains { $0.path == "Package.swift" })
    #expect(Self.swift.count > 20)
  }

  /// The contract is excluded, because its comments are the reference manual.
  @Test("A file is at most 600 lines long, a test 800")
  func filesAreShort() {
    for file in Self.code where !file.path.hasSuffix(".proto") {
      let cap = file.path.contains("Tests/") ? 800 : 600
      #expect(file.lines.count <= cap, "\(file) has \(file.lines.count) lines, the cap is \(cap)")
    }
  }

  @Test("A function is at most 70 lines long")
  func functionsAreShort() {
    for file in Self.swift {
      for function in SwiftFunction.all(in: SwiftText(file.text)) {
        #expect(
          function.lineCount <= 70,
          "\(file):\(function.firstLine) \(function.name): \(function.lineCount) lines"
        )
      }
    }
  }

  @Test("A line has at most 100 columns, 120 in tests, unless it holds an address")
  func linesAreNarrow() {
    let scripts = Repository.files(under: ["dev", ".ci", "examples"]).filter {
      $0.lines.first?.hasPrefix("#!") == true
    }
    for file in Self.code + scripts {
      // Expected output is in tests as it is printed, indented.
      let limit = file.description.hasPrefix("Tests/") ? 120 : 100
      for (index, line) in file.lines.enumerated() where line.utf8.count > limit {
        #expect(
          line.count <= limit || line.contains("://"),
          "\(file):\(index + 1) is \(line.count) columns wide"
        )
      }
    }
  }

  @Test("A Swift file is named for a type that it declares or extends, and the aspect if need be")
  func filesAreNamed() throws {
    let shape = try Regex(#"[A-Z][A-Za-z0-9]*(\+[A-Z][A-Za-z0-9]*)?\.swift"#)
    let vague = ["Util", "Utils", "Helper", "Helpers", "Manager", "Misc", "Common", "Stuff"]
    for file in Self.swift where file.name != "main.swift" {
      #expect(file.name.wholeMatch(of: shape) != nil, "\(file): not named Type or Type+Aspect")
      let stem = file.name.dropLast(".swift".count)
      #expect(!vague.contains { stem.hasSuffix($0) }, "\(file): the name says nothing")
      let types = Self.types(in: SwiftText(file.text))
      // Free functions have no type that could name their file.
      guard !types.isEmpty, !Self.misnamed.contains(file.name) else { continue }
      let type = String(stem.prefix { $0 != "+" })
      #expect(
        types.contains(type) || Self.isNamedForMethod(file, types),
        "\(file) neither declares nor extends \(type)"
      )
    }
  }

  /// Returns true for a file of the service that extends one of the handlers and is named for a
  /// method of the contract, or for the object of several (EventTypes of ListEventTypes).
  private static func isNamedForMethod(_ file: TextFile, _ types: Set<String>) -> Bool {
    let handlers: Set<String> = [
      "CustomerHandlers", "TimelineHandlers", "ConsentHandlers", "AdminHandlers",
      "AuditHandlers", "OperationsHandlers",
    ]
    guard file.path.hasPrefix("Sources/PatronService/"), !types.isDisjoint(with: handlers) else {
      return false
    }
    let stem = file.name.dropLast(".swift".count)
    return methods.contains { $0.hasSuffix(stem) }
  }

  /// The names of the contract's methods.
  private static let methods: [Substring] = Repository.files(ending: ".proto", under: ["proto"])
    .flatMap(\.lines)
    .compactMap { line in
      let words = line.split { !($0.isLetter || $0.isNumber) }
      return words.first == "rpc" ? words.dropFirst().first : nil
    }

  /// Returns the names of the types that a source declares or extends; `A.B` counts as both.
  private static func types(in source: SwiftText) -> Set<String> {
    let keywords: Set<Substring> = [
      "struct", "class", "enum", "protocol", "actor", "extension", "typealias",
    ]
    var types: Set<String> = []
    for line in source.lines {
      let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
      for (keyword, name) in zip(words, words.dropFirst()) where keywords.contains(keyword) {
        types.formUnion(name.split(separator: ".").map(String.init))
      }
    }
    return types
  }

  @Test("Types are found in code, not in comments and strings")
  func findsTypes() {
    let source = SwiftText(
      """
      /// struct A
      public final class B<T>: C {}
      extension D.E where F == G { typealias H = Int }
      let text = "enum I {}"
      """
    )
    #expect(Self.types(in: source) == ["B", "D", "E", "H"])
  }

  @Test("Functions are measured")
  func measuresFunctions() {
    let text = SwiftText(
      """
      protocol P {
        func a() -> Int
        func b()
      }
      func short() { print("{ \\(x("}")) {") }  // {
      private init(
        a: () -> Void = {}
      ) {
        let func1 = { 1 }
        /* } */
      }
      """
    )
    let found = SwiftFunction.all(in: text)
    #expect(found.map(\.name) == ["short", "init"])
    #expect(found.map(\.lineCount) == [1, 6])
  }
}

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

  /// The contract is left out: its comments are the reference manual.
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
      // Expected output stands in tests as it is printed, indented.
      let limit = file.description.hasPrefix("Tests/") ? 120 : 100
      for (index, line) in file.lines.enumerated() where line.utf8.count > limit {
        #expect(
          line.count <= limit || line.contains("://"),
          "\(file):\(index + 1) is \(line.count) columns wide"
        )
      }
    }
  }

  @Test("A Swift file is named for the type, or the type and the aspect, that it holds")
  func filesAreNamed() throws {
    let shape = try Regex(#"[A-Z][A-Za-z0-9]*(\+[A-Z][A-Za-z0-9]*)?\.swift"#)
    let vague = ["Util", "Utils", "Helper", "Helpers", "Manager", "Misc", "Common", "Stuff"]
    for file in Self.swift where file.name != "main.swift" {
      #expect(file.name.wholeMatch(of: shape) != nil, "\(file): not named Type or Type+Aspect")
      let stem = file.name.dropLast(".swift".count)
      #expect(!vague.contains { stem.hasSuffix($0) }, "\(file): the name says nothing")
    }
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

import Testing

/// Tests of the list of arrows at the head of ARCHITECTURE.md.
@Suite("The drawing in ARCHITECTURE.md")
struct DrawingTests {
  /// The modules behind each arrow.
  private static let arrows: [String: Set<String>] = {
    var arrows: [String: Set<String>] = [:]
    let page = Repository.files.first { $0.path == "ARCHITECTURE.md" }
    for line in page?.lines ?? [] {
      let sides = line.split(separator: " ──► ")
      guard sides.count == 2, !line.hasPrefix(" ") else { continue }
      let names = sides[1].split { $0 == "," || $0 == " " }.map(String.init)
      arrows[sides[0].trimmingSuffix(while: \.isWhitespace).description] = Set(names)
    }
    return arrows
  }()

  /// Returns every module that can be reached from `name`.
  private static func reachable(from name: String, _ edges: [String: Set<String>]) -> Set<String> {
    var found: Set<String> = []
    var open = [name]
    while let next = open.popLast() {
      for module in edges[next] ?? [] where found.insert(module).inserted { open.append(module) }
    }
    return found
  }

  /// Returns the modules of this package that a module's files import.
  private static func imports(of rule: ModuleRule) -> Set<String> {
    let own = Set(ModuleRule.all.map(\.name))
    var found: Set<String> = []
    for file in Repository.files(ending: ".swift", under: [rule.folder]) {
      for line in SwiftText(file.text).lines {
        guard let module = ModuleRule.importedModule(in: line[...]) else { continue }
        if own.contains(String(module)) { found.insert(String(module)) }
      }
    }
    return found
  }

  @Test("The arrows reach what the modules import, and no more")
  func arrowsAreTheGraph() {
    #expect(Self.arrows.count >= 12)
    var graph: [String: Set<String>] = [:]
    for rule in ModuleRule.all { graph[rule.name] = Self.imports(of: rule) }
    for name in ModuleRule.all.map(\.name) {
      #expect(
        Self.reachable(from: name, Self.arrows) == Self.reachable(from: name, graph),
        "\(name): the arrows of ARCHITECTURE.md are not what it imports"
      )
    }
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> Substring {
    var text = self
    while let last = text.last, matches(last) { text.removeLast() }
    return text
  }
}

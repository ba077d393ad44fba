import Testing

@Suite("Imports")
struct ImportTests {
  @Test("A module imports what the graph allows and nothing else", arguments: ModuleRule.all)
  func followsTheGraph(rule: ModuleRule) {
    let allowed = rule.own.union(rule.foreign).union(rule.system)
    for file in Repository.files(ending: ".swift", under: [rule.folder]) {
      for (index, line) in (Repository.code[file.path] ?? []).enumerated() {
        guard let module = ModuleRule.importedModule(in: line[...]) else { continue }
        #expect(
          allowed.contains(String(module)),
          "\(file):\(index + 1) imports \(module), which \(rule.name) may not"
        )
      }
    }
  }

  @Test("Every folder of sources has a rule or holds C")
  func everyFolderIsKnown() {
    let known = Set(ModuleRule.all.map(\.folder))
    for file in Repository.files(ending: ".swift", under: ["Sources", "clients"]) {
      let folder = file.path.split(separator: "/").prefix(2).joined(separator: "/")
      #expect(known.contains(folder), "\(file) is in a folder that ModuleRule.swift does not know")
    }
  }

  @Test("Import lines are understood")
  func readsImports() {
    #expect(ModuleRule.importedModule(in: "import NIOCore") == "NIOCore")
    #expect(ModuleRule.importedModule(in: "@testable public import struct A.B") == "A")
    #expect(ModuleRule.importedModule(in: "let important = 1") == nil)
  }
}

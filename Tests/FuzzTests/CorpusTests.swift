import Foundation
import FuzzTargets
import TestKit
import Testing

/// The committed inputs of the fuzz targets, without libFuzzer.
@Suite("Fuzz corpora")
struct CorpusTests {
  @Test("every input of a corpus is read", arguments: FuzzTarget.all.map(\.name))
  func readsTheCorpus(name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let inputs = try Self.inputs(of: name)
    #expect(inputs.count >= 5, "Tests/Fuzz/Corpus/\(name) has few inputs")
    for input in inputs {
      input.withUnsafeBytes { target.run($0) }
      // Cut off anywhere, an input is one that a peer may send, too.
      for length in 0..<min(input.count, 200) {
        input.prefix(length).withUnsafeBytes { target.run($0) }
      }
    }
  }

  @Test("random bytes and changed inputs are read", arguments: FuzzTarget.all.map(\.name))
  func readsChangedInputs(name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    var random = SeededRandom()
    let inputs = try Self.inputs(of: name)
    for round in 0..<2000 {
      var input = [UInt8](inputs[round % inputs.count])
      for _ in 0..<random.below(4) where !input.isEmpty {
        input[random.below(input.count)] = UInt8(random.below(256))
      }
      input.withUnsafeBytes { target.run($0) }
    }
  }

  @Test("every corpus belongs to a target")
  func corporaHaveTargets() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
    let names = FuzzTarget.all.map(\.name)
    #expect(folders.filter { !$0.hasPrefix(".") }.sorted() == names.sorted())
  }

  private static let folder = RepositoryRoot.file("Tests/Fuzz/Corpus")

  private static func inputs(of name: String) throws -> [Data] {
    let path = folder + "/" + name
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map {
      try Data(contentsOf: URL(fileURLWithPath: path + "/" + $0))
    }
  }
}

import TestKit
import Testing

extension EndToEnd {
  /// The commands on the pages of docs/.
  @Suite struct DocumentationTests {
    @Test("Every command of docs/ does what its page says, and every test it names exists")
    func everyCommandWorks() async throws {
      let check = try await Programs.run(
        RepositoryRoot.file("dev/docs-check"),
        ["--programs", Installation.programs],
        within: .seconds(240)
      )
      #expect(check.exit == .status(0), "\(check.output)\(check.errors)")
    }
  }
}

import Testing

extension EndToEnd {
  /// What the pages of docs/ show.
  @Suite struct DocumentationTests {
    @Test("Every command of docs/ does what its page says, and every test it names is there")
    func everyCommandWorks() async throws {
      let check = try await Programs.run(
        Installation.root + "/dev/docs-check",
        ["--programs", Installation.programs],
        within: .seconds(240)
      )
      #expect(check.exit == .status(0), "\(check.output)\(check.errors)")
    }
  }
}

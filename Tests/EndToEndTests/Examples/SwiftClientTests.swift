import TestKit
import Testing

extension EndToEnd {
  /// The program of docs/swift-client.md.
  @Suite struct SwiftClientTests {
    private static let page = Files.text(RepositoryRoot.file("docs/swift-client.md"))

    @Test("docs/swift-client.md shows the program of examples/swift-client")
    func thePageShowsTheProgram() {
      let program = Files.text(RepositoryRoot.file("examples/swift-client/main.swift"))
      #expect(!program.isEmpty && Self.page.contains("```swift\n\(program)```\n"))
    }

    @Test("The program of docs/swift-client.md prints what its page says", .timeLimit(.minutes(5)))
    func theProgramRuns() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      let run = try await Programs.run(
        try Installation.program("swift-client"),
        [],
        environment: ["PATRON_ADDRESS": server.address]
      )
      #expect(run.exit == .status(0) && run.errors.isEmpty, "\(run)")
      #expect(Self.page.contains("```\n\(run.output)```\n"), "\(run.output)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }
  }
}

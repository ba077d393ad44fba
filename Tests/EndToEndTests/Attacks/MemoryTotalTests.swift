import TestKit
import Testing

extension EndToEnd {
  /// The memory that clients can take: printed at the start, and at most what the operator allows.
  @Suite struct MemoryTotalTests {
    @Test("the sum of the limits is printed", arguments: [[], ["--memory-mib", "1234"]])
    func printed(_ flags: [String]) async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"), flags: flags)
      let lines = server.errors.split(separator: "\n")
      let start = "memory for clients: at most "
      let line = try #require(lines.first { $0.contains(start) }, "\(server.errors)")
      let place = try #require(line.firstRange(of: start))
      let total = try #require(Int(line[place.upperBound...].prefix { $0.isNumber }))
      if let wanted = flags.last { #expect("\(total)" == wanted) }
      let part = try #require(line.split(separator: "(").last?.dropLast().split(separator: ","))
      let parts = part.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
      #expect(parts.count == part.count)
      // Each part is rounded up.
      #expect((total...total + parts.count).contains(parts.reduce(0, +)), "\(line)")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("a total that is too small names the least one, which suffices")
    func tooSmall() async throws {
      let folder = TemporaryDirectory()
      // The address is in use, so that the server ends after it has said what it has to say.
      let other = try await PatronServer.start(data: folder.file("other"))
      let common = ["--data", folder.file("data"), "--listen", other.address, "--memory-mib"]
      let run = try await Programs.patrond(common + ["1"])
      #expect(run.exit == .status(2))
      let words = run.errors.split(separator: " ")
      let minimum = try #require(
        words.lazy.compactMap { $0.hasSuffix(":") ? Int($0.dropLast()) : nil }.first,
        "\(run.errors)"
      )
      #expect(run.errors.contains("--max-connections"), "\(run.errors)")
      let less = try await Programs.patrond(common + ["\(minimum - 1)"])
      #expect(less.exit == .status(2), "\(less.errors)")
      let least = try await Programs.patrond(common + ["\(minimum)"])
      #expect(least.exit == .status(1), "\(least.errors)")
      #expect(least.errors.contains("in use"), "\(least.errors)")
      #expect(try await other.stop() == .status(0), "\(other.errors)")
    }
  }
}

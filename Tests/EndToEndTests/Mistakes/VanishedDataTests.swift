import Foundation
import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// A server whose files are taken away stops acknowledging writes, and ends.
  @Suite struct VanishedDataTests {
    @Test("the data directory is removed under an idle server")
    func removedDirectory() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      let client = try server.client()
      _ = try await client.customers.upsertCustomer(
        .with {
          $0.customer = .with {
            $0.externalID = "1"
            $0.email = "one@example.com"
          }
        }
      )
      try FileManager.default.removeItem(atPath: folder.file("data"))
      #expect(try await server.process.exit(within: .seconds(30)) == .status(74))
      #expect(server.errors.contains("patron.db was removed or renamed"), "\(server.errors)")
      await client.close()
    }
  }
}

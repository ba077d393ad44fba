import TTRPCNIO
import TestKit
import Testing

/// The process at the other end of a connection, as the server knows it.
@Suite(.timeLimit(.minutes(15))) struct ServerPeerTests {
  typealias Service = ServerTestService
  typealias Bytes = ServerTestBytes

  @Test func theProcessOfAUnixSocketIsKnown() async throws {
    let folder = TemporaryDirectory()
    let journal = Service.Journal()
    let server = try await Service.start(.unix(path: folder.file("socket")), journal: journal)
    let client = try await ServerTestClient(server.addresses[0])
    client.sendLater(Bytes.request(1, Service.whoAmI))
    #expect(try await client.frame().error == nil)
    #expect(journal.all.contains(ServerTestFiles.ownProcess), "\(journal.all)")
    #expect(journal.all.contains("peer at unix"))
    await client.close()
    await server.shutdown()
  }
}

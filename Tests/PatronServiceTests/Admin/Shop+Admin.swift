import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

extension Shop {
  var admin: AdminServiceClient { AdminServiceClient(channel: client) }

  /// Makes a key of a store, which is made too.
  func makeKey(
    in store: String = "shop",
    scopes: [PatronModel.Scope] = [.customersRead],
    _ adjust: (inout CreateKeyRequest) -> Void = { _ in }
  ) async throws -> CreateKeyResponse {
    try await makeStore(store)
    return try await admin.createKey(
      .with {
        $0.storeID = store
        $0.scopes = scopes.map(\.rawValue)
        adjust(&$0)
      }
    )
  }

  /// Makes a store, unless it is there.
  func makeStore(_ name: String) async throws {
    do {
      _ = try await admin.createStore(.with { $0.storeID = name })
    } catch {
      guard error.reason == "STORE_EXISTS" else { throw error }
    }
  }

  /// Runs a write of AdminService as a caller of one store, in the process.
  func write<Prepared: Sendable, Response: Message>(
    as caller: Principal,
    _ type: Response.Type,
    prepare: @Sendable (CallContext) throws -> Prepared,
    apply: @escaping @Sendable (Prepared, WriteContext, inout ResponseBuffer) throws -> Void
  ) throws -> Response {
    let call = CallContext.test(as: caller, in: caller.store ?? .default)
    let prepared = try prepare(call)
    let bytes = try store.performAndWait { transaction in
      var response = ResponseBuffer()
      try apply(
        prepared,
        WriteContext(call: call, transaction: transaction, now: call.now),
        &response
      )
      return response.takeBytes()
    }
    return try Response(decoding: bytes)
  }
}

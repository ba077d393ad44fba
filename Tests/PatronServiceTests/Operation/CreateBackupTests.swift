import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// Tests of the callers of CreateBackup and of its requests.
struct CreateBackupTests {
  private static let owner = Peer(address: "unix", isOperator: true)
  private static let method = OperationsService.createBackup.method

  private static func request(_ path: String) throws -> [UInt8] {
    try CreateBackupRequest.with { $0.path = path }.encoded()
  }

  /// The file has every store, and is written with the server's rights.
  @Test(arguments: [Gate.Mode.off, .keys])
  func onlyTheOperatorMay(_ mode: Gate.Mode) async throws {
    let folder = TemporaryDirectory()
    try await Shop.open { shop in
      let request = try Self.request(folder.file("copy.db"))
      let key = try await shop.key(of: nil)
      let bench = try GateBench(shop, mode)
      let keyed = try bench.call(Self.method, request, key.metadata)
      #expect(keyed?.code == .permissionDenied && keyed?.reason == "OPERATOR_NEEDED")
      let restricted = try bench.call(Self.method, request, key.metadata, peer: Self.owner)
      #expect(restricted?.reason == "OPERATOR_NEEDED", "a key restricts the operator too")
      let open = try bench.call(Self.method, request)
      #expect(open?.reason == (mode == .off ? "SCOPE_MISSING" : "KEY_MISSING"))
      #expect(!shop.store.backups.isRunning && shop.store.backups.last == nil)
    }
  }

  @Test func pathsAreChecked() async throws {
    let folder = TemporaryDirectory()
    try await Shop.open { shop in
      let bench = try GateBench(shop)
      let taken = try folder.write("taken.db", "")
      for (path, reason) in [
        ("", "PATH_NOT_ABSOLUTE"), ("copy.db", "PATH_NOT_ABSOLUTE"),
        (folder.path + "/", "PATH_NOT_ABSOLUTE"), (taken, "PATH_TAKEN"),
        (shop.store.directory.path + "/patron.db-wal", "PATH_TAKEN"),
        (folder.file("none/copy.db"), "DIRECTORY_MISSING"),
      ] {
        let error = try bench.call(Self.method, try Self.request(path), peer: Self.owner)
        #expect(error?.code == .invalidArgument, "\(path)")
        let details = error?.details ?? []
        let text = details.map { String(decoding: $0.value, as: UTF8.self) }.joined()
        #expect(text.contains(reason), "\(path)")
      }
      #expect(!shop.store.backups.isRunning)
    }
  }

  @Test func errorsHaveTheirStatus() {
    for (error, code, reason) in [
      (BackupError.running, StatusCode.failedPrecondition, "BACKUP_RUNNING"),
      (.diskFull(path: "/b"), .resourceExhausted, "DISK_FULL"),
      (.failed(path: "/b", detail: "damaged"), .unavailable, "BACKUP_FAILED"),
    ] {
      let status = RPCError.from(error)
      #expect(status.code == code && status.reason == reason)
    }
    #expect(RPCError.from(BackupError.cancelled).code == .cancelled)
  }
}

import Foundation
import Glibc
import TestKit
import Testing

extension EndToEnd {
  /// `patrond keys`, with and without a running server.
  @Suite struct KeyCommandTests {
    @Test(
      "a key is made, used, rotated and revoked while the server runs",
      .timeLimit(.minutes(15))
    )
    func whileTheServerRuns() async throws {
      let shop = KeyedShop()
      let server = try await shop.serve()
      try await shop.patrond(["stores", "create", "shop"])
      let key = try await shop.makeKey(["--store", "shop", "--scopes", "all"])
      #expect(try await shop.calls(server, with: nil) == .status(80), "without a key")
      #expect(try await shop.calls(server, with: key) == .status(0))

      let id = shop.id(of: key)
      let rotated = try await shop.patrond(["keys", "rotate", id, "--overlap", "1h"])
      let next = shop.key(in: rotated)
      #expect(next != key && shop.id(of: next) == id)
      #expect(try await shop.calls(server, with: key) == .status(0), "in the overlap")
      #expect(try await shop.settles(server, with: next, on: .status(0)))
      try await shop.patrond(["keys", "revoke", id, "--former-secret"])
      #expect(try await shop.settles(server, with: key, on: .status(80)))
      #expect(try await shop.calls(server, with: next) == .status(0))
      try await shop.patrond(["keys", "revoke", id])
      #expect(try await shop.settles(server, with: next, on: .status(80)))
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      #expect(!Files.exists(shop.socket), "the socket must be gone")
      for secret in [key, next] { #expect(!server.errors.contains(secret)) }
      let list = try await shop.patrond(["keys", "list", "--output", "json"])
      #expect(list.output.contains("\"lastUsedAt\""), "the server wrote it when it stopped")
    }

    @Test("without a server the commands open the database themselves", .timeLimit(.minutes(15)))
    func withoutAServer() async throws {
      let shop = KeyedShop()
      try await shop.patrond(["stores", "create", "shop"])
      let key = try await shop.makeKey([
        "--store", "shop", "--scopes", "write", "--description", "two\nlines\tand a tab",
        "--limits", "concurrent-scans=2,calls-per-second=100",
      ])
      let next = shop.key(in: try await shop.patrond(["keys", "rotate", shop.id(of: key)]))
      #expect(!Files.exists(shop.socket), "no socket is left")
      let list = try await shop.patrond(["keys", "list"])
      #expect(list.output.contains(shop.id(of: key)) && list.output.contains("rotating"))
      #expect(list.output.contains("two lines and a tab"), "a key is one line of the table")
      let limits = "calls-per-second=100,concurrent-scans=2"
      #expect(list.output.contains("LIMITS") && list.output.contains(limits), "\(list.output)")
      #expect(!list.output.contains(key) && !list.output.contains(next))
      let server = try await shop.serve()
      for key in [key, next] { #expect(try await shop.calls(server, with: key) == .status(0)) }
      #expect(try await server.stop() == .status(0), "\(server.errors)")
      try await shop.patrond(["keys", "revoke", shop.id(of: key)])
      let again = try await shop.serve()
      #expect(try await shop.calls(again, with: next) == .status(80))
      #expect(try await again.stop() == .status(0), "\(again.errors)")
    }

    @Test("commands at the same time wait for each other", .timeLimit(.minutes(15)))
    func manyAtOnce() async throws {
      let shop = KeyedShop()
      try await shop.patrond(["stores", "create", "shop"])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask { _ = try await shop.makeKey(["--store", "shop", "--scopes", "read"]) }
        }
        try await group.waitForAll()
      }
      let list = try await shop.patrond(["keys", "list", "--output", "json"])
      #expect(list.output.components(separatedBy: "\"keyId\"").count == 5, "\(list.output)")
    }

    @Test("after a killed server, and with a path too long for a socket", .timeLimit(.minutes(15)))
    func staleSocketsAndLongPaths() async throws {
      let long = String(repeating: "d", count: 100) + "/" + String(repeating: "e", count: 100)
      for folder in ["data", long] {
        let shop = KeyedShop(folder)
        let server = try await shop.serve()
        #expect(Files.exists(shop.socket))
        try await server.kill()
        #expect(Files.exists(shop.socket), "a killed server leaves it")
        try await shop.patrond(["stores", "create", "shop"])
        let next = try await shop.serve()
        let key = try await shop.makeKey(["--store", "shop", "--scopes", "all"])
        #expect(try await shop.calls(next, with: key) == .status(0))
        #expect(try await next.stop() == .status(0), "\(next.errors)")
      }
    }

    @Test("--out makes a file for its owner alone, and never replaces one")
    func outputFiles() async throws {
      let shop = KeyedShop()
      try await shop.patrond(["stores", "create", "shop"])
      let file = shop.folder.file("shop.key")
      let create = ["keys", "create", "--store", "shop", "--scopes", "all", "--out", file]
      let made = try await shop.patrond(create)
      #expect(made.output.isEmpty)
      var information = stat()
      #expect(stat(file, &information) == 0 && information.st_mode & 0o777 == 0o600)
      let key = Files.text(file)
      #expect(key.utf8.count == 84 && key.hasSuffix("\n"))
      #expect(!made.errors.contains(key.dropLast()))

      let again = try await shop.run(create)
      #expect(again.exit == .status(1) && again.errors.contains(file), "\(again.errors)")
      #expect(Files.text(file) == key)
      let refused = try await shop.run(
        ["keys", "create", "--store", "nosuch", "--scopes", "all", "--out", file + "2"]
      )
      #expect(refused.exit == .status(1), "\(refused.errors)")
      #expect(!Files.exists(file + "2"), "no key, no file")
      let list = try await shop.patrond(["keys", "list", "--output", "json"])
      #expect(list.output.components(separatedBy: "\"keyId\"").count == 2, "\(list.output)")
    }

    /// Command lines that are refused before anything is made, and words of their errors.
    static let mistakes: [(arguments: [String], says: [String])] = [
      (["keys", "creat"], ["keys creat", "did you mean `keys create`?"]),
      (["keys", "create"], ["--scopes"]),
      (["keys", "create", "--scopes", "customer:read"], ["customer:read", "customers:read"]),
      (["keys", "create", "--scopes", "read,"], ["empty"]),
      (["keys", "create", "--scopes", "read", "--expires", "soon"], ["soon", "90d"]),
      (["keys", "create", "--scopes", "read", "--expires", "0d"], ["0d"]),
      (["keys", "create", "--scopes", "read", "--expires", "5s"], ["5s", "30m", "12h", "90d"]),
      (["keys", "rotate", "short"], ["short", "26", "patrond keys list"]),
      (["keys", "rotate", Self.id, "--overlap", "31d"], ["31d", "30d"]),
      (["keys", "rotate", Self.id, "--expires", "never"], ["new key"]),
      (["keys", "revoke", "patron_\(Self.id)_secret"], ["id alone", "rotate"]),
      (
        ["stores", "delete", "shop"],
        ["`patrond stores delete shop --yes`", "Usage: patrond stores delete"]
      ),
    ]
    private static let id = "3m8r0v6s2kd5w1xq9ptz7cjbna"

    @Test("mistakes are refused with what to do")
    func mistakesAreRefused() async throws {
      let shop = KeyedShop()
      for (arguments, says) in Self.mistakes where arguments[0] == "keys" {
        let run = try await shop.run(arguments)
        #expect(run.exit == .status(2), "\(arguments): \(run.errors)")
        for word in says { #expect(run.errors.contains(word), "\(arguments): \(run.errors)") }
        #expect(run.output.isEmpty)
      }
      #expect(!Files.exists(shop.data), "nothing was made")
      try await shop.patrond(["stores", "create", "shop"])
      for (arguments, says) in Self.mistakes where arguments[0] == "stores" {
        let run = try await shop.run(arguments)
        #expect(run.exit == .status(2), "\(arguments): \(run.errors)")
        for word in says { #expect(run.errors.contains(word), "\(arguments): \(run.errors)") }
      }
    }

    @Test("a data directory whose process does not answer is reported", .timeLimit(.minutes(15)))
    func silentOwner() async throws {
      let shop = KeyedShop()
      let server = try await shop.serve()
      unlink(shop.socket)
      let run = try await shop.run(["keys", "list"])
      #expect(run.exit == .status(1))
      for word in ["in use by process \(server.process.pid)", shop.socket] {
        #expect(run.errors.contains(word), "\(run.errors)")
      }
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("a certificate or a user can stand for a key")
    func names() async throws {
      let shop = KeyedShop()
      try await shop.patrond(["stores", "create", "shop"])
      let id = shop.id(of: try await shop.makeKey(["--store", "shop", "--scopes", "read"]))
      let other = shop.id(of: try await shop.makeKey(["--store", "shop", "--scopes", "read"]))
      try await shop.patrond(["keys", "bind", id, "DNS:agent.example.com"])
      let list = try await shop.patrond(["keys", "list"])
      #expect(list.output.contains("DNS:agent.example.com"), "\(list.output)")
      let taken = try await shop.run(["keys", "bind", other, "DNS:agent.example.com"])
      #expect(taken.exit == .status(1) && taken.errors.contains(id), "\(taken.errors)")
      try await shop.patrond(["keys", "bind", other, "DNS:agent.example.com", "--move"])
      let unbound = try await shop.patrond(["keys", "unbind", "DNS:agent.example.com"])
      #expect(unbound.output.contains(other), "\(unbound.output)")
      let none = try await shop.patrond(["keys", "unbind", "DNS:agent.example.com"])
      #expect(none.output.hasPrefix("unchanged"), "\(none.output)")
    }
  }

  /// `patrond stores`.
  @Suite struct StoreCommandTests {
    @Test(
      "stores are made, listed and deleted",
      .timeLimit(.minutes(15)),
      arguments: [true, false]
    )
    func life(_ servesMeanwhile: Bool) async throws {
      let shop = KeyedShop()
      let server = servesMeanwhile ? try await shop.serve() : nil
      try await shop.patrond(["stores", "create", "shop"])
      let twice = try await shop.run(["stores", "create", "shop"])
      #expect(twice.exit == .status(1) && twice.errors.contains("shop"), "\(twice.errors)")
      let key = try await shop.makeKey(["--store", "shop", "--scopes", "all"])
      if let server { #expect(try await shop.calls(server, with: key) == .status(0)) }
      let list = try await shop.patrond(["stores", "list"])
      #expect(list.output.contains("shop"), "\(list.output)")
      let deleted = try await shop.patrond(["stores", "delete", "shop", "--yes"])
      #expect(deleted.output.hasPrefix("deleted the store shop"), "\(deleted.output)")
      let after = try await shop.patrond(["stores", "list"])
      #expect(!after.output.contains("shop"), "\(after.output)")
      let unknown = try await shop.run(["stores", "delete", "shop", "--yes"])
      #expect(unknown.exit == .status(1), "\(unknown.errors)")
      if let server {
        #expect(try await shop.settles(server, with: key, on: .status(80)))
        #expect(try await server.stop() == .status(0), "\(server.errors)")
      }
    }
  }
}

import Foundation
import TestKit
import Testing

/// A data directory whose server needs keys, and the commands of its operator.
struct KeyedShop {
  let folder = TemporaryDirectory()
  let data: String

  init(_ name: String = "data") { data = folder.file(name) }

  var socket: String { data + "/patron.sock" }

  /// Starts the server.
  func serve(_ flags: [String] = []) async throws -> PatronServer {
    try await PatronServer.start(data: data, flags: ["--auth", "keys"] + flags)
  }

  /// Runs a command of `patrond` on the directory.
  func run(_ arguments: [String]) async throws -> Finished {
    try await Programs.patrond(arguments + ["--data", data])
  }

  /// Runs a command that must succeed.
  @discardableResult
  func patrond(_ arguments: [String]) async throws -> Finished {
    let run = try await run(arguments)
    #expect(run.exit == .status(0), "\(arguments): \(run.errors)")
    return run
  }

  /// Makes a key and returns it.
  func makeKey(_ arguments: [String]) async throws -> String {
    key(in: try await patrond(["keys", "create"] + arguments))
  }

  /// Returns the key that a command printed, which is all of its output.
  func key(in run: Finished) -> String {
    let key = String(run.output.dropLast())
    #expect(run.output == key + "\n" && key.utf8.count == 83, "\(run)")
    #expect(run.errors.contains(id(of: key)) && !run.errors.contains(key), "\(run.errors)")
    return key
  }

  /// Returns the id of a key.
  func id(of key: String) -> String {
    key.split(separator: "_").dropFirst().first.map(String.init) ?? ""
  }

  /// Returns the end of a call with a key, or without one.
  func calls(_ server: PatronServer, with key: String?) async throws -> Exit {
    let run = try await Programs.patron(
      ["customers", "list"],
      at: server.address,
      environment: key.map { ["PATRON_KEY": $0] } ?? [:]
    )
    if let key { #expect(!run.errors.contains(key)) }
    return run.exit
  }

  /// Repeats a call until it ends in this way. Returns false if it never does.
  func settles(_ server: PatronServer, with key: String, on end: Exit) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      if try await calls(server, with: key) == end { return true }
    }
    return false
  }
}

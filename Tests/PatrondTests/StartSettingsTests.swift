import ArgumentParser
import Logging
import PatronSettings
import Synchronization
import TTRPC
import TestKit
import Testing

@testable import patrond

@Suite("The settings of a start")
struct StartSettingsTests {
  private static func origin(
    _ name: String,
    _ commandLine: [String],
    _ environment: [String: String] = [:]
  ) throws -> (texts: [String], origin: StartSettings.Origin)? {
    let settings = try StartSettings(commandLine: commandLine, environment: environment)
    return settings.value(name).map { ($0.texts, $0.origin) }
  }

  @Test("a flag wins over the variable, that over the file, and that over the default")
  func precedence() throws {
    let folder = TemporaryDirectory()
    let file = try folder.write("p.yaml", "threads: 3\n")
    let variables = ["PATRON_THREADS": "2", "PATRON_CONFIG": file]
    let flag = try #require(try Self.origin("threads", ["serve", "--threads", "1"], variables))
    #expect(flag.texts == ["1"] && flag.origin == .flag)
    let equals = try #require(try Self.origin("threads", ["--threads=5"], variables))
    #expect(equals.texts == ["5"] && equals.origin == .flag)
    let variable = try #require(try Self.origin("threads", [], variables))
    #expect(variable.texts == ["2"] && variable.origin == .environment)
    let line = try #require(
      try Self.origin("threads", ["--config", file], ["PATRON_THREADS": ""])
    )
    #expect(line.texts == ["3"] && line.origin == .file(line: 1))
    let standard = try #require(try Self.origin("threads", []))
    #expect(standard.texts == ["1"] && standard.origin == .standard)
  }

  @Test("the command gets the values of all places")
  func arguments() throws {
    let folder = TemporaryDirectory()
    let file = try folder.write(
      "p.yaml",
      "listen: [\"127.0.0.1:1\", \"127.0.0.1:2\"]\ngroup-commit: false\nmax-calls: 7\n"
    )
    let settings = try StartSettings(
      commandLine: ["--config", file, "--threads", "2"],
      environment: ["PATRON_MAX_CALLS": "9", "PATRON_DATA": "/d"]
    )
    let command = try Serve.parse(Array(settings.arguments.dropFirst()))
    #expect(command.listen == ["127.0.0.1:1", "127.0.0.1:2"])
    #expect(!command.groupCommit)
    #expect(command.threads == 2)
    #expect(command.data.data == "/d")
    let limits = try command.limits.limits()
    #expect(limits.callsInFlight == 9)
    let kept = try StartSettings(
      commandLine: ["--config", file, "--group-commit"],
      environment: [:]
    )
    let keeping = try Serve.parse(Array(kept.arguments.dropFirst()))
    #expect(keeping.groupCommit)
  }

  @Test("a wrong variable is refused by its name; those of a message are told")
  func variables() throws {
    do {
      _ = try StartSettings(commandLine: [], environment: ["PATRON_THREADS": "many"])
      Issue.record("accepted")
    } catch {
      #expect("\(error)" == "PATRON_THREADS is many; expected 1 to 64")
    }
    let environment = ["PATRON_LISTEN": "0.0.0.0:0", "PATRON_THREDS": "1", "PATRON_PORT": "tcp:"]
    let settings = try StartSettings(commandLine: [], environment: environment)
    #expect(
      settings.sources(namedIn: "--listen 0.0.0.0:0: no") == [
        "note: --listen is set by PATRON_LISTEN"
      ]
    )
    let misspelt = settings.misspeltVariables(in: environment)
    let (found, meant) = (misspelt.map(\.found), misspelt.map(\.meant))
    #expect(found == ["PATRON_THREDS"] && meant == ["PATRON_THREADS"])
  }

  @Test("a reload takes what needs no restart, and nothing of a file with a mistake")
  func reload() throws {
    let folder = TemporaryDirectory()
    let file = try folder.write("p.yaml", "max-key-calls: 1\n")
    let read: @Sendable () throws(SettingsError) -> StartSettings = {
      () throws(SettingsError) -> StartSettings in
      try StartSettings(commandLine: ["--config", file], environment: [:])
    }
    let calls = Mutex<[Int]>([])
    let part = Reloadable(names: Set(Setting.callers.map(\.name))) { command in
      calls.withLock { $0.append(command.callerLimits.maxKeyCalls) }
    }
    let reloader = Reloader(
      try read(),
      parts: [part],
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      read: read
    )
    func applied() -> [Int] { calls.withLock { $0 } }
    func value(_ name: String) -> [String] { reloader.settings.value(name)?.texts ?? [] }
    reloader.reload()
    #expect(applied().isEmpty)
    _ = try folder.write("p.yaml", "threads: 3\nmax-key-calls: 2\n")
    reloader.reload()
    #expect(applied() == [2])
    #expect(value("max-key-calls") == ["2"] && value("threads") == ["1"])
    _ = try folder.write("p.yaml", "max-key-calls: 5\nthreads: 0\n")
    reloader.reload()
    #expect(applied() == [2] && value("max-key-calls") == ["2"])
  }

  @Test("the settings that a reload takes are those that the table marks")
  func marked() {
    let marked = Setting.all.filter(\.isReloadable).map(\.name)
    let taken = Setting.callers.map(\.name)
    #expect(marked == taken)
  }
}

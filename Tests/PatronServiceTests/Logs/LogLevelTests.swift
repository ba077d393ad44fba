import Logging
import Testing

@testable import PatronServer

/// Tests of the value of `--log-level`.
struct LogLevelTests {
  @Test func componentsHaveTheirOwn() throws {
    let levels = try LogLevels("warning,store=debug,calls=trace")
    #expect(levels[.store] == .debug && levels[.calls] == .trace && levels[.tls] == .warning)
    let some = try LogLevels("keys=error")
    #expect(some[.keys] == .error && some[.server] == .info)
    #expect(LogLevels()[.ops] == .info)
  }

  @Test func everyLevelAndComponentHasItsWord() throws {
    for level in Logger.Level.allCases {
      for component in LogComponent.allCases {
        let levels = try LogLevels("\(component.rawValue)=\(level.rawValue)")
        #expect(levels[component] == level)
      }
      #expect(try LogLevels(level.rawValue)[.backup] == level)
    }
  }

  @Test(arguments: [
    ("infos", "`infos` is no log level; did you mean `info`?"),
    ("warn", "did you mean `warning`?"),
    ("stor=debug", "`stor` is no component; did you mean `store`?"),
    ("store=debgu", "`debgu` is no log level; did you mean `debug`?"),
    ("", "`` is no log level."), ("info,", "`` is no log level."),
    ("xyzxyzxyz", "The levels are trace, debug, info, notice, warning, error, critical"),
    ("=info", "The components are server, connections, calls, store, tls, keys, ops, backup"),
    ("info,debug", "`debug` is a second level for all components"),
    ("store=info,store=debug", "`store` has two levels"), ("store=a=b", "`a=b` is no log level"),
  ])
  func wrongWordsAreNamed(_ text: String, _ says: String) {
    let error = #expect(throws: LogLevelError.self) { try LogLevels(text) }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
  }
}

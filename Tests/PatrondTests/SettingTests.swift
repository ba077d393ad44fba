import ArgumentParser
import Foundation
import PatronServer
import PatronStore
import TTRPC
import TTRPCNIO
import TestKit
import Testing

@testable import patrond

@Suite("Settings")
struct SettingTests {
  @Test("docs/configuration.md lists every setting as it is")
  func documented() throws {
    let path = RepositoryRoot.path + "/docs/configuration.md"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let rows = text.split(separator: "\n").drop { $0 != "| --- | --- | --- | --- | --- |" }
    let found = rows.dropFirst().prefix { $0.hasPrefix("|") }.map(String.init)
    let expected = Setting.all.map(\.documentation)
    #expect(found == expected)
  }

  @Test("every default is a value that the setting takes")
  func defaultsAreTaken() {
    for setting in Setting.all where !setting.standard.isEmpty {
      #expect(setting.takes(setting.standard), "\(setting.name)")
    }
    for setting in Setting.all {
      #expect(setting.standard.isEmpty != setting.standardText.isEmpty, "\(setting.name)")
    }
  }

  @Test("what the flags take without a value agrees with the table")
  func defaultsOfFlags() throws {
    let serve = try Serve.parse([])
    #expect(serve.threads == Int(Setting.named("threads").standard))
    #expect(serve.listen == [Setting.named("listen").standard])
    #expect(serve.synchronous.rawValue == Setting.named("synchronous").standard)
    let given = try Serve.parse(
      Setting.all.filter { !$0.standard.isEmpty }.flatMap { $0.arguments([$0.standard]) }
    )
    let plan = try serve.plan { wanted, _ in wanted }
    let same = try given.plan { wanted, _ in wanted }
    #expect(plan.limits == same.limits)
    var (one, other) = (plan.store, same.store)
    // The default maps a few pages more than whole MiB.
    (one.readerMapBytes, other.readerMapBytes) = (0, 0)
    #expect(one == other)
    let (tls, sameTLS) = (try serve.tls.settings(), try given.tls.settings())
    #expect(tls == sameTLS)
  }

  @Test("misspelt names find the setting that was meant")
  func nearest() {
    #expect(Setting.nearest(to: "max-callz") == "max-calls")
    #expect(Setting.nearest(to: "Thread") == "threads")
    #expect(Setting.nearest(to: "max_calls") == "max-calls")
    #expect(Setting.nearest(to: "qqqqqqqq") == nil)
  }
}
